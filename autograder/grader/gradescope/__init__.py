"""What Gradescope starts."""
