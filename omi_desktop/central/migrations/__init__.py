"""Alembic's migrations of the centre, run by `omi-central` itself when they are due."""
