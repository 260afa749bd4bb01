"""``python -m capacity_guard``: the same as the command ``capacity-guard``."""

import sys

from .commands.main import main

if __name__ == "__main__":
    sys.exit(main())
