"""The template of a stack before the synthesis is through: overrides and everything that is decided late included."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import jsii
from aws_cdk import cx_api

from ..capacity.errors import InputError


@jsii.implements(cdk.ISynthesisSession)
class _Session:
    """A synthesis of one template into a folder of its own."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._builder = cx_api.CloudAssemblyBuilder(folder)

    @property
    def assembly(self) -> cx_api.CloudAssemblyBuilder:
        return self._builder

    @property
    def outdir(self) -> str:
        return self._folder

    @property
    def validate_on_synth(self) -> bool | None:
        return False


def rendered(stack: cdk.Stack) -> dict[str, Any]:
    """The template of a stack as it is at this moment.

    The properties of a construct do not show what ``add_override`` and an included template say, so the stack itself
    is asked, through the method that every synthesizer of the CDK uses. Rendering fixes what the CDK fixes when it
    renders (an IAM statement can no longer be changed), so this is for the end of a synthesis: an aspect, which the
    CDK runs just before it renders every resource itself.

    Args:
        stack: the stack, not a nested one.

    Raises:
        InputError: the stack has a synthesizer of another make.
    """
    synthesizer = stack.synthesizer
    if not isinstance(synthesizer, cdk.StackSynthesizer):
        raise InputError(
            stack.node.path,
            f"has a synthesizer ({type(synthesizer).__name__}) that cannot show the template before the synthesis",
            "Use one that is a StackSynthesizer, as those of the CDK are",
        )
    with tempfile.TemporaryDirectory(prefix="capacity-guard-") as folder:
        synthesizer._synthesize_template(cast(cdk.ISynthesisSession, _Session(folder)))
        template: dict[str, Any] = json.loads(Path(folder, stack.template_file).read_bytes())
    return template


__all__ = ["rendered"]
