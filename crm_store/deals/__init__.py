"""What is being negotiated: pipelines and their stages, deals, products and offers."""
