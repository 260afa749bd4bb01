"""What happens to a change after its deployment, as plain data and plain functions: states, settling, vetoes.

Standard library only, and apart from ``capacity/``: the gates do not ship it, so a change of it is no new version of them.
"""
