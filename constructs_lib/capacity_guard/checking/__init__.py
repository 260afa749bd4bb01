"""What a rendered template states of a table, as facts for the rules, and the check of a template without the CDK."""
