"""Speed and scale, as JSON that a later run can be held against."""
