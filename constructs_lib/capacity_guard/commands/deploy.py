"""``capacity-guard deploy``: a deployment by the CDK CLI, with the plan before it, its stages, and what became of it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..capacity.errors import InputError
from ..capacity.safe_text import safe_line
from . import person
from .exit_codes import BAD_INPUT, FOUND, INTERRUPTED, OK, UNKNOWN

if TYPE_CHECKING:
    import argparse
    from types import FrameType

    from ..deployment.deploy import Deployment
    from ..deployment.followed import Result
    from .arguments import Commands


def add(commands: Commands) -> None:
    """Register the command."""
    deploy = commands.add_parser(
        "deploy",
        help="deploy stacks with the CDK CLI, and show the stages of their changes",
        description="Synthesizes the app, shows what the deployment will do, asks, lets the CDK CLI deploy, prints each stage, "
        "and says what became of it. Options of the CDK CLI follow after --. Exit code 0: done, 1: refused or rolled back, 2: "
        "bad input, 3: the outcome is not known. Run it again if it was interrupted. See `capacity-guard docs deploying`.",
        usage="capacity-guard deploy [-h] [--all] [--exclusively] [--yes] [STACK ...] [-- CDK OPTIONS]",
    )
    deploy.add_argument("stacks", nargs="*", metavar="STACK", help="ids of stacks, with *, ** and ?")
    deploy.add_argument("--all", action="store_true", help="every stack of the app")
    deploy.add_argument("--exclusively", action="store_true", help="without the stacks that they need")
    deploy.add_argument("--yes", action="store_true", help="do not ask")
    deploy.set_defaults(run=_run, cdk=())


def _run(arguments: argparse.Namespace) -> int:
    if not arguments.yes and not person.is_there():
        raise InputError("--yes", "is missing, and there is nobody to ask", "Give --yes")
    from ..deployment.cdk_cli import CdkCli
    from ..deployment.cdk_options import read_options
    from ..deployment.deploy import Asked, Deployment, NotSynthesized, Refused
    from ..deployment.stack_calls import Connections

    folder = Path.cwd()
    options = read_options(arguments.cdk, os.environ, folder, Path.home())
    connections = Connections(options.profile, None)
    deployment = Deployment(CdkCli.find(folder), options, connections.of, _report, _agreed)
    asked = Asked(tuple(arguments.stacks), arguments.all, arguments.exclusively, arguments.yes)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _code(deployment.run(asked))
    except Refused as refused:
        for line in str(refused).splitlines():
            print(f"capacity-guard: {safe_line(line)}", file=sys.stderr)
        return FOUND
    except NotSynthesized:
        print("capacity-guard: the app could not be synthesized; nothing was deployed", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return _interrupted(deployment)
    finally:
        signal.signal(signal.SIGTERM, before)


def _code(result: Result) -> int:
    from ..deployment.followed import Result

    codes = {Result.DONE: OK, Result.UNCHANGED: BAD_INPUT, Result.UNDONE: FOUND, Result.UNKNOWN: UNKNOWN}
    return codes[result]


def _interrupted(deployment: Deployment) -> int:
    from ..deployment.ending import interrupted_lines

    print("capacity-guard: interrupted", file=sys.stderr)
    lines = [line for one in deployment.followed for line in interrupted_lines(one)]
    for line in lines or ["no operation of a stack was seen to run; run the same command again to continue"]:
        print(safe_line(line), file=sys.stderr)
    return INTERRUPTED


def _interrupt(number: int, frame: FrameType | None) -> None:
    """What a CI system sends to a job that is cancelled means the same as Ctrl-C."""
    del number, frame
    raise KeyboardInterrupt


def _agreed() -> bool:
    return person.agrees("Deploy?")


def _report(line: str) -> None:
    print(safe_line(line), flush=True)


__all__ = ["add"]
