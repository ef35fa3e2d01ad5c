"""Saved audiences: one filter language, kept as lists that stand still or move with the data."""
