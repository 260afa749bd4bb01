"""The template of a stack during a synthesis, with all overrides and lazy values applied."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


Renderer = Callable[[cdk.Stack, str], dict[str, Any]]


@contextmanager
def rendering() -> Iterator[Renderer]:
    """A function that renders the template of a stack in its current state, from the stack and the file name of its template.

    The properties of a construct do not show values from ``add_override`` or from an included template. Therefore it
    renders the stack, through the method that every synthesizer of the CDK uses. After rendering, the CDK
    freezes some constructs (an IAM statement can no longer be changed). Call it at the end of a synthesis only, just before the
    CDK renders every resource itself. The stack must not be nested.
    """
    with tempfile.TemporaryDirectory(prefix="capacity-guard-") as folder:
        # A synthesizer that the code gave is a pattern: the stack has a bound copy, in whose place jsii gives the pattern, and
        # it may be any object with the interface. This one makes the same template of every stack, and is bound to none.
        renderer = cdk.DefaultStackSynthesizer()
        session = cast(cdk.ISynthesisSession, _SynthesisSession(folder))

        def render(stack: cdk.Stack, template_file: str) -> dict[str, Any]:
            renderer._synthesize_stack_template(stack, session)
            template: dict[str, Any] = json.loads(Path(folder, template_file).read_bytes())
            return template

        yield render


def render_template(stack: cdk.Stack) -> dict[str, Any]:
    """Render the template of one stack in its current state (``rendering``).

    Args:
        stack: the stack, not a nested one.
    """
    with rendering() as render:
        return render(stack, stack.template_file)


__all__ = ["Renderer", "render_template", "rendering"]
