"""What awareness knows (``project``) and what it tells (``context``)."""
