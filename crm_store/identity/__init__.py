"""People who sign in, the organisations they belong to, and what they may do there."""
