"""The example: a conversations table in a stack of its own, once for each environment."""
