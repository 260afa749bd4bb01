"""Read a table from a CloudFormation template, deployed (``capacity-guard record``) or synthesized."""
