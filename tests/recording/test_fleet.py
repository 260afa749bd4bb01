"""Many tables at once, recordings that were cut off, and the least permission."""

from __future__ import annotations

import io
import json
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from capacity_guard.capacity import Dimension, InputError
from capacity_guard.commands import main as cli
from capacity_guard.evidence.baseline import Baseline
from capacity_guard.recording import aws, record
from capacity_guard.recording.fleet import _partition
from capacity_guard.recording.journal import OLDEST, Journal, line_of
from capacity_guard.simulator.table_replay import simulate
from tests.fakes.recording_aws import END, NAME, NOW, STACK, Failure, Services
from tests.recording.test_record import GLOBAL, _Clock, template

WRITE = Dimension(None, "write")


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    found = Services()
    found.load()
    found.own(GLOBAL, template(writes=200))
    monkeypatch.setattr(record, "datetime", _Clock)
    monkeypatch.setattr(aws.RecordingAws, "connect", staticmethod(lambda region, endpoint: found.aws()))
    return found


def run(*arguments: str) -> int:
    return cli.main(["record", "--days", "1", *arguments])


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


class _Killed(BaseException):
    """The process ends here, as by SIGKILL: nobody catches it."""


def throttled_series(services: Services) -> None:
    """Events, and what caused them."""
    minutes = [END - timedelta(minutes=number) for number in range(40, 20, -1)]
    services.series["WriteThrottleEvents", None] = dict.fromkeys(minutes, 6.0)
    services.series["WriteProvisionedThroughputThrottleEvents", None] = dict.fromkeys(minutes, 4.0)
    services.series["WriteKeyRangeThroughputThrottleEvents", None] = dict.fromkeys(minutes, 2.0)


