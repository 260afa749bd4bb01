"""A file that is written beside another one, to take its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity_guard.evidence.draft import Draft


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    file = tmp_path / "page"
    file.write_text("old")
    return file


def test_draft_leaves_the_file_until_it_takes_its_name(old: Path) -> None:
    draft = Draft(old, ["n", "ew"])
    assert old.read_text() == "old"
    draft.take_name()
    draft.discard()
    assert texts(old.parent) == {"page": "new"}


def test_draft_when_discarded_leaves_nothing(old: Path) -> None:
    Draft(old, "new").discard()
    assert texts(old.parent) == {"page": "old"}


def test_draft_when_restored_brings_the_old_file_back(old: Path) -> None:
    created = Draft(old.parent / "other", "new")
    replaced = Draft(old, "new")
    for draft in (created, replaced):
        draft.take_name(for_restore=True)
    assert old.read_text() == "new"
    for draft in (created, replaced):
        draft.restore()
        draft.discard()
    assert texts(old.parent) == {"page": "old"}


def test_draft_of_links_in_a_circle_raises(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for path in (tmp_path / "a", tmp_path / "a" / "x"):
        with pytest.raises(OSError, match="Too many levels of symbolic links"):
            Draft(path, "new")


def test_draft_when_the_name_became_that_of_a_folder_raises_and_leaves_it(tmp_path: Path) -> None:
    draft = Draft(tmp_path / "page", "new")
    (tmp_path / "page").mkdir()
    with pytest.raises(IsADirectoryError):
        draft.take_name(for_restore=True)
    draft.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
