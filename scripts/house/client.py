"""Talking to Home Assistant the way its own pages do."""

import asyncio
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self

import aiohttp

USER: Final = "demo"
PASSWORD: Final = "demo"  # noqa: S105 - it is printed
_CLIENT: Final = "http://localhost/"


class HomeAssistantClient:
    """One signed-in user; onboards the house at the first start."""

    def __init__(self, url: str) -> None:
        """Talk to a Home Assistant at a URL."""
        self._url = url
        self._token = ""
        self._session: aiohttp.ClientSession | None = None
        self._number = 0

    async def __aenter__(self) -> Self:
        """Open a session."""
        self._session = aiohttp.ClientSession(self._url)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the session."""
        await self._open().close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            msg = "not opened"
            raise RuntimeError(msg)
        return self._session

    async def wait_until_up(self, seconds: float) -> None:
        """Wait until Home Assistant shows its pages, which come after its onboarding; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                try:
                    async with self._open().get("/manifest.json") as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.5)

    async def request(self, method: str, path: str, content: object = None) -> Any:
        """Make a request as the user; raises ClientResponseError."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        async with self._open().request(
            method, path, json=content, headers=headers, raise_for_status=True
        ) as response:
            return await response.json()

    async def upload(self, name: str, content: bytes) -> str:
        """Upload a file for a form and return its id; raises ClientResponseError."""
        form = aiohttp.FormData()
        form.add_field("file", content, filename=name)
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._open().post(
            "/api/file_upload", data=form, headers=headers, raise_for_status=True
        ) as response:
            return str((await response.json())["file_id"])

    async def sign_in(self) -> None:
        """Sign in, after making the user and finishing the onboarding where that was not done."""
        if "user" in await self._steps_to_do():
            answer = await self.request(
                "POST",
                "/api/onboarding/users",
                {
                    "client_id": _CLIENT,
                    "name": "Demo",
                    "username": USER,
                    "password": PASSWORD,
                    "language": "en",
                },
            )
            await self._exchange(answer["auth_code"])
            return
        flow = await self.request(
            "POST",
            "/auth/login_flow",
            {"client_id": _CLIENT, "handler": ["homeassistant", None], "redirect_uri": _CLIENT},
        )
        answer = await self.request(
            "POST",
            f"/auth/login_flow/{flow['flow_id']}",
            {"client_id": _CLIENT, "username": USER, "password": PASSWORD},
        )
        await self._exchange(answer["result"])

    async def _steps_to_do(self) -> list[str]:
        """Return what is left of the onboarding, of which a house that is done with it knows nothing."""
        async with self._open().get("/api/onboarding") as response:
            if response.status == HTTPStatus.NOT_FOUND:
                return []
            response.raise_for_status()
            return [step["step"] for step in await response.json() if not step["done"]]

    async def _exchange(self, code: str) -> None:
        async with self._open().post(
            "/auth/token",
            data={"client_id": _CLIENT, "grant_type": "authorization_code", "code": code},
            raise_for_status=True,
        ) as response:
            self._token = (await response.json())["access_token"]

    async def command(self, kind: str, **content: object) -> Any:
        """Send one websocket command and return its result."""
        async with self._open().ws_connect("/api/websocket") as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self._token})
            await socket.receive_json()
            await socket.send_json({"id": 1, "type": kind, **content})
            answer = await socket.receive_json()
        if not answer.get("success"):
            msg = f"{kind}: {answer.get('error')}"
            raise RuntimeError(msg)
        return answer["result"]
