"""The constructs: what guards a table in a CDK app, and what reads the app for them."""
