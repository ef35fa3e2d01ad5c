"""What was said with whom, over every channel, and the accounts it came through."""
