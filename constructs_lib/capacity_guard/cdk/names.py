"""Names under which the guard appears in validation reports."""

PACK = "CapacityGuardChecks"
CYCLE_CHECK = "CapacityGuardCycle"
