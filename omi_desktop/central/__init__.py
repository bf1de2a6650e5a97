"""The reference central service: FastAPI over SQLite or PostgreSQL. Imports the domain and the wire alone."""
