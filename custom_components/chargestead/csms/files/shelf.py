"""Where logs and firmware lie, what they are called, and how much of it is kept."""

from dataclasses import dataclass
from datetime import UTC, datetime
import hashlib
import logging
from pathlib import Path
import re
from typing import Final

from .intake import PARTIAL

_LOGGER = logging.getLogger(__name__)

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST: Final = 80
_DIGEST: Final = 8
_STAMP: Final = "%Y%m%dT%H%M%SZ"
FILE_NAME: Final = re.compile(r"(\d{8}T\d{6}Z)-[A-Za-z0-9_-][A-Za-z0-9._-]*")
"""How files are called here: nothing else is ever listed, served or deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file of a station; `at` is when it came."""

    folder: str
    name: str
    size: int
    at: datetime


class Shelf:
    """Keeps files in one folder per station; everything here blocks."""

    def __init__(self, root: Path) -> None:
        """Keep everything below a folder, which is made when there is something to keep."""
        self.root = root

    def folder(self, station_id: str) -> Path:
        """Return the folder of a station."""
        return self.root / folder_name(station_id)

    def files(self, station_id: str | None = None) -> list[StoredFile]:
        """Return the files of a station, or of all, newest first."""
        folders = [self.folder(station_id)] if station_id is not None else _folders(self.root)
        found = [file for folder in folders for file in _files(folder)]
        return sorted(found, key=lambda file: (file.at, file.name), reverse=True)

    def find(self, folder: str, name: str) -> Path | None:
        """Return the path of a file that is there; nothing outside is ever found."""
        if safe(folder) != folder or not FILE_NAME.fullmatch(name):
            return None
        path = self.root / folder / name
        return path if path.is_file() and not path.is_symlink() else None

    def thin_out(self, most_bytes: int, spare: Path | None = None) -> int:
        """Delete the oldest files until the rest has some bytes at most; returns how many went."""
        files, gone = self.files(), 0
        total = sum(file.size for file in files)
        for file in reversed(files):
            path = self.root / file.folder / file.name
            if total <= most_bytes:
                break
            if path == spare:
                continue
            if self.remove(path):
                total -= file.size
                gone += 1
        return gone

    def remove(self, path: Path) -> bool:
        """Delete a file; tells whether it is gone."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            _LOGGER.warning("%s could not be removed: %s", path, error)
            return False
        return True

    def clean_up(self) -> int:
        """Remove what transfers left behind that a power cut ended; returns how many."""
        left = [path for folder in _folders(self.root) for path in folder.glob(f"*{PARTIAL}")]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)


def folder_name(station_id: str) -> str:
    """Return what the folder of a station is called: its id, made distinct where that cannot be a name."""
    plain = safe(station_id)
    if plain == station_id:
        return plain
    digest = hashlib.sha256(station_id.encode("utf-8", errors="surrogatepass")).hexdigest()
    return f"{plain[: _LONGEST - _DIGEST - 1]}-{digest[:_DIGEST]}"


def safe(name: str) -> str:
    """Return a name that is one on every file system, and no path."""
    plain = _UNSAFE.sub("_", name.replace("\\", "/").rstrip("/").rpartition("/")[2])
    return plain.lstrip(".")[-_LONGEST:].lstrip(".") or "_"


def stamped(at: datetime, name: str) -> str:
    """Return the name of a file that came at a moment."""
    return f"{at.astimezone(UTC):{_STAMP}}-{safe(name)}"


def _folders(root: Path) -> list[Path]:
    try:
        return [path for path in root.iterdir() if path.is_dir() and not path.is_symlink()]
    except FileNotFoundError:
        return []


def _files(folder: Path) -> list[StoredFile]:
    try:
        paths = list(folder.iterdir())
    except FileNotFoundError:
        return []
    return [file for path in paths if (file := _stored(path)) is not None]


def _stored(path: Path) -> StoredFile | None:
    """Return what there is to say of a file that is ours."""
    match = FILE_NAME.fullmatch(path.name)
    if match is None or path.is_symlink() or not path.is_file():
        return None
    try:
        at = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)
        size = path.stat().st_size
    except ValueError, OSError:
        # A name that only looks like one of ours, or a file that went this very moment.
        return None
    return StoredFile(folder=path.parent.name, name=path.name, size=size, at=at)
