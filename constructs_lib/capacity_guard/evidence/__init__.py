"""The evidence: a table's baseline file, the traffic recorded in it, and the digest of that traffic."""
