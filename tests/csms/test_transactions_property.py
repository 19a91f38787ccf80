"""Message to effect is the same in any order and any number of repetitions, whenever we restart."""

import asyncio
from pathlib import Path
from random import Random
import tempfile

from hypothesis import example, given, settings, strategies as st

from .transaction_fixtures import House
from .transaction_stories import check, make_day, tell

SEEDS = st.integers(0, 2**32 - 1)


async def _live(seed: int, *, restarts: bool, path: Path | None = None) -> None:
    chance = Random(seed)
    day = make_day(chance)
    async with House(connectors=day.connectors, path=path) as house:
        ids, said = await tell(house, day, chance, restarts=restarts)
        await check(house, day, ids, said)
        if path is not None:
            await house.restart()
            await check(house, day, ids, said)


@settings(max_examples=250, deadline=None)
@given(SEEDS)
def test_a_day_told_in_any_order_ends_the_same(seed: int) -> None:
    print(f"seed {seed}")
    asyncio.run(_live(seed, restarts=False))


@settings(max_examples=250, deadline=None)
@given(SEEDS)
def test_a_day_told_in_any_order_ends_the_same_however_often_we_restart(seed: int) -> None:
    print(f"seed {seed}")
    asyncio.run(_live(seed, restarts=True))


@settings(max_examples=8, deadline=None)
@given(SEEDS)
@example(1)
def test_a_day_told_in_any_order_to_a_real_database_ends_the_same(seed: int) -> None:
    print(f"seed {seed}")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_live(seed, restarts=True, path=Path(folder, "ledger.db")))
