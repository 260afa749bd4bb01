"""Files are read up to a size, if they are regular, and written whole or not at all."""

from __future__ import annotations

import ast
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from capacity_guard.capacity import InputError
from capacity_guard.evidence.files import (
    displayed_path,
    exclusive,
    near_in,
    near_text,
    open_regular,
    read_limited,
    unreadable_text,
    write_whole,
)
from tests.paths import ROOT


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def test_read_when_the_file_is_a_pipe_nobody_writes_to_expects_an_error_at_once(pipe: Path) -> None:
    with pytest.raises(OSError, match="pipe or a device"):
        read_limited(pipe, 10)


def test_read_when_the_file_is_an_endless_device_expects_an_error(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("/dev/zero")
    with pytest.raises(OSError, match="pipe or a device"):
        read_limited(link, 10)


def test_read_when_the_file_is_a_folder_expects_an_error(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        open_regular(tmp_path)


def test_read_when_the_file_is_as_long_as_allowed_expects_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"1234")
    assert read_limited(file, 4) == b"1234"
    with pytest.raises(InputError, match="file: holds more than"):
        read_limited(file, 3)


@pytest.mark.parametrize("path", ["two/orders.json", "./two/../two/orders.json"])
def test_read_when_a_file_in_a_folder_is_too_large_expects_its_path_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "orders.json").write_bytes(b"1234")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as raised:
        read_limited(Path(path), 3)
    assert raised.value.location == "two/orders.json"
    with pytest.raises(InputError) as raised:
        read_limited(tmp_path / path, 3)
    assert raised.value.location == "two/orders.json"


def test_name_when_no_path_can_be_resolved_expects_it_as_given(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert displayed_path(loop) == str(loop)
    assert displayed_path(Path("a\0b")) == "a\0b"


def test_write_when_the_file_exists_expects_new_text_with_the_old_permissions(tmp_path: Path) -> None:
    file = tmp_path / "page"
    file.write_text("old")
    file.chmod(0o640)
    write_whole(file, ["né", "w"])
    assert file.read_text(encoding="utf-8") == "néw"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [file]


def test_write_when_the_name_is_the_longest_expects_the_file(tmp_path: Path) -> None:
    file = tmp_path / ("n" * 255)
    write_whole(file, b"bytes")
    assert file.read_bytes() == b"bytes"


def test_write_when_the_file_is_a_link_expects_the_link_and_a_new_target(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_write_when_the_output_is_a_device_expects_no_file_beside_it() -> None:
    write_whole(Path("/dev/null"), "text")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_write_when_its_content_fails_midway_expects_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "page"
    file.write_text("old")

    def parts() -> object:
        yield "first"
        raise RuntimeError("second")

    with pytest.raises(RuntimeError):
        write_whole(file, parts())  # type: ignore[arg-type]
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "code",
    [
        "from capacity_guard.evidence.files import write_whole; write_whole(Path(sys.argv[1]), 'x' * 100_000)",
        "import argparse; from capacity_guard.commands.outputs import Outputs;"
        "outputs = Outputs(argparse.Namespace(html=sys.argv[1]), 'html');"
        "outputs.written({'html': ['x' * 100_000]}).__enter__()",
        "from capacity_guard.findings import Findings; f = Findings(None, ());"
        "type(f).to_json = lambda self: 'x' * 100_000; f.write(Path(sys.argv[1]).parent)",
    ],
    ids=["a file", "an output", "findings"],
)
def test_write_when_the_disk_is_full_expects_the_old_file_and_nothing_beside_it(
    tmp_path: Path, code: str
) -> None:
    file = tmp_path / "capacity-guard.json"
    file.write_text("old")
    # A limit on the size of files fails as a full disk does: a write ends after a part of the text.
    result = subprocess.run(
        [sys.executable, "-c", f"import sys; from pathlib import Path; {code}", str(file)],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
        check=False,
    )
    assert result.returncode != 0
    assert "File too large" in result.stderr
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


# Files that are not outputs: a file of a process of its own that nobody else reads, or one that is appended to.
ALLOWED = {
    "capacity_guard/evidence/draft.py": "the helper itself",
    "capacity_guard/commands/streams.py": "the null device",
    "capacity_guard/evidence/files.py": "the lock of a folder",
    "capacity_guard/recording/journal.py": "appends; each line has a checksum",
    "capacity_guard/rehearsal/traffic_record.py": "appends",
    "capacity_guard/rehearsal/recorder.py": "appends the answers of DescribeTable",
    "capacity_guard/rehearsal/emulator/clock.py": "the new clock of an emulator, in its own folder",
    "capacity_guard/rehearsal/emulator/launcher.py": "log and saved time, in the emulator's own folder",
    "benchmarks/simulate.py": "a driver in a temporary folder",
}


def writing_calls(path: Path) -> list[int]:
    """Lines that open a file to write, or write a whole file at once."""
    lines = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, (ast.Attribute, ast.Name)):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        modes = [
            a.value for a in [*node.args, *(k.value for k in node.keywords)] if isinstance(a, ast.Constant)
        ]
        opens = name == "open" and any(
            isinstance(mode, str) and set(mode) <= set("rwaxbt+") and set(mode) & set("wax+")
            for mode in modes
        )
        if opens or name in ("write_text", "write_bytes"):
            lines.append(node.lineno)
    return lines


