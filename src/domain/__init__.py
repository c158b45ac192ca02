"""What is true of the business without any database, screen or network."""
