"""OMI Desktop: prepare, record in the classroom without wifi, sync later."""

__version__ = "0.1.0"
