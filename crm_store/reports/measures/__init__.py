"""Every measure there is, a file for each family."""
