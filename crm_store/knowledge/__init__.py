"""What the organisation has written down, cut into passages an assistant can quote."""
