"""The pages: what the command line does, in a browser. Nothing of the business is decided here."""
