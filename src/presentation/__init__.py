"""How records are named and written, the same on every edge: for people, for spreadsheets, for programs."""
