"""The Record form: its fields, what they hold, and how a draft is kept."""
