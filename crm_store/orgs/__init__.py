"""Organisations and how each is set up."""
