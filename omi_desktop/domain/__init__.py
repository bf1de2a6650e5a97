"""What the words mean: revisions, sessions, counting. Plain Python, no input or output."""
