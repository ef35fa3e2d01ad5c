"""What is held on a person: handed out to them, or erased at their wish."""
