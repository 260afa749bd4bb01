"""Names of the plugins in the validation report of the CDK: acknowledgments of users contain them."""

from __future__ import annotations

from capacity_guard import CapacityGuardChecks
from capacity_guard.cdk.end_of_synthesis import validation_names as names
from capacity_guard.cdk.end_of_synthesis.guard_validation import GuardValidation
from capacity_guard.cdk.end_of_synthesis.rules_validation import RulesValidation


def test_plugins_have_these_names_for_ever() -> None:
    assert CapacityGuardChecks().name == names.PACK_NAME == "CapacityGuardChecks"
    assert GuardValidation().name == names.CYCLE_CHECK == "CapacityGuardCycle"
    assert RulesValidation().name == names.RULES_CHECK == "CapacityGuardRules"
