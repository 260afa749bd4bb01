"""The code that a finding prints declares the capacity that it stands for: it is run here for each construct."""

from __future__ import annotations

import ast
import json
import shlex
from typing import Any, Literal

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb

from capacity_guard import Acknowledgment, GuardOptions
from capacity_guard.capacity import AutoScaling, Capacity, OnDemand, Provisioned, Units
from capacity_guard.cloudformation.declared_capacity import read_declared_capacity
from capacity_guard.rules.fix_code import (
    acknowledge_code,
    capacity_code,
    code_in,
    margins_code,
    number_code,
    record_command,
    throughput_code,
    units_code,
    warm_command,
)
from capacity_guard.rules.model import Dialect
from tests.builders.adopted import INDEX_KEY, KEY
from tests.builders.cases import case, on_demand
from tests.builders.guarded import INDEX, app
from tests.rules.pasting import with_arguments

CAPACITIES = {
    "on-demand": Capacity.on_demand(indexes={INDEX: OnDemand()}),
    "maxima": Capacity.on_demand(
        maximum=Units(read=4_000, write=1_200), indexes={INDEX: OnDemand(maximum=Units(write=1_300))}
    ),
    "scaled": Capacity.provisioned(
        read=100,
        write=AutoScaling(500, 2_000, target=60, seed=550),
        indexes={INDEX: Provisioned(read=50, write=AutoScaling(300, 3_000, seed=400))},
    ),
    "reads scaled": Capacity.provisioned(
        read=AutoScaling(50, 500, seed=60),
        write=AutoScaling(500, 2_000, seed=550),
        indexes={INDEX: Provisioned(AutoScaling(70, 700, seed=80), AutoScaling(300, 3_000, seed=400))},
    ),
}
FIXED = Capacity.provisioned(read=100, write=200, indexes={INDEX: Provisioned(read=300, write=400)})
NAMES: dict[str, Any] = {name: getattr(dynamodb, name) for name in ("Billing", "BillingMode", "Capacity")}


def parts(dialect: Dialect, capacity: Capacity, index: str | None) -> list[str]:
    return [part for part in code_in(dialect, index, capacity.of(index)).split("; ") if part]


def arguments(code: str, start: str = "") -> dict[str, Any]:
    """The keyword arguments that the code gives, without the ``...`` that it leaves to the reader."""
    inner = code.removeprefix(start).removesuffix(")") if start else code
    given: dict[str, Any] = eval(f"dict({inner.replace('..., ', '')})", NAMES)
    return given


def read_back(stack: cdk.Stack, made: cdk.App, resource: Any) -> Capacity:
    template = made.synth().get_stack_by_name("S").template
    (branch,) = read_declared_capacity(
        template, stack.resolve(resource.logical_id), location="S", account=None, region=None
    ).branches
    return branch[1]


@pytest.mark.parametrize("name", CAPACITIES)
def test_code_of_table_v2_when_run_expects_the_capacity(name: str) -> None:
    capacity = CAPACITIES[name]
    made = app()
    stack = cdk.Stack(made, "S")
    (billing,) = parts("table-v2", capacity, None)
    of_index: dict[str, Any] = {}
    for code in parts("table-v2", capacity, INDEX):
        of_index = arguments(code, "GlobalSecondaryIndexPropsV2(")
        assert of_index.pop("index_name") == INDEX
    table = dynamodb.TableV2(
        stack,
        "Orders",
        partition_key=KEY,
        **arguments(billing),
        global_secondary_indexes=[
            dynamodb.GlobalSecondaryIndexPropsV2(index_name=INDEX, partition_key=INDEX_KEY, **of_index)
        ],
    )
    assert read_back(stack, made, table.node.default_child) == capacity


@pytest.mark.parametrize("name", [*CAPACITIES, "fixed"])
def test_code_of_table_when_run_expects_the_capacity(name: str) -> None:
    capacity = FIXED if name == "fixed" else CAPACITIES[name]
    made = app()
    stack = cdk.Stack(made, "S")
    first, *calls = parts("table", capacity, None)
    table = dynamodb.Table(stack, "Orders", partition_key=KEY, **arguments(first))
    index: dict[str, Any] = {"index_name": INDEX}
    for code in parts("table", capacity, INDEX):
        if code.startswith("table.add_global_secondary_index("):
            index = arguments(code, "table.add_global_secondary_index(")
        else:
            calls.append(code)
    table.add_global_secondary_index(partition_key=INDEX_KEY, **index)
    for code in calls:
        eval(code, {"table": table})
    assert read_back(stack, made, table.node.default_child) == capacity


