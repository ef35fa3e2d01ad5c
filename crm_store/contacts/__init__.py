"""People, companies and households: who they are, how they are reached, what was said."""
