"""The program with everything that could give a secret away turned up: all loggers at DEBUG, and forced failures.

``BREAKS=5`` in the environment lets each fifth request to a backend fail with an error that quotes it whole, from
within and as nobody expects it.
"""

from __future__ import annotations

import itertools
import logging
import os
import sys

from jobgateway.backends.courier import Courier
from jobgateway.backends.direct.transport import DirectTransport
from jobgateway.commands.main import main


class ForcedError(Exception):
    """No part of the program knows it."""


def break_now_and_then(kind: type, every: int) -> None:
    send, turns = kind.send, itertools.count(1)

    async def failing(self: object, request: object) -> object:
        if next(turns) % every == 0:
            try:
                int(f"cause: {request!r}")
            except ValueError as error:
                raise ForcedError(f"forced: {request!r}") from error
        return await send(self, request)

    kind.send = failing


if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    for name in ("asyncio", "httpx", "httpcore", "uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    if every := int(os.environ.get("BREAKS", "0")):
        break_now_and_then(Courier, every)
        break_now_and_then(DirectTransport, every)
    main()
