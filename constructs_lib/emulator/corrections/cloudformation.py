"""Corrections: cloudformation."""
