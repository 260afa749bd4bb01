"""What a CloudFormation template states of a table: a deployed one (``capacity-guard record``) or a synthesized one."""
