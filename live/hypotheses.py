"""What this library assumes about AWS and nobody has run there yet, and the verdict of a run on each.

docs/hypotheses.md has the same list with the evidence; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["holds", "does not hold", "not run"]


@dataclass(frozen=True)
class Hypothesis:
    """One assumption about AWS.

    Attributes:
        id: its name in docs/hypotheses.md, in the output and in the record.
        claim: what is assumed.
        breaks: what a user would see if it did not hold.
        checked: whether a run checks it.
    """

    id: str
    claim: str
    breaks: str
    checked: bool = True


HYPOTHESES = (
    Hypothesis(
        "change-set-permission",
        "the functions' policy lets Preflight read the change set of the operation",
        "Preflight refuses every transition",
    ),
    Hypothesis(
        "alarm-reading",
        "the guard's alarm fires within minutes and clears again, under every reading of how missing data is treated",
        "Bake waits for an alarm that never fires, or refuses every later transition",
    ),
    Hypothesis(
        "setting-after-commit",
        "a setting edited after a commit deploys before the baseline is recorded again",
        "every later deployment of the stack is rolled back",
    ),
    Hypothesis(
        "rollback-global-table",
        "a veto rolls a GlobalTable and its index back to the capacity before the change",
        "the table keeps a capacity that throttles, or the stack ends in UPDATE_ROLLBACK_FAILED",
    ),
    Hypothesis(
        "rollback-table",
        "a veto rolls a Table and its index back to the capacity before the change",
        "the table keeps a capacity that throttles, or the stack ends in UPDATE_ROLLBACK_FAILED",
    ),
    Hypothesis(
        "warm-raise",
        "Preflight's raise of warm throughput ends within its time and is kept",
        "Preflight times out, and a switch starts without warm throughput",
    ),
    Hypothesis(
        "scheduled-action",
        "a scheduled action changes the minimum and maximum that DescribeScalableTargets shows",
        "gates compare with a minimum and maximum that a schedule has changed",
    ),
    Hypothesis(
        "drift-rollback",
        "the rollback of a drift-aware change set restores live units, not those of the template",
        "the advice in docs/ci.md on --revert-drift is wrong",
    ),
    Hypothesis(
        "change-set-id",
        "after an UpdateStack, DescribeStacks no longer shows the change set of the operation before",
        "nothing: Preflight compares the change set's status under both readings",
    ),
    Hypothesis(
        "busy-table",
        "CloudFormation repeats a call of a rollback if the table is being changed",
        "the stack ends in UPDATE_ROLLBACK_FAILED when auto scaling acts at that moment",
    ),
    Hypothesis(
        "switch-duration",
        "a switch of the billing mode ends within 10 minutes (Margins.switch_minutes)",
        "the simulated switch is shorter than the real one",
    ),
    Hypothesis(
        "hold-update",
        "an UpdateStack with the previous template reads a hold's SSM parameter again, and changes only the table",
        "the next deployment repeats a held change, or a change cannot be rolled back",
    ),
    Hypothesis(
        "watch-function",
        "a rule with a schedule and a pattern calls the watch function for both, and its role and the rollback role suffice",
        "the watch reports that it cannot roll a change back, or looks only every two minutes",
        checked=False,
    ),
    Hypothesis(
        "cancelled-update",
        "CancelUpdateStack ends an update in which another custom resource is under way before that resource times out",
        "the change is held and taken back when the operation ends, as if it had been waited for; ADR 0021 has the readings",
        checked=False,
    ),
    Hypothesis(
        "paused-update",
        "UpdateStack with the previous template and DisableRollback is taken in UPDATE_FAILED, and changes the table back",
        "the change is held and reported as not restored, with CloudFormation's message; a person rolls the stack back",
    ),
    Hypothesis(
        "watch-events",
        "the role of the watch may put events of its source on the default bus, and of no other",
        "programs get no events: the log says `events not put`; messages are sent as before",
        checked=False,
    ),
    Hypothesis(
        "slow-alarm",
        "an alarm on the share of throttled demand has a value in each hour with demand, and none in an hour without",
        "`SlowAlarms` opens no ticket, or opens one for a table without traffic; nothing is rolled back for it",
        checked=False,
    ),
    Hypothesis(
        "long-names",
        "CloudFormation cuts a generated name of more than 255 characters at one of its two parts",
        "the functions' policy does not name the table, and Preflight refuses",
        checked=False,
    ),
    Hypothesis(
        "scaling-reaction",
        "auto scaling reacts within 10 minutes (Margins.scaling_reaction_minutes)",
        "the simulator predicts less throttling than happens",
        checked=False,
    ),
    Hypothesis(
        "warm-after-switch",
        "warm throughput may be lost when a table is switched to provisioned mode and back",
        "CG7 requires more than a way back needs",
        checked=False,
    ),
)
"""In the order in which they would break a user."""


@dataclass
class Verdicts:
    """The verdicts of a run. A hypothesis without a verdict was not run.

    Attributes:
        given: verdict and evidence by the hypothesis' id.
    """

    given: dict[str, tuple[Verdict, str]] = field(default_factory=dict)

    def give(self, id: str, holds: bool | None, evidence: str) -> None:
        """Give the verdict on one hypothesis. One that does not hold stays so.

        Args:
            id: its id.
            holds: ``None`` where the run could not decide it.
            evidence: what was seen.

        Raises:
            KeyError: there is no hypothesis with this id that a run checks.
        """
        if id not in {hypothesis.id for hypothesis in HYPOTHESES if hypothesis.checked}:
            raise KeyError(id)
        if self.given.get(id, ("",))[0] != "does not hold":
            verdict: Verdict = "not run" if holds is None else "holds" if holds else "does not hold"
            self.given[id] = verdict, evidence

    def to_json(self) -> list[dict[str, str]]:
        """One entry a hypothesis, in their order."""
        return [
            {"id": hypothesis.id, "verdict": verdict, "evidence": evidence}
            for hypothesis in HYPOTHESES
            for verdict, evidence in [self._of(hypothesis)]
        ]

    def lines(self) -> list[str]:
        """One line a hypothesis, to print."""
        return [f"{entry['verdict']:13}  {entry['id']}: {entry['evidence']}" for entry in self.to_json()]

    def _of(self, hypothesis: Hypothesis) -> tuple[Verdict, str]:
        missing = "the run ended before" if hypothesis.checked else "no check (docs/hypotheses.md)"
        return self.given.get(hypothesis.id, ("not run", missing))


__all__ = ["HYPOTHESES", "Hypothesis", "Verdict", "Verdicts"]
