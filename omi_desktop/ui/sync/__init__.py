"""The parts of the Sync page: its lists and the card for a code."""
