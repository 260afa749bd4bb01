"""All tables of an app: its guards and reports, and the baseline of each table."""
