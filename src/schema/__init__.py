"""The history of the database and its present state: what keeps a schema change from losing anything."""
