"""A deployment by ``capacity-guard deploy``, and the stacks of an app: the options of the CDK CLI, and the outcome."""
