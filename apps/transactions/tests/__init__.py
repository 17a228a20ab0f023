"""What transactions claims."""
