"""Measuring Almoner: how fast, and how well."""
