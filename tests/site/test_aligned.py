"""Stations are asked to read their meters by the clock, once, and never against their will."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
import json

import pytest

from custom_components.chargestead.csms.aligned import AlignedReadings
from custom_components.chargestead.model.config import ServerConfig, SiteConfig, StationConfig
from custom_components.chargestead.model.errors import StationTimeoutError
from custom_components.chargestead.model.events import Event
from custom_components.chargestead.model.journal import JournalEntry
from custom_components.chargestead.model.ports import Kept
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.model.station import StationIdentity
from custom_components.chargestead.site import Site
from tests.simulator import ManualClock, Personality, SimulatedStation
from tests.simulator.frames import CALL

INTERVAL = "ClockAlignedDataInterval"
MEASURANDS = "MeterValuesAlignedData"
REGISTER = "Energy.Active.Import.Register"
WISH = SiteConfig(aligned_interval_s=900)


class _NoLedger:
    """A ledger in which nothing ever happened."""

    def keep(self, _event: Event) -> Kept | None:
        return None

    async def recent_sessions(self, _station_id: str) -> list[Session]:
        return []

    async def open_sessions(self, _station_id: str) -> list[Session]:
        return []

    async def registers(self, _station_id: str) -> dict[int, tuple[int, datetime]]:
        return {}

    async def last_transaction_id(self) -> int:
        return 0

    async def journal(self, *_: object, **__: object) -> list[JournalEntry]:
        return []


@dataclass
class House:
    """A site with one station that can be switched off and on again."""

    clock: ManualClock
    wish: SiteConfig = WISH
    pages: dict[str, str] = field(default_factory=dict)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    def load(self, station_id: str) -> Mapping[str, object]:
        """Return what was saved."""
        content: Mapping[str, object] = json.loads(self.pages.get(station_id, "{}"))
        return content

    def save(self, station_id: str, content: Mapping[str, object]) -> None:
        """Keep content as JSON, as Home Assistant's storage does."""
        self.pages[station_id] = json.dumps(content)

    async def open(self) -> None:
        """Begin to listen, with what is remembered."""
        self.site = Site(clock=self.clock, ledger=_NoLedger(), memory=self, config=self.wish)  # type: ignore[arg-type]
        await self.site.add_station(StationConfig(station_id="GARAGE"))
        await self.site.start(ServerConfig(port=0, bind_address="127.0.0.1"))

    async def install(
        self,
        personality: Personality | None = None,
        configuration: Mapping[str, str] | None = None,
        version: str = "1.6",
    ) -> SimulatedStation:
        """Switch the station on, and wait until it has been got to know."""
        simulated = SimulatedStation(
            url=f"ws://127.0.0.1:{self.site.port}",
            station_id="GARAGE",
            clock=self.clock,
            personality=personality,
            configuration=configuration,
            version=version,
        )
        self.stack.push_async_callback(simulated.stop)
        await simulated.start(wait=False)
        await self.clock.advance(30)
        return simulated

    async def want(self, seconds: int) -> None:
        """Change the wish."""
        self.site.configure(replace(self.site.config, aligned_interval_s=seconds))
        await self.clock.advance(5)

    @property
    def aligned(self) -> AlignedReadings:
        """Return what is tested."""
        return self.site.stations["GARAGE"].aligned


