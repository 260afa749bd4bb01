"""Subcommands of the command line, one module each: ``add`` registers one, and its function runs it."""
