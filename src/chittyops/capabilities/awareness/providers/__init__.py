"""Where awareness reads and keeps: repositories, and files in the state directory."""
