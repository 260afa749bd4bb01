"""Which tables are recorded: named in a file, on standard input, by a stack or by tags."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.recording.table_selection import check_name, tables_from, tables_of_stack, tables_of_tags
from tests.fakes.recording_aws import GLOBAL_TABLE, STACK, Services
from tests.recording.fleet_services import FleetServices
from tests.recording.record_command import files, run, table_list


def test_fleet_when_named_in_a_file_records_each(
    fleet: dict[str, Services], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = table_list(tmp_path, "# ours", "Orders", "", "Users  # the people", "Orders")
    out = tmp_path / "baselines"
    assert run("--tables-from", listed, "--out", str(out)) == 0
    assert sorted(files(out)) == ["Orders.csv.gz", "Orders.json", "Users.csv.gz", "Users.json"]
    assert Baseline.load(out / "Users.json").table.name == "Users"
    printed = capsys.readouterr()
    assert "2 of 2 tables recorded" in printed.out
    assert "\r" not in printed.err  # plain lines in a log


def test_fleet_when_named_on_standard_input_records_each(
    fleet: dict[str, Services], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\ufeffUsers\n"))
    assert run("--tables-from", "-", "--out", str(tmp_path / "out")) == 0
    assert (tmp_path / "out" / "Users.json").exists()


def test_names_when_standard_input_is_closed_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed):
        monkeypatch.setattr("sys.stdin", stream)
        assert run("--tables-from", "-", "--out", str(tmp_path / "out")) == 2
        assert "--tables-from -: cannot be read" in capsys.readouterr().err


def test_fleet_when_chosen_by_tag_records_what_the_pages_name(
    fleet: dict[str, Services], tmp_path: Path
) -> None:
    out = tmp_path / "baselines"
    assert run("--tag", "team=chat", "--tag", "stage=production", "--out", str(out)) == 0
    assert {file.stem for file in out.glob("*.json")} == {"Users", "Events"}


def test_fleet_when_chosen_by_stack_records_its_tables_alone(
    fleet: dict[str, Services], tmp_path: Path
) -> None:
    out = tmp_path / "baselines"
    assert run("--stack", STACK, "--out", str(out)) == 0
    assert {file.stem for file in out.glob("*.json")} == {"Orders"}


def test_fleet_when_the_stack_does_not_exist_says_so(
    services: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--stack", "nosuch", "--out", str(tmp_path / "out")) == 2
    assert "--stack nosuch: does not exist. Check name, Region and profile." in capsys.readouterr().err


def test_names_in_a_text_ignore_comments_empty_lines_repetitions_and_a_byte_order_mark() -> None:
    assert tables_from("\ufeffOrders\r\n\n# ours\nUsers  # people\nOrders\n", "t") == ["Orders", "Users"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "names no table"),
        ("# nothing\n", "names no table"),
        ("Orders\nab\n", "t: line 2: 'ab' is not a table name"),
    ],
)
def test_names_in_a_text_when_it_has_none_or_a_wrong_one_are_refused(text: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        tables_from(text, "t")


@pytest.mark.parametrize("name", ["abc", "A_b-c.9", "n" * 255])
def test_name_when_a_table_can_have_it_is_accepted(name: str) -> None:
    check_name(name, "--table")


@pytest.mark.parametrize("name", ["", "ab", "n" * 256, "a b c", "arn:aws:dynamodb", "Order*"])
def test_name_when_no_table_can_have_it_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"--table: .* is not a table name") as raised:
        check_name(name, "--table")
    assert raised.value.remedy == "Give a name of 3 to 255 characters: letters, digits, '_', '-' and '.'"


def test_tables_of_tags_read_every_page_and_are_sorted(fleet: dict[str, Services]) -> None:
    services = FleetServices(fleet)
    assert tables_of_tags(services.aws(), {"team": "chat"}) == ["Events", "Users"]
    (first, second) = services.operations("GetResources")
    assert first["TagFilters"] == [{"Key": "team", "Values": ["chat"]}]
    assert second["PaginationToken"] == "1"


def test_tables_of_tags_when_there_are_none_name_the_tags() -> None:
    services = Services()
    services.answers["GetResources"] = lambda _: {"ResourceTagMappingList": []}
    with pytest.raises(InputError, match="--tag team=chat, stage=test: is on no table of this Region"):
        tables_of_tags(services.aws(), {"team": "chat", "stage": "test"})


def test_tables_of_a_stack_that_owns_none_are_refused() -> None:
    services = Services()
    services.own("AWS::S3::Bucket", {})
    with pytest.raises(InputError, match=f"--stack {STACK}: owns no DynamoDB table"):
        tables_of_stack(services.aws(), STACK)


def test_table_of_a_stack_that_is_not_created_yet_is_left_out() -> None:
    services = Services()
    created = {"LogicalResourceId": "A", "ResourceType": GLOBAL_TABLE, "PhysicalResourceId": "Orders"}
    planned = {"LogicalResourceId": "B", "ResourceType": GLOBAL_TABLE}
    services.stack_resources = [planned, created]
    assert tables_of_stack(services.aws(), STACK) == ["Orders"]


def test_journals_of_a_watch_are_no_table_to_record() -> None:
    services = Services()
    name = "Orders-CapacityGuardWatchJournals12AB-9XYZ"
    services.stack_resources = [
        {"LogicalResourceId": "A", "ResourceType": GLOBAL_TABLE, "PhysicalResourceId": "Orders"},
        {
            "LogicalResourceId": "CapacityGuardWatchJournals12AB",
            "ResourceType": "AWS::DynamoDB::Table",
            "PhysicalResourceId": name,
        },
    ]
    assert tables_of_stack(services.aws(), STACK) == ["Orders"]
    arns = [f"arn:aws:dynamodb:eu-west-1:1:table/{each}" for each in ("Orders", name)]
    services.answers["GetResources"] = lambda _: {
        "ResourceTagMappingList": [{"ResourceARN": arn, "Tags": []} for arn in arns]
    }
    assert tables_of_tags(services.aws(), {"team": "chat"}) == ["Orders"]
