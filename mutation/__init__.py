"""Mutation testing of the library: ``make mutation`` (docs/mutation.md)."""
