"""Names of the guard's plugins in the validation report of the CDK."""

PACK_NAME = "CapacityGuardChecks"
CYCLE_CHECK = "CapacityGuardCycle"
RULES_CHECK = "CapacityGuardRules"
