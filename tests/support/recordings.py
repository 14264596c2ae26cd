"""The recorded traffic of two real servers, as values."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from jobgateway.translation.wire import Request, Response

FOLDER = Path(__file__).resolve().parents[1] / "recordings"
FILES = {
    "openreplay-v1": (FOLDER / "openreplay-v1.26.0.jsonl", "/api"),
    "openreplay-v2": (FOLDER / "openreplay-v2-v1.27.0.jsonl", ""),
}
"""File, and what a deployment puts in front of the recorded paths, by dialect."""


class Recording(Struct, frozen=True):
    """One exchange."""

    dialect: str
    case: str
    group: str
    request: Request
    response: Response


def recordings() -> Iterator[Recording]:
    """All exchanges, in the order they were recorded."""
    for dialect, (path, front) in FILES.items():
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").rstrip("\n").split("\n")]
        bodies = {line["case"]: _body(line["response"]) for line in lines}
        for line in lines:
            said = line["response"]
            body = bodies[said["body_same_as"]] if "body_same_as" in said else bodies[line["case"]]
            yield Recording(
                dialect, line["case"], line["group"], _request(line["request"], front), _response(said, body)
            )


def _body(message: dict[str, Any]) -> bytes:
    if "body_b64" in message:
        return base64.b64decode(message["body_b64"])
    body: str = message.get("body", "")
    return body.encode()


def _request(message: dict[str, Any], front: str) -> Request:
    method, _, rest = message["line"].partition(" ")
    target = rest.rpartition(" ")[0]
    path, _, query = target.partition("?")
    headers = tuple((name.lower().encode(), value.encode()) for name, value in message["headers"])
    return Request(method, front + path, query, headers, _body(message))


def _response(message: dict[str, Any], body: bytes) -> Response:
    headers = {name.lower(): value for name, value in message["headers"]}
    return Response(message["status"], body, headers.get("content-type", ""))
