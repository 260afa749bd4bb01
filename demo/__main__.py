"""`python -m demo`: exit code 0 for the expected results, 1 for other results, 2 for bad input, 130 interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

from capacity_guard.capacity.errors import InputError
from capacity_guard.rehearsal.emulator import EmulatorError
from capacity_guard.rehearsal.emulator.clock import MAX_SPEED, MIN_SPEED

from .commands import ROOT, DemoError
from .story import Demo


def main() -> int:
    """Run the demo once."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=sys.modules["demo"].__doc__)
    parser.add_argument(
        "--speed", type=_speed, default=30.0, help="rehearsal seconds per wall second (default 30)"
    )
    parser.add_argument(
        "--out", type=Path, default=ROOT / "out" / "demo", help="folder to write to (default out/demo)"
    )
    arguments = parser.parse_args()
    # SIGTERM acts like Ctrl-C: every process that the demo started is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    try:
        problems = Demo(arguments.out, arguments.speed).run()
    except (DemoError, EmulatorError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except InputError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("demo: interrupted; every process it had started is ended", file=sys.stderr)
        return 130
    print(f"\nwall clock   {time.monotonic() - started:.0f} s")
    return 1 if problems else 0


def _speed(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not MIN_SPEED <= value <= MAX_SPEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from {MIN_SPEED:g} to {MAX_SPEED:g}")
    return value


if __name__ == "__main__":
    sys.exit(main())