def test_recording_when_killed_at_any_call_goes_on_to_the_same_bytes(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled_series(services)
    services.points_a_page = 700  # many pages
    assert run("--table", NAME, "--out", str(tmp_path / "whole" / "orders.json")) == 0
    calls = len(services.calls)
    assert calls > 12
    whole = files(tmp_path / "whole")
    assert sorted(whole) == ["orders.csv.gz", "orders.json"]
    for number in range(calls):
        folder = tmp_path / f"cut{number}"
        services.calls.clear()
        parsed, left = services._parsed, number

        def cut(operation: str, parameters: dict[str, Any], parsed: Any = parsed) -> Any:
            nonlocal left
            if left == 0:
                raise _Killed
            left -= 1
            return parsed(operation, parameters)

        with monkeypatch.context() as patch:
            patch.setattr(services, "_parsed", cut)
            with pytest.raises(_Killed):
                run("--table", NAME, "--out", str(folder / "orders.json"))
        assert [
            name for name in (files(folder) if folder.exists() else {}) if name != ".orders.recording"
        ] == []
        services.calls.clear()
        assert run("--table", NAME, "--out", str(folder / "orders.json")) == 0
        assert files(folder) == whole, number
        # Nothing was asked twice, but whether it is still the same table.
        assert len(services.calls) == calls - number + (number > 0)


def test_recording_when_a_line_of_its_journal_was_cut_off_goes_on_before_it(
    services: Services, tmp_path: Path
) -> None:
    journal, out = tmp_path / ".orders.recording", tmp_path / "orders.json"
    services.failures["GetMetricData"] = [Failure("ExpiredToken")]
    assert run("--table", NAME, "--out", str(out)) == 2
    kept = journal.read_bytes()
    journal.write_bytes(kept[:-20])
    services.calls.clear()
    assert run("--table", NAME, "--out", str(out)) == 0
    assert not journal.exists()
    assert 0 < len(services.calls) < 10


@pytest.mark.parametrize("spoil", ["nonsense", "another request", "too old", "from the future"])
def test_recording_when_its_journal_cannot_be_used_asks_everything_anew(
    services: Services, tmp_path: Path, spoil: str
) -> None:
    journal, out = tmp_path / ".orders.recording", tmp_path / "orders.json"
    services.failures["GetMetricData"] = [Failure("ExpiredToken")]
    assert run("--table", NAME, "--out", str(out)) == 2
    head, _, rest = journal.read_text().partition("\n")
    data = json.loads(head.partition(" ")[2])
    if spoil == "nonsense":
        journal.write_text("{")
    elif spoil == "another request":
        journal.write_text(line_of(json.dumps({**data, "request": {**data["request"], "days": 7}})) + rest)
    else:
        moved = NOW - OLDEST - timedelta(seconds=1) if spoil == "too old" else NOW + timedelta(seconds=1)
        journal.write_text(line_of(json.dumps({**data, "started": moved.isoformat()})) + rest)
    services.calls.clear()
    assert run("--table", NAME, "--out", str(out)) == 0
    assert services.operations("DescribeTable")
    assert Baseline.load(out).recording.at == NOW
    assert not journal.exists()


def test_journal_when_an_answer_cannot_be_kept_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal(tmp_path / "file" / ".x.recording", {"out": "x.json"}, NOW)
    with pytest.raises(InputError, match="cannot be written"):
        journal.note({"operation": "x"}, {"answer": 1})
    journal.drop()


def test_recording_when_minutes_are_missing_states_holes_limits_and_causes(
    services: Services, tmp_path: Path
) -> None:
    throttled_series(services)
    for key, series in services.series.items():
        if key[0].startswith("Consumed"):
            services.series[key] = {
                at: value
                for at, value in series.items()
                if not 100 <= (END - at) / timedelta(minutes=1) < 130
            }
    out = tmp_path / "orders.json"
    assert run("--table", NAME, "--out", str(out)) == 0
    data = json.loads(out.read_text())
    assert data["traffic"]["gaps"] == 30
    assert data["traffic"]["holes"] == [
        {"from": "2026-07-09T03:48:00Z", "to": "2026-07-09T04:18:00Z", "minutes": 30}
    ]
    assert data["recorded"]["asked"] == {"from": "2026-07-08T05:57:00Z", "to": "2026-07-09T05:57:00Z"}
    assert (
        "one-minute data is kept for 15 days, five-minute data for 63; the newest 3 minutes are left out"
        in data["recorded"]["source"]
    )
    assert data["recorded"]["throttled_by"] == {
        "table/write": {"ProvisionedThroughput": 80, "KeyRangeThroughput": 40}
    }
    baseline = Baseline.load(out)
    assert baseline.traffic is not None
    assert baseline.deployed is not None
    outcome = simulate(baseline.deployed.live, baseline.traffic)
    assert len(outcome.dimensions) == 4


def test_recording_when_nothing_throttled_asks_for_no_causes(services: Services, tmp_path: Path) -> None:
    assert run("--table", NAME, "--out", str(tmp_path / "orders.json")) == 0
    asked = {
        query["MetricStat"]["Metric"]["MetricName"]
        for call in services.operations("GetMetricData")
        for query in call["MetricDataQueries"]
    }
    assert not any("ProvisionedThroughputThrottle" in name for name in asked)


def test_recording_when_cloudwatch_answers_awkwardly_loads_and_simulates(
    services: Services, tmp_path: Path
) -> None:
    """Pages, series that are partial at first, throttling, points out of order and twice, no value for some metrics."""
    throttled_series(services)
    services.points_a_page = 977
    del services.series["ConsumedReadCapacityUnits", "by_day"]
    services.failures["GetMetricData"] = [Failure("Throttling"), Failure("ThrottlingException")]
    asked: list[str] = []

    def awkward(parameters: dict[str, Any]) -> dict[str, Any]:
        answer = services.metric_data(parameters)
        first = not asked
        asked.append("")
        for result in answer["MetricDataResults"]:
            result["Timestamps"] = [*reversed(result["Timestamps"]), *result["Timestamps"][:2]]
            result["Values"] = [*reversed(result["Values"]), *result["Values"][:2]]
            if first and "NextToken" not in answer:
                result["StatusCode"] = "PartialData"
        if "NextToken" not in answer and len(asked) < 20:
            answer["MetricDataResults"][0]["StatusCode"] = "InternalError"
            asked.extend([""] * 20)
        return answer

    services.answers["GetMetricData"] = awkward
    out = tmp_path / "orders.json"
    assert run("--table", NAME, "--out", str(out)) == 0
    assert services.pauses[:2] == [1.0, 2.0]
    baseline = Baseline.load(out)
    assert baseline.traffic is not None
    assert baseline.deployed is not None
    assert baseline.traffic.gaps() == baseline.traffic.minutes  # one metric has no value at all
    assert simulate(baseline.deployed.live, baseline.traffic).throttled_units == 0


# --- a fleet ---


@pytest.fixture
def fleet(monkeypatch: pytest.MonkeyPatch) -> dict[str, Services]:
    """Three tables, each with services of its own; the account's own answers come from the first."""
    each: dict[str, Services] = {}
    for name in ("Orders", "Users", "Events"):
        services = Services()
        services.load()
        services.table["TableName"] = name
        services.table["TableArn"] = services.table["TableArn"].replace(NAME, name)
        each[name] = services
    each["Orders"].own(GLOBAL, template(writes=200))
    lock = threading.Lock()

    def real(services: Services, name: str) -> Any:
        parsed = services._parsed

        def renamed(operation: str, parameters: dict[str, Any]) -> Any:
            text = json.dumps(parameters, default=lambda at: {"$at": at.isoformat()})
            changed = json.loads(text.replace(f'"{name}"', f'"{NAME}"'), object_hook=_moment)
            return parsed(operation, changed)

        return renamed

    for name, services in each.items():
        monkeypatch.setattr(services, "_parsed", real(services, name))

    class Router(Services):
        def _parsed(self, operation: str, parameters: dict[str, Any]) -> tuple[int, dict[str, Any]]:
            if operation == "GetResources":
                found = [
                    {"ResourceARN": f"arn:aws:dynamodb:eu-west-1:1:table/{name}", "Tags": []}
                    for name in ("Users", "Events")
                ]
                number = int(parameters.get("PaginationToken") or 0)
                following = str(number + 1) if number + 1 < len(found) else ""
                return 200, {
                    "ResourceTagMappingList": found[number : number + 1],
                    "PaginationToken": following,
                }
            if operation == "ListStackResources":
                found_resources = [
                    {
                        "LogicalResourceId": "Table" if name == "Orders" else name,
                        "PhysicalResourceId": name,
                        "ResourceType": kind,
                        "ResourceStatus": "CREATE_COMPLETE",
                        "LastUpdatedTimestamp": NOW,
                    }
                    for name, kind in (("Orders", GLOBAL), ("bucket", "AWS::S3::Bucket"))
                ]
                return 200, {"StackResourceSummaries": found_resources}
            text = json.dumps(parameters, default=str)
            with lock:
                for name, services in each.items():
                    if f'"{name}' in text or f"/{name}" in text:
                        return services._parsed(operation, parameters)
                return each["Orders"]._parsed(operation, parameters)

    monkeypatch.setattr(record, "datetime", _Clock)
    monkeypatch.setattr(aws.RecordingAws, "connect", staticmethod(lambda region, endpoint: Router().aws()))
    return each


def _moment(data: dict[str, Any]) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(data["$at"]) if set(data) == {"$at"} else data


def names(tmp_path: Path, *lines: str) -> str:
    file = tmp_path / "tables.txt"
    file.write_text("\n".join(lines) + "\n")
    return str(file)


def test_fleet_when_named_in_a_file_records_each(
    fleet: dict[str, Services], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = names(tmp_path, "# ours", "Orders", "", "Users  # the people", "Orders")
    out = tmp_path / "baselines"
    assert run("--tables-from", listed, "--out", str(out)) == 0
    assert sorted(files(out)) == ["Orders.csv.gz", "Orders.json", "Users.csv.gz", "Users.json"]
    assert Baseline.load(out / "Users.json").table.name == "Users"
    said = capsys.readouterr()
    assert "2 of 2 tables recorded" in said.out
    assert "\r" not in said.err  # plain lines in a log


def test_fleet_when_one_table_fails_keeps_the_others_and_exits_with_3(
    fleet: dict[str, Services], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet["Users"].failures["DescribeTable"] = [Failure("AccessDeniedException", "no")]
    out = tmp_path / "baselines"
    assert run("--tables-from", names(tmp_path, *fleet), "--out", str(out), "--parallel", "2") == 3
    assert sorted(files(out)) == ["Events.csv.gz", "Events.json", "Orders.csv.gz", "Orders.json"]
    said = capsys.readouterr()
    assert said.err.count("Users: dynamodb:DescribeTable: is denied (no)") == 1
    assert "2 of 3 tables recorded" in said.out


def test_fleet_when_every_table_fails_exits_with_2(fleet: dict[str, Services], tmp_path: Path) -> None:
    for services in fleet.values():
        services.failures["DescribeTable"] = [Failure("AccessDeniedException", "no")]
    out = tmp_path / "baselines"
    assert run("--tables-from", names(tmp_path, *fleet), "--out", str(out)) == 2
    assert not out.exists()


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


def test_fleet_when_named_on_standard_input_records_each(
    fleet: dict[str, Services], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\ufeffUsers\n"))
    assert run("--tables-from", "-", "--out", str(tmp_path / "out")) == 0
    assert (tmp_path / "out" / "Users.json").exists()


class _Counted:
    """How often each table was asked for what."""

    def __init__(self, fleet: dict[str, Services]) -> None:
        self.operations: list[tuple[str, str]] = []
        for name, services in fleet.items():
            services._parsed = self._counting(name, services._parsed)  # type: ignore[method-assign]

    def _counting(self, name: str, parsed: Any) -> Any:
        def counted(operation: str, parameters: dict[str, Any]) -> Any:
            self.operations.append((name, operation))
            return parsed(operation, parameters)

        return counted

    def of(self, name: str) -> list[str]:
        return [operation for asked, operation in self.operations if asked == name]


def interrupt(_: dict[str, Any]) -> dict[str, Any]:
    raise KeyboardInterrupt


def test_fleet_when_interrupted_tells_what_is_recorded_and_goes_on_where_it_was(
    fleet: dict[str, Services], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "baselines"
    command = ["--tables-from", names(tmp_path, *fleet), "--out", str(out), "--parallel", "1"]
    fleet["Users"].answers["GetMetricData"] = interrupt
    assert run(*command) == 130
    said = capsys.readouterr()
    assert "1 of 3 tables recorded" in said.out
    assert said.err.splitlines()[-1] == ("capacity-guard: interrupted; the same command goes on where it was")
    first = (out / "Orders.json").read_bytes()
    del fleet["Users"].answers["GetMetricData"]
    counted = _Counted(fleet)
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
    command = ["--tables-from", names(tmp_path, *fleet), "--out", str(tmp_path / "out")]
    fleet["Users"].failures["DescribeTable"] = [Failure("AccessDeniedException", "no")]
    assert run(*command) == 3
    counted = _Counted(fleet)
    assert run(*command) == 0
    assert "GetMetricData" in counted.of("Orders")


def test_fleet_when_a_recorded_baseline_was_changed_meanwhile_records_it_again(
    fleet: dict[str, Services], tmp_path: Path
) -> None:
    out = tmp_path / "baselines"
    command = ["--tables-from", names(tmp_path, *fleet), "--out", str(out), "--parallel", "1"]
    fleet["Users"].answers["GetMetricData"] = interrupt
    assert run(*command) == 130
    changed = json.loads((out / "Orders.json").read_text())
    (out / "Orders.json").write_text(json.dumps({**changed, "attempt": 2}))
    del fleet["Users"].answers["GetMetricData"]
    counted = _Counted(fleet)
    assert run(*command) == 0
    assert "GetMetricData" in counted.of("Orders")
    assert Baseline.load(out / "Orders.json").attempt == 2


def test_fleet_when_the_credentials_expire_midway_says_so_once_and_goes_on(
    fleet: dict[str, Services], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "baselines"
    command = ["--tables-from", names(tmp_path, *fleet), "--out", str(out), "--parallel", "1"]
    fleet["Users"].failures["DescribeTable"] = [Failure("ExpiredTokenException")]
    counted = _Counted(fleet)
    assert run(*command) == 3
    said = capsys.readouterr()
    assert said.err.count("capacity-guard: ") == 1
    assert "the credentials have expired" in said.err
    assert "1 of 3 tables recorded" in said.out
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
    assert run("--tables-from", names(tmp_path, *fleet), "--out", str(tmp_path / "out")) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1


def test_fleet_when_an_answer_is_none_that_it_can_read_loses_that_table_alone(
    fleet: dict[str, Services], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet["Users"].answers["DescribeTable"] = lambda _: {"Table": {"TableName": "Users"}}
    assert run("--tables-from", names(tmp_path, *fleet), "--out", str(tmp_path / "out")) == 3
    said = capsys.readouterr()
    assert "capacity-guard: Users: table Users: cannot be recorded (KeyError: 'TableArn')" in said.err
    assert "2 of 3 tables recorded" in said.out


def test_fleet_when_a_name_is_as_long_as_a_name_may_be_shortens_its_file(
    services: Services, tmp_path: Path
) -> None:
    long = "n" * 255

    def renamed(parameters: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(parameters, default=lambda at: {"$at": at.isoformat()})
        return services.metric_data(json.loads(text.replace(long, NAME), object_hook=_moment))

    services.answers["GetMetricData"] = renamed
    services.stack_resources = []
    out = tmp_path / "out"
    assert run("--tables-from", names(tmp_path, long), "--out", str(out)) == 0
    assert [file.name[:200] for file in out.glob("*.json")] == ["n" * 200]
    assert Baseline.load(next(out.glob("*.json"))).table.name == long


def test_call_when_it_is_stopped_asks_nobody_and_waits_no_longer(services: Services) -> None:
    calls = services.aws()
    calls.stop.set()
    with pytest.raises(KeyboardInterrupt):
        calls.call("dynamodb", "describe_table", TableName=NAME)
    assert services.calls == []
    waiting = aws.RecordingAws(lambda _: None)
    waiting.stop.set()
    waiting.pause(3_600)


def test_connection_when_many_tables_are_read_looks_for_credentials_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import boto3

    made: list[Any] = []
    session = boto3.Session

    def counted(**given: Any) -> Any:
        made.append(session("a", "b", **given))
        return made[-1]

    monkeypatch.setattr(boto3, "Session", counted)
    calls = aws.RecordingAws.connect("eu-west-1", "http://127.0.0.1:9")
    each = [
        calls.keeping(Journal(tmp_path / name, {"out": name}, NOW), lambda _: None)._client("dynamodb")
        for name in ("a", "b")
    ]
    assert each[0] is each[1]
    assert len(made) == 1
    assert calls.place == {"region": "eu-west-1", "endpoint": "http://127.0.0.1:9"}


def test_fleet_when_the_stack_does_not_exist_says_so(
    services: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--stack", "nosuch", "--out", str(tmp_path / "out")) == 2
    assert "--stack nosuch: does not exist. Check name, Region and profile." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"), [(["--days", "99"], "--days 99"), (["--out", "{}/file/x"], "--out")]
)
def test_fleet_when_days_or_folder_are_wrong_asks_nobody(
    services: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    (tmp_path / "file").write_text("")
    given = [one.format(tmp_path) for one in more]
    assert run("--tag", "a=b", "--out", str(tmp_path / "out"), *given) == 2
    assert said in capsys.readouterr().err
    assert services.calls == []


def test_names_when_standard_input_is_closed_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (None, closed):
        monkeypatch.setattr("sys.stdin", stream)
        assert run("--tables-from", "-", "--out", str(tmp_path / "out")) == 2
        assert "--tables-from -: cannot be read" in capsys.readouterr().err


BAD = {
    "two ways": (["--table", "Orders", "--tag", "a=b"], "name tables in two ways"),
    "no table": ([], "--table: is missing"),
    "no tag": (["--tag", "team"], "is no KEY=VALUE"),
    "no name": (["--tables-from", "{names}"], "line 2: 'not a name' is no table name"),
    "two values of a tag": (["--tag", "a=1", "--tag", "a=2"], "--tag a=2: contradicts a=1"),
    "no stack": (["--stack", ""], "--stack '': does not exist. Check name, Region and profile"),
    "a pattern": (["--table", "Ord*", "--out", "{folder}/one.json"], "--table: 'Ord*' is no table name"),
    "no address": (
        ["--tag", "a=b", "--endpoint-url", "localhost:8000"],
        "--endpoint-url localhost:8000: is no",
    ),
    "a name without end": (
        ["--table", "Orders", "--out", "{folder}/" + "n" * 300 + ".json"],
        "cannot be written",
    ),
    "a folder without end": (["--tag", "a=b", "--out", "{folder}/" + "n" * 300], "cannot be written"),
    "no file": (["--tables-from", "{folder}/none.txt"], "cannot be read"),
    "a file for many": (["--tag", "a=b", "--out", "{folder}/one.json"], "is no folder"),
    "none at a time": (["--tag", "a=b", "--parallel", "0"], "--parallel 0: is out of range"),
    "csv of many": (["--tag", "a=b", "--from-csv", "x.csv"], "Name the table that --from-csv is about"),
}


@pytest.mark.parametrize("case", BAD)
def test_record_when_arguments_are_bad_exits_with_2_and_one_line(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given, said = BAD[case]
    listed = names(tmp_path, "Orders", "not a name")
    arguments = [one.format(names=listed, folder=tmp_path) for one in given]
    if "--out" not in arguments:
        arguments += ["--out", str(tmp_path / "out")]
    assert run(*arguments) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert len(told.err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_policy_when_printed_names_what_the_options_need_and_asks_nobody(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(region: str | None, endpoint: str | None) -> aws.RecordingAws:
        raise AssertionError("asked")

    monkeypatch.setattr(aws.RecordingAws, "connect", staticmethod(nobody))
    assert run("--table", NAME, "--region", "eu-west-1", "--print-iam-policy") == 0
    one = json.loads(capsys.readouterr().out)
    assert one["Statement"][0]["Resource"] == [f"arn:aws:dynamodb:eu-west-1:*:table/{NAME}"]
    assert run("--tag", "team=chat", "--print-iam-policy") == 0
    many = json.loads(capsys.readouterr().out)
    assert "tag:GetResources" in many["Statement"][2]["Action"]
    assert many["Statement"][0]["Resource"] == ["arn:*:dynamodb:*:*:table/*"]
    assert run("--stack", STACK, "--print-iam-policy") == 0
    stack = json.loads(capsys.readouterr().out)
    assert stack["Statement"][1]["Resource"] == f"arn:*:cloudformation:*:*:stack/{STACK}/*"


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-isob-east-1", "aws-iso-b"),
    ],
)
def test_policy_when_the_region_is_known_names_its_partition(
    capsys: pytest.CaptureFixture[str], region: str, partition: str
) -> None:
    assert run("--table", NAME, "--stack", STACK, "--region", region, "--print-iam-policy") == 0
    table, stack, _ = json.loads(capsys.readouterr().out)["Statement"]
    assert table["Resource"] == [f"arn:{partition}:dynamodb:{region}:*:table/{NAME}"]
    assert stack["Resource"] == f"arn:{partition}:cloudformation:{region}:*:stack/{STACK}/*"


def test_partitions_when_compared_with_botocore_are_the_same() -> None:
    import botocore

    known = json.loads((Path(botocore.__file__).parent / "data" / "partitions.json").read_text())
    for one in known["partitions"]:
        for region in one["regions"]:
            assert _partition(region) == one["id"] or region.endswith("-global")


def test_policy_when_the_stack_is_given_as_arn_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    arn = "arn:aws:cloudformation:eu-west-1:123456789012:stack/orders-stack/0123"
    assert run("--stack", arn, "--print-iam-policy") == 0
    assert json.loads(capsys.readouterr().out)["Statement"][1]["Resource"] == arn


@pytest.mark.parametrize("pattern", ["*", "Ord*", "a b", "arn:aws:dynamodb:eu-west-1:1:table/Orders"])
def test_policy_when_the_table_is_no_name_is_refused(
    capsys: pytest.CaptureFixture[str], pattern: str
) -> None:
    assert run("--table", pattern, "--print-iam-policy") == 2
    assert f"--table: {pattern!r} is no table name" in capsys.readouterr().err


def test_policy_when_compared_with_the_calls_allows_each(
    services: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    throttled_series(services)
    services.scale(f"table/{NAME}", "dynamodb:table:WriteCapacityUnits", 100, 900, 70.0)
    assert run("--table", NAME, "--out", str(tmp_path / "orders.json")) == 0
    capsys.readouterr()
    assert run("--table", NAME, "--print-iam-policy") == 0
    allowed: set[str] = set()
    for statement in json.loads(capsys.readouterr().out)["Statement"]:
        actions = statement["Action"]
        allowed |= {actions} if isinstance(actions, str) else set(actions)
    assert {operation for operation, _ in services.calls} == {action.partition(":")[2] for action in allowed}
