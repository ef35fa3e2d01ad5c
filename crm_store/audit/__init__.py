"""What was done, by whom, from which door; and what came in from outside."""
