"""Sessions of the command line whose output, calls and files are kept letter by letter.

``python -m tests.recording.sessions`` prints them; with ``--write`` they are kept in ``kept/``, and the difference is reviewed.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

from botocore import exceptions

from capacity_guard import __version__
from capacity_guard.commands import main as cli
from capacity_guard.recording import aws, from_csv, record
from tests.builders.template_tables import VECTOR_INDEX
from tests.fakes.recording_aws import (
    END,
    GLOBAL_TABLE,
    NAME,
    NOW,
    REGION,
    STACK,
    Failure,
    FixedClock,
    Services,
    declared_table,
    on_demand_table,
    throughput,
)
from tests.recording.fleet_services import FleetServices, services_by_table

KEPT = Path(__file__).parent / "kept"
_SHOWN_CALLS = 40


class Session:
    """A folder, the services, and what a person sees of the commands that run with them.

    Attributes:
        folder: an empty folder.
        services: the services of one provisioned table that a stack owns; a session may change or replace them.
        lines: what was seen.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.services = Services()
        self.services.load()
        self.services.own(GLOBAL_TABLE, declared_table(writes=200))
        self.lines: list[str] = []

    def connect(self, region: str | None, endpoint: str | None) -> aws.RecordingAws:
        """Calls to the services, in place of ``RecordingAws.connect``."""
        calls = self.services.aws()
        calls.target = {"region": region, "endpoint": endpoint}
        return calls

    def run(self, *arguments: str, program: str = "record") -> None:
        """Run a command, with FOLDER for the folder, and note its exit code and output."""
        out, err = StringIO(), StringIO()
        given = [argument.replace("FOLDER", str(self.folder)) for argument in arguments]
        with (
            mock.patch.object(record, "datetime", FixedClock),
            mock.patch.object(from_csv, "datetime", FixedClock),
            mock.patch.object(aws.RecordingAws, "connect", staticmethod(self.connect)),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                code: object = cli.main([program, *given])
            except SystemExit as end:
                code = f"argparse {end.code}"
        self.lines.append(f"$ {program} {' '.join(arguments)}: {code}")
        self.lines += [f"  {line}" for line in out.getvalue().splitlines()]
        said = err.getvalue().splitlines()
        if isinstance(self.services, FleetServices):
            said.sort()  # a thread records while another reports
        self.lines += [f"  ! {line}" for line in said]

    def one(self, *more: str) -> None:
        """Record the table, one day of it."""
        self.run("--table", NAME, "--days", "1", "--out", "FOLDER/orders.json", *more)

    def show_calls(self) -> None:
        """Note what the services were asked for, and forget it."""
        for operation, parameters in self.services.calls[:_SHOWN_CALLS]:
            queries = parameters.get("MetricDataQueries")
            shown = (
                parameters
                if queries is None
                else {**parameters, "MetricDataQueries": [len(queries), queries[-1]]}
            )
            self.lines.append(f"  > {operation} {json.dumps(shown, default=str)}")
        self.lines.append(f"  > {len(self.services.calls)} calls, pauses {self.services.pauses}")
        self.services.calls.clear()
        self.services.pauses.clear()

    def show_files(self) -> None:
        """Note the files of the folder, and the content of baselines."""
        for file in sorted(self.folder.rglob("*")):
            if not file.is_file():
                continue
            self.lines.append(f"  = {file.relative_to(self.folder)}")
            if file.suffix == ".json":
                self.lines += [f"    {line}" for line in file.read_text().splitlines()]
            if file.name.endswith(".csv.gz"):
                rows = gzip.decompress(file.read_bytes()).decode().splitlines()
                self.lines += [f"    {row}" for row in (*rows[:3], f"{len(rows)} lines", *rows[-2:])]

    def text(self) -> str:
        """What was seen, without what differs from run to run."""
        text = "\n".join(self.lines).replace(str(self.folder), "FOLDER").replace(__version__, "VERSION")
        # Compressed text differs between builds of zlib.
        text = re.sub(r'"sha256": "[0-9a-f]{64}"', '"sha256": "..."', text)
        return re.sub(r'"digest": "d1:[^"]+"', '"digest": "d1:..."', text) + "\n"


def _recorded_twice(session: Session) -> None:
    session.one("--note", "before the sale")
    session.show_calls()
    session.show_files()
    session.services.own(GLOBAL_TABLE, declared_table(writes=300))
    session.one("--region", "eu-west-1", "--endpoint-url", "http://localhost:8000")
    session.show_files()
    session.services.table["TableArn"] = session.services.table["TableArn"].replace(REGION, "us-east-1")
    session.one()


def _on_demand(session: Session) -> None:
    session.services = Services()
    session.services.load(days=2, value=6_030.0)
    session.services.table = on_demand_table()
    session.services.table["ProvisionedThroughput"].pop("NumberOfDecreasesToday")
    session.services.table["OnDemandThroughput"].pop("MaxReadRequestUnits")
    session.run("--table", NAME, "--out", "FOLDER/deep/orders.json", "--note", "  ")
    session.show_calls()
    session.show_files()


def _scaled(session: Session) -> None:
    services = session.services
    services.scale(f"table/{NAME}", "dynamodb:table:WriteCapacityUnits", 50, 900, 69.6)
    services.scale(f"table/{NAME}/index/by_day", "dynamodb:index:WriteCapacityUnits", 10, 90, 65.0)
    services.scale(f"table/{NAME}", "dynamodb:table:ReadCapacityUnits", 20, 80, 50.0)
    services.policies[2].pop("TargetTrackingScalingPolicyConfiguration")
    services.targets[1]["MinCapacity"] = 11
    services.policies.append(
        {**services.policies[1], "ScalableDimension": "dynamodb:index:ReadCapacityUnits"}
    )
    action = {"ServiceNamespace": "dynamodb", "ScheduledActionARN": "arn", "CreationTime": NOW}
    at = datetime(2026, 7, 1, 20, 0, 0, 500_000, tzinfo=UTC)
    for resource, dimension, name, more in (
        (
            f"table/{NAME}",
            "dynamodb:table:WriteCapacityUnits",
            "night",
            {"EndTime": at, "Timezone": "Europe/Berlin"},
        ),
        (f"table/{NAME}", "dynamodb:table:WriteCapacityUnits", "day", {"StartTime": at}),
        (f"table/{NAME}/index/by_day", "dynamodb:index:WriteCapacityUnits", "sale", {}),
    ):
        limits = {"MinCapacity": 60, **({} if name == "day" else {"MaxCapacity": 800})}
        services.scheduled.append(
            {
                **action,
                "ResourceId": resource,
                "ScalableDimension": dimension,
                "ScheduledActionName": name,
                "Schedule": "cron(0 20 * * ? *)",
                "ScalableTargetAction": limits,
                **more,
            }
        )
    session.one()
    session.show_calls()
    session.show_files()


def _structure(session: Session) -> None:
    table = session.services.table
    table["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    table["LocalSecondaryIndexes"] = [
        {
            "IndexName": "by_size",
            "KeySchema": [
                {"AttributeName": "id", "KeyType": "HASH"},
                {"AttributeName": "day", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["b", "a"]},
        }
    ]
    table["VectorIndexes"] = [{**VECTOR_INDEX, "IndexStatus": "ACTIVE"}]
    table["Replicas"] = [{"RegionName": REGION}]
    session.one("--stack", STACK)
    session.show_calls()
    session.show_files()
    table["StreamSpecification"]["StreamEnabled"] = False
    session.one("--stack", STACK)
    session.show_files()


def _stacks(session: Session) -> None:
    session.one("--stack", "other")
    session.services.stack_resources[0]["PhysicalResourceId"] = "Users"
    session.one("--stack", STACK)
    session.services.stack_resources[0].update(PhysicalResourceId=NAME, LogicalResourceId="Gone")
    session.one("--stack", STACK)
    session.services.stack_resources[0]["ResourceType"] = "Custom::Table"
    session.one()
    session.show_calls()
    session.services.failures = {"DescribeStackResources": [Failure("ValidationError", "is malformed")]}
    session.one()
    session.services.failures = {"ListStackResources": [Failure("ValidationError", "is malformed")]}
    session.one("--stack", STACK)


def _refused_tables(session: Session) -> None:
    table = session.services.table
    for change in (
        {"TableStatus": "UPDATING"},
        {"VectorIndexes": [{**VECTOR_INDEX, "IndexStatus": "CREATING"}]},
        {"GlobalSecondaryIndexes": [{**table["GlobalSecondaryIndexes"][0], "IndexStatus": "DELETING"}]},
        {"ProvisionedThroughput": throughput(0, 0)},
        {"ProvisionedThroughput": throughput(7, 0)},
    ):
        session.services.table = {**table, **change}
        session.one()
    session.services.failures = {"DescribeTable": [Failure("ResourceNotFoundException")]}
    session.one()
    session.show_files()


CODES = (
    *("Throttling", "RequestLimitExceeded", "TooManyRequestsException", "ThrottledException"),
    *("RequestThrottled", "RequestThrottledException", "ThrottlingException", "LimitExceededException"),
    *("ExpiredToken", "ExpiredTokenException", "RequestExpired"),
    *(
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
    ),
    *("AuthFailure", "MissingAuthenticationToken", "MissingAuthenticationTokenException"),
    *("ServiceUnavailable", "ServiceUnavailableException", "InternalFailure", "InternalServerError"),
    *("InternalServiceError", "InternalServiceException", "InternalError", "500", "502", "503", "504"),
    *("InvalidNextToken", "InvalidNextTokenException", "SomethingElse", ""),
    *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"),
)


def _service_errors(session: Session) -> None:
    for code in CODES:
        session.services.failures = {"GetMetricData": [Failure(code, "said\n  so.")] * 9}
        session.one()
        journal = session.folder / ".orders.recording"
        session.lines.append(f"  goes on: {journal.exists()}, pauses {session.services.pauses}")
        session.services.pauses.clear()
        journal.unlink(missing_ok=True)
    for operation in (
        "DescribeTable",
        "DescribeScalableTargets",
        "DescribeStackResources",
        "GetTemplate",
        "DescribeStacks",
    ):
        session.services.failures = {operation: [Failure("AccessDenied", "no")] * 3}
        session.one()


def _sdk_errors(session: Session) -> None:
    from botocore.exceptions import EndpointConnectionError, TokenRetrievalError

    url = {"endpoint_url": "http://x"}
    for error in (
        exceptions.NoRegionError(),
        exceptions.ProfileNotFound(profile="p"),
        exceptions.NoCredentialsError(),
        exceptions.PartialCredentialsError(provider="p", cred_var="v"),
        exceptions.CredentialRetrievalError(provider="p", error_msg="e"),
        TokenRetrievalError(provider="sso", error_msg="e"),
        exceptions.SSOTokenLoadError(error_msg="e"),
        exceptions.UnauthorizedSSOTokenError(),
        EndpointConnectionError(**url),
        exceptions.ConnectTimeoutError(**url),
        exceptions.ReadTimeoutError(**url),
        exceptions.HTTPClientError(error="e"),
        exceptions.InvalidRegionError(region_name="r r"),
        OSError(2, "no file"),
        ValueError("no\n address."),
        KeyError("a page of the web"),
    ):

        def fail(_: dict[str, Any], error: Exception = error) -> dict[str, Any]:
            raise error

        session.services.answers = {"DescribeTable": fail}
        session.one()
    session.services.answers = {"DescribeTable": lambda _: {"Else": 1}}
    session.one()
    session.services.answers = {"DescribeTable": lambda _: {"Table": {"TableName": NAME}}}
    session.one()
    session.services.answers = {
        "DescribeScalableTargets": lambda _: {"ScalableTargets": [], "NextToken": "same"}
    }
    session.one()


def _metrics(session: Session) -> None:
    services = session.services
    whole = services.metric_data

    def changed(
        change: Callable[[dict[str, Any], list[dict[str, Any]]], None],
    ) -> Callable[[dict[str, Any]], Any]:
        def answer(parameters: dict[str, Any]) -> dict[str, Any]:
            page = whole(parameters)
            change(page, page["MetricDataResults"])
            return page

        return answer

    def status(name: str, times: int = 99) -> Callable[[dict[str, Any], list[dict[str, Any]]], None]:
        left = [times]

        def change(_: dict[str, Any], results: list[dict[str, Any]]) -> None:
            if left[0]:
                left[0] -= 1
                results[-1]["StatusCode"] = name

        return change

    def value(number: float) -> Callable[[dict[str, Any], list[dict[str, Any]]], None]:
        return lambda _, results: results[0]["Values"].__setitem__(3, number)

    def minute(position: int) -> Callable[[dict[str, Any], list[dict[str, Any]]], None]:
        """A value of a minute that was not asked for."""
        at = END - timedelta(days=1) + timedelta(minutes=position)

        def change(_: dict[str, Any], results: list[dict[str, Any]]) -> None:
            results[0]["Timestamps"].append(at)
            results[0]["Values"].append(9e9)

        return change

    for change in (
        status("PartialData"),
        status("InternalError", 3),
        status("Forbidden"),
        lambda page, _: page.update(Messages=[{"Code": "Much", "Value": "too much"}]),
        value(-1.0),
        value(1e15),
        value(1.1e15),
        value(0.0),
        minute(-1),
        minute(1_440),
        lambda _, results: results[1].pop("StatusCode"),
        lambda _, results: results.pop(0),
    ):
        services.answers = {"GetMetricData": changed(change)}
        session.one()
        session.lines.append(f"  pauses {services.pauses}")
        services.pauses.clear()
    services.answers = {}
    services.calls.clear()
    services.load_throttle_events()
    minutes = sorted(services.series["ConsumedReadCapacityUnits", None])
    for series in services.series.values():
        for minute in (*minutes[:4], *minutes[-2:], *minutes[700:703]):
            series.pop(minute, None)  # type: ignore[attr-defined]
    services.series["ConsumedReadCapacityUnits", None][minutes[900]] = 6_001.0  # type: ignore[index]
    services.series["ConsumedReadCapacityUnits", None][minutes[-1] + timedelta(minutes=1)] = 9e9  # type: ignore[index]
    session.one()
    session.show_calls()
    session.show_files()
    services.series = {}
    session.one()


def _interrupted(session: Session) -> None:
    services = session.services
    services.points_a_page = 2_000
    for failure, then in (("ExpiredToken", ()), ("Throttling", ("--note", "another")), ("ExpiredToken", ())):
        services.failures = {"GetMetricData": [Failure(failure)] * 5}
        session.one()
        session.show_calls()
        if then:
            session.lines.append("  another request")
        services.failures = {}
        session.one(*then)
        session.show_calls()
    services.failures = {"GetMetricData": [Failure("ExpiredToken")]}
    session.one()
    services.failures = {}
    services.table["TableId"] = "another"
    services.calls.clear()
    session.one()
    session.show_calls()


def _stale_pages(session: Session) -> None:
    services = session.services
    services.points_a_page = 2_000
    for times in (1, 2):
        services.failures = {"GetMetricData": [Failure("InvalidNextToken")] * times}
        session.one()
        session.show_calls()


def _killed(session: Session) -> None:
    services = session.services
    services.points_a_page = 2_000
    for calls in (1, 6):
        with services.killed_after(calls):
            session.one()
        services.calls.clear()
        journal = session.folder / ".orders.recording"
        session.lines.append(f"  {len(journal.read_bytes().splitlines())} lines in the journal")
        if calls == 6:
            content = journal.read_bytes()
            journal.write_bytes(content.replace(b"Values", b"Valuez", 1))
    session.one()
    session.show_calls()


def _fleet(session: Session) -> None:
    tables = services_by_table()
    session.services = FleetServices(tables)
    (session.folder / "names.txt").write_text("\ufeffUsers # a comment\n\n# nothing\nOrders\nUsers\nEvents\n")
    days = ("--days", "1", "--parallel", "1", "--out", "FOLDER/out")
    session.run("--tag", "team=chat", "--tag", "stage=", "--tag", "team=chat", *days)
    session.show_calls()
    session.run("--stack", STACK, *days)
    session.run("--tables-from", "FOLDER/names.txt", *days)
    tables["Users"].failures = {"DescribeTable": [Failure("ResourceNotFoundException")]}
    session.run("--tables-from", "FOLDER/names.txt", *days)
    hidden = [file.name for file in sorted((session.folder / "out").iterdir()) if file.name.startswith(".")]
    session.lines.append(f"  hidden: {hidden}")
    tables["Users"].failures = {"GetMetricData": [Failure("ServiceUnavailable")]}
    session.run("--tables-from", "FOLDER/names.txt", *days)
    hidden = [file.name for file in sorted((session.folder / "out").iterdir()) if file.name.startswith(".")]
    session.lines.append(f"  hidden: {hidden}")
    session.services.calls.clear()
    session.run("--tables-from", "FOLDER/names.txt", *days)
    session.lines.append(f"  {len(session.services.calls)} calls")
    for services in tables.values():
        services.failures = {"DescribeTable": [Failure("AccessDenied")] * 2}
    session.run("--tables-from", "FOLDER/names.txt", *days)
    tables["Users"].failures = {"DescribeTable": [Failure("UnrecognizedClientException")] * 2}
    session.run("--tables-from", "FOLDER/names.txt", *days)


def _fleet_changed(session: Session) -> None:
    tables = services_by_table()
    session.services = FleetServices(tables)
    (session.folder / "names.txt").write_text("Orders\nEvents\n")
    days = ("--tables-from", "FOLDER/names.txt", "--days", "1", "--parallel", "1", "--out", "FOLDER/out")
    tables["Events"].failures = {"GetMetricData": [Failure("ExpiredToken")]}
    session.run(*days)
    written = session.folder / "out" / "Orders.json"
    written.write_text(written.read_text() + "\n")
    session.services.calls.clear()
    session.run(*days)
    session.lines.append(f"  {[operation for operation, _ in session.services.calls]}")


def _arguments(session: Session) -> None:
    (session.folder / "empty.txt").write_text("# nothing\n")
    (session.folder / "file").write_text("")
    (session.folder / "o.csv.gz").write_bytes(gzip.compress(b"something"))
    (session.folder / "bad.json").write_text("{")
    for text in (
        "",
        "--table Orders --tag a=b",
        "--tag a=b --tables-from x",
        "--table Or --out FOLDER/x.json",
        "--table Orders",
        "--table Orders --out FOLDER/x.txt",
        "--table Orders --out FOLDER",
        "--table Orders --out FOLDER/file/x.json",
        "--table Orders --out FOLDER/o.json",
        "--table Orders --out FOLDER/bad.json",
        "--table Orders --out FOLDER/x.json --days 0",
        "--table Orders --out FOLDER/x.json --days 15",
        "--table Orders --out FOLDER/x.json --capacity c",
        "--table Orders --out FOLDER/x.json --recorded-at now",
        "--table Orders --out FOLDER/x.json --parallel 33",
        "--table Orders --out FOLDER/x.json --endpoint-url ftp://x",
        "--table Orders --out FOLDER/x.json --endpoint-url https://x --days 99",
        "--tables-from FOLDER/empty.txt --out FOLDER/out",
        "--tables-from FOLDER/none.txt --out FOLDER/out",
        "--tag =b --out FOLDER/out",
        "--tag a --out FOLDER/out",
        "--tag a=1 --tag a=2 --out FOLDER/out",
        "--tag a=1 --out FOLDER/x.json",
        "--tag a=1 --out FOLDER/file",
        "--stack s --from-csv x.csv --out FOLDER/x.json",
        "--table Orders --from-csv x.csv --out FOLDER/x.json",
        "--table Orders --from-csv x.csv --out FOLDER/x.json --days 3",
        "--table Orders --from-csv x.csv --out FOLDER/x.json --region r",
        "--table Orders --from-csv x.csv --out FOLDER/x.json --endpoint-url u",
        "--table Orders --from-csv x.csv --out FOLDER/x.json --capacity FOLDER/none",
        "--table Orders --from-csv x.csv --out FOLDER/x.json --capacity FOLDER/bad.json",
    ):
        session.run(*text.split())


def _policies(session: Session) -> None:
    (session.folder / "names.txt").write_text("Orders\nUsers\n")
    for text in (
        "--table Orders",
        "--table Orders --region cn-north-1 --stack orders",
        "--tables-from FOLDER/names.txt --region us-gov-west-1",
        "--tag a=b --region eu-west-1",
        "--tag a --region eu-west-1",
        "--stack arn:aws:cloudformation:eu-west-1:1:stack/s/x",
        "--table Orders --region us-isob-east-1",
        "--table Orders --region us-iso-east-1",
        "--table Orders --region eu-isoe-west-1",
        "--table Orders --region us-isof-south-1",
        "--table Orders --region eusc-de-east-1",
        "--table O*",
    ):
        session.run(*text.split(), "--print-iam-policy")


CSV = (
    "minute,table/read,table/write,index/by_day/read,index/by_day/write,table/write throttled\n"
    "2026-07-01T00:00Z,,,,,\n2026-07-01T00:01Z,60,120,30,40,\n2026-07-01T00:02Z,61,,31,41.5,3\n"
    "2026-07-01T00:04Z,63,180,33,43,\n2026-07-01T00:05Z,,,,,\n"
)
_FIXED = {"read": {"units": 100}, "write": {"minimum": 200, "maximum": 900, "target": 70, "seed": 250}}
_CAPACITY = {"billing_mode": "PROVISIONED", "table": _FIXED, "indexes": {"by_day": _FIXED}}
DEPLOYED: dict[str, Any] = {
    "template": _CAPACITY,
    "live": _CAPACITY,
    "units": {"table": {"read": 100, "write": 220}},
    "warm": {"table": {"read": 100, "write": 300}},
}


def _from_csv(session: Session) -> None:
    traffic, capacity = session.folder / "t.csv", session.folder / "c.json"
    given = ("--table", NAME, "--from-csv", "FOLDER/t.csv", "--capacity", "FOLDER/c.json")

    def record_it(*more: str, out: str = "FOLDER/out.json") -> None:
        session.run(*given, "--out", out, "--recorded-at", "2026-07-02T00:00:00Z", *more)

    traffic.write_text(CSV)
    for data in (
        [1],
        {**DEPLOYED, "else": 1},
        {**DEPLOYED, "units": {"index/x": {}}},
        {**DEPLOYED, "live": {**_CAPACITY, "billing_mode": "x"}},
        {**DEPLOYED, "history": {"decreases_today": 3}},
        {**DEPLOYED, "live": {**_CAPACITY, "indexes": {}}},
        {**DEPLOYED, "live": {**_CAPACITY, "indexes": {"by_day": _FIXED, "by_hour": _FIXED}}},
    ):
        capacity.write_text(json.dumps(data))
        record_it()
    capacity.write_text(json.dumps(DEPLOYED))
    for content in ("", CSV.replace("60,120", "60,-1"), CSV.replace("00:04Z", "00:02Z")):
        traffic.write_text(content)
        record_it()
    traffic.write_text(CSV)
    session.run(*given, "--out", "FOLDER/out.json", "--recorded-at", "2026-07-01T00:03:59Z")
    session.run(*given, "--out", "FOLDER/at-the-end.json", "--recorded-at", "2026-07-01T00:04:00Z")
    for ending in (".json", ".csv.gz"):
        (session.folder / f"at-the-end{ending}").unlink()
    session.run(*given, "--out", "FOLDER/c.json")
    session.run(*given[:2], "--from-csv", "FOLDER/out.csv.gz", *given[4:], "--out", "FOLDER/out.json")
    record_it("--note", "by hand", "--stack", "orders")
    session.show_files()
    previous = {**_CAPACITY, "table": {"read": {"units": 1}, "write": {"units": 2}}}
    capacity.write_text(json.dumps({**DEPLOYED, "previous": previous, "template": previous}))
    traffic.write_bytes(gzip.compress(CSV.encode()))
    session.run(*given, "--out", "FOLDER/out.json")
    record_it("--table", "Users")
    dated = {"replaced_at": "2026-06-01T00:00:00Z", "capacity": previous}
    capacity.write_text(
        json.dumps({**DEPLOYED, "previous": dated, "history": {"decreases_today": {"table": 3}}})
    )
    record_it()
    session.show_files()


SESSIONS: Mapping[str, Callable[[Session], None]] = {
    "recorded twice": _recorded_twice,
    "on-demand, without a stack": _on_demand,
    "auto-scaled, with actions": _scaled,
    "keys, indexes and streams": _structure,
    "stacks": _stacks,
    "tables that are refused": _refused_tables,
    "errors of a service": _service_errors,
    "errors of the SDK": _sdk_errors,
    "metrics": _metrics,
    "interrupted": _interrupted,
    "stale pages": _stale_pages,
    "killed": _killed,
    "a fleet": _fleet,
    "a fleet that changes": _fleet_changed,
    "arguments": _arguments,
    "policies": _policies,
    "from files": _from_csv,
}


OF_MODULE: Mapping[str, tuple[str, ...]] = {
    "record": ("recorded twice", "a fleet that changes"),
    "live_table": (
        "on-demand, without a stack",
        "auto-scaled, with actions",
        "tables that are refused",
        "keys, indexes and streams",
    ),
    "stack_template": ("stacks",),
    "aws": ("errors of a service", "errors of the SDK", "stale pages"),
    "metrics": ("metrics",),
    "journal": ("interrupted", "killed"),
    "from_csv": ("from files",),
    "commands/record": ("a fleet", "policies", "arguments"),
}
"""The sessions by the module that they are about: ``test_<module>_kept.py`` runs them, of ``commands/record`` in
``tests/commands``."""


def check(name: str) -> None:
    """Check that a session shows what is kept of it."""
    kept = file_of(name).read_text(encoding="utf-8")
    assert seen(name) == kept, "if this is meant: python -m tests.kept"


def seen(name: str) -> str:
    """What a person sees of a session."""
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder).resolve())
        SESSIONS[name](session)
        return session.text()


def file_of(name: str) -> Path:
    """The file that keeps a session."""
    return KEPT / f"{name.replace(',', '').replace(' ', '-')}.txt"


def main(*options: str) -> None:
    """Print what is seen of each session, or keep it."""
    KEPT.mkdir(exist_ok=True)
    for name in SESSIONS:
        if "--write" in options:
            file_of(name).write_text(seen(name), encoding="utf-8")
        else:
            print(f"# {name}\n{seen(name)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
