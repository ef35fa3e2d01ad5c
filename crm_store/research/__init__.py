"""What is publicly known of a donor: each claim with its quote, source and date."""
