"""Deploy: plan, release, verify, roll back."""
