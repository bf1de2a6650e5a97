"""The parts of the Today page: what it reads, and its cards."""
