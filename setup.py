"""What pyproject.toml cannot state.

The pages in ``docs``, ``docs/rules`` and ``docs/runbooks`` exist once; a wheel holds copies of them in ``capacity_guard/pages``.
The simulator's compiled twin is built where there is a C compiler, and left out where there is none.
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
# No fused multiply-add: the twin's results equal those of plain Python to the bit.
FLAGS = ["/O2", "/fp:precise"] if sys.platform == "win32" else ["-O3", "-ffp-contract=off"]
# CAPACITY_GUARD_PURE=1 builds a wheel without the twin, which installs on every platform (`make wheel`).
PURE = os.environ.get("CAPACITY_GUARD_PURE") == "1"


class BuildWithPages(build_py):
    """``build_py`` that also copies the documentation pages; an editable installation needs no copy."""

    def run(self) -> None:
        """Build the package."""
        super().run()
        if not self.editable_mode:
            for folder in (".", "rules", "runbooks"):
                target = Path(self.build_lib) / "capacity_guard" / "pages" / folder
                self.mkpath(str(target))
                for page in sorted((HERE / "docs" / folder).glob("*.md")):
                    self.copy_file(str(page), str(target / page.name))


setup(
    cmdclass={"build_py": BuildWithPages},
    ext_modules=[]
    if PURE
    else [
        Extension(
            "capacity_guard.simulator._compiled",
            ["constructs_lib/capacity_guard/simulator/_compiled.c"],
            extra_compile_args=FLAGS,
            optional=True,
        )
    ],
)
