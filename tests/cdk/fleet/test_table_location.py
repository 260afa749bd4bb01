"""The line that makes a table which an aspect found: looked up in the app's own source."""

from __future__ import annotations

import importlib.util
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import aws_cdk as cdk
import pytest
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from capacity_guard import CapacityGuard, CapacityGuardChecks, GuardEveryTable, ReportEveryTable
from capacity_guard.cdk.fleet.table_location import table_location
from capacity_guard.findings import Findings
from tests.builders.adopted import KEY
from tests.builders.guarded import app

SOURCE = """
import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk.aws_dynamodb import Attribute, AttributeType, TableV2

KEY = Attribute(name="id", type=AttributeType.STRING)


class Audited(TableV2):
    pass


class Orders(cdk.Stack):
    def __init__(self, scope, id):
        super().__init__(scope, id)
        self.plain = dynamodb.TableV2(
            self,
            "Orders",
            partition_key=KEY,
        )
        self.named = dynamodb.Table(scope=self, id="Named", partition_key=KEY)
        self.audited = Audited(self, "Audited", partition_key=KEY)
        self.each = [dynamodb.CfnTable(self, f"Cell{n}", key_schema=[]) for n in range(2)]


class Twice(cdk.Stack):
    def __init__(self, scope, id):
        super().__init__(scope, id)
        self.first = TableV2(self, "Same", partition_key=KEY)


class Again(cdk.Stack):
    def __init__(self, scope, id):
        super().__init__(scope, id)
        self.second = TableV2(self, "Same", partition_key=KEY)


def loose(scope):
    return [TableV2(scope, "Loose", partition_key=KEY) for _ in range(1)][0]


def loose_too(scope):
    return TableV2(scope, "Loose", partition_key=KEY)


class Single(TableV2):
    pass


def single(scope):
    return Single(scope, "Single", partition_key=KEY)


class Helped(TableV2):
    pass


def helped(scope):
    return Helped(scope, "Helped", partition_key=KEY)


def helper(scope, name):
    return Helped(scope, name, partition_key=KEY)
"""


def line(text: str) -> int:
    (number,) = [n for n, found in enumerate(SOURCE.splitlines(), start=1) if text in found]
    return number


@pytest.fixture
def users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of the user's code."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "infra" / "tables_of_this_test.py"
    file.parent.mkdir()
    file.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("tables_of_this_test", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "tables_of_this_test", module)
    spec.loader.exec_module(module)
    return module


FILE = "infra/tables_of_this_test.py"


def test_location_is_the_call_that_gives_the_id(users: ModuleType) -> None:
    stack = users.Orders(app(), "S")
    assert table_location(stack.plain) == (FILE, line("self.plain ="))
    assert table_location(stack.named) == (FILE, line("self.named ="))
    assert table_location(stack.audited) == (FILE, line("self.audited ="))


def test_location_when_the_id_is_computed_is_the_only_call_of_the_construct(users: ModuleType) -> None:
    stack = users.Orders(app(), "S")
    assert table_location(stack.each[1]) == (FILE, line("self.each ="))


def test_location_when_two_classes_use_the_id_is_the_one_of_the_stack(users: ModuleType) -> None:
    made = app()
    assert table_location(users.Twice(made, "T").first) == (FILE, line("self.first ="))
    assert table_location(users.Again(made, "A").second) == (FILE, line("self.second ="))


def test_location_when_two_calls_may_have_made_it_is_unknown(users: ModuleType) -> None:
    assert table_location(users.loose(cdk.Stack(app(), "S"))) is None


def test_location_when_the_only_call_stands_in_no_class_is_that_call(
    users: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An app has only its own modules; this process has those of other tests, with helpers that compute ids.
    monkeypatch.setattr("capacity_guard.cdk.fleet.table_location._user_files", lambda: iter([users.__file__]))
    made = users.single(cdk.Stack(app(), "S"))
    assert table_location(made) == (FILE, line('Single(scope, "Single"'))


def test_location_when_a_helper_that_computes_ids_may_have_made_it_is_unknown(users: ModuleType) -> None:
    """The call with the id may stand in code that was loaded, and that this app has not run."""
    assert table_location(users.helper(cdk.Stack(app(), "S"), "Helped")) is None
    assert table_location(users.helped(cdk.Stack(app(), "T"))) is None


def test_location_when_the_source_is_gone_or_broken_is_unknown(users: ModuleType) -> None:
    stack = users.Orders(app(), "S")
    file = Path(FILE)
    for number, text in enumerate(("def (", "\0", "#" * (2**20 + 1))):
        other = file.with_name(f"broken{number}.py")
        other.write_text(text)
        users.__file__ = str(other.resolve())
        assert table_location(stack.plain) is None
    users.__file__ = str(file.with_name("gone.py").resolve())
    assert table_location(stack.plain) is None


@pytest.mark.parametrize("aspect", ["report", "guard", "none"])
def test_findings_of_an_aspect_point_at_the_line_that_makes_the_table(users: ModuleType, aspect: str) -> None:
    made = app()
    stack = users.Orders(made, "S")
    if aspect == "report":
        cdk.Aspects.of(made).add(ReportEveryTable(baselines="nowhere", warn_until=date(2027, 1, 1)))
    elif aspect == "guard":
        cdk.Aspects.of(made).add(GuardEveryTable(baselines="nowhere"))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    try:
        made.synth()
    except RuntimeError:
        assert aspect == "guard"  # what cannot be read fails a guarded synthesis
    tables = {table.path: table for table in Findings.read(made.outdir).tables if table.findings}
    (found,) = [table for path, table in tables.items() if path.startswith("S/Orders")]
    assert str(found.place) == f"{FILE}:{line('self.plain =')}"
    assert stack.plain is not None


def test_findings_of_a_guard_point_at_the_line_that_makes_its_table(users: ModuleType) -> None:
    made = app()
    stack = users.Orders(made, "S")
    CapacityGuard(stack, "Watchman", table=stack.plain, baseline="nowhere.json")
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    made.synth()
    (found,) = [table for table in Findings.read(made.outdir).tables if table.path == "S/Watchman"]
    assert found.findings
    assert str(found.place) == f"{FILE}:{line('self.plain =')}"


def test_findings_of_an_aspect_when_the_line_is_not_known_point_at_the_aspect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = app()
    stack = cdk.Stack(made, "S")
    make = {"table": dynamodb.TableV2}

    def called(scope: Construct, id: str) -> dynamodb.TableV2:
        return make["table"](scope, id, partition_key=KEY)

    called(stack, "Orders")
    cdk.Aspects.of(made).add(ReportEveryTable(baselines="nowhere", warn_until=date(2027, 1, 1)))
    cdk.Validations.of(made).add_plugins(CapacityGuardChecks(made))
    made.synth()
    (table,) = Findings.read(made.outdir).tables
    assert table.place is not None
    assert Path(table.place.file).name == "test_table_location.py"
