"""The command line and its subcommands. Each subcommand is a module whose ``add`` registers it."""
