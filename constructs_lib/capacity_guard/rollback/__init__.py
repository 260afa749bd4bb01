"""Taking a change back after its deployment: the hold is written, and CloudFormation updates the stack with its own template."""