@pytest.mark.parametrize("dialect", ["table-v2", "table", "l1"])
def test_code_when_warm_throughput_is_needed_expects_an_argument_of_the_guard(dialect: Dialect) -> None:
    warm = OnDemand(warm=Units(read=9_000, write=6_240))
    assert 'warm={"by_agent": Units(read=9_000, write=6_240)}' in code_in(dialect, "by_agent", warm)
    assert 'warm={"table": Units(read=9_000, write=6_240)}' in code_in(dialect, None, warm)


def test_code_of_a_template_when_warm_throughput_is_needed_is_a_command_before_it() -> None:
    warm = Units(read=9_000, write=6_240)
    (first,) = parts("template", Capacity.on_demand(warm=warm, indexes={}), None)[1:]
    assert first == f"first {warm_command(None, warm)}, then record again"
    assert shlex.split(warm_command(None, warm)) == [
        *("aws", "dynamodb", "update-table", "--table-name", "NAME"),
        *("--warm-throughput", "ReadUnitsPerSecond=9000,WriteUnitsPerSecond=6240"),
    ]
    named = code_in("template", None, OnDemand(warm=warm), "my orders")
    assert "--table-name 'my orders' --warm" in named
    option, value = shlex.split(warm_command("by_agent", Units(write=5_000)))[-2:]
    assert option == "--global-secondary-index-updates"
    update = {"Update": {"IndexName": "by_agent", "WarmThroughput": {"WriteUnitsPerSecond": 5_000}}}
    assert json.loads(value) == [update]


@pytest.mark.parametrize(
    ("capacity", "printed"),
    [
        (
            CAPACITIES["maxima"],
            ["BillingMode PAY_PER_REQUEST", "MaxReadRequestUnits 4_000", "MaxWriteRequestUnits 1_200"],
        ),
        (
            CAPACITIES["scaled"],
            ["read: ReadCapacityUnits 100", "MinCapacity 500", "MaxCapacity 2_000", "TargetValue 60", "550"],
        ),
    ],
)
def test_code_of_an_l1_expects_the_properties_of_cloudformation(
    capacity: Capacity, printed: list[str]
) -> None:
    code = code_in("l1", None, capacity.table)
    assert all(part in code for part in printed), code


@pytest.mark.parametrize("name", [*CAPACITIES, "fixed"])
def test_code_of_a_guarded_table_when_pasted_expects_the_capacity(name: str) -> None:
    capacity = FIXED if name == "fixed" else CAPACITIES[name]
    other = Capacity.on_demand() if capacity.is_on_demand else Capacity.provisioned(read=1, write=1)
    for_table = with_arguments(other, capacity_code(None, capacity.table))
    both = with_arguments(for_table, capacity_code(INDEX, capacity.of(INDEX), "guarded"))
    assert both == capacity


def test_warm_throughput_of_a_guarded_table_expects_the_short_form_where_there_is_one() -> None:
    warm = OnDemand(warm=Units(write=6_240))
    assert capacity_code(None, warm) == "warm=Units(write=6_240)"
    assert capacity_code(INDEX, warm) == 'indexes={"by_agent": OnDemand(warm=Units(write=6_240))}'
    both = OnDemand(warm=Units(write=6_240), maximum=Units(write=9_000))
    assert capacity_code(INDEX, both) == (
        'indexes={"by_agent": OnDemand(warm=Units(write=6_240), maximum=Units(write=9_000))}'
    )
    provisioned = Provisioned(read=1, write=2, warm=Units(read=12_000))
    assert capacity_code(None, provisioned) == "read=1, write=2, warm=Units(read=12_000)"


def test_numbers_in_code_have_underscores_and_no_fraction() -> None:
    assert number_code(6_239.2) == "6_240"
    assert units_code(Units(read=12_000)) == "Units(read=12_000)"
    assert throughput_code(4_800) == "4_800"
    assert throughput_code(AutoScaling(100, 2_000, target=60)) == (
        "AutoScaling(minimum=100, maximum=2_000, target=60)"
    )


