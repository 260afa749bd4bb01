"""A deployment by ``capacity-guard deploy``, and the stacks of an app: what the CDK CLI is told, and what becomes of it."""
