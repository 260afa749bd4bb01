"""CG12: a table without deletion protection, point-in-time recovery or retention."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..capacity.structure import TableKind
from .model import Case, Dialect, Figure, Finding, Level, Rule

_LABELS = {
    "deletion_protection": "deletion protection",
    "point_in_time_recovery": "point-in-time recovery",
    "retained": "retention",
}
_L2_CODE = {
    "deletion_protection": "deletion_protection=True",
    "point_in_time_recovery": "point_in_time_recovery_specification="
    "PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True)",
    "retained": "removal_policy=RemovalPolicy.RETAIN",
}
_CODE: Mapping[Dialect, Mapping[str, str]] = {
    "guarded": {**_L2_CODE, "point_in_time_recovery": "point_in_time_recovery=True"},
    "table-v2": _L2_CODE,
    "table": _L2_CODE,
    # A CfnGlobalTable has the first two in each of its replicas.
    "l1": {
        "deletion_protection": "DeletionProtectionEnabled true",
        "point_in_time_recovery": "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled true",
        "retained": "table.apply_removal_policy(RemovalPolicy.RETAIN)",
    },
    "template": {
        "deletion_protection": "DeletionProtectionEnabled true",
        "point_in_time_recovery": "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled true",
        "retained": "DeletionPolicy Retain and UpdateReplacePolicy Retain",
    },
}

_CFN_TABLE_CODE = {
    "deletion_protection": "table.deletion_protection_enabled = True",
    "point_in_time_recovery": 'table.point_in_time_recovery_specification = {"pointInTimeRecoveryEnabled": True}',
    "retained": "table.apply_removal_policy(RemovalPolicy.RETAIN)",
}


_ALONE = Figure("deploy it", "on its own", "together with a change of capacity, CG10 refuses it")


def _condition(case: Case) -> Iterator[Finding]:
    missing = [name for name in _LABELS if not all(getattr(facts, name) for facts in case.template)]
    if missing:
        yield case.finding(
            RULE,
            "its items are not protected against mistakes such as a deleted stack",
            figures=[
                *(Figure("missing", _LABELS[name]) for name in missing),
                *([_ALONE] if case.in_transition else []),
            ],
            fix=_fix(case, missing),
        )


def _fix(case: Case, missing: Sequence[str]) -> str:
    if case.dialect == "l1" and case.resource_kind is TableKind.TABLE:
        return "\n".join(_CFN_TABLE_CODE[name] for name in missing)
    return ", ".join(_CODE[case.dialect][name] for name in missing)


RULE = Rule(
    id="CG12",
    level=Level.WARN,
    title="No deletion protection, point-in-time recovery or retention",
    refuses="a table without deletion protection, point-in-time recovery or retention",
    needs="the template",
    condition=_condition,
)
