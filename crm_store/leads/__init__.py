"""People who may come closer: captured, scored, assigned, and turned into contacts once."""
