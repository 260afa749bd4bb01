"""Which files a command has read."""

from __future__ import annotations

from pathlib import Path

from capacity_guard.evidence.files import read_limited
from capacity_guard.evidence.files_read import files_read, was_read


def test_file_that_was_read_is_known_under_every_name_while_the_context_is_open(tmp_path: Path) -> None:
    read, other = tmp_path / "read", tmp_path / "other"
    for file in (read, other):
        file.write_text("text")
    (tmp_path / "link").symlink_to(read)
    (tmp_path / "hard").hardlink_to(read)
    with files_read():
        read_limited(tmp_path / "link", 10)
        assert [was_read(tmp_path / name) for name in ("read", "link", "hard", "other", "missing")] == [
            True,
            True,
            True,
            False,
            False,
        ]
    assert not was_read(read)
