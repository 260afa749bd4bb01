"""The example app: a conversations table in a stack of its own for each environment."""
