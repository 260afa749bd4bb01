"""What pyproject.toml cannot say: docs/rules, the one source of the rule pages, is shipped as `constructs_lib.rule_pages`."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["constructs_lib", "constructs_lib.*"]), "constructs_lib.rule_pages"],
    package_dir={"constructs_lib.rule_pages": "docs/rules"},
)
