"""Work that is put off: in order, of one name only the newest, and none that harms another."""

import asyncio

import pytest

from custom_components.chargestead.model.errors import LedgerError
from custom_components.chargestead.site.costs.jobs import Job, Jobs, wait_for


def failing(error: Exception) -> Job:
    """Return a job that fails."""

    async def fail() -> None:
        raise error

    return fail


def noting(notes: list[str], note: str) -> Job:
    """Return a job that notes that it was done."""

    async def do() -> None:
        notes.append(note)

    return do


async def test_what_fails_is_told_of_once_and_what_waits_behind_it_is_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    jobs, notes = Jobs("the cost"), list[str]()
    jobs.put("first", failing(LedgerError("the disk is full")))
    jobs.put("second", failing(LedgerError("the disk is full")))
    jobs.put("third", noting(notes, "third"))
    await jobs.settled()
    assert notes == ["third"]
    assert jobs.failures == 2
    warnings = [item.getMessage() for item in caplog.records if item.levelname == "WARNING"]
    assert warnings == ["The cost could not be worked out: the disk is full"]


async def test_what_nobody_thought_of_is_logged_with_where_it_was(
    caplog: pytest.LogCaptureFixture,
) -> None:
    jobs, notes = Jobs("the cost"), list[str]()
    jobs.put("first", failing(ZeroDivisionError("of what")))
    jobs.put("second", noting(notes, "second"))
    await jobs.settled()
    assert (notes, jobs.failures) == (["second"], 1)
    assert [item.exc_info is not None for item in caplog.records if item.levelname == "ERROR"] == [
        True
    ]


async def test_of_one_name_only_the_newest_is_done() -> None:
    jobs, notes = Jobs("the cost"), list[str]()
    for note in ("old", "new"):
        jobs.put("session", noting(notes, note))
    assert len(jobs) == 1
    await jobs.settled()
    assert notes == ["new"]


async def test_who_waits_for_a_job_that_is_asked_for_again_meanwhile_waits_for_that_one() -> None:
    jobs, notes = Jobs("the cost"), list[str]()
    gate = asyncio.Event()
    waiting: list[asyncio.Future[None]] = []

    async def slow() -> None:
        await gate.wait()
        notes.append(f"old, done: {waiting[0].done()}")

    async def again() -> None:
        notes.append(f"new, done: {waiting[0].done()}")

    jobs.put("session", slow)
    await asyncio.sleep(0)
    waiting += [jobs.done("session"), jobs.done("session")]
    jobs.put("session", again)
    waiting[1].cancel()
    gate.set()
    await waiting[0]
    assert notes == ["old, done: False", "new, done: False"]
    assert jobs.done("session").done()


async def test_once_closed_nothing_more_is_taken() -> None:
    jobs, notes = Jobs("the cost"), list[str]()
    jobs.put("before", noting(notes, "before"))
    await jobs.close()
    jobs.put("after", noting(notes, "after"))
    await jobs.settled()
    assert notes == ["before"]
    assert len(jobs) == 0


async def test_a_job_whose_promise_was_given_up_harms_no_other() -> None:
    jobs = Jobs("a cost")
    promise = asyncio.get_running_loop().create_future()
    done: list[str] = []

    async def wait() -> None:
        await wait_for(promise)

    async def work() -> None:
        done.append("work")

    jobs.put("first", wait)
    jobs.put("second", work)
    waiting = jobs.done("first"), jobs.done("second")
    await asyncio.sleep(0)
    promise.cancel()
    await asyncio.wait(waiting)
    await jobs.close()

    assert done == ["work"]
    assert jobs.failures == 1


async def test_work_that_is_cut_off_is_cut_off() -> None:
    jobs = Jobs("a cost")
    jobs.put("long", asyncio.Event().wait)
    await asyncio.sleep(0)
    assert jobs._worker is not None
    jobs._worker.cancel()
    await asyncio.wait((jobs._worker,))

    assert jobs._worker.cancelled()
    assert jobs.failures == 0
