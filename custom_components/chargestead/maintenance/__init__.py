"""Keeping charging stations in order: what wears, what needs doing, what is wrong."""
