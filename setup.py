"""What pyproject.toml cannot say: docs/rules, the one source of the rule pages, is shipped as `constructs_lib.rule_pages`; and
the simulator's compiled twin is built where there is a C compiler, and left out where there is none."""

import sys

from setuptools import Extension, find_packages, setup

# No fused multiply-add: the twin's results are those of plain Python to the bit.
FLAGS = ["/O2", "/fp:precise"] if sys.platform == "win32" else ["-O3", "-ffp-contract=off"]

setup(
    packages=[*find_packages(include=["constructs_lib", "constructs_lib.*"]), "constructs_lib.rule_pages"],
    package_dir={"constructs_lib.rule_pages": "docs/rules"},
    ext_modules=[
        Extension(
            "constructs_lib.compiled._simulator",
            ["constructs_lib/compiled/_simulator.c"],
            extra_compile_args=FLAGS,
            optional=True,
        )
    ],
)
