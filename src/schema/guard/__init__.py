"""Looks at the records before and inside every schema change, and refuses one that would lose any of them."""
