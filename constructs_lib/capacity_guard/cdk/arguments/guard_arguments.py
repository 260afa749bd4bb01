"""Checks of the arguments that ``GuardedTable`` and ``CapacityGuard`` have in common."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

import aws_cdk as cdk

from ...capacity.errors import InputError
from ...evidence.baseline import Baseline
from ..app.kept import kept_of

_TOKEN = re.compile(r"\$\{Token\[[^]]+\]\}")


def load_baseline(baseline: Baseline | InputError | str | Path, location: str) -> Baseline | InputError:
    """Load the baseline that a construct is given. A file that cannot be read is finding CG2, not an exception.

    Args:
        baseline: a file, a baseline, or the error that loading one raised.
        location: the property, for errors.

    Returns:
        The baseline, or the error that loading it raised.

    Raises:
        InputError: ``baseline`` has another type.
    """
    if isinstance(baseline, (str, Path)):
        try:
            return Baseline.load(baseline)
        except InputError as error:
            return error
    if not isinstance(baseline, (Baseline, InputError)):
        raise InputError(
            location, f"is {type(baseline).__name__}", "Give a file, Baseline.load(...) or NewTable(...)"
        )
    return baseline


def baselines_folder(baselines: object, location: str) -> Path:
    """The folder of the baselines of a fleet; it need not exist yet.

    Args:
        baselines: what the caller gave.
        location: the argument, for errors.

    Raises:
        InputError: it is not a path, or the path of a file.
    """
    if not isinstance(baselines, (str, Path)):
        raise InputError(location, f"is {type(baselines).__name__}", "Give the path of a folder")
    folder = Path(baselines)
    if folder.is_file():
        raise InputError(location, f"{folder} is a file", "Give the folder that holds the baselines")
    return folder


def recorded_name(baseline: Baseline | InputError) -> str | None:
    """The name of a recorded table, ``None`` if none was recorded.

    Args:
        baseline: its baseline, or the error met when it was loaded.
    """
    return None if isinstance(baseline, InputError) or baseline.is_new_table else baseline.table.name


def text_or_none(value: str) -> str | None:
    """A text that is known at synthesis, ``None`` for a token."""
    # The CDK writes a token as ${Token[...]} (Developer Guide: tokens), so it need be asked only about what looks otherwise.
    return None if _TOKEN.fullmatch(value) or ("$" in value and cdk.Token.is_unresolved(value)) else value


class MayBeNested(Protocol):
    """A stack, or the place in one."""

    @property
    def nested(self) -> bool: ...


def refuse_nested_stack(stack: MayBeNested, location: str) -> None:
    """Refuse a nested stack.

    Args:
        stack: the stack of the table, or a place in it.
        location: the property, for errors.

    Raises:
        InputError: the stack is nested.
    """
    if stack.nested:
        raise InputError(
            location,
            "is in a nested stack, whose rollback belongs to the parent stack",
            "Move the table into a stack of its own, by retain and import (capacity-guard docs table-to-tablev2)",
        )


def publishes_assets(stack: cdk.Stack) -> bool:
    """Whether the synthesizer of a stack publishes file assets; a ``BootstraplessSynthesizer`` does not.

    Args:
        stack: the stack. It is asked once.
    """
    return kept_of(
        stack, publishes_assets, lambda: not isinstance(stack.synthesizer, cdk.BootstraplessSynthesizer)
    )


def refuse_stack_without_assets(stack: cdk.Stack, location: str) -> None:
    """Refuse a stack whose synthesizer publishes no file assets: the code of the gates is one.

    Args:
        stack: the stack of the table. It is asked once.
        location: the property, for errors.

    Raises:
        InputError: the synthesizer of the stack is a ``BootstraplessSynthesizer``.
    """
    if not publishes_assets(stack):
        raise InputError(
            location,
            "is in a stack with a BootstraplessSynthesizer, which publishes no assets; the code of the gates is an asset",
            "Bootstrap the account, and give the stack another synthesizer, for example DefaultStackSynthesizer()",
        )


__all__ = [
    "baselines_folder",
    "load_baseline",
    "publishes_assets",
    "recorded_name",
    "refuse_nested_stack",
    "refuse_stack_without_assets",
    "text_or_none",
]
