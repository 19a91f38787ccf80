"""Work that is done one after another, beside whatever asked for it."""

import asyncio
from collections.abc import Awaitable, Callable
import logging

from ...csms.turns import durable
from ...model.errors import ChargesteadError
from ...model.ports import Kept

_LOGGER = logging.getLogger(__name__)

type Job = Callable[[], Awaitable[object]]


class Jobs:
    """A queue in which of jobs of the same name only the newest is done; one that fails harms no other."""

    def __init__(self, what: str) -> None:
        """Say what is worked out, for the log."""
        self.failures = 0
        self._what = what
        self._waiting: dict[str, Job] = {}
        self._worker: asyncio.Task[None] | None = None
        self._closed = False
        self._doing: str | None = None
        self._waited_for: dict[str, list[asyncio.Future[None]]] = {}

    def __len__(self) -> int:
        """Return how many jobs wait."""
        return len(self._waiting)

    def put(self, name: str, job: Job) -> None:
        """Have something done soon, unless closed."""
        if self._closed:
            return
        self._waiting.pop(name, None)
        self._waiting[name] = job
        if self._worker is None or self._worker.done():
            self._worker = asyncio.get_running_loop().create_task(self._work_off())

    def done(self, name: str) -> asyncio.Future[None]:
        """Return what is done when the job of a name that waits, or is being done, has ended well or not."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if name in self._waiting or name == self._doing:
            self._waited_for.setdefault(name, []).append(future)
        else:
            future.set_result(None)
        return future

    def failed(self, err: BaseException) -> None:
        """Count what could not be done, and say so once."""
        self.failures += 1
        level = logging.WARNING if self.failures == 1 else logging.DEBUG
        _LOGGER.log(level, "%s could not be worked out: %s", self._what.capitalize(), err)

    async def settled(self) -> None:
        """Wait until nothing waits."""
        while self._worker is not None and not self._worker.done():
            await asyncio.wait((self._worker,))

    async def close(self) -> None:
        """Take nothing more, finish what waits."""
        self._closed = True
        await self.settled()

    async def _work_off(self) -> None:
        while self._waiting:
            self._doing = next(iter(self._waiting))
            job = self._waiting.pop(self._doing)
            try:
                await job()
            except ChargesteadError as err:
                self.failed(err)
            except asyncio.CancelledError as err:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                # What the job waited for was given up; that ends this job, not those that wait.
                self.failed(err)
            except Exception as err:
                _LOGGER.exception("Unexpected error in work that was put off")
                self.failed(err)
            finally:
                self._ended(self._doing)

    def _ended(self, name: str) -> None:
        self._doing = None
        if name in self._waiting:
            # It has been asked for again meanwhile: only that one knows all.
            return
        for future in self._waited_for.pop(name, ()):
            if not future.done():
                future.set_result(None)


async def wait_for(kept: Kept | None) -> None:
    """Wait until something is durable; LedgerError where it cannot be kept."""
    if kept is not None:
        await durable(kept)
