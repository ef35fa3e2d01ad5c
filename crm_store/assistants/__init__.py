"""Configured assistants, what they did, what they proposed and what they may spend."""
