"""Donors: who gives as one, who looks after them, and how far along they are."""
