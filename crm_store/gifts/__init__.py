"""Gifts and what surrounds them: purposes, promises, credit, refunds, receipts and totals."""
