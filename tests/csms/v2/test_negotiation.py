"""Which version is spoken, out of what a station offers and what is set for it."""

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from custom_components.chargestead.model.station import OcppVersion

from .house import STATION, House

V16, V201, V21 = OcppVersion.V16, OcppVersion.V201, OcppVersion.V21


@pytest.mark.parametrize(
    ("offered", "wanted", "spoken"),
    [
        (["ocpp1.6", "ocpp2.0.1", "ocpp2.1"], (), V21),
        (["ocpp1.6", "ocpp2.0.1"], (), V201),
        (["ocpp1.6"], (), V16),
        (["ocpp1.5", "ocpp1.6"], (), V16),
        (["ocpp1.6", "ocpp2.0.1", "ocpp2.1"], (V16,), V16),
        (["ocpp2.1", "ocpp2.0.1"], (V201, V21), V201),
        (["ocpp2.1", "ocpp1.6"], (V201, V16), V16),
    ],
)
async def test_the_best_version_both_know_is_spoken(
    house: House, offered: list[str], wanted: tuple[OcppVersion, ...], spoken: OcppVersion
) -> None:
    await house.know("OTHER", versions=wanted)
    subprotocols = [Subprotocol(name) for name in offered]
    async with connect(f"{house.url}/OTHER", subprotocols=subprotocols) as socket:
        assert socket.subprotocol == spoken
        await socket.send('[2,"1","Heartbeat",{}]')
        await socket.recv()
        assert house.station("OTHER").state.version is spoken


@pytest.mark.parametrize(("wanted", "spoken"), [((), V16), ((V201,), V201)])
async def test_a_station_that_offers_nothing_speaks_1_6_unless_told(
    house: House, wanted: tuple[OcppVersion, ...], spoken: OcppVersion
) -> None:
    await house.know("OTHER", versions=wanted)
    async with connect(f"{house.url}/OTHER") as socket:
        assert socket.subprotocol is None
        await socket.send('[2,"1","Heartbeat",{}]')
        await socket.recv()
        assert house.station("OTHER").state.version is spoken


async def test_a_station_with_no_version_in_common_is_turned_away(house: House) -> None:
    async with connect(f"{house.url}/{STATION}", subprotocols=[Subprotocol("ocpp1.5")]) as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert not house.station().connected


async def test_a_station_may_come_back_with_another_version(house: House) -> None:
    for version in ("ocpp2.1", "ocpp1.6", "ocpp2.0.1"):
        async with connect(f"{house.url}/{STATION}", subprotocols=[Subprotocol(version)]) as socket:
            await socket.send('[2,"1","Heartbeat",{}]')
            assert '"currentTime"' in str(await socket.recv())
            assert house.station().adapter.version == version
