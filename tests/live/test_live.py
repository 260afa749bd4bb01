"""`make live` before it makes anything: what it refuses, what it shows, and the form of its record."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from capacity_guard.capacity.errors import InputError
from live import __main__ as entry
from live import record
from live.account import BOOTSTRAP_VERSION
from live.cleaning import clean
from live.deploying import Deploying
from live.prices import PRICES, estimate
from live.scenario import CREATED, GLOBAL, KINDS, PLAIN, ROUNDS, capacity, checked_run
from live.watching import Watcher

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ARGUMENTS = ["--account", ACCOUNT, "--region", REGION]
AT = datetime(2026, 7, 9, 12, 0, tzinfo=UTC)


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Call")


class Service:
    """STS and SSM of one account; every other call is an error of the test."""

    def __init__(self, account: str | Exception = ACCOUNT, version: str | Exception = "30") -> None:
        self._account, self._version = account, version

    def get_caller_identity(self) -> dict[str, str]:
        if isinstance(self._account, Exception):
            raise self._account
        return {"Account": self._account}

    def get_parameter(self, Name: str) -> dict[str, dict[str, str]]:  # noqa: N803
        assert Name == BOOTSTRAP_VERSION
        if isinstance(self._version, Exception):
            raise self._version
        return {"Parameter": {"Value": self._version}}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr(entry, "ROOT", tmp_path)
    monkeypatch.setattr(entry.signal, "signal", lambda *a: None)


REFUSALS: dict[str, tuple[list[str], dict[str, str], Service, str]] = {
    "no account": (["--region", REGION], {}, Service(), "--account: is missing"),
    "empty account": (["--account", "", "--region", REGION], {}, Service(), "--account: is missing"),
    "no account id": (["--account", "prod", "--region", REGION], {}, Service(), "is no account id"),
    "no Region": (["--account", ACCOUNT], {}, Service(), "--region: is missing"),
    "bad Region": (["--account", ACCOUNT, "--region", "Ireland"], {}, Service(), "is no Region"),
    "another account": (ARGUMENTS, {}, Service(account="999999999999"), "which is 999999999999"),
    "no credentials": (ARGUMENTS, {}, Service(account=NoCredentialsError()), "credentials: cannot be used"),
    "not bootstrapped": (
        ARGUMENTS,
        {},
        Service(version=refused("ParameterNotFound")),
        f"npx cdk bootstrap aws://{ACCOUNT}/{REGION}",
    ),
    "bootstrap hidden": (ARGUMENTS, {}, Service(version=refused("AccessDenied")), "ssm:GetParameter"),
    "old bootstrap": (ARGUMENTS, {}, Service(version="3"), "has bootstrap version 3"),
    "endpoint elsewhere": (
        ARGUMENTS,
        {"AWS_ENDPOINT_URL": "https://example.com"},
        Service(),
        "is not on this machine",
    ),
    "endpoint of one service": (
        ARGUMENTS,
        {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"},
        Service(),
        "replaces one service only",
    ),
    "bad run id": ([*ARGUMENTS, "--cleanup", "*"], {}, Service(), "is no run id"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_live_when_it_must_not_start_says_why_and_makes_nothing(
    case: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, environment, service, expected = REFUSALS[case]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Deploying, "client", lambda self, name: service)
    assert entry.main([*arguments, "--yes"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert expected in errors[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("answer", ["no", "", "y"])
def test_live_when_it_is_not_confirmed_shows_the_estimate_and_makes_nothing(
    answer: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Deploying, "client", lambda self, name: Service())
    monkeypatch.setattr("builtins.input", lambda prompt: answer)
    assert entry.main(ARGUMENTS) == 2
    shown = capsys.readouterr()
    assert "Cost at most, US dollars" in shown.out
    assert "not confirmed, nothing was made" in shown.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("outcome", [KeyboardInterrupt, RuntimeError("no")])
def test_live_when_it_ends_badly_cleans_up_and_keeps_its_record_out_of_the_docs(
    outcome: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Deploying, "client", lambda self, name: Service())
    cleaned = []

    def fail(self: Any) -> None:
        raise outcome

    def remains(aws: Any, run: str, say: Any) -> list[str]:
        cleaned.append(run)
        return [f"stack CgLive-{run}-Plain"]

    monkeypatch.setattr(entry, "Run", lambda *a: type("Failing", (), {"go": fail})())
    monkeypatch.setattr(entry, "clean", remains)
    code = entry.main([*ARGUMENTS, "--yes"])
    assert code == (130 if outcome is KeyboardInterrupt else 1)
    (run,) = cleaned
    (path,) = (tmp_path / "out" / "live" / run).glob("*.json")
    found = json.loads(path.read_text())
    record.check(found)
    assert found["outcome"] == ("interrupted" if outcome is KeyboardInterrupt else "failed")
    assert found["left"] == [f"stack CgLive-{run}-Plain"]
    assert not (tmp_path / "docs").exists()
    said = capsys.readouterr().out
    assert f"remove it: python -m live --account {ACCOUNT} --region {REGION} --cleanup {run}" in said


@pytest.mark.parametrize("warm", [False, True])
def test_estimate_when_shown_is_below_one_dollar_and_names_its_pages(warm: bool) -> None:
    found = estimate(warm)
    assert 0 < found.dollars < 1
    assert len(found.lines) == len(PRICES) - (not warm)
    assert all(price.source in str(found) for price in PRICES.values())


def test_estimate_when_warm_is_asked_for_costs_more_and_says_the_price_is_assumed() -> None:
    assert estimate(True).dollars > estimate(False).dollars
    assert "(price assumed)" in str(estimate(True))
    assert "(price assumed)" not in str(estimate(False))


def test_rounds_when_carried_out_cover_both_tables_in_both_directions_and_end_with_the_veto() -> None:
    committed = {(kind, to) for one in ROUNDS if not one.vetoed for kind, to in one.changes.items()}
    assert committed == {(kind, to) for kind in KINDS for to in ("on-demand", "provisioned")}
    assert [one.vetoed for one in ROUNDS] == [False, False, True]
    assert {GLOBAL, PLAIN} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_rounds_when_carried_out_never_return_to_a_capacity_since_a_relief_is_judged_leniently(
    kind: str,
) -> None:
    seen = [capacity(CREATED[kind], 0)]
    seen += [capacity(one.changes[kind], one.turn) for one in ROUNDS if kind in one.changes]
    assert all(one not in seen[:position] for position, one in enumerate(seen))


@pytest.mark.parametrize("run", ["", "12345678\n", "ABCDEF12", "../../etc"])
def test_cleanup_when_the_run_is_no_id_is_refused(run: str) -> None:
    with pytest.raises(InputError):
        checked_run(run)


def whole() -> dict[str, Any]:
    timing = {"minute": "2026-07-09T12:00:00Z", "alarm": "2026-07-09T12:02:00Z", "seconds": 60.0}
    found = record.new("0123abcd", ACCOUNT, REGION, None, False, AT)
    found |= {"outcome": "passed", "ended": "2026-07-09T13:00:00Z", "cleaned_up": True}
    found["rounds"] = [
        {
            "name": "first switch",
            "started": "2026-07-09T12:00:00Z",
            "seconds": 300.5,
            "exit_code": 0,
            "vetoed": False,
            "reason": None,
            "switches": [
                {"table": "Global", "to": "on-demand", "started": "2026-07-09T12:01:00Z", "seconds": None}
            ],
        }
    ]
    names = ("expression_table", "expression_index", "dense", "sparse")
    found["alarms"] = {
        "storm_started": None,
        "storm_ended": None,
        "items_written": 1,
        "items_refused": 2,
        **dict.fromkeys(names, timing),
    }
    found["restored"] = {"equal": True, "before": {}, "after": {}, "seconds": 12.0}
    return found


def test_record_when_whole_fits_its_schema_and_is_written_once_a_day(tmp_path: Path) -> None:
    found = whole()
    jsonschema.validate(found, json.loads(record.SCHEMA.read_text()))
    assert record.write(found, tmp_path).name == "2026-07-09.json"
    assert record.write(found, tmp_path).name == "2026-07-09-0123abcd.json"
    assert json.loads((tmp_path / "2026-07-09.json").read_text()) == found
    assert ACCOUNT not in (tmp_path / "2026-07-09.json").read_text()


BROKEN: dict[str, tuple[list[str | int], Any]] = {
    "version": (["version"], 2),
    "outcome": (["outcome"], "running"),
    "system": (["system"], "elsewhere"),
    "rounds": (["rounds"], {}),
    "table": (["rounds", 0, "switches", 0, "table"], "Other"),
    "seconds": (["rounds", 0, "seconds"], "long"),
    "boolean for a number": (["rounds", 0, "exit_code"], True),
    "alarms": (["alarms", "dense"], {}),
    "unknown": (["more"], 1),
}


@pytest.mark.parametrize("case", BROKEN)
def test_record_when_a_member_is_wrong_is_not_written(case: str, tmp_path: Path) -> None:
    path, value = BROKEN[case]
    found = copy.deepcopy(whole())
    at: Any = found
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found, json.loads(record.SCHEMA.read_text()))
    with pytest.raises(InputError):
        record.write(found, tmp_path)
    assert list(tmp_path.iterdir()) == []


def shown(mode: str, status: str = "ACTIVE", index: str = "ACTIVE") -> dict[str, Any]:
    return {
        "TableStatus": status,
        "BillingModeSummary": {"BillingMode": mode},
        "GlobalSecondaryIndexes": [{"IndexName": "by_owner", "IndexStatus": index}],
    }


def test_watcher_when_a_mode_switches_measures_until_the_index_is_active_too() -> None:
    told: list[str] = []
    watcher = Watcher(None, "t", told.append)
    looks = [
        shown("PROVISIONED"),
        shown("PROVISIONED", status="UPDATING"),
        shown("PAY_PER_REQUEST", status="UPDATING"),
        shown("PAY_PER_REQUEST", index="UPDATING"),
        shown("PAY_PER_REQUEST"),
        shown("PAY_PER_REQUEST"),
    ]
    for number, table in enumerate(looks):
        watcher.seen(table, AT + timedelta(seconds=5 * number))
    (switch,) = watcher.switches
    assert switch.to == "on-demand"
    assert switch.seconds == 20.0
    assert told == ["on-demand"]
    assert not watcher.unsettled


def test_watcher_when_a_switch_falls_between_two_looks_says_at_most_how_long_it_took() -> None:
    watcher = Watcher(None, "t")
    for number, mode in enumerate(("PROVISIONED", "PROVISIONED", "PAY_PER_REQUEST")):
        watcher.seen(shown(mode), AT + timedelta(seconds=5 * number))
    (switch,) = watcher.switches
    assert switch.seconds == 5.0


class Denied:
    """Every call is denied."""

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            raise refused("AccessDenied")

        return call


def test_cleanup_when_nothing_can_be_read_says_so() -> None:
    aws = type("Aws", (), {"client": lambda self, service: Denied()})()
    left = clean(aws, "0123abcd", lambda *lines: None)
    assert any("what is left cannot be read" in one for one in left)
