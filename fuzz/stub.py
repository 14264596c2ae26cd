"""A backend in good health that takes nothing but legal requests of its dialect."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from fuzz.dialects import dialects
from jobgateway.backends.direct.message import Messages
from jobgateway.backends.origin import origin_of
from jobgateway.mock.population import population
from jobgateway.mock.store import Store
from jobgateway.translation.hub import Refusal
from jobgateway.translation.wire import Request, Response

SCOPE: Final = "3sWXSsqHgSKnE87YkNJK"
_WRITTEN: Final = Messages(origin_of("http://127.0.0.1"))
_JOBS: Final = tuple(replace(job, workflow_id=SCOPE) for job in population(7, seed=5))
_PLACE: Final = r"(?!\.+/)[A-Za-z0-9_.~-]{1,64}"
_ID: Final = r"(?:0|[1-9][0-9]{0,18})"
_TARGETS: Final = {
    "openreplay-v1": rf"(?:GET /api/v1/{_PLACE}/jobs|(?:GET|DELETE) /api/v1/{_PLACE}/jobs/{_ID})",
    "openreplay-v2": (
        rf"(?:GET /public/{_PLACE}/jobs\?limit=[1-9][0-9]{{0,2}}&page=[1-9][0-9]{{0,18}}"
        rf"|(?:GET|DELETE) /public/{_PLACE}/jobs/{_ID})"
    ),
    "explorer": (
        rf"(?:GET /api-open/v1/(?:workflows/{_PLACE}/)?jobs\?pageSize=[1-9][0-9]{{0,2}}"
        rf"&page=[1-9][0-9]{{0,18}}(?:&filter=(?:[A-Za-z0-9_.~-]|%[0-9A-F]{{2}})+)?"
        rf"|GET /api-open/v1/jobs/{_ID}|PUT /api-open/v1/jobs/{_ID}/cancel)"
    ),
}
"""The request lines of each dialect, told from its document and not from its spec."""
_CREDENTIALS: Final = {
    "openreplay-v1": r"authorization: [!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?",
    "openreplay-v2": r"authorization: Bearer [!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?",
    "explorer": r"cookie: explorer_token=[!#-+\--:<-\[\]-~]+",
}
_LINES: Final = (
    r"(?:Accept: application/json, \*/\*;q=0\.1\r\n|User-Agent: [!-~]+\r\n|Accept-Encoding: identity\r\n"
    r"|content-type: application/[a-z-]+\r\n|Content-Length: 0\r\n|x-request-id: [A-Za-z0-9._-]{1,64}\r\n"
    r"|trace(?:parent|state): [\t -~\x80-\xff]*\r\n)*"
)


class Stub:
    """The transport to it. What it holds is the same for every connection of callers."""

    def __init__(self, dialect: str) -> None:
        self._dialect = dialects()[dialect]
        self._legal = re.compile(
            rf"{_TARGETS[dialect]} HTTP/1\.1\r\nHost: 127\.0\.0\.1\r\n{_LINES}{_CREDENTIALS[dialect]}\r\n{_LINES}\r\n"
        )
        self.renew()

    def renew(self) -> None:
        """Forget what was cancelled."""
        self._store = Store(_JOBS, clock=lambda: 0)
        self.wrongs: list[str] = []
        """What it was asked that nobody may ask."""

    async def send(self, request: Request) -> Response:
        """The answer. The request has to be one of the dialect, byte for byte."""
        written = _WRITTEN.write(request).decode("latin-1")
        if not self._legal.fullmatch(written):
            self.wrongs.append(written)
        call = self._dialect.read_call(request)
        if isinstance(call, Refusal):
            raise TypeError(f"no call: {request}")
        return self._dialect.write_reply(call, self._store.answer(call), self._dialect.spec.profiles[0])

    async def aclose(self) -> None:
        """Nothing is open."""
