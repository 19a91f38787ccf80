"""Where files lie: names that cannot lead astray, and how much is kept."""

from datetime import UTC, datetime, timedelta
import logging
from pathlib import Path
from unittest.mock import patch

from hypothesis import given, strategies as st
import pytest

from custom_components.chargestead.csms.files.one_file import OneFileIO
from custom_components.chargestead.csms.files.shelf import (
    FILE_NAME,
    Shelf,
    folder_name,
    safe,
    stamped,
)
from custom_components.chargestead.csms.files.spans import Spans

AT = datetime(2026, 11, 25, 6, tzinfo=UTC)


@given(st.text(max_size=300))
def test_any_name_becomes_one_that_is_listed_and_leads_nowhere(name: str) -> None:
    plain = stamped(AT, name)
    assert FILE_NAME.fullmatch(plain)
    assert Path(plain).name == plain
    assert len(plain) < 120


@given(st.text(min_size=1, max_size=64), st.text(min_size=1, max_size=64))
def test_every_station_has_a_folder_of_its_own(one: str, other: str) -> None:
    for station_id in (one, other):
        folder = folder_name(station_id)
        assert Path(folder).name == folder
        assert safe(folder) == folder
    if one != other:
        assert folder_name(one) != folder_name(other)


def put(shelf: Shelf, station_id: str, minutes: int, size: int) -> Path:
    """Put a file on a shelf."""
    folder = shelf.folder(station_id)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / stamped(AT + timedelta(minutes=minutes), "log")
    path.write_bytes(bytes(size))
    return path


def test_the_oldest_go_first_whosever_they_are(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    old, newer, newest = put(shelf, "B", 0, 60), put(shelf, "A", 1, 50), put(shelf, "B", 2, 40)
    assert [file.name for file in shelf.files()] == [newest.name, newer.name, old.name]
    assert shelf.thin_out(90) == 1
    assert not old.exists()
    assert shelf.thin_out(90) == 0
    assert shelf.thin_out(0, spare=newest) == 1
    assert [file.size for file in shelf.files("B")] == [40]
    assert shelf.files("A") == shelf.files("nobody") == []


def test_what_does_not_belong_there_is_left_alone(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    kept = put(shelf, "A", 0, 5)
    mine = kept.parent / "holiday.jpg"
    mine.write_bytes(b"mine")
    (kept.parent / "20261125T060000Z-link").symlink_to(mine)
    (tmp_path / "notes.txt").write_bytes(b"mine too")
    assert [file.name for file in shelf.files()] == [kept.name]
    assert shelf.thin_out(0) == 1
    assert mine.exists()
    assert shelf.find("A", "20261125T060000Z-link") is None


def test_a_file_that_cannot_be_deleted_is_told_and_the_next_one_goes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shelf = Shelf(tmp_path)
    put(shelf, "A", 0, 5)
    put(shelf, "A", 1, 5)
    refused = [PermissionError("not yours"), None]
    with patch.object(Path, "unlink", side_effect=refused), caplog.at_level(logging.WARNING):
        assert shelf.thin_out(4) == 1
    assert "not yours" in caplog.text


def test_a_stamp_that_is_none_is_not_listed(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    folder = shelf.folder("A")
    folder.mkdir(parents=True)
    (folder / "99999999T999999Z-log").write_bytes(b"x")
    assert shelf.files() == []


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=20))
def test_what_was_sent_twice_counts_once(parts: list[tuple[int, int]]) -> None:
    spans, every = Spans(), set[int]()
    for start, end in parts:
        spans.add(start, end)
        every |= set(range(start, end))
    assert spans.total == len(every)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("mkdir", (Path(),)),
        ("rmdir", (Path(),)),
        ("unlink", (Path(),)),
        ("stat", (Path(),)),
        ("rename", (Path(), Path())),
        ("close", (None,)),
        ("read", (None, 1)),
        ("write", (None, b"")),
        ("seek", (None, 0)),
        ("_open", (Path(), "rb")),
    ],
)
async def test_the_file_system_of_one_file_does_nothing_else(
    method: str, arguments: tuple[object, ...]
) -> None:
    with pytest.raises(NotImplementedError):
        await getattr(OneFileIO(), method)(*arguments)
    with pytest.raises(NotImplementedError):
        OneFileIO().list(Path())
