"""Names and responses of DynamoDB, Application Auto Scaling and CloudWatch."""
