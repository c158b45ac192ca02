"""Where the company's records are kept: the address, the driver, the connection, and the column types."""
