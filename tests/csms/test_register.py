"""Which registers are believed."""

from datetime import timedelta

from hypothesis import example, given, settings, strategies as st
import pytest

from custom_components.chargestead.csms.register import RegisterGuard, Verdict, plausible_power_w

from .transaction_fixtures import at

KWH = 1_000_000


def guard() -> RegisterGuard:
    return RegisterGuard(plausible_power_w(16, 1))


def test_even_a_small_station_is_given_room() -> None:
    assert plausible_power_w(6, 1) == plausible_power_w(32, 3) == 48_000
    assert plausible_power_w(500, 3) > 300_000


@pytest.mark.parametrize(
    ("register_mwh", "seconds", "verdict"),
    [
        (10 * KWH, 60, Verdict.GOOD),
        (10 * KWH - 999, 60, Verdict.GOOD),
        (10 * KWH - 1000, 60, Verdict.FALL),
        (0, 60, Verdict.FALL),
        (10 * KWH + 1_300_000, 60, Verdict.GOOD),
        (10 * KWH + 1_300_001, 60, Verdict.JUMP),
        (58 * KWH, 3600, Verdict.GOOD),
        (10 * KWH, -1, Verdict.OLD),
        (10 * KWH - 1, 0, Verdict.OLD),
        (10 * KWH, 0, Verdict.GOOD),
        (10 * KWH + 500_001, 0, Verdict.JUMP),
    ],
)
def test_verdicts(register_mwh: int, seconds: int, verdict: Verdict) -> None:
    watch = guard()
    watch.judge(10 * KWH, at(0))
    assert watch.judge(register_mwh, at(seconds)) is verdict


def test_rounding_never_takes_the_register_back() -> None:
    watch = guard()
    watch.judge(1_000_900, at(0))
    assert watch.judge(1_000_100, at(10)) is Verdict.GOOD
    assert watch.register_mwh == 1_000_900


def test_the_third_reading_elsewhere_is_believed_and_tells_what_was_gained() -> None:
    watch = guard()
    watch.judge(500 * KWH, at(0))
    assert [watch.judge(step * 1_000_000, at(600 * step)) for step in (1, 2, 3)] == [
        Verdict.FALL,
        Verdict.FALL,
        Verdict.REPLACED,
    ]
    assert (watch.register_mwh, watch.gained_mwh) == (3 * KWH, 3 * KWH)
    assert watch.judge(4 * KWH, at(2400)) is Verdict.GOOD
    assert watch.gained_mwh == 0


def test_readings_elsewhere_that_do_not_agree_are_never_believed() -> None:
    watch = guard()
    watch.judge(500 * KWH, at(0))
    for step, register_mwh in enumerate((9000, 3, 70, 900, 20, 0, 0, 0, 0), start=1):
        assert watch.judge(register_mwh * KWH, at(60 * step)) in (Verdict.FALL, Verdict.JUMP)
    assert watch.register_mwh == 500 * KWH


def test_a_good_reading_between_odd_ones_forgets_them() -> None:
    watch = guard()
    watch.judge(500 * KWH, at(0))
    for step in range(1, 10):
        odd = step % 3 != 0
        register_mwh = 900 * KWH + step if odd else 500 * KWH + step
        assert (watch.judge(register_mwh, at(60 * step)) is Verdict.GOOD) is not odd


@pytest.mark.parametrize(
    ("earlier", "register_mwh", "settled"),
    [
        ((), 2 * KWH, True),  # begun again at zero, within what an hour can deliver
        ((), 200 * KWH, False),
        ((), 0, False),
        ((), 700 * KWH, False),
        ((700 * KWH,), 701 * KWH, True),  # goes on from an odd one
        ((300 * KWH,), 701 * KWH, False),
    ],
)
def test_a_last_reading_needs_no_third(
    earlier: tuple[int, ...],
    register_mwh: int,
    settled: bool,  # noqa: FBT001 - a table
) -> None:
    watch = guard()
    watch.judge(500 * KWH, at(0))
    for number, odd in enumerate(earlier):
        watch.judge(odd, at(3000 + number))
    watch.judge(register_mwh, at(3600))
    assert watch.settle(register_mwh, at(3600)) is settled
    assert (watch.register_mwh == register_mwh) is settled


def test_a_reading_believed_elsewhere_is_followed_unless_it_is_older() -> None:
    watch = guard()
    watch.follow(5, at(10))
    watch.follow(9, at(5))
    assert (watch.register_mwh, watch.at) == (5, at(10))
    watch.follow(4, at(10))
    assert watch.register_mwh == 5
    watch.follow(2, at(11))
    assert watch.register_mwh == 2


STEPS = st.lists(st.tuples(st.integers(-5, 900), st.integers(0, 2000 * KWH)), max_size=30)


@example([(0, 2001), (1, 1001), (1, 2), (1, 1)])
@settings(max_examples=500, deadline=None)
@given(STEPS)
def test_whatever_comes_what_is_gained_is_never_negative_nor_more_than_can_be(
    steps: list[tuple[int, int]],
) -> None:
    watch = guard()
    moment, total, began = at(0), 0, None
    for seconds, register_mwh in steps:
        moment += timedelta(seconds=seconds)
        before = watch.register_mwh
        verdict = watch.judge(register_mwh, moment)
        began = began or moment
        if verdict is Verdict.GOOD and before is not None:
            gained = (watch.register_mwh or 0) - before
        elif verdict is Verdict.REPLACED:
            gained = watch.gained_mwh
        else:
            gained = 0
            assert verdict is Verdict.GOOD or watch.register_mwh == before
        assert gained >= 0
        total += gained
    if began is not None and watch.at is not None:
        seconds = (watch.at - began).total_seconds()
        assert total <= watch.max_power_w * seconds / 3.6 + 3 * 500_000 * len(steps)
