"""A believable organisation to try everything on, the same every time it is made."""
