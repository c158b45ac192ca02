"""The history of the company's database and its present state: what keeps a schema change from losing anything."""
