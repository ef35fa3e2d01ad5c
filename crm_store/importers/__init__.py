"""Bringing tables in: read, understood, previewed, loaded in whole batches, undone."""
