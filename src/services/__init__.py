"""The verbs of the business: load, ask the rulebook, let the model act; the edge opens and commits the transaction."""
