"""What DynamoDB, Application Auto Scaling and CloudWatch call things, and what their answers say of a table."""
