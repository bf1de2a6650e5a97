"""The ambassador's own file (SQLite): revisions, drafts, preferences. Knows SQL and nothing of Qt or HTTP."""
