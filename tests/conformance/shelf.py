"""A shelf for files beside the house: firmware to be fetched, logs to be brought."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Shelf:
    """Serves what is put on it, and keeps what is brought."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    brought: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, content: bytes) -> str:
        """Put a file on the shelf; return where it is."""
        self.files[name] = content
        return self.url + name

    async def fetch(self, request: web.Request) -> web.Response:
        """Give a file away."""
        content = self.files.get(request.match_info["name"])
        return web.Response(status=404) if content is None else web.Response(body=content)

    async def bring(self, request: web.Request) -> web.Response:
        """Take a file."""
        self.brought[request.match_info["name"]] = await request.read()
        return web.Response(status=201)


@asynccontextmanager
async def shelf_open() -> AsyncIterator[Shelf]:
    """Serve over HTTP on this machine."""
    shelf = Shelf()
    application = web.Application()
    application.router.add_get("/{name}", shelf.fetch)
    application.router.add_put("/{name}", shelf.bring)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    shelf.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield shelf
    await runner.cleanup()