def written(simulated: SimulatedStation) -> list[tuple[str, str]]:
    """Return what was written about readings by the clock."""
    return [
        (frame.payload["key"], frame.payload["value"])
        for frame in simulated.frames.find("ChangeConfiguration", sent=False, kind=CALL)
        if frame.payload["key"] in {INTERVAL, MEASURANDS}
    ]


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let a socket that a station dropped wait for its heartbeat."""
    return True


@pytest.fixture
async def house(socket_enabled: None) -> AsyncIterator[House]:  # noqa: ARG001 - sockets are real
    """Return a house that wants readings each quarter of an hour."""
    house = House(ManualClock())
    await house.open()
    yield house
    await house.stack.aclose()
    await house.site.stop()


async def test_a_station_is_asked_once_and_remembers_it(house: House) -> None:
    simulated = await house.install(configuration={MEASURANDS: "Voltage", INTERVAL: "0"})
    assert written(simulated) == [(MEASURANDS, f"Voltage,{REGISTER}"), (INTERVAL, "900")]
    simulated.reboot()
    await house.clock.advance(120)
    assert len(written(simulated)) == 2


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_station_of_a_later_version_is_asked_through_its_device_model(
    house: House, version: str
) -> None:
    preset = {MEASURANDS: "Voltage", INTERVAL: "0"}
    simulated = await house.install(configuration=preset, version=version)
    assert simulated.configuration.text(INTERVAL) == "900"
    assert simulated.configuration.text(MEASURANDS) == f"Voltage,{REGISTER}"
    shown = house.site.stations["GARAGE"].state.configuration
    assert shown[INTERVAL].value == "900"
    writes = len(list(simulated.frames.find("SetVariables", sent=False, kind=CALL)))
    simulated.reboot()
    await house.clock.advance(120)
    assert len(list(simulated.frames.find("SetVariables", sent=False, kind=CALL))) == writes


async def test_what_was_tried_is_known_after_a_restart_of_ours(house: House) -> None:
    simulated = await house.install(configuration={MEASURANDS: REGISTER, INTERVAL: "0"})
    assert written(simulated) == [(INTERVAL, "900")]
    await house.stack.aclose()
    await house.site.stop()
    await house.open()
    again = await house.install(configuration={MEASURANDS: REGISTER, INTERVAL: "0"})
    assert written(again) == []


@pytest.mark.parametrize(
    "configuration",
    [
        {MEASURANDS: REGISTER, INTERVAL: "900"},
        {MEASURANDS: f"Voltage,{REGISTER.lower()}", INTERVAL: "300"},
    ],
)
async def test_a_station_that_does_so_already_is_left_alone(
    house: House, configuration: dict[str, str]
) -> None:
    assert written(await house.install(configuration=configuration)) == []


@pytest.mark.parametrize("key", [INTERVAL, MEASURANDS])
@pytest.mark.parametrize("how", ["omits_keys", "read_only_keys"])
async def test_a_key_that_is_missing_or_fixed_is_not_written(
    house: House, key: str, how: str
) -> None:
    personality = Personality(**{how: frozenset({key})})  # type: ignore[arg-type]
    preset = {MEASURANDS: "Voltage", INTERVAL: "0"}
    if how == "omits_keys":
        del preset[key]
    simulated = await house.install(personality, preset)
    assert key not in dict(written(simulated))
    assert INTERVAL not in dict(written(simulated))


async def test_a_station_that_restarts_over_it_is_not_driven_in_circles(house: House) -> None:
    personality = Personality(reboots_on=frozenset({f"ChangeConfiguration:{INTERVAL}"}))
    simulated = await house.install(personality, {MEASURANDS: REGISTER, INTERVAL: "0"})
    await house.clock.advance(600)
    assert written(simulated) == [(INTERVAL, "900")]


async def test_a_refusal_is_final_until_something_changes(house: House) -> None:
    simulated = await house.install(Personality(), {MEASURANDS: REGISTER, INTERVAL: "900"})
    simulated.overrides["ChangeConfiguration"] = {"status": "Rejected"}
    await house.want(300)
    simulated.reboot()
    await house.clock.advance(120)
    assert written(simulated) == [(INTERVAL, "300")]
    assert house.site.stations["GARAGE"].counters.as_dict()["aligned_refused"] == 1
    station = house.site.stations["GARAGE"]
    station.memory.identity = StationIdentity(vendor="Elektro", firmware_version="2")
    await house.aligned.apply()
    assert written(simulated) == [(INTERVAL, "300")] * 2


async def test_what_is_not_answered_is_tried_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.install(configuration={MEASURANDS: REGISTER, INTERVAL: "900"})
    station = house.site.stations["GARAGE"]
    asked: list[object] = []

    async def silent(command: object) -> None:
        asked.append(command)
        raise StationTimeoutError("GARAGE", "ChangeConfiguration", 30)

    monkeypatch.setattr(station, "command", silent)
    await house.want(300)
    for _ in range(4):
        await house.aligned.apply()
    assert len(asked) == 2
    assert station.counters.as_dict()["aligned_unanswered"] == 2


async def test_without_the_wish_the_station_gets_back_what_it_had(house: House) -> None:
    simulated = await house.install(configuration={MEASURANDS: REGISTER, INTERVAL: "3600"})
    await house.want(0)
    await house.want(900)
    await house.want(0)
    assert written(simulated) == [
        (INTERVAL, "900"), (INTERVAL, "3600"), (INTERVAL, "900"), (INTERVAL, "3600")
    ]  # fmt: skip


async def test_a_station_that_never_was_asked_is_not_reset(house: House) -> None:
    await house.want(0)
    simulated = await house.install(configuration={MEASURANDS: REGISTER, INTERVAL: "60"})
    await house.want(900)
    await house.want(0)
    assert written(simulated) == []


async def test_a_station_that_must_not_be_configured_is_not(house: House) -> None:
    house.site.update_station(StationConfig(station_id="GARAGE", configure=False))
    simulated = await house.install(configuration={MEASURANDS: REGISTER, INTERVAL: "0"})
    await house.want(300)
    assert written(simulated) == []
