"""The Update of a Preflight whose template gives up the hold of its change while the change is held.

Without its hold a template has no condition, so CloudFormation would send the held capacity, and the gates of the change do
not run again. The refusal is one of four things together, each of them positively seen: the property is taken out, the
fingerprint stays, the change is held, and the operation goes forward. So a rollback passes, and whatever cannot be read passes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..capacity.hold import PROPERTY
from ..capacity.reasons import Reason
from .messages import GateError, log_decision

if TYPE_CHECKING:
    from .aws import GateAws
    from .hold_store import HoldStore

_FORWARD = "UPDATE_IN_PROGRESS"
"""Status of a stack whose update goes forward (CloudFormation User Guide: view-stack-data-resources, stack status codes)."""


def gives_up_hold(event: Mapping[str, Any]) -> bool:
    """Whether an Update takes the hold out of a Preflight. It makes no call.

    Args:
        event: the request of the custom resource (CloudFormation User Guide: crpg-ref-requesttypes-update).
    """
    new, old = event.get("ResourceProperties"), event.get("OldResourceProperties")
    return (
        isinstance(new, dict)
        and isinstance(old, dict)
        and new.get("Gate") == "preflight"
        and new.get("Fingerprint") == old.get("Fingerprint")
        and isinstance(old.get(PROPERTY), str)
        and PROPERTY not in new
    )


def refuse_lost_hold(
    event: Mapping[str, Any], holds: Callable[[], HoldStore], aws: Callable[[], GateAws]
) -> None:
    """Refuse the Update if the change is held and the operation goes forward.

    Args:
        event: the request, of which ``gives_up_hold`` is true.
        holds: gives the calls on holds.
        aws: gives the calls on the stack.

    Raises:
        GateError: the deployment would send a capacity that was taken back.
    """
    fingerprint = event["ResourceProperties"].get("Fingerprint")
    try:
        held = holds().read(event["OldResourceProperties"][PROPERTY])
        status = aws().describe_stack(str(event["StackId"]))["StackStatus"]
    except Exception as error:  # noqa: BLE001 - an Update may be a part of a rollback, which nothing of the guard may end
        log_decision("preflight", "hold not read", why=str(error))
        return
    if held != fingerprint or status != _FORWARD:
        return
    log_decision("preflight", "held", fingerprint=fingerprint)
    raise GateError.of(
        "Preflight refused (nothing was changed)",
        [
            f"this change ({fingerprint}) was taken back and is held, and without watch nothing keeps the capacity of before: "
            "give it watch=Watch() again, or declare the capacity of before; to try it again, run capacity-guard retry "
            "BASELINE.json, commit the file and deploy"
        ],
        [Reason.HELD],
    )


__all__ = ["gives_up_hold", "refuse_lost_hold"]
