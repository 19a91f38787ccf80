"""Work that is done one after another, and what harms none of the rest."""

import asyncio

from custom_components.chargestead.site.costs.jobs import Jobs, wait_for


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
