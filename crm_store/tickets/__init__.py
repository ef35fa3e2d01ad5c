"""Requests for help: who looks after each, what has happened, and when it is due."""
