"""One message to many: templates, audiences frozen before sending, and what came back."""
