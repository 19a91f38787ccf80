"""Ids of sessions and transactions."""

from hypothesis import given, settings, strategies as st

from custom_components.chargestead.csms.session_id import TransactionIds, session_id

from .transaction_fixtures import HandClock, House

LARGEST = 2**31 - 1


def test_a_session_id_is_its_contents_alone() -> None:
    assert session_id("CP", 1, "a") == session_id("CP", 1, "a")
    assert len({session_id("CP", 1, "a"), session_id("CP", "1a"), session_id("CP", 1, "b")}) == 3


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-(10**9), 10**8), st.booleans(), st.integers(1, 5)), max_size=20
    ),
    st.integers(0, 2**30),
)
def test_ids_are_unique_and_increase_across_restarts_whatever_the_clock_does(
    steps: list[tuple[int, bool, int]], last: int
) -> None:
    clock = HandClock()
    ids = TransactionIds(clock, last)
    given_out = [last]
    for seconds, restarted, count in steps:
        clock.seconds += seconds
        if restarted:
            ids = TransactionIds(clock, given_out[-1])
        given_out += [ids.next() for _ in range(count)]
    assert given_out == sorted(set(given_out))
    assert all(0 < number <= LARGEST for number in given_out[1:])


def test_a_ledger_that_was_lost_does_not_repeat_ids() -> None:
    clock = HandClock()
    before = TransactionIds(clock, 0).next()
    clock.advance(60)
    assert TransactionIds(clock, 0).next() > before


def test_ids_stay_in_range_when_the_largest_was_given_out() -> None:
    clock = HandClock()
    ids = TransactionIds(clock, LARGEST)
    first = [ids.next() for _ in range(3)]
    assert len(set(first)) == 3
    assert all(0 < number < LARGEST for number in first)


async def test_an_id_that_a_stranger_gave_is_not_given_again() -> None:
    async with House() as house:
        seen = await house.start(0, 0)
        await house.stop(seen, 1, 0)
        await house.status(2, "Charging")
        await house.meter(3, 100, seen + 10)
        await house.stop(seen + 10, 9, 200)
        for number in range(20):
            one = await house.start(10 + number, 1000 + number, id_tag=f"CARD{number}")
            assert one != seen + 10
            await house.stop(one, 10 + number, 1000 + number)
