"""A file that comes in: written off the loop, kept only when it is whole."""

from collections.abc import Callable
import errno
import hashlib
import logging
import os
from pathlib import Path
import secrets
import shutil
from typing import IO, Final

from ...model.errors import FileRefusal, FileRefusedError
from .disk import Disk

_LOGGER = logging.getLogger(__name__)

PARTIAL: Final = ".part"
_BLOCK: Final = 256 * 1024
_HEAD: Final = 512
_LOOK_EVERY: Final = 16 * 1024 * 1024
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Intake:
    """Takes a file of at most some bytes into a folder; `head` are its first bytes, `sha256` its digest.

    All that waits raises FileRefusedError where the file is too large, or the disk full or broken.
    """

    def __init__(self, disk: Disk, folder: Path, *, most_bytes: int, reserve_bytes: int) -> None:
        """Touch nothing before `open`."""
        self.size = 0
        self.head = b""
        self.sha256 = ""
        self._disk = disk
        self._partial = folder / f"{secrets.token_hex(8)}{PARTIAL}"
        self._most = most_bytes
        self._reserve = reserve_bytes
        self._waiting = bytearray()
        self._hash = hashlib.sha256()
        self._file: IO[bytes] | None = None
        self._looked = 0
        self._ended = False

    async def open(self, expected: int = 0) -> None:
        """Begin a file that is said to have some bytes."""
        if expected > self._most:
            raise FileRefusedError(FileRefusal.TOO_LARGE)
        await self._disk.run(self._guarded, self._open, expected)

    async def write(self, chunk: bytes) -> None:
        """Take some more bytes."""
        self.size += len(chunk)
        if self.size > self._most:
            raise FileRefusedError(FileRefusal.TOO_LARGE)
        if len(self.head) < _HEAD:
            self.head += chunk[: _HEAD - len(self.head)]
        self._waiting += chunk
        if len(self._waiting) >= _BLOCK:
            await self._flush()

    async def keep(self, name: str) -> Path:
        """Return the path the whole file has from now on; one that has the name already stays."""
        await self._flush()
        path = await self._disk.run(self._guarded, self._keep, name)
        self._ended = True
        return path

    def drop(self) -> None:
        """Remove what has come so far, unless it was kept."""
        if not self._ended:
            self._ended = True
            self._disk.later(self._drop)

    async def _flush(self) -> None:
        block, self._waiting = bytes(self._waiting), bytearray()
        if block:
            await self._disk.run(self._guarded, self._write, block)

    def _guarded[**P, R](self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(*args, **kwargs)
        except OSError as error:
            full = error.errno in _FULL
            raise FileRefusedError(
                FileRefusal.DISK_FULL if full else FileRefusal.DISK_FAILED, str(error)
            ) from error

    def _open(self, expected: int) -> None:
        folder = self._partial.parent
        folder.mkdir(parents=True, exist_ok=True)
        self._look(expected)
        self._file = os.fdopen(
            os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
        )

    def _look(self, expected: int) -> None:
        """See to it that the disk keeps room for others."""
        if shutil.disk_usage(self._partial.parent).free < self._reserve + expected:
            raise FileRefusedError(FileRefusal.DISK_FULL)

    def _write(self, block: bytes) -> None:
        if self._file is None:
            raise OSError(errno.EBADF, "not open")
        if self.size - self._looked >= _LOOK_EVERY:
            self._looked = self.size
            self._look(len(block))
        self._hash.update(block)
        self._file.write(block)

    def _keep(self, name: str) -> Path:
        if self._file is None:
            raise OSError(errno.EBADF, "not open")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self.sha256 = self._hash.hexdigest()
        path = _free(self._partial.parent / name)
        self._partial.rename(path)
        return path

    def _drop(self) -> None:
        try:
            if self._file is not None:
                self._file.close()
        except OSError:
            # Closing flushes, which fails where the disk is full; the file goes anyway.
            pass
        try:
            self._partial.unlink(missing_ok=True)
        except OSError:
            _LOGGER.warning("%s could not be removed", self._partial)


def _free(path: Path) -> Path:
    """Return a path nobody uses, with a number where the wanted one is taken."""
    number, wanted = 1, path
    while path.exists():
        number += 1
        path = wanted.with_stem(f"{wanted.stem}-{number}")
    return path
