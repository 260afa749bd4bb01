"""Exit codes, which scripts and workflows of users compare: every one that the page states is reached by its command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import Capacity, InputError
from capacity_guard.capacity.errors import NotKnown, Refused
from capacity_guard.commands import exit_codes
from capacity_guard.commands.main import main
from capacity_guard.findings import Findings
from tests.builders.cases import baseline, deployed, flat, on_demand, traffic
from tests.builders.findings import CALM, FOUND
from tests.checking.checked import provisioned, saved, template, written
from tests.fakes.models import client_error
from tests.fakes.recording_aws import NAME
from tests.handlers.gate_world import TABLE_NAME
from tests.paths import ROOT
from tests.recording.conftest import fleet as recorded_fleet  # noqa: F401 - a fixture
from tests.recording.conftest import services  # noqa: F401 - a fixture
from tests.recording.record_command import table_list
from tests.recording.test_rollout import change

from .test_accept import world as watched  # noqa: F401 - a fixture
from .test_deploy import cli_fails, passes, rollback_fails, vetoed
from .test_deploy import world as deploying  # noqa: F401 - a fixture
from .test_promote import fleet as waves  # noqa: F401 - a fixture
from .test_rollback import world as rolling_back  # noqa: F401 - a fixture
from .test_status import HOUR, MINUTE, carry
from .test_status import deployed as changed
from .test_status import world as looked_at  # noqa: F401 - a fixture

PAGE = ROOT / "docs" / "exit-codes.md"
NOW = ("--now", "2026-07-10T00:00:00Z")


@dataclass(frozen=True)
class Course:
    """What a course needs: a folder, and fixtures by name."""

    folder: Path
    fixture: Callable[[str], Any]
    patch: pytest.MonkeyPatch


Run = Callable[[Course], int]


def recorded(*more: str, baked: bool = False) -> Run:
    """``record`` of one table, whose change has settled only without an hour given."""

    def run(course: Course) -> int:
        out = course.folder / "orders.json"
        if baked:
            change(course.fixture("services"), out, baked_at=_an_hour_before())
        else:
            course.fixture("services")
        return main(["record", "--table", NAME, "--out", str(out), "--days", "1", *more])

    return run


def _an_hour_before() -> Any:
    from tests.fakes.recording_aws import END

    return END - HOUR


def some_recorded(course: Course) -> int:
    tables = course.fixture("recorded_fleet")
    next(iter(tables.values())).failures["DescribeTable"] = [
        client_error("DescribeTable", "AccessDeniedException", "no", 400)
    ] * 9
    names = table_list(course.folder, *tables)
    return main(["record", "--tables-from", names, "--out", str(course.folder / "out")])


def findings(found: Findings | None) -> Run:
    def run(course: Course) -> int:
        if found is not None:
            found.write(course.folder)
        return main(["findings", str(course.folder)])

    return run


def checked(*units: int, file: str = "template.json") -> Run:
    def run(course: Course) -> int:
        recorded = saved(course.folder, Capacity.provisioned(read=100, write=1_000))
        written(course.folder, template(provisioned(*units)))
        return main(["check", str(course.folder / file), "--baseline", str(recorded), *NOW])

    return run


def recommended(*files: str) -> Run:
    def run(course: Course) -> int:
        baseline().save(course.folder / "change.json")
        baseline(deployed(on_demand()), traffic(flat(1), flat(1), flat(1))).save(course.folder / "keep.json")
        (course.folder / "broken.json").write_text('{"schema": "capacity-guard/baseline"')
        return main(["recommend", *(str(course.folder / name) for name in files), *NOW])

    return run


def planned(found: Findings | None) -> Run:
    def run(course: Course) -> int:
        if found is not None:
            found.write(course.folder)
        return main(["plan", str(course.folder)])

    return run


def page(command: str, name: str) -> Run:
    return lambda course: main([command, name])


def deploy(prepare: Callable[[Any], None], *more: str) -> Run:
    def run(course: Course) -> int:
        prepare(course.fixture("deploying"))
        return main(["deploy", *more])

    return run


def settled(world: Any) -> None:
    carry(world, changed(world, 30 * HOUR))


def throttled(world: Any) -> None:
    carry(world, changed(world, HOUR))
    for minutes in (10, 11):
        world.aws.put("WriteThrottleEvents", "table", world.aws.now - minutes * MINUTE, 100)


def without_metrics(world: Any) -> None:
    changed(world, HOUR)
    world.aws.metrics = {}


def status(prepare: Callable[[Any], None], *more: str) -> Run:
    def run(course: Course) -> int:
        prepare(course.fixture("looked_at"))
        return main(["status", TABLE_NAME, *more])

    return run


def rollback(prepare: Callable[[Any], None], *more: str, answer: str | None = None) -> Run:
    def run(course: Course) -> int:
        prepare(course.fixture("rolling_back"))
        if answer is not None:
            course.patch.setattr("sys.stdin.isatty", lambda: True, raising=False)
            course.patch.setattr("builtins.input", lambda prompt: answer)
        return main(["rollback", TABLE_NAME, "--reason", "INC-1", *more])

    return run


def nothing(world: Any) -> None:
    del world


def update_fails(world: Any) -> None:
    world.status = "DELETE_FAILED"


def gates_stand(world: Any) -> None:
    world.events = []


def journal_refuses(world: Any) -> None:
    world.journals.refuses = ["AccessDeniedException"]


def decided(command: str, prepare: Callable[[Any], None], reason: str = "seen", *more: str) -> Run:
    def run(course: Course) -> int:
        prepare(course.fixture("watched"))
        length = ["--for", "4h"] if command == "pause" else []
        return main([command, TABLE_NAME, "--reason", reason, *length, *more])

    return run


def retried(content: str | None) -> Run:
    def run(course: Course) -> int:
        file = course.folder / "orders.json"
        baseline().save(file)
        if content is not None:
            file.write_text(content)
        return main(["retry", str(file)])

    return run


def promoted(times: int, *more: str, break_baseline: bool = False) -> Run:
    def run(course: Course) -> int:
        fleet = course.fixture("waves")
        for _ in range(times - 1):
            assert fleet.run() == 0
        if break_baseline:
            (course.folder / "baselines" / "cell-1.json").unlink()
        return int(fleet.run(*more))

    return run


COURSES: dict[tuple[str, int], Run] = {
    ("record", 0): recorded(),
    ("record", 1): recorded("--settled", baked=True),
    ("record", 2): recorded("--later-wave"),
    ("record", 3): some_recorded,
    ("findings", 0): findings(CALM),
    ("findings", 1): findings(FOUND),
    ("findings", 2): findings(None),
    ("check", 0): checked(),
    ("check", 1): checked(100, 200),
    ("check", 2): checked(file="gone.json"),
    ("recommend", 0): recommended("keep.json"),
    ("recommend", 1): recommended("change.json"),
    ("recommend", 2): recommended("broken.json"),
    ("recommend", 3): recommended("keep.json", "broken.json"),
    ("plan", 0): planned(CALM),
    ("plan", 1): planned(FOUND),
    ("plan", 2): planned(None),
    ("rule", 0): page("rule", "CG4"),
    ("rule", 2): page("rule", "CG99"),
    ("docs", 0): page("docs", "recording"),
    ("docs", 2): page("docs", "nothing"),
    ("runbook", 0): page("runbook", "settled"),
    ("runbook", 2): page("runbook", "nothing"),
    ("deploy", 0): deploy(passes, "--yes"),
    ("deploy", 1): deploy(vetoed, "--yes"),
    ("deploy", 2): deploy(cli_fails, "--yes"),
    ("deploy", 3): deploy(rollback_fails, "--yes"),
    ("status", 0): status(settled),
    ("status", 1): status(throttled),
    ("status", 2): status(settled, "--endpoint-url", "localhost"),
    ("status", 3): status(without_metrics),
    ("rollback", 0): rollback(nothing, "--yes"),
    ("rollback", 1): rollback(nothing, answer="n"),
    ("rollback", 2): rollback(nothing),
    ("rollback", 3): rollback(update_fails, "--yes"),
    ("accept", 0): decided("accept", nothing),
    ("accept", 1): decided("accept", gates_stand),
    ("accept", 2): decided("accept", nothing, " "),
    ("accept", 3): decided("accept", journal_refuses),
    ("pause", 0): decided("pause", nothing),
    ("pause", 1): decided("pause", gates_stand),
    ("pause", 2): decided("pause", nothing, " "),
    ("pause", 3): decided("pause", journal_refuses),
    ("retry", 0): retried(None),
    ("retry", 2): retried("{"),
    ("promote", 0): promoted(1),
    ("promote", 1): promoted(2),
    ("promote", 2): promoted(1, "--check", "--nonsense"),
    ("promote", 3): promoted(2, break_baseline=True),
}


def stated() -> set[tuple[str, int]]:
    """Command and code of every cell of the page that says something."""
    found = set()
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0].startswith("[`"):
            command = cells[0].split("`")[1]
            found |= {(command, code) for code, cell in enumerate(cells[1:]) if cell != "-"}
    return found


def test_page_states_every_command_and_every_course_is_stated(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = {
        line.split()[0]
        for line in capsys.readouterr().out.splitlines()
        if line.startswith("    ") and line[4:5].isalpha()
    }
    assert {command for command, _ in stated()} == listed
    assert stated() == set(COURSES)


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize(("command", "code"), sorted(COURSES), ids=lambda value: str(value))
def test_command_ends_with_the_code_that_the_page_states(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, code: int
) -> None:
    course = Course(tmp_path, request.getfixturevalue, monkeypatch)
    try:
        ended = COURSES[command, code](course)
    except SystemExit as error:  # argparse
        ended = int(error.code or 0)
    assert ended == code


def test_exit_codes_never_change() -> None:
    assert (exit_codes.OK, exit_codes.FOUND, exit_codes.BAD_INPUT) == (0, 1, 2)
    assert (exit_codes.SOME_FAILED, exit_codes.UNKNOWN, exit_codes.INTERRUPTED) == (3, 3, 130)
    assert exit_codes.PIPE_CLOSED == 141


@pytest.mark.parametrize(("error", "code"), [(InputError, 2), (Refused, 1), (NotKnown, 3)])
def test_exit_code_of_an_error_says_whose_turn_it_is(error: type[InputError], code: int) -> None:
    assert exit_codes.code_of(error("a", "b", "c")) == code
