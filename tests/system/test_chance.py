"""Whatever happens in a house, the ledger ends with what the stations said."""

import random

from homeassistant.core import HomeAssistant
import pytest

from custom_components.chargestead.model.session import Session
from tests.simulator import Car, Json, ManualClock, SimulatedStation

from .house import SAMPLE_S, House, house_in

STATIONS = ("NORTH-1", "SOUTH-1")
CONNECTORS = (1, 2)


class Fate:
    """Lets people, mains and networks do what they do, at random but repeatably; the seed is printed."""

    def __init__(self, house: House, stations: dict[str, SimulatedStation], seed: int) -> None:
        """Begin with everything at rest."""
        print(f"seed {seed}")
        self._chance = random.Random(seed)
        self._house = house
        self._stations = stations

    async def strike(self) -> None:
        """Do one thing, then let some time pass."""
        chance, house = self._chance, self._house
        station = self._stations[chance.choice(STATIONS)]
        connector = chance.choice(CONNECTORS)
        act = chance.choices(("people", "network", "limit", "reboot", "restart"), (12, 4, 2, 1, 1))[
            0
        ]
        if act == "people":
            self._people(station, connector)
        elif act == "network":
            (station.go_offline if station.has_network else station.go_online)()
        elif act == "limit" and house.station(station.station_id).connected:
            await house.station(station.station_id).set_limit(connector, chance.choice((6, 10, 20)))
        elif act == "reboot":
            station.reboot(cold=True, off_for=chance.choice((10, 90)))
        elif act == "restart":
            await house.down()
            await house.clock.advance(chance.choice((1, 120)))
            await house.up()
        await house.pass_time(chance.choice((2, 30, SAMPLE_S, 7 * SAMPLE_S)))

    def _people(self, station: SimulatedStation, connector: int) -> None:
        place = station.connector(connector)
        if place.car is None:
            station.plug_in(connector, Car(capacity_kwh=60, soc=self._chance.randrange(10, 90)))
        elif self._chance.random() < 0.4 and place.transaction is not None:
            station.unplug(connector)
        else:
            station.present_card(connector, f"CARD-{connector}")

    async def make_peace(self) -> None:
        """Let everybody leave, and everything be told."""
        for station in self._stations.values():
            station.go_online()
        await self._house.until(self._all_told, within=3600)
        for station in self._stations.values():
            for connector in CONNECTORS:
                if station.connector(connector).car is not None:
                    station.unplug(connector)
        await self._house.pass_time(60)
        await self._house.until(self._all_told, within=3600)
        await self._house.pass_time(30)

    def _all_told(self) -> bool:
        return all(station.at_rest for station in self._stations.values())


def _said(station: SimulatedStation, action: str) -> dict[str, Json]:
    """Return what a station said, each thing once however often it was repeated, by its time and place."""
    return {
        f"{item['timestamp']} {item.get('connectorId', item.get('transactionId'))}": item
        for item in station.calls(action)
    }


def _proves_to_be_what_was_said(station: SimulatedStation, sessions: list[Session]) -> None:
    starts, stops = _said(station, "StartTransaction"), _said(station, "StopTransaction")
    assert sorted(session.register_start_mwh or 0 for session in sessions) == sorted(
        item["meterStart"] * 1000 for item in starts.values()
    )
    by_id = {session.transaction_id: session for session in sessions}
    assert len(by_id) == len(sessions), "no transaction id is given out twice"
    for stop in stops.values():
        session = by_id[str(stop["transactionId"])]
        assert session.register_stop_mwh == stop["meterStop"] * 1000
        assert session.stop_reason == stop.get("reason", "Local")
    for session in sessions:
        assert not session.is_open


async def _live(hass: HomeAssistant, clock: ManualClock, acts: int, seed: int) -> None:
    async with house_in(hass, clock, stations={item: {} for item in STATIONS}) as house:
        stations = {
            item: house.simulated(item, connectors=len(CONNECTORS), frames_kept=10**7)
            for item in STATIONS
        }
        for station in stations.values():
            await station.start()
        await house.pass_time(20)
        fate = Fate(house, stations, seed)
        for _ in range(acts):
            await fate.strike()
        await fate.make_peace()
        charged = 0
        for station in stations.values():
            sessions = await house.ledger.recent_sessions(station.station_id, limit=100_000)
            _proves_to_be_what_was_said(station, sessions)
            charged += len(sessions)
            await station.stop()
        assert charged >= acts / 20, "hardly anything happened"


async def test_a_random_day_ends_in_the_ledger_as_the_stations_told_it(
    hass: HomeAssistant, clock: ManualClock
) -> None:
    await _live(hass, clock, 40, random.randrange(2**32))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
async def test_random_weeks_end_in_the_ledger_as_the_stations_told_them(
    hass: HomeAssistant, clock: ManualClock, seed: int
) -> None:
    await _live(hass, clock, 800, seed)
