"""Looking after stations, fed by events, kept in a real ledger."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest

from custom_components.chargestead.billing.ledger import Ledger
from custom_components.chargestead.maintenance.availability import WindowOrigin
from custom_components.chargestead.maintenance.schedule import (
    DueBy,
    Interval,
    Record,
    Result,
    Stage,
    Task,
)
from custom_components.chargestead.model.errors import LedgerError
from custom_components.chargestead.model.events import (
    AvailabilitySet,
    CardPresented,
    ConnectorFound,
    Event,
    LimitChanged,
    SessionEnded,
    SessionStarted,
    SessionUpdated,
    StationConnected,
    StationDisconnected,
    StatusChanged,
)
from custom_components.chargestead.model.limit import Limit, LimitReason
from custom_components.chargestead.model.station import ConnectorState, ConnectorStatus
from custom_components.chargestead.site.upkeep import COMING_BACK, Item, Upkeep, UpkeepConfig
from tests.billing.stories import NOON, STATION, ManualClock, make_session

HOUR = 3600
STEP = 300
DAY = 86_400
RCD = Task(key="rcd_test", interval=Interval(months=1))
HEAVY = Task(key="visual_check", interval=Interval(energy_mwh=5_000_000, sessions=3, plug_cycles=4))
HOUSE = Task(key="backup", interval=Interval(months=1), house=True, stations=frozenset())


@dataclass
class Home:
    """Upkeep on a real ledger that is told of events, and can be thrown away and begun anew."""

    clock: ManualClock
    ledger: Ledger
    tasks: tuple[Task, ...] = (RCD,)
    connector: ConnectorState = field(default_factory=lambda: ConnectorState(connector_id=1))
    reminders: list[tuple[str, Stage]] = field(default_factory=list)
    done: list[Record] = field(default_factory=list)

    async def begin(self) -> Home:
        """Start, as from a ledger that was closed properly."""
        await self.ledger.checkpoint()
        self.upkeep = Upkeep(clock=self.clock, ledger=self.ledger, connectors=self._connectors)
        self.upkeep.schedule.reminders.subscribe(self._reminded)
        self.upkeep.schedule.done.subscribe(self.done.append)
        await self.upkeep.start(UpkeepConfig(tasks=self.tasks))
        await self.upkeep.add_station(STATION)
        return self

    async def restart(self) -> None:
        """Lose everything but the database."""
        await self.upkeep.stop()
        await self.begin()

    def _connectors(self, station_id: str) -> Iterable[ConnectorState]:
        return [self.connector] if station_id == STATION else []

    def _reminded(self, item: Item, stage: Stage) -> None:
        self.reminders.append((item.key or item.title or "", stage))

    def tell(self, event: Event) -> None:
        """Let something happen."""
        self.upkeep.handle(event, self.ledger.keep(event))

    def now(self) -> datetime:
        return self.clock.now()

    def connect(self) -> None:
        self.tell(StationConnected(station_id=STATION, at=self.now()))

    def leave(self) -> None:
        self.tell(StationDisconnected(station_id=STATION, at=self.now()))

    def status(self, status: str, **changes: object) -> None:
        """Let the connector report a status."""
        self.connector = replace(self.connector, status=ConnectorStatus(status))
        self.tell(
            StatusChanged(
                station_id=STATION, at=self.now(), connector_id=1,
                status=ConnectorStatus(status), **changes,
            )
        )  # type: ignore[arg-type]  # fmt: skip

    def switch(self, *, operative: bool, connector_id: int = 0) -> None:
        """Let a person put the station in or out of service."""
        self.tell(
            AvailabilitySet(
                station_id=STATION, at=self.now(), connector_id=connector_id, operative=operative
            )
        )

    def pass_time(self, seconds: float) -> None:
        """Let time pass in steps, so that timers are called when they are due."""
        while seconds > 0:
            self.clock.advance(min(seconds, STEP))
            seconds -= STEP

    def hours(self) -> tuple[float, float, float]:
        """Return observed, outage and excluded hours of the last 30 days."""
        uptime = self.upkeep.uptimes.uptime(STATION, 1, 30)
        assert uptime is not None
        return tuple(
            round(part / timedelta(hours=1), 2)
            for part in (uptime.observed, uptime.outage, uptime.excluded)
        )  # type: ignore[return-value]

    def rate(self) -> tuple[int, int]:
        """Return attempts and successes."""
        uptime = self.upkeep.uptimes.uptime(STATION, 1, 30)
        assert uptime is not None
        return uptime.attempts, uptime.successes

    def item(self, key: str = "rcd_test", station_id: str | None = STATION) -> Item:
        item = self.upkeep.schedule.find(key, station_id)
        assert item is not None
        return item

    async def session(self, number: int, energy_mwh: int = 1_000_000) -> None:
        """Let a session begin and end."""
        session = make_session(number, started_at=self.now())
        self.tell(SessionStarted(station_id=STATION, at=self.now(), session=session))
        ended = replace(session, ended_at=self.now(), register_stop_mwh=5_000_000 + energy_mwh)
        self.tell(SessionEnded(station_id=STATION, at=self.now(), session=ended))
        await self.upkeep.schedule.settled()


@pytest.fixture
async def home(clock: ManualClock, ledger: Ledger) -> AsyncIterator[Home]:
    """Return a house whose station is connected and available."""
    home = await Home(clock, ledger).begin()
    home.connect()
    home.status("available")
    yield home
    await home.upkeep.stop()


# Availability


async def test_faults_and_silence_are_outage_and_all_else_is_not(home: Home) -> None:
    home.pass_time(2 * HOUR)
    home.status("charging")
    home.pass_time(HOUR)
    home.status("faulted")
    home.pass_time(HOUR)
    home.status("available")
    home.pass_time(HOUR)
    home.leave()
    home.pass_time(HOUR)
    home.connect()
    home.status("unavailable")
    home.pass_time(HOUR)
    assert home.hours() == (7, 3, 0)
    uptime = home.upkeep.uptimes.uptime(STATION, 1, 30)
    assert uptime is not None
    assert uptime.availability == pytest.approx(4 / 7)


async def test_time_without_us_is_unknown_and_a_station_has_a_while_to_come_back(
    home: Home,
) -> None:
    home.pass_time(HOUR)
    await home.upkeep.stop()
    home.clock.advance(5 * HOUR)
    await home.begin()
    home.pass_time(COMING_BACK.total_seconds() - 60)
    assert home.hours() == (1, 0, 0)
    home.connect()
    home.pass_time(HOUR)
    assert home.hours() == (2, 0, 0)


async def test_a_station_that_does_not_come_back_is_out_after_that_while(home: Home) -> None:
    await home.restart()
    home.pass_time(COMING_BACK.total_seconds() + HOUR)
    assert home.hours() == (1, 1, 0)
    assert home.upkeep.uptimes.is_up(STATION, 1) is False


async def test_our_own_end_is_no_outage(home: Home) -> None:
    home.pass_time(HOUR)
    await home.upkeep.stop()
    home.leave()
    home.clock.advance(HOUR)
    await home.begin()
    assert home.hours() == (1, 0, 0)


async def test_a_crash_takes_at_most_the_time_since_the_last_hour(home: Home) -> None:
    home.pass_time(3 * HOUR + 1800)
    await home.ledger.checkpoint()
    crashed = home.upkeep
    await home.begin()
    assert home.hours() == (3, 0, 0)
    await crashed.stop()


async def test_out_of_service_by_a_person_is_excluded_until_it_is_back(home: Home) -> None:
    home.switch(operative=False)
    home.status("unavailable")
    home.pass_time(2 * HOUR)
    home.switch(operative=True)
    home.status("available")
    home.pass_time(HOUR)
    assert home.hours() == (3, 2, 2)
    home.status("unavailable")
    home.pass_time(HOUR)
    assert home.hours() == (4, 3, 2)


async def test_power_cut_while_switched_off_is_excluded_also_after_a_restart(home: Home) -> None:
    home.switch(operative=False, connector_id=1)
    home.leave()
    home.pass_time(HOUR)
    await home.restart()
    home.pass_time(COMING_BACK.total_seconds() + HOUR)
    assert home.hours() == (2, 2, 2)


async def test_switching_off_during_a_charge_does_not_end_by_the_charge(home: Home) -> None:
    home.status("charging")
    home.switch(operative=False)
    home.status("suspended_ev")
    home.status("unavailable")
    home.pass_time(HOUR)
    assert home.hours() == (1, 1, 1)


async def test_whoever_is_switched_on_elsewhere_is_out_by_itself_the_next_time(home: Home) -> None:
    home.switch(operative=False)
    home.switch(operative=False)
    home.status("unavailable")
    home.status("available")
    home.status("unavailable")
    home.pass_time(HOUR)
    assert home.hours() == (1, 1, 0)


async def test_windows_overlap_without_counting_twice(home: Home) -> None:
    windows = home.upkeep.windows
    first = windows.begin(end=home.now() + timedelta(hours=2))
    windows.begin(
        start=home.now() + timedelta(hours=1), end=home.now() + timedelta(hours=3),
        stations=frozenset({STATION}), origin=WindowOrigin.CALENDAR,
    )  # fmt: skip
    windows.begin(end=home.now() + timedelta(hours=9), stations=frozenset({"ELSEWHERE"}))
    home.leave()
    home.pass_time(4 * HOUR)
    assert home.hours() == (4, 4, 3)
    assert windows.end(first.uid) is None, "it is over"


async def test_a_window_counts_from_when_it_is_made_known(home: Home) -> None:
    home.leave()
    home.pass_time(1800)
    window = home.upkeep.windows.begin(start=home.now() - timedelta(hours=9))
    home.pass_time(1800)
    home.upkeep.windows.end(window.uid)
    home.pass_time(HOUR)
    assert home.hours() == (2, 2, 0.5)


async def test_a_window_that_has_not_begun_can_be_taken_back(home: Home) -> None:
    windows = home.upkeep.windows
    ahead = windows.begin(start=home.now() + timedelta(hours=1))
    assert windows.end(ahead.uid) == ahead
    assert windows.remove(ahead.uid) is False
    await home.restart()
    assert home.upkeep.windows.all == {}


async def test_a_connector_that_is_found_later_is_watched(home: Home) -> None:
    home.tell(ConnectorFound(station_id=STATION, at=home.now(), connector_id=2))
    assert home.upkeep.uptimes.plug_cycles(STATION, 2) == 0
    assert home.upkeep.uptimes.is_up(STATION, 2) is None
    assert home.upkeep.uptimes.plug_cycles(STATION, 3) is None
    assert home.upkeep.uptimes.uptime(STATION, 3, 30) is None


async def test_a_journal_that_cannot_be_read_is_not_written_over(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.pass_time(HOUR)
    await home.upkeep.stop()
    upkeep = Upkeep(clock=home.clock, ledger=home.ledger, connectors=home._connectors)
    await upkeep.start(UpkeepConfig())

    async def fails(*_: object, **__: object) -> list[object]:
        raise LedgerError("no disk")

    with monkeypatch.context() as broken:
        broken.setattr(home.ledger, "journal", fails)
        await upkeep.uptimes.add_station(STATION)
    upkeep.handle(StationConnected(station_id=STATION, at=home.now()), None)
    assert upkeep.uptimes.uptime(STATION, 1, 30) is None
    assert upkeep.uptimes.unread == 1
    await upkeep.stop()
    await home.begin()
    assert home.hours() == (1, 0, 0)


# Plug cycles and first-time success


async def test_plug_cycles_are_kept(home: Home) -> None:
    for status in ("preparing", "charging", "available", "preparing"):
        home.pass_time(60)
        home.status(status)
    assert home.upkeep.uptimes.plug_cycles(STATION, 1) == 2
    await home.restart()
    assert home.upkeep.uptimes.plug_cycles(STATION, 1) == 2
    home.status("charging")
    assert home.upkeep.uptimes.plug_cycles(STATION, 1) == 2


async def test_charges_that_begin_at_the_first_go_are_counted_and_kept(home: Home) -> None:
    home.status("preparing")
    card = CardPresented(
        station_id=STATION, at=home.now(), connector_id=None, id_token="A", accepted=True
    )
    home.tell(card)
    home.pass_time(60)
    home.status("charging")
    home.status("available")
    assert home.rate() == (1, 1)
    home.status("preparing")
    home.tell(replace(card, at=home.now(), connector_id=1))
    home.pass_time(301)
    home.pass_time(2)
    assert home.rate() == (2, 1)
    await home.restart()
    assert home.rate() == (2, 1)


async def test_rejected_cards_old_news_and_pauses_of_ours_are_no_attempts(home: Home) -> None:
    home.status("preparing")
    card = CardPresented(
        station_id=STATION, at=home.now(), connector_id=1, id_token="A", accepted=False
    )
    home.tell(card)
    home.pass_time(400)
    home.status("available")
    home.status("preparing", replayed=True)
    home.tell(replace(card, accepted=True))
    home.pass_time(400)
    home.status("available")
    pause = Limit(current_a=0, reason=LimitReason.USER)
    home.connector = replace(home.connector, limit=pause)
    home.status("preparing")
    home.tell(replace(card, at=home.now(), accepted=True))
    home.pass_time(400)
    assert home.rate() == (0, 0)


async def test_a_pause_that_comes_first_ends_the_attempt(home: Home) -> None:
    home.status("preparing")
    session = make_session(1, started_at=home.now())
    home.tell(SessionStarted(station_id=STATION, at=home.now(), session=session))
    home.connector = replace(home.connector, limit=Limit(current_a=0, reason=LimitReason.USER))
    home.tell(LimitChanged(station_id=STATION, at=home.now(), connector_id=1))
    home.pass_time(400)
    assert home.rate() == (0, 0)


async def test_energy_in_the_register_is_energy_that_flows(home: Home) -> None:
    home.status("preparing")
    session = make_session(1, started_at=home.now())
    home.tell(SessionStarted(station_id=STATION, at=home.now(), session=session))
    home.tell(SessionUpdated(station_id=STATION, at=home.now(), session=session))
    assert home.rate() == (0, 0)
    flowing = replace(session, register_last_mwh=5_000_100, register_last_at=home.now())
    home.tell(SessionUpdated(station_id=STATION, at=home.now(), session=flowing))
    assert home.rate() == (1, 1)


# Schedule


async def test_a_task_comes_due_is_told_once_and_is_done(home: Home) -> None:
    assert home.item().due.on == date(2026, 4, 1)
    home.pass_time(16 * DAY)
    assert home.reminders == []
    home.pass_time(DAY)
    assert home.reminders == [("rcd_test", Stage.SOON)]
    await home.restart()
    home.pass_time(16 * DAY)
    assert home.reminders[1:] == [
        ("rcd_test", Stage.DUE), ("rcd_test", Stage.OVERDUE),
    ]  # fmt: skip
    item = home.item()
    assert item.is_urged(date(2026, 4, 3))
    record = await home.upkeep.schedule.record(item, title="RCD test", who="Ann", note="22 ms")
    assert home.done == [record]
    assert home.item().due.on == date(2026, 5, 3)
    assert home.item().stage is Stage.LATER
    await home.restart()
    assert home.item().due.on == date(2026, 5, 3)
    assert [(one.who, one.note) for one in home.upkeep.schedule.records] == [("Ann", "22 ms")]
    assert home.upkeep.schedule.recently_done == home.upkeep.schedule.records


async def test_whoever_wants_to_be_left_alone_is_for_a_while(home: Home) -> None:
    home.pass_time(40 * DAY)
    home.upkeep.schedule.change(home.item(), quiet_until=date(2026, 4, 20))
    assert not home.item().is_urged(date(2026, 4, 19))
    assert home.item().is_urged(date(2026, 4, 20))


async def test_use_makes_a_task_due_on_the_day_it_is_reached(
    clock: ManualClock, ledger: Ledger
) -> None:
    home = await Home(clock, ledger, (HEAVY,)).begin()
    assert home.item("visual_check").due.on is None
    await home.session(1, 2_000_000)
    await home.session(2, 2_000_000)
    assert home.item("visual_check").due.used.energy_mwh == 4_000_000
    home.pass_time(3 * DAY)
    await home.session(3, 100)
    item = home.item("visual_check")
    assert (item.due.on, item.due.by) == (date(2026, 3, 4), DueBy.SESSIONS)
    home.pass_time(3 * DAY)
    await home.restart()
    item = home.item("visual_check")
    assert (item.due.on, item.stage) == (date(2026, 3, 4), Stage.OVERDUE)
    await home.upkeep.schedule.record(item, title="Looked at")
    assert home.item("visual_check").due.on is None
    assert home.item("visual_check").due.used.sessions == 0
    await home.upkeep.stop()


async def test_plug_cycles_make_a_task_due(clock: ManualClock, ledger: Ledger) -> None:
    home = await Home(clock, ledger, (HEAVY,)).begin()
    home.connect()
    for _ in range(4):
        home.status("available")
        home.pass_time(60)
        home.status("preparing")
        home.pass_time(60)
    assert home.item("visual_check").due.by is DueBy.PLUG_CYCLES
    assert home.upkeep.schedule.usage(None).plug_cycles == 4
    await home.upkeep.stop()


async def test_what_was_used_before_does_not_count_for_a_new_task(home: Home) -> None:
    for number in range(3):
        await home.session(number)
    home.upkeep.schedule.configure(UpkeepConfig(tasks=(HEAVY, HOUSE)))
    assert home.item("visual_check").due.used.sessions == 0
    assert home.item("backup", None).due.on == date(2026, 4, 1)


async def test_a_task_that_comes_back_begins_anew(home: Home) -> None:
    schedule = home.upkeep.schedule
    schedule.configure(UpkeepConfig(tasks=()))
    assert schedule.items == ()
    home.pass_time(90 * DAY)
    schedule.configure(UpkeepConfig(tasks=(RCD,)))
    assert home.item().due.on == date(2026, 6, 30)


async def test_a_failed_check_stays_due(home: Home) -> None:
    await home.upkeep.schedule.record(home.item(), title="RCD test", result=Result.FAILED)
    assert home.item().stage is Stage.DUE
    assert home.upkeep.schedule.recently_done == []
    home.pass_time(DAY)
    assert home.item().is_urged(home.upkeep.schedule.today)


async def test_what_was_done_can_be_taken_back_or_cleared_away(home: Home) -> None:
    schedule = home.upkeep.schedule
    record = await schedule.record(home.item(), title="RCD test", at=NOON + timedelta(days=9))
    assert home.item().due.on == date(2026, 4, 10)
    assert schedule.withdraw(record.uid)
    assert not schedule.withdraw(record.uid)
    assert home.item().due.on == date(2026, 4, 1)
    again = await schedule.record(home.item(), title="RCD test")
    assert schedule.hide(again.uid)
    assert not schedule.hide("nothing")
    assert schedule.recently_done == []
    await home.restart()
    assert home.item().due.on == date(2026, 4, 1)
    assert len(home.upkeep.schedule.records) == 2


async def test_tasks_of_ones_own_come_and_go(home: Home) -> None:
    schedule = home.upkeep.schedule
    paint = schedule.create("Paint the post", on=date(2026, 3, 2), note="Grey")
    schedule.create("Buy a cable")
    assert [item.title for item in schedule.items if item.key is None] == [
        "Paint the post", "Buy a cable",
    ]  # fmt: skip
    home.pass_time(2 * DAY)
    assert ("Paint the post", Stage.OVERDUE) in home.reminders
    await home.restart()
    item = home.upkeep.schedule.item(paint.uid)
    assert item is not None
    record = await home.upkeep.schedule.record(item, title="Paint the post")
    assert home.upkeep.schedule.item(paint.uid) is None
    assert home.upkeep.schedule.withdraw(record.uid)
    item = home.upkeep.schedule.item(paint.uid)
    assert item is not None
    home.upkeep.schedule.remove(item)
    await home.restart()
    assert [item.title for item in home.upkeep.schedule.items if item.key is None] == [
        "Buy a cable"
    ]


async def test_what_cannot_be_kept_is_not_done(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object) -> None:
        raise LedgerError("no disk")

    monkeypatch.setattr(home.ledger, "keep", fails)
    with pytest.raises(LedgerError):
        await home.upkeep.schedule.record(home.item(), title="RCD test")
    assert home.upkeep.schedule.records == []


async def test_a_count_that_fails_harms_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_: object) -> tuple[int, int]:
        raise LedgerError("no disk")

    monkeypatch.setattr(home.ledger, "use_of", fails)
    await home.session(1)
    assert home.upkeep.schedule.failures == 1


async def test_a_station_that_is_gone_has_no_tasks_and_its_counts_stay(home: Home) -> None:
    home.status("preparing")
    home.upkeep.forget(STATION)
    assert home.upkeep.schedule.items == ()
    home.status("charging")
    assert home.upkeep.schedule.usage(None).plug_cycles == 1
    await home.upkeep.add_station(STATION)
    assert home.upkeep.uptimes.plug_cycles(STATION, 1) == 1


async def test_a_listener_that_fails_harms_nobody_else(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []

    def fails(_: str) -> None:
        raise ValueError("broken")

    home.upkeep.uptimes.changed.subscribe(fails)
    stop = home.upkeep.uptimes.changed.subscribe(told.append)
    home.status("charging")
    stop()
    stop()
    home.status("available")
    assert told == [STATION]
    assert "broken" in caplog.text


async def test_a_window_nobody_can_read_is_counted(home: Home) -> None:
    window = home.upkeep.windows.begin()
    broken = replace(window.entry(), content={"origin": "moon"})
    await home.ledger.keep(broken)  # type: ignore[misc]
    await home.restart()
    assert home.upkeep.windows.unread == 1
    told = home.upkeep.diagnostics()
    assert told["unread_windows"] == 1
