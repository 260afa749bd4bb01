"""`make live`: the chain on a real AWS account, opt-in: tiny tables, both types, both directions, one forced rollback."""
