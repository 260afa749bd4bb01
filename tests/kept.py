"""Writes anew every text and figure that tests keep: ``python -m tests.kept``. The difference is reviewed before a commit."""

from __future__ import annotations

import os

from capacity_guard.rules import ALL_RULES


def main() -> None:
    """Write all of them, with the width of a terminal that the tests set."""
    os.environ["COLUMNS"] = "100"
    os.environ.pop("GITHUB_WORKSPACE", None)
    from tests.capacity import runbook_index
    from tests.capacity import scenarios as capacity
    from tests.commands import sessions as commands
    from tests.evidence import kept_refusals
    from tests.planning import scenarios as planning
    from tests.recording import sessions as recording
    from tests.report import scenarios as report
    from tests.rollback import scenes as watch_messages
    from tests.rules import examples, variations
    from tests.simulator import scenarios as simulator
    from tests.watch import pictures as watch

    for write in (
        runbook_index,
        capacity,
        kept_refusals,
        planning,
        report,
        recording,
        commands,
        simulator,
        watch,
        watch_messages,
    ):
        write.main("--write")  # type: ignore[attr-defined]
    for rule in ALL_RULES:
        examples.main(rule.id, "--write")
        variations.main(rule.id, "--write")


if __name__ == "__main__":
    main()
