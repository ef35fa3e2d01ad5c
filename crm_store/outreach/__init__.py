"""Writing to people one by one: drafts, sending, and whether we may."""
