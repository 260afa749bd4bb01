"""`python -m live`: exit code 0 passed, 1 failed or something is left, 2 refused (nothing made), 130 interrupted."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from capacity_guard.capacity.errors import InputError

from . import record
from .account import check_account, checked_arguments, checked_endpoint
from .cleaning import clean, command
from .deploying import ROOT, Deploying, LiveError
from .prices import estimate
from .run import Run
from .scenario import checked_run, new_run

PASSED, FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run once, or clean up after a run.

    Args:
        argv: arguments without the program's name; ``None`` takes those of the process.
    """
    arguments = _parser().parse_args(argv)
    # An end that is asked for takes the same way as Ctrl-C: everything is removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        account, region = checked_arguments(arguments.account, arguments.region)
        endpoint = checked_endpoint(os.environ)
        run = new_run() if arguments.cleanup is None else checked_run(arguments.cleanup)
        folder = ROOT / "out" / "live" / run
        deploying = Deploying(run, account, region, folder, warm=arguments.warm, endpoint=endpoint, say=_say)
        check_account(deploying, account, region)
        if arguments.cleanup is not None:
            return PASSED if _cleaned(deploying)[0] else FAILED
        if not _confirmed(arguments, account, region, endpoint):
            return REFUSED
    except InputError as error:
        print(f"live: {error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("live: interrupted", file=sys.stderr)
        return INTERRUPTED
    folder.mkdir(parents=True)
    found = record.new(run, account, region, endpoint, arguments.warm, datetime.now(UTC))
    _say(f"run {run}; should this machine fail, this removes it: {command(run, account, region)}")
    outcome = _go(deploying, found)
    cleaned, left = _cleaned(deploying)
    found |= {
        "outcome": outcome,
        "cleaned_up": cleaned,
        "left": left,
        "ended": record.moment(datetime.now(UTC)),
    }
    if outcome == "passed" and not cleaned:
        found["outcome"] = "failed"
    # What is committed is a whole run on AWS; anything else stays in the run's own folder.
    whole = found["outcome"] == "passed" and endpoint is None
    out = arguments.out or (ROOT / "docs" / "live" if whole else folder)
    _say(f"{found['outcome']}; the record: {record.write(found, out)}")
    if outcome == "interrupted":
        return INTERRUPTED
    return PASSED if found["outcome"] == "passed" else FAILED


def _go(deploying: Deploying, found: dict[str, Any]) -> str:
    try:
        Run(deploying, found, _say).go()
    except KeyboardInterrupt:
        _say("interrupted: removing what was made; a second interruption leaves it")
        found["problems"].append("interrupted")
        return "interrupted"
    except Exception as error:  # noqa: BLE001 (whatever it was, what was made is removed and the record says it)
        _say(f"failed: {error}")
        found["problems"].append(str(error) if isinstance(error, LiveError | InputError) else repr(error))
        return "failed"
    return "passed"


def _cleaned(deploying: Deploying) -> tuple[bool, list[str]]:
    """Remove everything of the run; whether all is gone, and what is left."""
    remedy = command(deploying.run, deploying.account, deploying.region)
    try:
        left = clean(deploying, deploying.run, _say)
    except KeyboardInterrupt:
        left = ["unknown: cleaning up was interrupted"]
    if left:
        _say("left behind:", *(f"  {one}" for one in left), f"remove it: {remedy}")
    else:
        _say("everything is removed (the assets stay in the CDK's bucket)")
    return not left, left


def _confirmed(arguments: argparse.Namespace, account: str, region: str, endpoint: str | None) -> bool:
    where = f"account {account}, {region}" + ("" if endpoint is None else f", at {endpoint}")
    _say(f"{where}: two tiny tables for one to three hours", str(estimate(arguments.warm)))
    if arguments.yes:
        return True
    try:
        answer = input("Type yes to start: ")
    except EOFError:
        answer = ""
    if answer.strip().lower() == "yes":
        return True
    print("live: not confirmed, nothing was made (--yes confirms beforehand)", file=sys.stderr)
    return False


def _say(*lines: str) -> None:
    now = time.strftime("%H:%M:%S", time.gmtime())
    print(f"{now}  " + "\n          ".join(lines), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m live", description=f"{sys.modules['live'].__doc__} docs/live.md tells all."
    )
    parser.add_argument(
        "--account", metavar="ID", help="the account that may be used; nothing starts without it"
    )
    parser.add_argument("--region", metavar="R", help="the Region that may be used")
    parser.add_argument("--warm", action="store_true", help="raise warm throughput too (charged once)")
    parser.add_argument("--yes", action="store_true", help="start without asking")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where the record goes (default docs/live)"
    )
    parser.add_argument("--cleanup", metavar="RUN_ID", help="only remove what an earlier run has left")
    return parser


if __name__ == "__main__":
    sys.exit(main())