HOSTILE = 'x"}, __import__("os").system("touch PWNED"), {"\\\n$(touch PWNED)`;\u202e'


@pytest.mark.parametrize("name", [HOSTILE, "it's", 'a"b', "back\\slash", "plain.name-1", "$(x)"])
def test_code_when_an_index_has_a_hostile_name_stays_one_expression_with_that_name(name: str) -> None:
    for capacity in (OnDemand(warm=Units(write=5)), OnDemand(maximum=Units(write=5)), Provisioned(5, 5)):
        call = ast.parse(f"f({capacity_code(name, capacity)})", mode="eval").body
        assert isinstance(call, ast.Call)
        (keyword,) = call.keywords
        assert isinstance(keyword.value, ast.Dict)
        assert [ast.literal_eval(key) for key in keyword.value.keys if key is not None] == [name]
    for dialect in ("table-v2", "table"):
        code = code_in(dialect, name, Provisioned(5, 5))  # type: ignore[arg-type]
        texts = [
            node.value
            for node in ast.walk(ast.parse(code.replace(", ...,", ", *(),")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        assert texts.count(name) == 1, code


@pytest.mark.parametrize("name", [HOSTILE, "Orders; touch PWNED #", "Orders"])
def test_record_command_when_names_are_hostile_is_split_by_a_shell_into_these_words(name: str) -> None:
    assert shlex.split(record_command(name, f"baselines/{name} x.json")) == [
        *("capacity-guard", "record", "--table", name),
        *("--out", f"baselines/{name} x.json"),
    ]
    assert record_command("Orders", "") == "capacity-guard record --table Orders --out FILE"


def test_margin_is_code_of_the_options_or_of_the_file_of_settings() -> None:
    assert margins_code("guarded", "table_quota", 59_100.5) == (
        "options=GuardOptions(margins=Margins(table_quota=59_101))"
    )
    assert margins_code("template", "table_quota", 60_000) == (
        '--settings FILE.json with {"margins": {"table_quota": 60000}}'
    )


@pytest.mark.parametrize("dialect", ["table-v2", "table", "l1"])
def test_warm_throughput_of_an_index_called_table_is_not_that_of_the_table(dialect: Dialect) -> None:
    warm = OnDemand(warm=Units(write=6_300))
    assert 'warm={"table": Units(write=6_300)}' in code_in(dialect, None, warm)
    assert 'warm={"index/table": Units(write=6_300)}' in code_in(dialect, "table", warm)


def test_numbers_of_a_template_are_written_as_json_has_them() -> None:
    provisioned = Provisioned(read=4_000, write=AutoScaling(1_500, 12_000, seed=1_600))
    code = capacity_code("by_1_000", provisioned, "template")
    assert "ReadCapacityUnits 4000" in code
    assert "MinCapacity 1500, MaxCapacity 12000" in code
    assert "by_1_000" in code
    assert "4_000" in capacity_code(None, provisioned, "l1")


@pytest.mark.parametrize(
    ("dialect", "taken"),
    [("guarded", "table"), ("table", "guard"), ("table-v2", "guard"), ("l1", "guard")],
)
def test_acknowledgment_is_given_to_what_has_a_guard(dialect: Dialect, taken: str) -> None:
    judged = case(on_demand(), dialect=dialect)
    assert acknowledge_code("CG4", judged) == f'acknowledge({taken}, "CG4", reason=..., until=...)'


@pytest.mark.parametrize("aspect", ["GuardEveryTable", "ReportEveryTable"])
def test_acknowledgment_of_a_table_of_an_aspect_is_an_option_of_the_aspect(
    aspect: Literal["GuardEveryTable", "ReportEveryTable"],
) -> None:
    """No variable of the code is its guard, and ``acknowledge`` refuses the table."""
    judged = case(on_demand(), dialect="table", aspect=aspect)
    where, _, code = acknowledge_code("CG4", judged).partition(": ")
    assert where == f"for all tables of {aspect}"
    names = {"GuardOptions": GuardOptions, "Acknowledgment": Acknowledgment}
    given = eval(f"dict({code.replace('=...', '=None').replace('reason=None', 'reason=str(1)')})", names)
    assert list(given["options"].acknowledgments) == [Acknowledgment("CG4", "1")]
