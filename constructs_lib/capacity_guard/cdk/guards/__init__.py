"""The guard of one table."""
