"""``ProviderFunctions``: the logical ids of the functions behind the gates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..app.place import id_in_arn

_FUNCTION = "AWS::Lambda::Function"


@dataclass(frozen=True)
class ProviderFunctions:
    """Logical ids of the functions of a provider.

    The CDK makes a logical id of the construct path inside the stack, so they are alike in most stacks of an app; a stack may
    name them otherwise (``Stack.rename_logical_id``, ``Stack.allocate_logical_id``).

    Attributes:
        on_event: the guard's function that the framework calls first.
        is_complete: the guard's function that the framework calls again and again.
        waiting: the framework's own functions for both parts of the wait: ``isComplete`` and ``onTimeout``.
    """

    on_event: str
    is_complete: str
    waiting: tuple[str, ...]

    @staticmethod
    def asked(resolve: Callable[[Any], Any], own: Sequence[Any], waiting: Sequence[Any]) -> ProviderFunctions:
        """The ids, from the CDK.

        Args:
            resolve: resolves tokens in the stack of the functions.
            own: both functions of the guard.
            waiting: the framework's functions.
        """
        arns = resolve([function.function_arn for function in (*own, *waiting)])
        on_event, is_complete, *others = map(id_in_arn, arns)
        return ProviderFunctions(on_event, is_complete, tuple(others))

    @property
    def arns(self) -> list[dict[str, Any]]:
        """Their ARNs as a template has them."""
        return list(map(arn_of, (self.on_event, self.is_complete, *self.waiting)))

    def are_in(self, resources: Mapping[str, Any]) -> bool:
        """Whether the functions of a template have these ids.

        Args:
            resources: resources of the template, by logical id.
        """
        ids = (self.on_event, self.is_complete, *self.waiting)
        return all(resources.get(id, {}).get("Type") == _FUNCTION for id in ids)


def arn_of(logical_id: str) -> dict[str, Any]:
    """The ARN of a function as its template has it.

    Args:
        logical_id: its logical id.
    """
    return {"Fn::GetAtt": [logical_id, "Arn"]}


__all__ = ["ProviderFunctions", "arn_of"]
