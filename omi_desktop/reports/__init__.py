"""Data for people outside the app: tables, files and texts made from records. No Qt."""
