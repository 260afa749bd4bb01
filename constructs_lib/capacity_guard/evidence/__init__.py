"""The evidence: the baseline file of a table, its recorded traffic, and the digest of that traffic."""
