"""The constructs and aspects that guard the tables of a CDK app."""
