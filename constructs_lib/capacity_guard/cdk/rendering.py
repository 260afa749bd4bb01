"""The template of a stack during a synthesis, with all overrides and lazy values applied."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import jsii
from aws_cdk import cx_api


@jsii.implements(cdk.ISynthesisSession)
class _SynthesisSession:
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


def render_template(stack: cdk.Stack) -> dict[str, Any]:
    """Render the template of a stack in its current state.

    The properties of a construct do not show values from ``add_override`` or from an included template. Therefore this
    function renders the stack, through the method that every synthesizer of the CDK uses. After rendering, the CDK
    freezes some constructs (an IAM statement can no longer be changed). Call it at the end of a synthesis only: in an
    aspect, which the CDK runs just before it renders every resource itself.

    Args:
        stack: the stack, not a nested one.
    """
    with tempfile.TemporaryDirectory(prefix="capacity-guard-") as folder:
        # A synthesizer that the code gave is a pattern: the stack has a bound copy, in whose place jsii gives the pattern. So
        # another one is bound. It makes the same template of the stack, and binding it does nothing else. The stack's own may
        # be any object with the interface.
        renderer = cdk.LegacyStackSynthesizer()
        renderer.bind(stack)
        renderer._synthesize_template(cast(cdk.ISynthesisSession, _SynthesisSession(folder)))
        template: dict[str, Any] = json.loads(Path(folder, stack.template_file).read_bytes())
    return template


__all__ = ["render_template"]
