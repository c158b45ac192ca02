"""What a contract step takes away is kept aside: the way back brings all of it, until a later step purges it."""
