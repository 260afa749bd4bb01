"""The emulator's process: apply the corrections, then serve. `launcher` starts it."""

from __future__ import annotations

import sys

from . import corrections


def main() -> None:
    """Apply the corrections that the environment does not leave out, then run MiniStack until the process ends."""
    applied = corrections.apply_all(skip=corrections.skipped_by_environment())
    print(f"corrections applied: {', '.join(applied)}", file=sys.stderr, flush=True)
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
