"""Capacity as the code that a fix prints, for each construct that can declare a table."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Sequence

from ..capacity.capacity import AutoScaling, OnDemand, Provisioned, ResourceCapacity, Throughput, Units
from ..capacity.dimension import TABLE, Access, resource_key
from ..dynamodb.names import CAPACITY_UNITS, MAXIMUM_UNITS, WARM_UNITS
from .model import Case, Dialect
from .rounding import round_up

_GROUPED = re.compile(r"(?<![\w.-])\d{1,3}(?:_\d{3})+(?![\w:.-])")
"""A number as code, such as 6_240, and no part of a name."""


def number_code(value: float) -> str:
    """A number rounded up, as code: ``6_240``."""
    return f"{round_up(value):_}"


def units_code(units: Units) -> str:
    """``Units(read=12_000, write=6_240)``."""
    arguments = [
        f"{access}={number_code(value)}"
        for access, value in (("read", units.read), ("write", units.write))
        if value is not None
    ]
    return f"Units({', '.join(arguments)})"


def throughput_code(throughput: Throughput) -> str:
    """``4_800`` or ``AutoScaling(minimum=..., maximum=..., seed=...)``."""
    if not isinstance(throughput, AutoScaling):
        return number_code(throughput)
    arguments = [
        f"minimum={number_code(throughput.minimum)}",
        f"maximum={number_code(throughput.maximum)}",
    ]
    if throughput.target != AutoScaling.target:
        arguments.append(f"target={throughput.target}")
    if throughput.seed is not None:
        arguments.append(f"seed={number_code(throughput.seed)}")
    return f"AutoScaling({', '.join(arguments)})"


class ShellWord(str):
    """A word of a command that is quoted already, or is to be replaced by its reader."""


def name_command(stack: str, logical_id: str, region: str | None = None) -> ShellWord:
    """The word of a command that asks a stack for the name of its table (CloudFormation API: DescribeStackResource).

    Args:
        stack: name of the stack.
        logical_id: logical id of the table.
        region: its Region, ``None`` where it is not known.
    """
    asked = shlex.join(
        (
            *("aws", "cloudformation", "describe-stack-resource", "--stack-name", stack),
            *("--logical-resource-id", logical_id),
            *(() if region is None else ("--region", region)),
            *("--query", "StackResourceDetail.PhysicalResourceId", "--output", "text"),
        )
    )
    return ShellWord(f'"$({asked})"')


def shell_word(text: str) -> str:
    """A text as one word of a command."""
    return text if isinstance(text, ShellWord) else shlex.quote(text)


def _command(words: Iterable[str]) -> str:
    return " ".join(map(shell_word, words))


def capacity_code(
    index: str | None,
    capacity: ResourceCapacity,
    dialect: Dialect = "guarded",
    table: str = ShellWord("NAME"),
) -> str:
    """The code that declares the capacity of a table or an index.

    For a GuardedTable it is an argument of ``Capacity.on_demand`` or ``Capacity.provisioned``, for another construct
    the arguments of that construct.

    Args:
        index: name of the index, ``None`` for the table.
        capacity: the capacity to declare, in units per second.
        dialect: the construct that declares the table.
        table: name of the live table (``physical_name``).
    """
    if dialect == "guarded":
        return _guarded_table(index, capacity)
    return code_in(dialect, index, capacity, table)


def _guarded_table(index: str | None, capacity: ResourceCapacity) -> str:
    if isinstance(capacity, OnDemand):
        return _guarded_on_demand(index, capacity)
    arguments = [f"read={throughput_code(capacity.read)}", f"write={throughput_code(capacity.write)}"]
    if capacity.warm is not None:
        arguments.append(f"warm={units_code(capacity.warm)}")
    code = ", ".join(arguments)
    return code if index is None else f"indexes={{{text_code(index)}: Provisioned({code})}}"


def _guarded_on_demand(index: str | None, capacity: OnDemand) -> str:
    arguments = [
        f"{name}={units_code(units)}"
        for name, units in (("warm", capacity.warm), ("maximum", capacity.maximum))
        if units is not None
    ]
    if index is None:
        return ", ".join(arguments)
    return f"indexes={{{text_code(index)}: OnDemand({', '.join(arguments)})}}"


def code_in(
    dialect: Dialect, index: str | None, capacity: ResourceCapacity, table: str = ShellWord("NAME")
) -> str:
    """The code that declares a capacity with another construct than GuardedTable.

    Args:
        dialect: the construct; not ``guarded``.
        index: name of the index, ``None`` for the table.
        capacity: the capacity to declare, in units per second.
        table: name of the live table (``physical_name``).
    """
    made_by = {"table-v2": _table_v2, "table": _table, "l1": _l1, "template": _l1}
    parts = made_by[dialect](index, capacity)
    if dialect == "template":
        # JSON knows no underscores in numbers.
        parts = [_GROUPED.sub(lambda number: number[0].replace("_", ""), part) for part in parts]
    if capacity.warm is not None and dialect == "template":
        # Nothing raises it in the deployment, and a template may not state it (CG17): it is raised before.
        parts = [*parts, f"first {warm_command(index, capacity.warm, table)}, then record again"]
    elif capacity.warm is not None:
        # No template may state warm throughput (CG17), so it is an argument of the guard.
        parts = [
            *parts,
            f"CapacityGuard(..., warm={{{text_code(warm_key(index))}: {units_code(capacity.warm)}}})",
        ]
    return "; ".join(parts)


def warm_key(index: str | None) -> str:
    """The key of a table or an index in ``warm``; an index called ``table`` has another key than the table."""
    return resource_key(index) if index is None or index == TABLE else index


def _maximum_arguments(capacity: OnDemand) -> list[str]:
    maximum = capacity.maximum or Units()
    by_access = (("read", maximum.read), ("write", maximum.write))
    return [f"max_{access}_request_units={value:_}" for access, value in by_access if value is not None]


def _by_access(capacity: Provisioned) -> Sequence[tuple[Access, Throughput]]:
    return (("read", capacity.read), ("write", capacity.write))


def _table_v2(index: str | None, capacity: ResourceCapacity) -> list[str]:
    arguments = table_v2_arguments(index, capacity)
    if index is None:
        return arguments
    if not arguments:
        return []
    return [f"GlobalSecondaryIndexPropsV2(index_name={text_code(index)}, ..., {', '.join(arguments)})"]


def table_v2_arguments(index: str | None, capacity: ResourceCapacity) -> list[str]:
    """The arguments of a TableV2, or of one of its indexes, that declare a capacity.

    Args:
        index: name of the index, ``None`` for the table.
        capacity: the capacity.
    """
    if isinstance(capacity, OnDemand):
        arguments = _maximum_arguments(capacity)
        mode = "on_demand"
    else:
        mode = "provisioned"
        arguments = [
            f"{access}_capacity={_table_v2_throughput(throughput, access)}"
            for access, throughput in _by_access(capacity)
        ]
    return arguments if index is not None else [f"billing=Billing.{mode}({', '.join(arguments)})"]


def _table_v2_throughput(throughput: Throughput, access: Access) -> str:
    if isinstance(throughput, int):
        if access == "read":
            return f"Capacity.fixed({throughput:_})"
        # A TableV2 always auto-scales its writes. Equal bounds keep them fixed.
        throughput = AutoScaling(throughput, throughput, seed=throughput)
    arguments = [f"min_capacity={throughput.minimum:_}", f"max_capacity={throughput.maximum:_}"]
    if throughput.target != AutoScaling.target:
        arguments.append(f"target_utilization_percent={throughput.target}")
    if throughput.seed is not None:
        arguments.append(f"seed_capacity={throughput.seed:_}")
    return f"Capacity.autoscaled({', '.join(arguments)})"


def _table(index: str | None, capacity: ResourceCapacity) -> list[str]:
    arguments, calls = table_arguments(index, capacity)
    if index is None:
        return [", ".join(arguments), *calls]
    if not arguments:
        return []
    code = f"table.add_global_secondary_index(index_name={text_code(index)}, ..., {', '.join(arguments)})"
    return [code, *calls]


def table_arguments(index: str | None, capacity: ResourceCapacity) -> tuple[list[str], list[str]]:
    """The arguments of a Table, or of ``add_global_secondary_index``, that declare a capacity; and calls that follow.

    Args:
        index: name of the index, ``None`` for the table.
        capacity: the capacity.
    """
    if isinstance(capacity, OnDemand):
        mode = ["billing_mode=BillingMode.PAY_PER_REQUEST"] if index is None else []
        return [*mode, *_maximum_arguments(capacity)], []
    mode = ["billing_mode=BillingMode.PROVISIONED"] if index is None else []
    units = [
        f"{access}_capacity={_template_units(throughput):_}" for access, throughput in _by_access(capacity)
    ]
    method = "table.auto_scale_" if index is None else "table.auto_scale_global_secondary_index_"
    index_argument = "" if index is None else f"{text_code(index)}, "
    calls = [
        f"{method}{access}_capacity({index_argument}min_capacity={throughput.minimum:_}, "
        f"max_capacity={throughput.maximum:_})"
        f".scale_on_utilization(target_utilization_percent={throughput.target})"
        for access, throughput in _by_access(capacity)
        if isinstance(throughput, AutoScaling)
    ]
    return [*mode, *units], calls


def _l1(index: str | None, capacity: ResourceCapacity) -> list[str]:
    """Property names of CloudFormation. Both resource types have them, at different paths."""
    location = "" if index is None else f"index {index}: "
    if isinstance(capacity, OnDemand):
        maximum = capacity.maximum or Units()
        by_property = ((MAXIMUM_UNITS["read"], maximum.read), (MAXIMUM_UNITS["write"], maximum.write))
        properties = [f"{name} {value:_}" for name, value in by_property if value is not None]
        return (
            [location + ", ".join(["BillingMode PAY_PER_REQUEST"] * (index is None) + properties)]
            if properties or index is None
            else []
        )
    return [
        f"{location}{access}: {_l1_throughput(throughput, access)}"
        for access, throughput in _by_access(capacity)
    ]


def _l1_throughput(throughput: Throughput, access: Access) -> str:
    if isinstance(throughput, int):
        return f"{CAPACITY_UNITS[access]} {throughput:_}"
    seed = (
        ""
        if throughput.seed is None
        else f", SeedCapacity (of a Table its ProvisionedThroughput) {throughput.seed:_}"
    )
    return (
        f"MinCapacity {throughput.minimum:_}, MaxCapacity {throughput.maximum:_}, "
        f"TargetValue {throughput.target}{seed}"
    )


def margins_code(dialect: Dialect, name: str, value: float) -> str:
    """A margin as code: of the guard's options, or of the file of settings of ``capacity-guard check``.

    Args:
        dialect: what declares the capacity.
        name: name of the margin.
        value: its value, rounded up.
    """
    if dialect == "template":
        return f'--settings FILE.json with {{"margins": {{"{name}": {round_up(value)}}}}}'
    return f"options=GuardOptions(margins=Margins({name}={number_code(value)}))"


def warm_command(index: str | None, warm: Units, table: str = ShellWord("NAME")) -> str:
    """The command of the AWS CLI that raises warm throughput (API: UpdateTable, WarmThroughput), quoted for a shell.

    Args:
        index: name of the index, ``None`` for the table.
        warm: the units to raise it to.
        table: name of the table.
    """
    by_access = ((WARM_UNITS["read"], warm.read), (WARM_UNITS["write"], warm.write))
    by_name = {name: round_up(value) for name, value in by_access if value is not None}
    words = ["aws", "dynamodb", "update-table", "--table-name", table]
    if index is None:
        words += ["--warm-throughput", ",".join(f"{name}={value}" for name, value in by_name.items())]
    else:
        update = {"Update": {"IndexName": index, "WarmThroughput": by_name}}
        words += ["--global-secondary-index-updates", json.dumps([update])]
    return _command(words)


def _template_units(throughput: Throughput) -> int:
    """The units of a Table's ProvisionedThroughput property."""
    if isinstance(throughput, int):
        return throughput
    return throughput.minimum if throughput.seed is None else throughput.seed


