"""Messages that follow one another by themselves, and rules that set them off."""
