"""The register of corrections: each has a name of its own and a source, and is applied once."""

from __future__ import annotations

import pytest

from capacity_guard.rehearsal.emulator.corrections import (
    SKIP_VARIABLE,
    apply_all,
    correction,
    load,
    skipped_by_environment,
)


def test_corrections_when_loaded_name_their_source_and_say_what_they_do() -> None:
    corrections = load()
    assert len({loaded.name for loaded in corrections}) == len(corrections) > 10
    assert all(loaded.source.strip() and loaded.summary for loaded in corrections)


def test_correction_when_its_name_is_taken_is_refused() -> None:
    load()

    def second() -> None:
        """Does nothing."""

    with pytest.raises(ValueError, match="is registered twice"):
        correction("dynamodb.update-table", "a page")(second)


def test_correction_without_a_source_is_refused() -> None:
    with pytest.raises(ValueError, match="names no source"):
        correction("dynamodb.new", " ")(lambda: None)


def test_corrections_when_one_to_skip_does_not_exist_are_not_applied() -> None:
    with pytest.raises(ValueError, match=r"unknown corrections: dynamodb\.none"):
        apply_all(frozenset({"dynamodb.none"}))


def test_skipped_corrections_are_named_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SKIP_VARIABLE, "a.b, c.d,")

    assert skipped_by_environment() == {"a.b", "c.d"}
