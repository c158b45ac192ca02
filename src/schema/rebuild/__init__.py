"""Changes SQLite's tables without losing anything: where SQLite stands still, else by a rebuild from its own text."""
