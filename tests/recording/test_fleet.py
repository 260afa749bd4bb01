"""Several tables in one recording: one failure does not lose the others, and an interrupted fleet continues."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.capacity.errors import Refused
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.recording.aws import CallFailed
from capacity_guard.recording.fleet import TableResult, record_fleet
from tests.builders.cases import baseline
from tests.fakes.recording_aws import Failure, Services
from tests.recording.fleet_services import CountedCalls, with_name
from tests.recording.record_command import files, run, table_list


def test_fleet_when_one_table_fails_keeps_the_others_and_exits_with_3(
    fleet: dict[str, Services], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet["Users"].failures["DescribeTable"] = [Failure("AccessDeniedException", "no")]
    out = tmp_path / "baselines"
    assert run("--tables-from", table_list(tmp_path, *fleet), "--out", str(out), "--parallel", "2") == 3
    assert sorted(files(out)) == ["Events.csv.gz", "Events.json", "Orders.csv.gz", "Orders.json"]
    printed = capsys.readouterr()
    assert printed.err.count("Users: dynamodb:DescribeTable: is denied (no)") == 1
    assert "2 of 3 tables recorded" in printed.out


def test_fleet_when_a_file_of_another_name_has_a_table_records_into_that_one(
    fleet: dict[str, Services], tmp_path: Path
) -> None:
    out = tmp_path / "baselines"
    assert run("--table", "Users", "--out", str(out / "ByConstructId.json")) == 0
    assert run("--tables-from", table_list(tmp_path, *fleet), "--out", str(out)) == 0
    names = ("ByConstructId", "Events", "Orders")
    assert sorted(files(out)) == [f"{name}{ending}" for name in names for ending in (".csv.gz", ".json")]


def test_fleet_whose_traffic_lies_elsewhere_leaves_digests_in_its_folder_and_goes_on(
    fleet: dict[str, Services], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, elsewhere = tmp_path / "baselines", tmp_path / "traffic"
    assert run("--table", "Users", "--out", str(out / "Users.json")) == 0
    command = ["--tables-from", table_list(tmp_path, *fleet), "--out", str(out), "--parallel", "1"]
    command += ["--traffic-folder", str(elsewhere)]
    fleet["Users"].answers["GetMetricData"] = interrupt
    assert run(*command) == 130
    del fleet["Users"].answers["GetMetricData"]
    counted = CountedCalls(fleet)
    assert run(*command) == 0
    assert counted.of("Orders") == ["DescribeTable"]
    assert sorted(files(out)) == ["Events.json", "Orders.json", "Users.json"]
    described = [json.loads((out / f"{name}.json").read_text())["traffic"] for name in fleet]
    assert {each["file"] for each in described} == set(files(elsewhere))
    for name in fleet:
        loaded = Baseline.load(out / f"{name}.json", traffic_folder=elsewhere)
        assert loaded.traffic is not None
        assert loaded.traffic.consumed
    assert cli.main(["recommend", str(out / "Orders.json")]) == 2
    assert "CAPACITY_GUARD_TRAFFIC=FOLDER" in capsys.readouterr().err


def test_fleet_when_every_table_fails_exits_with_2(fleet: dict[str, Services], tmp_path: Path) -> None:
    for services in fleet.values():
        services.failures["DescribeTable"] = [Failure("AccessDeniedException", "no")]
    out = tmp_path / "baselines"
    assert run("--tables-from", table_list(tmp_path, *fleet), "--out", str(out)) == 2
    assert not out.exists()


def interrupt(_: dict[str, Any]) -> dict[str, Any]:
    raise KeyboardInterrupt


def test_fleet_when_interrupted_prints_what_is_recorded_and_continues(
    fleet: dict[str, Services], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "baselines"
    command = ["--tables-from", table_list(tmp_path, *fleet), "--out", str(out), "--parallel", "1"]
    fleet["Users"].answers["GetMetricData"] = interrupt
    assert run(*command) == 130
    printed = capsys.readouterr()
    assert "1 of 3 tables recorded" in printed.out
    assert printed.err.splitlines()[-1] == (
        "capacity-guard: interrupted; run the same command again to continue"
    )
    first = (out / "Orders.json").read_bytes()
    del fleet["Users"].answers["GetMetricData"]
    counted = CountedCalls(fleet)
    assert run(*command) == 0
    assert "3 of 3 tables recorded" in capsys.readouterr().out
    assert counted.of("Orders") == ["DescribeTable"]  # is it still the same table?
    assert counted.of("Users").count("DescribeScalableTargets") == 0
    assert "GetMetricData" in counted.of("Events")
    assert (out / "Orders.json").read_bytes() == first
    assert not [file for file in out.iterdir() if file.name.startswith(".")]


def test_fleet_when_it_was_not_interrupted_is_recorded_anew(
    fleet: dict[str, Services], tmp_path: Path
) -> None:
    command = ["--tables-from", table_list(tmp_path, *fleet), "--out", str(tmp_path / "out")]
    fleet["Users"].failures["DescribeTable"] = [Failure("AccessDeniedException", "no")]
    assert run(*command) == 3
    counted = CountedCalls(fleet)
    assert run(*command) == 0
    assert "GetMetricData" in counted.of("Orders")


def test_fleet_when_a_table_fails_for_a_cause_that_may_end_continues_with_that_table(
    fleet: dict[str, Services], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "baselines"
    command = ["--tables-from", table_list(tmp_path, *fleet), "--out", str(out), "--parallel", "1"]
    fleet["Users"].failures["GetMetricData"] = [Failure("ServiceUnavailable")]
    assert run(*command) == 3
    assert "2 of 3 tables recorded" in capsys.readouterr().out
    counted = CountedCalls(fleet)
    assert run(*command) == 0
    assert counted.of("Orders") == counted.of("Events") == ["DescribeTable"]  # is it still the same table?
    assert "GetMetricData" in counted.of("Users")
    assert not [file for file in out.iterdir() if file.name.startswith(".")]


def test_fleet_when_a_recorded_baseline_was_changed_meanwhile_records_it_again(
    fleet: dict[str, Services], tmp_path: Path
) -> None:
    out = tmp_path / "baselines"
    command = ["--tables-from", table_list(tmp_path, *fleet), "--out", str(out), "--parallel", "1"]
    fleet["Users"].answers["GetMetricData"] = interrupt
    assert run(*command) == 130
    changed = json.loads((out / "Orders.json").read_text())
    (out / "Orders.json").write_text(json.dumps({**changed, "attempt": 2}))
    del fleet["Users"].answers["GetMetricData"]
    counted = CountedCalls(fleet)
    assert run(*command) == 0
    assert "GetMetricData" in counted.of("Orders")
    assert Baseline.load(out / "Orders.json").attempt == 2


@pytest.mark.slow
def test_fleet_when_the_credentials_expire_midway_says_so_once_and_continues(
    fleet: dict[str, Services], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "baselines"
    command = ["--tables-from", table_list(tmp_path, *fleet), "--out", str(out), "--parallel", "1"]
    fleet["Users"].failures["DescribeTable"] = [Failure("ExpiredTokenException")]
    counted = CountedCalls(fleet)
    assert run(*command) == 3
    printed = capsys.readouterr()
    assert printed.err.count("capacity-guard: ") == 1
    assert "the credentials have expired" in printed.err
    assert "1 of 3 tables recorded" in printed.out
    assert counted.of("Events") == []
    counted.operations.clear()
    assert run(*command) == 0
    assert counted.of("Orders") == ["DescribeTable"]


@pytest.mark.parametrize("code", ["ExpiredTokenException", "UnrecognizedClientException"])
def test_fleet_when_no_credentials_are_any_good_says_one_line(
    fleet: dict[str, Services], tmp_path: Path, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    for services in fleet.values():
        services.failures["DescribeTable"] = [Failure(code)] * 9
    assert run("--tables-from", table_list(tmp_path, *fleet), "--out", str(tmp_path / "out")) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1


def test_fleet_when_an_answer_cannot_be_read_loses_that_table_alone(
    fleet: dict[str, Services], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet["Users"].answers["DescribeTable"] = lambda _: {
        "Table": {"TableName": "Users", "TableStatus": "ACTIVE"}
    }
    assert run("--tables-from", table_list(tmp_path, *fleet), "--out", str(tmp_path / "out")) == 3
    printed = capsys.readouterr()
    assert "capacity-guard: Users: table Users: cannot be recorded (KeyError: 'TableArn')" in printed.err
    assert "2 of 3 tables recorded" in printed.out


def test_fleet_when_a_table_name_has_255_letters_shortens_its_file_name(
    services: Services, tmp_path: Path
) -> None:
    long = "n" * 255

    def renamed(parameters: dict[str, Any]) -> dict[str, Any]:
        return services.metric_data(with_name(parameters, long))

    services.answers["GetMetricData"] = renamed
    services.stack_resources = []
    out = tmp_path / "out"
    assert run("--tables-from", table_list(tmp_path, long), "--out", str(out)) == 0
    assert [file.name[:200] for file in out.glob("*.json")] == ["n" * 200]
    assert Baseline.load(next(out.glob("*.json"))).table.name == long


@pytest.mark.parametrize(
    ("more", "expected"), [(["--days", "99"], "--days 99"), (["--out", "{}/file/x"], "--out")]
)
def test_fleet_when_days_or_folder_are_wrong_calls_no_service(
    services: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], expected: str
) -> None:
    (tmp_path / "file").write_text("")
    arguments = [argument.format(tmp_path) for argument in more]
    assert run("--tag", "a=b", "--out", str(tmp_path / "out"), *arguments) == 2
    assert expected in capsys.readouterr().err
    assert services.calls == []


# --- record_fleet itself ---


def test_record_fleet_calls_done_with_every_result() -> None:
    recorded = baseline()
    error = InputError("table b", "is denied", "Allow it")

    def record(name: str) -> Baseline:
        if name == "b":
            raise error
        return recorded

    results: list[TableResult] = []
    record_fleet(["a", "b", "c"], record, 2, results.append, Event())
    assert sorted(results, key=lambda result: result.name) == [
        TableResult("a", recorded),
        TableResult("b", error),
        TableResult("c", recorded),
    ]


def test_record_fleet_when_every_call_would_fail_stops_the_other_tables() -> None:
    denied = CallFailed("credentials", "have expired", "Sign in", affects_every_call=True)
    recorded: list[str] = []

    def record(name: str) -> Baseline:
        if name == "b":
            raise denied
        recorded.append(name)
        return baseline()

    results: list[TableResult] = []
    stop = Event()
    with pytest.raises(CallFailed, match="have expired"):
        record_fleet(["a", "b", "c"], record, 1, results.append, stop)
    assert stop.is_set()
    assert recorded == ["a"]
    assert [result.name for result in results] == ["a"]


def test_record_fleet_when_it_is_interrupted_ends_the_tables_that_are_being_recorded() -> None:
    stop = Event()

    def record(name: str) -> Baseline:
        if name == "b":
            assert stop.wait(20), "nobody said that no more calls may be made"
        return baseline()

    results: list[str] = []

    def done(result: TableResult) -> None:
        results.append(result.name)
        if result.name == "a":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record_fleet(["a", "b", "c"], record, 2, done, stop)
    assert stop.is_set()
    assert results in (["a", "b"], ["a", "c", "b"])


@pytest.mark.parametrize(("others", "code"), [(Refused, 1), (InputError, 2)])
def test_fleet_of_which_every_table_is_refused_ends_with_one(
    fleet: dict[str, Services],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    others: type[InputError],
    code: int,
) -> None:
    first = next(iter(fleet))

    def refuse(aws: object, name: str, *_: object, **options: object) -> None:
        raise (Refused if name == first else others)(name, "has not settled", "Wait")

    monkeypatch.setattr("capacity_guard.recording.record.record_table", refuse)
    assert (
        run("--tables-from", table_list(tmp_path, *fleet), "--out", str(tmp_path / "out"), "--settled")
        == code
    )