def test_library_and_runs_when_they_write_files_use_the_helper() -> None:
    found = {}
    for folder, base in (
        ("constructs_lib/capacity_guard", "constructs_lib"),
        *((name, ".") for name in ("demo", "live", "benchmarks")),
    ):
        for path in (ROOT / folder).rglob("*.py"):
            if lines := writing_calls(path):
                found[path.relative_to(ROOT / base).as_posix()] = lines
    assert "capacity_guard/evidence/files.py" in found
    assert {name: lines for name, lines in found.items() if name not in ALLOWED} == {}


def test_folder_when_another_process_holds_it_is_refused_until_that_process_is_killed(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from capacity_guard.evidence.files import exclusive\n"
            "with exclusive(Path(sys.argv[1]), '--out'): print('held', flush=True); sys.stdin.read()",
            str(tmp_path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="is in use by another run"), exclusive(tmp_path, "--out"):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with exclusive(tmp_path, "--out"):
        pass


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        ("baselines/orders.json", "; there is baselines/Orders.json"),
        ("baselines/Order.json", "; there is baselines/Orders.json"),
        ("baseline/orders.json", "; there is baselines"),
        ("baseline/deep/orders.json", "; there is baselines"),
        ("baselines/payments.json", ""),
        ("baselines/orders.yaml", ""),
        ("baselines/Orders.json/x.json", ""),
        ("nowhere/orders.json", ""),
        ("baselines/\0", ""),
        ("cdk.oot", "; there is cdk.out"),
        ("cdk.oot/findings.json", "; there is cdk.out"),
    ],
)
def test_near_text_of_a_missing_file_names_what_differs_in_case_or_by_few_letters(
    missing: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "baselines"
    folder.mkdir()
    for name in ("Orders.json", ".orders.json", "Orders.csv.gz"):
        (folder / name).touch()
    (tmp_path / "baselines.txt").touch()
    (tmp_path / "cdk.out").mkdir()
    assert near_text(tmp_path / missing) == text
    assert near_in(f"is missing{text}") == text.removeprefix("; there is ")


def test_near_text_names_all_files_that_differ_in_case_alone(tmp_path: Path) -> None:
    for name in ("ORDERS.json", "Orders.json"):
        (tmp_path / name).touch()
    assert (
        near_text(tmp_path / "orders.json")
        == f"; there is {tmp_path / 'ORDERS.json'} and {tmp_path / 'Orders.json'}"
    )


def test_text_of_what_cannot_be_read_names_the_reason_and_near_names_of_a_missing_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "prices.json").write_text("{}")
    missing = FileNotFoundError(2, "No such file or directory")
    near = f"; there is {tmp_path / 'prices.json'}"
    assert unreadable_text(tmp_path / "price.json", missing) == f"cannot be read ({missing.strerror}){near}"
    denied = PermissionError(13, "Permission denied")
    assert unreadable_text(tmp_path / "price.json", denied) == "cannot be read (Permission denied)"
    assert unreadable_text(tmp_path, OSError("no reason")) == "cannot be read (no reason)"


def test_path_with_a_nul_cannot_be_read() -> None:
    with pytest.raises(OSError, match="it is no possible path"):
        read_limited(Path("a\0b.json"), 10)
