"""What is this suite's own: case files, the server that does wrong, and how each fault is met."""