def text_code(text: str) -> str:
    """A text as Python code: ``"by_agent"``; whatever it holds, it stays one text when the code is pasted."""
    return f'"{text}"' if text.isprintable() and not set(text) & {'"', "\\"} else repr(text)


def record_command(table: str, file: str) -> str:
    """The command that records a table, quoted for a shell.

    Args:
        table: name of the table.
        file: the baseline's file, ``""`` where it has none.
    """
    words = ["capacity-guard", "record", "--table", table, "--out", file or "FILE"]
    return _command(words)


def acknowledge_code(rule: str, case: Case) -> str:
    """What accepts the findings of a rule: a call with the table, beside another construct with its guard; for the guards of an
    aspect, which have no name in the code, an option of the aspect.

    Args:
        rule: id of the rule.
        case: the judged case; no template without a guard.
    """
    if case.aspect is not None:
        accepted = f'Acknowledgment("{rule}", reason=..., until=...)'
        return f"for all tables of {case.aspect}: options=GuardOptions(acknowledgments=[{accepted}])"
    table = "table" if case.dialect == "guarded" else "guard"
    return f'acknowledge({table}, "{rule}", reason=..., until=...)'


def recommend_command(file: str) -> str:
    """The command that recommends a capacity, quoted for a shell.

    Args:
        file: the baseline's file, ``""`` where it has none.
    """
    return shlex.join(["capacity-guard", "recommend", file or "FILE"])


__all__ = [
    "ShellWord",
    "acknowledge_code",
    "capacity_code",
    "code_in",
    "margins_code",
    "name_command",
    "number_code",
    "recommend_command",
    "record_command",
    "shell_word",
    "table_arguments",
    "table_v2_arguments",
    "text_code",
    "throughput_code",
    "units_code",
    "warm_command",
    "warm_key",
]
