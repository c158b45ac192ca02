"""Telling others of changes: what is due in the outbox is sent, and how it ended is noted (decision 67)."""
