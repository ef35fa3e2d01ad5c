"""Rules people draw as graphs: what starts them, what they do, and what each run did."""
