"""One slice for each capability; none imports another."""
