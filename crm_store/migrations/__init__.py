"""How the schema came to be, one idea at a time."""
