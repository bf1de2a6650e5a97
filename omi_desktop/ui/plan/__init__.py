"""The Plan form."""
