"""Where things are: saved locations, territories, and addresses looked up once."""
