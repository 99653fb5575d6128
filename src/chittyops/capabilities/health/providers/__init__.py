"""Where health is kept, and how a service is asked."""
