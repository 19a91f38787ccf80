"""Cutting off peers that do not read."""

import asyncio
from dataclasses import dataclass

import pytest

from custom_components.chargestead.csms.stuck import StuckPeerGuard


@dataclass
class Peer:
    """A transport and the socket on it."""

    buffered: int = 0
    closed: bool = False
    aborted: int = 0
    looks: int = 0
    gone: bool = False

    def get_write_buffer_size(self) -> int:
        """Return what the peer has not taken yet."""
        if self.gone:
            raise AttributeError
        self.looks += 1
        return self.buffered

    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Return when we stop to write and when we go on."""
        return 16, 64

    def abort(self) -> None:
        """Cut off."""
        self.aborted += 1


@dataclass
class Watch:
    """A guard, with time moved by hand."""

    peer: Peer
    told: int = 0

    def __post_init__(self) -> None:
        """Guard the peer."""
        self.guard = StuckPeerGuard(self.peer, self.peer, 3600, self.tell)  # type: ignore[arg-type]

    def tell(self) -> None:
        """Take note of a peer cut off."""
        self.told += 1

    def look(self) -> None:
        """Let the interval pass."""
        self.guard._timer.cancel()
        self.guard._look()


async def test_a_peer_that_takes_what_it_gets_is_left_alone() -> None:
    watch = Watch(Peer())
    with watch.guard:
        for buffered in (0, 64, 65, 64, 1000, 0):
            watch.peer.buffered = buffered
            watch.look()
    assert (watch.told, watch.peer.aborted) == (0, 0)


@pytest.mark.parametrize("stuck", [{"buffered": 65}, {"closed": True}])
async def test_a_peer_that_is_stuck_at_two_looks_is_cut_off(stuck: dict[str, int]) -> None:
    watch = Watch(Peer(**stuck))  # type: ignore[arg-type]
    with watch.guard:
        watch.look()
        assert watch.told == 0
        watch.look()
        assert (watch.told, watch.peer.aborted) == (1, 1)
        watch.peer.buffered = 0


async def test_what_is_not_taken_by_the_end_is_not_waited_for() -> None:
    watch = Watch(Peer(buffered=1))
    with watch.guard:
        pass
    assert watch.peer.aborted == 1


async def test_it_looks_by_itself_at_the_interval() -> None:
    peer = Peer(closed=True)
    cut = asyncio.Event()
    with StuckPeerGuard(peer, peer, 0.001, cut.set):  # type: ignore[arg-type]
        async with asyncio.timeout(5):
            await cut.wait()
    assert peer.aborted == 1


async def test_a_tls_transport_that_is_gone_altogether_is_left_alone() -> None:
    """Closed twice, it has forgotten what it was a transport of."""
    peer = Peer()
    watch = Watch(peer)
    with watch.guard:
        peer.gone = True
        watch.look()
    assert (watch.told, peer.aborted) == (0, 0)
