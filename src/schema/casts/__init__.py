"""Changes of a column's type: they happen if every value comes back the same, and not at all otherwise."""
