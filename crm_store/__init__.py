"""The CRM: what a nonprofit knows, kept apart organisation by organisation."""
