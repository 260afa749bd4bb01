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
from .cleanup import clean_up, cleanup_command
from .deployment import ROOT, Deployment, LiveError
from .hypotheses import Verdicts
from .prices import estimate
from .run import LiveRun
from .scenario import checked_run_id, new_run_id

PASSED, FAILED, REFUSED, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Do one run, or clean up after an earlier run; return the exit code.

    Args:
        argv: arguments without the program's name; ``None`` is those of the process.
    """
    arguments = _parser().parse_args(argv)
    # SIGTERM acts like Ctrl-C: everything is removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        account, region = checked_arguments(arguments.account, arguments.region)
        endpoint = checked_endpoint(os.environ)
        run = new_run_id() if arguments.cleanup is None else checked_run_id(arguments.cleanup)
        folder = ROOT / "out" / "live" / run
        deployment = Deployment(
            run, account, region, folder, warm=arguments.warm, endpoint=endpoint, say=_say
        )
        check_account(deployment, account, region)
        if arguments.cleanup is not None:
            return PASSED if _clean_up(deployment)[0] else FAILED
        if not _confirmed(arguments, account, region, endpoint):
            return REFUSED
    except InputError as error:
        print(f"live: {error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("live: interrupted", file=sys.stderr)
        return INTERRUPTED
    folder.mkdir(parents=True)
    record_data = record.new_record(run, account, region, endpoint, arguments.warm, datetime.now(UTC))
    _say(f"run {run}; should this machine fail, this removes it: {cleanup_command(run, account, region)}")
    verdicts = Verdicts()
    outcome = _run(deployment, record_data, verdicts)
    cleaned, remaining = _clean_up(deployment)
    record_data |= {
        "outcome": outcome,
        "hypotheses": verdicts.to_json(),
        "cleaned_up": cleaned,
        "left": remaining,
        "ended": record.time_text(datetime.now(UTC)),
    }
    _say("verdicts (docs/hypotheses.md):", *verdicts.lines())
    if outcome == "passed" and not cleaned:
        record_data["outcome"] = "failed"
    # The record of a run on AWS that passed goes to docs/live; any other record stays in the folder of the run.
    published = record_data["outcome"] == "passed" and endpoint is None
    out = arguments.out or (ROOT / "docs" / "live" if published else folder)
    _say(f"{record_data['outcome']}; the record: {record.write(record_data, out)}")
    if outcome == "interrupted":
        return INTERRUPTED
    return PASSED if record_data["outcome"] == "passed" else FAILED


def _run(deployment: Deployment, record_data: dict[str, Any], verdicts: Verdicts) -> str:
    try:
        LiveRun(deployment, record_data, verdicts, _say).run()
    except KeyboardInterrupt:
        _say("interrupted: removing what was made; a second interruption leaves it")
        record_data["problems"].append("interrupted")
        return "interrupted"
    except Exception as error:  # noqa: BLE001 (after any error the run is cleaned up, and the record has the error)
        _say(f"failed: {error}")
        record_data["problems"].append(
            str(error) if isinstance(error, LiveError | InputError) else repr(error)
        )
        return "failed"
    return "passed"


def _clean_up(deployment: Deployment) -> tuple[bool, list[str]]:
    """Remove everything of the run; return whether everything is removed, and what remains."""
    remedy = cleanup_command(deployment.run, deployment.account, deployment.region)
    try:
        remaining = clean_up(deployment, deployment.run, _say)
    except KeyboardInterrupt:
        remaining = ["unknown: cleaning up was interrupted"]
    if remaining:
        _say("left behind:", *(f"  {line}" for line in remaining), f"remove it: {remedy}")
    else:
        _say("everything is removed (the assets stay in the CDK's bucket)")
    return not remaining, remaining


def _confirmed(arguments: argparse.Namespace, account: str, region: str, endpoint: str | None) -> bool:
    where = f"account {account}, {region}" + ("" if endpoint is None else f", at {endpoint}")
    _say(f"{where}: four tiny tables for two to four hours", str(estimate(arguments.warm)))
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
