"""Advice from a recording: what capacity a table should have, and what it costs."""
