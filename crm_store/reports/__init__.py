"""Reports: every figure with its definition, computed over views that carry no contact data."""
