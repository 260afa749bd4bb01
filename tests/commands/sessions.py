"""Sessions of ``plan``, ``recommend`` and ``findings`` that are kept letter by letter, and the options of every command.

``python -m tests.commands.sessions`` prints them; with ``--write`` they are kept in ``kept/``, and the difference is reviewed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import chdir
from pathlib import Path
from unittest import mock

from capacity_guard.commands.main import _parser
from capacity_guard.evidence.baseline import NewTable
from tests.builders.cases import baseline, on_demand, provisioned
from tests.builders.findings import CALM, FOUND
from tests.planning.plans import synthesized
from tests.planning.scenarios import ADVICE
from tests.recording.sessions import CSV, DEPLOYED, Session

KEPT = Path(__file__).parent / "kept"


def _plan(session: Session) -> None:
    with chdir(session.folder):  # how a path is folded depends on its length
        _planned(session)


def _planned(session: Session) -> None:
    synthesized(Path(), baseline(), on_demand())
    for text in (
        ".",
        "capacity-guard.json --json -",
        ". --markdown - --html page.html",
        ". --json plan.json --markdown plan.md --parallel 1",
        ". --json - --markdown -",
        ". --html -",
        ". --parallel 0",
        ". --parallel 65",
        ". --json none/plan.json",
        ". --prices none.json",
        "none",
    ):
        session.run(*text.split(), program="plan")
        session.lines = [
            line if len(line) < 500 else f"{line[:300]} ... {len(line)} letters" for line in session.lines
        ]
    session.lines += sorted(path.name for path in session.folder.iterdir())
    (session.folder / "same").mkdir()
    synthesized(Path("same"), baseline(), provisioned())
    session.run("same", program="plan")


def _recommend(session: Session) -> None:
    for name in ("fixed, morning", "too short"):
        found, _ = ADVICE[name]()
        found.save(session.folder / f"{name.partition(',')[0]}.json".replace(" ", "-"))
    (session.folder / "other.json").write_text("{}")
    (session.folder / "broken.json").write_text('{"schema": "capacity-guard/baseline"')
    (session.folder / ".hidden").mkdir()
    (session.folder / ".hidden" / "x.json").write_text('{"schema": "capacity-guard/baseline"')
    (session.folder / "none").mkdir()
    NewTable("orders").save(session.folder / "none" / "new.json")
    now = "--now 2026-07-06T05:00:00.75Z"
    for text in (
        f"FOLDER/fixed.json {now}",
        f"FOLDER/fixed.json {now} --threshold 1e15 --margin 1",
        f"FOLDER {now} --json FOLDER/none/advice.json",
        f"FOLDER/fixed.json {now} --json -",
        f"FOLDER/too-short.json {now}",
        f"FOLDER/broken.json {now}",
        f"FOLDER/broken.json FOLDER/other.json {now}",
        "FOLDER/none --now x",
        f"FOLDER/none/advice.json {now}",
        f"FOLDER/missing.json {now}",
        f"FOLDER/none/new.json {now}",
        "FOLDER/fixed.json --change-window Sun",
        "FOLDER/fixed.json --margin 0.9",
        "FOLDER/fixed.json --margin 1001",
        "FOLDER/fixed.json --margin inf",
        "FOLDER/fixed.json --threshold -1",
        "FOLDER/fixed.json --threshold 1.1e15",
        "FOLDER/fixed.json --threshold nan",
        "FOLDER/fixed.json --now 2026-07-06T05:00:00+01:00",
        f"FOLDER/fixed.json {now} --prices FOLDER/other.json",
        f"FOLDER/fixed.json {now} --json FOLDER/gone/x.json",
    ):
        session.run(*text.split(), program="recommend")
    (session.folder / "empty").mkdir()
    session.run("FOLDER/empty", program="recommend")


def _findings(session: Session) -> None:
    FOUND.write(session.folder)
    for text in (
        "FOLDER",
        "FOLDER --json -",
        "FOLDER --github --markdown -",
        "FOLDER --markdown FOLDER/found.md --json FOLDER/found.json",
        "FOLDER --json - --github",
        "FOLDER --json - --markdown -",
        "FOLDER --json - --markdown FOLDER/again.md",
        "FOLDER --markdown FOLDER/none/x",
    ):
        session.run(*text.split(), program="findings")
    session.lines += sorted(path.name for path in session.folder.iterdir())
    session.lines += (session.folder / "found.md").read_text().splitlines()
    CALM.write(session.folder)
    session.run("FOLDER", program="findings")


def _from_files(session: Session) -> None:
    """What is recorded from files is planned and advised on by the other commands."""
    import json

    (session.folder / "t.csv").write_text(CSV)
    (session.folder / "c.json").write_text(json.dumps(DEPLOYED))
    given = "--from-csv FOLDER/t.csv --capacity FOLDER/c.json --recorded-at 2026-07-02T00:00:00Z"
    session.run(*f"--table Orders --out FOLDER/o.json {given}".split())
    session.run("FOLDER/o.json", "--now", "2026-07-02T00:00:00Z", program="recommend")


def _options(session: Session) -> None:
    """Every option with its default and its help; how argparse lays a page out differs between versions of Python."""
    parser = _parser()
    session.lines += [parser.prog, str(parser.description)]
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    session.lines.append(f"{commands.dest} {commands.required} {commands.metavar}")
    for choice in commands._choices_actions:
        session.lines.append(f"{choice.dest}: {choice.help}")
    for name, command in commands.choices.items():
        session.lines += [f"# {name}", str(command.description)]
        for action in command._actions[1:]:
            kind = type(action).__name__.strip("_")
            value = getattr(action.type, "__name__", None)
            names = ", ".join(action.option_strings) or action.dest
            session.lines.append(
                f"  {names}: {kind} {action.metavar} {value} {action.nargs} {action.default} {action.dest}: {action.help}"
            )


SESSIONS: Mapping[str, Callable[[Session], None]] = {
    "plan": _plan,
    "recommend": _recommend,
    "findings": _findings,
    "from-files": _from_files,
    "options": _options,
}


def check_options(command: str) -> None:
    """Check the options of one command."""

    def options(text: str) -> str:
        return text.partition(f"# {command}\n")[2].partition("\n# ")[0]

    kept = options((KEPT / "options.txt").read_text(encoding="utf-8"))
    assert kept
    assert options(seen("options")) == kept, "if this is meant: python -m tests.kept"


def check(name: str) -> None:
    """Check that a session shows what is kept of it."""
    kept = (KEPT / f"{name}.txt").read_text(encoding="utf-8")
    assert seen(name) == kept, "if this is meant: python -m tests.kept"


def seen(name: str) -> str:
    """What a person sees of a session."""
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder).resolve())
        with mock.patch.dict(os.environ, {"COLUMNS": "100"}):
            os.environ.pop("GITHUB_WORKSPACE", None)
            SESSIONS[name](session)
        return session.text()


def main(*options: str) -> None:
    """Print what is seen of each session, or keep it."""
    KEPT.mkdir(exist_ok=True)
    for name in SESSIONS:
        if "--write" in options:
            (KEPT / f"{name}.txt").write_text(seen(name), encoding="utf-8")
        else:
            print(f"# {name}\n{seen(name)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
