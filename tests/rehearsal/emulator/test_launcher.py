"""The launcher: one emulator, on the loopback interface, reachable with dummy credentials only, always ended."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from capacity_guard.rehearsal.emulator import Emulator, EmulatorError
from capacity_guard.rehearsal.emulator.clock import CLOCK_VARIABLE
from capacity_guard.rehearsal.emulator.corrections import load

START = datetime(2026, 7, 9, 15, 40, tzinfo=UTC)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(speed=60, start=START) as running:
        yield running


def test_emulator_when_started_listens_on_loopback_and_shows_rehearsal_time(emulator: Emulator) -> None:
    answer = emulator.client("sts").get_caller_identity()
    assert emulator.endpoint.startswith("http://127.0.0.1:")
    assert "09 Jul 2026" in answer["ResponseMetadata"]["HTTPHeaders"]["date"]


def test_emulator_when_started_applies_every_correction(emulator: Emulator) -> None:
    log = emulator.log.read_text()
    assert all(correction.name in log for correction in load())


def test_env_when_the_machine_has_credentials_holds_none_of_them(emulator: Emulator) -> None:
    machine = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "real",
        "AWS_REGION": "eu-west-1",
        "HOME": "/home/me",
    }
    environment = emulator.env(machine)
    assert "AWS_PROFILE" not in environment
    assert "AWS_SESSION_TOKEN" not in environment
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert environment["AWS_ENDPOINT_URL"] == emulator.endpoint
    assert environment["AWS_REGION"] == emulator.region
    assert environment["HOME"] == "/home/me"
    assert Path(environment[CLOCK_VARIABLE]).exists()


def test_emulator_when_reset_forgets_every_resource(emulator: Emulator) -> None:
    topics = emulator.client("sns")
    topics.create_topic(Name="forgotten")
    emulator.reset()
    assert topics.list_topics()["Topics"] == []


def test_emulator_when_stopped_ends_its_process_and_removes_its_folder() -> None:
    with Emulator(speed=60) as emulator:
        pid, folder = emulator.pid, emulator.folder
        assert pid is not None
        assert folder.exists()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.slow
def test_emulator_when_given_a_folder_finds_its_state_again(tmp_path: Path) -> None:
    with Emulator(speed=60, state_dir=tmp_path) as first:
        first.client("ssm").put_parameter(Name="/kept", Value="yes", Type="String")
    with Emulator(speed=60, state_dir=tmp_path) as second:
        assert second.client("ssm").get_parameter(Name="/kept")["Parameter"]["Value"] == "yes"


@pytest.mark.slow
def test_emulator_when_restored_continues_with_the_saved_resources_and_time(tmp_path: Path) -> None:
    first = Emulator(speed=60, start=START).start()
    first.client("ssm").put_parameter(Name="/kept", Value="yes", Type="String")
    first.client("s3").create_bucket(
        Bucket="kept", CreateBucketConfiguration={"LocationConstraint": first.region}
    )
    first.client("s3").put_object(Bucket="kept", Key="key", Body=b"value")
    first.client("dynamodb").create_table(
        TableName="kept",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    first.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId="table/kept",
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
        MinCapacity=1,
        MaxCapacity=2,
    )
    first.clock.jump(86_400)
    first.save(tmp_path)
    with Emulator(speed=60, restore=tmp_path) as changed, Emulator(speed=60, restore=tmp_path) as other:
        changed.client("ssm").delete_parameter(Name="/kept")
        assert other.client("ssm").get_parameter(Name="/kept")["Parameter"]["Value"] == "yes"
        assert other.client("s3").get_object(Bucket="kept", Key="key")["Body"].read() == b"value"
        scaling = other.client("application-autoscaling")
        assert len(scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]) == 1
        assert other.clock.now() >= START + timedelta(days=1)


def test_emulator_when_a_correction_to_skip_does_not_exist_fails_with_its_name() -> None:
    with pytest.raises(EmulatorError, match=r"unknown corrections: no\.such-correction"):
        Emulator(skip_corrections=frozenset({"no.such-correction"})).start()


def test_emulator_when_it_could_not_save_a_state_says_so_with_its_line(tmp_path: Path) -> None:
    emulator = Emulator(speed=60)
    emulator.start()
    line = "2026-07-09 04:08:09 ERROR [persistence] Persistence: error getting state for cloudwatch: changed size"
    with emulator.log.open("a") as log:
        log.write(f"{line}\n")
    try:
        with pytest.raises(EmulatorError, match=r"could not save its state: .*cloudwatch: changed size"):
            emulator.save(tmp_path)
    finally:
        emulator.stop()


def test_emulator_when_not_started_says_so() -> None:
    emulator = Emulator()
    try:
        with pytest.raises(EmulatorError, match="not been started"):
            _ = emulator.endpoint
    finally:
        emulator.stop()
