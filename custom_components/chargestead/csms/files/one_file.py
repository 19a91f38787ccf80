"""The one file of an FTP server, its one user, and the file system that they are the whole of."""

from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
import hmac
from pathlib import Path
import sys
from typing import IO, Any, Concatenate, Final, NoReturn, Self, override

from aioftp.common import AsyncStreamIterator
from aioftp.errors import PathIOError
from aioftp.pathio import AbstractPathIO
from aioftp.server import AbstractUserManager, User

from ...model.errors import FileRefusal, FileRefusedError
from ..counters import Counters
from .bounds import FileBounds
from .disk import Disk
from .intake import Intake
from .tickets import Ticket

_Response: Final = AbstractUserManager.GetUserResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class OneFile:
    """What a server serves; `done` is called when a file went through."""

    ticket: Ticket
    disk: Disk
    bounds: FileBounds
    counters: Counters
    done: Callable[[Ticket], None]


class OneUser(User):
    """Whoever has the ticket."""

    def __init__(self, file: OneFile) -> None:
        """Know the password of the ticket."""
        super().__init__(file.ticket.user, file.ticket.password, base_path=Path("/"))
        self.file = file


class OneUserManager(AbstractUserManager):
    """Knows one user, and does not tell who that is."""

    def __init__(self, user: OneUser, counters: Counters) -> None:
        """Let that user in."""
        super().__init__()
        self._user = user
        self._counters = counters

    @override
    async def get_user(
        self, login: str
    ) -> tuple[AbstractUserManager.GetUserResponse, User | None, str]:
        known = hmac.compare_digest(login.encode(), (self._user.login or "").encode())
        user = self._user if known else OneUser(self._user.file)
        if not known:
            user.password = None
        return _Response.PASSWORD_REQUIRED, user, "password required"

    @override
    async def authenticate(self, user: User, password: str) -> bool:
        right = user.password is not None and hmac.compare_digest(
            password.encode(), user.password.encode()
        )
        if not right:
            self._counters.add("ftp_wrong_password")
        return right


def _told_as_451[**P, R](
    call: Callable[Concatenate[Transfer, P], Awaitable[R]],
) -> Callable[Concatenate[Transfer, P], Coroutine[Any, Any, R]]:
    """Have the station told what goes wrong, with the code that means the file system."""

    @wraps(call)
    async def told(self: Transfer, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await call(self, *args, **kwargs)
        except FileRefusedError as refusal:
            self.file.counters.add(f"file_{refusal.reason}")
            raise PathIOError(reason=sys.exc_info()) from refusal
        except OSError as error:
            self.file.counters.add(f"file_{FileRefusal.DISK_FAILED}")
            raise PathIOError(reason=sys.exc_info()) from error

    return told


class Transfer:
    """The file while it is transferred; what was broken off is not kept."""

    _intake: Intake | None = None
    _reading: IO[bytes] | None = None
    _failure: FileRefusedError | OSError | None = None
    _at = 0

    def __init__(self, file: OneFile, name: str) -> None:
        """Open nothing before it is entered."""
        self.file = file
        self._name = name

    async def __aenter__(self) -> Self:
        """Open the file.

        What goes wrong with that is told when it is used first: only then is the connection for the data closed, on
        which a station would go on waiting.
        """
        try:
            await self._open()
        except (FileRefusedError, OSError) as failure:
            self._failure = failure
        return self

    async def _open(self) -> None:
        file, ticket = self.file, self.file.ticket
        ticket.enter(file.bounds)
        try:
            if ticket.source is not None:
                self._reading = await file.disk.run(ticket.source.open, "rb")
                return
            self._intake = Intake(
                file.disk,
                self._needed(ticket.folder),
                most_bytes=ticket.most_bytes,
                reserve_bytes=file.bounds.disk_reserve_bytes,
            )
            await self._intake.open()
        except BaseException:
            self._left()
            raise

    def _needed[T](self, part: T | None) -> T:
        """Return what a transfer cannot go on without, where it is there."""
        if self._failure is not None or part is None:
            raise self._failure or FileRefusedError(FileRefusal.UNREADABLE)
        return part

    @_told_as_451
    async def write(self, data: bytes) -> int:
        """Take some bytes."""
        await self._needed(self._intake).write(data)
        return len(data)

    async def seek(self, offset: int) -> int:
        """Go on giving from some byte."""
        self._at = min(offset, self.file.ticket.most_bytes)
        return self._at

    @_told_as_451
    async def read(self, size: int) -> bytes:
        """Return the next bytes."""
        reading = self._needed(self._reading)
        block = await self.file.disk.run(_read, reading, self._at, size)
        self.file.ticket.passed(self._at, self._at + len(block))
        self._at += len(block)
        return block

    def iter_by_block(self, size: int) -> AsyncIterable[bytes]:
        """Give all the rest."""
        return AsyncStreamIterator(lambda: self.read(size))

    @_told_as_451
    async def __aexit__(self, kind: object = None, *_: object) -> None:
        """Keep a file that came whole."""
        if self._failure is not None:
            if kind is None:
                raise self._failure
            return
        try:
            if kind is not None:
                self.file.counters.add("file_broken_off")
            else:
                await self._end()
        finally:
            self._left()

    async def _end(self) -> None:
        """Take note of a file that went through; of firmware, the parts may have been fetched one by one."""
        file, ticket = self.file, self.file.ticket
        if ticket.source is None:
            intake = self._needed(self._intake)
            if intake.size == 0:
                raise FileRefusedError(FileRefusal.EMPTY)
            await self._needed(ticket.keep)(intake, self._name)
            file.counters.add("file_taken")
        elif ticket.complete:
            file.counters.add("file_given")
        else:
            return
        file.done(ticket)

    def _left(self) -> None:
        if self._intake is not None:
            self._intake.drop()
        if self._reading is not None:
            self.file.disk.later(self._reading.close)
        self.file.ticket.leave()


def _read(file: IO[bytes], start: int, size: int) -> bytes:
    file.seek(start)
    return file.read(size)


def _there_is_none(*_: object, **__: object) -> NoReturn:
    """Fail, for what no command that is taken leads to."""
    raise NotImplementedError


class OneFileIO(AbstractPathIO[Path]):
    """A file system of one file: every path leads to it."""

    @override
    async def exists(self, path: Path) -> bool:
        return True

    @override
    async def is_dir(self, path: Path) -> bool:
        return True

    @override
    async def is_file(self, path: Path) -> bool:
        return True

    @override
    def open(self, path: Path, *, mode: str = "rb") -> Transfer:  # type: ignore[override]
        """Return the one file; whether it is given or taken is for its ticket to say."""
        user: OneUser = self.connection.user  # type: ignore[union-attr]
        return Transfer(user.file, path.name)

    mkdir = rmdir = unlink = list = stat = rename = _there_is_none
    _open = seek = write = read = close = _there_is_none
