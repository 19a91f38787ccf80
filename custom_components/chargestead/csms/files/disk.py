"""One thread for all that touches the disk, so that nothing ever blocks the loop and all happens in order."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

_NAME: Final = "chargestead_files"


class Disk:
    """Runs blocking calls one after the other, also those whose caller gave up."""

    def __init__(self) -> None:
        """Start no thread before there is something to do."""
        self._executor: ThreadPoolExecutor | None = None
        self._running = 0

    @property
    def busy(self) -> bool:
        """Tell whether anything is still to be done."""
        return self._running > 0

    async def run[**P, R](self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what a blocking call returns; it is carried out even where nobody waits for it any more."""
        return await self._submit(partial(call, *args, **kwargs))

    def later(self, call: Callable[[], None]) -> None:
        """Have a blocking call that raises nothing carried out after all others."""
        self._submit(call)

    def _submit[R](self, call: Callable[[], R]) -> asyncio.Future[R]:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=_NAME)
        self._running += 1
        future = asyncio.get_running_loop().run_in_executor(self._executor, call)
        future.add_done_callback(self._done)
        return future

    def _done[R](self, future: asyncio.Future[R]) -> None:
        self._running -= 1
        if not future.cancelled():
            # Nobody may be waiting any more for what went wrong.
            future.exception()

    async def close(self) -> None:
        """Do what is still to be done, and end the thread."""
        executor, self._executor = self._executor, None
        if executor is not None:
            await asyncio.to_thread(executor.shutdown)
