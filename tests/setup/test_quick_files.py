"""The tests keep their files in memory where they can, and where the user says if the user says it."""

import tempfile
from pathlib import Path

import pytest

from tests import quick_files


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", "")  # so that what is set meanwhile is forgotten afterwards
    monkeypatch.delenv("TMPDIR")


def test_where_there_is_room_files_are_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_files, "_MEMORY", tmp_path)
    monkeypatch.setattr(quick_files, "_ROOM", 1)
    quick_files.keep_files_in_memory()
    assert tempfile.gettempdir() == str(tmp_path)


def test_the_users_own_folder_counts_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_files, "_MEMORY", tmp_path)
    monkeypatch.setattr(quick_files, "_ROOM", 1)
    chosen = tmp_path / "chosen"
    chosen.mkdir()
    monkeypatch.setenv("TMPDIR", str(chosen))
    quick_files.keep_files_in_memory()
    assert tempfile.gettempdir() == str(chosen)


@pytest.mark.parametrize(("memory", "room"), [("none", 1), (".", 2**60)], ids=["no such folder", "too little room"])
def test_where_there_is_no_room_everything_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: str, room: int
) -> None:
    before = tempfile.gettempdir()
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(quick_files, "_MEMORY", tmp_path / memory)
    monkeypatch.setattr(quick_files, "_ROOM", room)
    quick_files.keep_files_in_memory()
    assert tempfile.gettempdir() == before
