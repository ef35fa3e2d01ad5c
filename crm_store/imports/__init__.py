"""Files brought in: their columns, their rows and what became of each."""
