"""Bodies of refusals, laid out and picked apart as a spec's layouts say."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from jobgateway.translation.places import ABSENT, at, put
from jobgateway.translation.spec import Layout
from jobgateway.translation.wire import Response

_QUIET_MEDIA = ""


class Said(Struct, frozen=True):
    """What a refusal's body says; ``None`` where it does not."""

    code: int | str | None = None
    text: str | None = None
    value: str | None = None


def write_body(layout: Layout, said: Said, *, status: int, detail: str) -> tuple[str, bytes]:
    """Media type and body. A detail without a place of its own is the text where there is none."""
    if layout.empty:
        return _QUIET_MEDIA, b""
    text = said.text if said.text is not None else detail
    if layout.plain:
        return layout.media, f"{text}\n".encode()
    inner: dict[str, Any] = dict(layout.constants)
    if said.text is not None and detail and layout.detail_after is not None:
        text += layout.detail_after + detail
    for place, value in (
        (layout.code, said.code),
        (layout.text, text),
        (layout.texts, [text]),
        (layout.status, status),
        (layout.detail, detail or None),
        (layout.value, said.value),
    ):
        if place is not None and value is not None:
            put(inner, place, value)
    body = {layout.within_list: [inner]} if layout.within_list is not None else inner
    return layout.media, msgspec.json.encode(body)


def read_body(layout: Layout, response: Response, body: Any) -> Said | None:
    """What the body says in this layout; ``None`` if it is not laid out so. ``body`` is ``ABSENT`` if not JSON."""
    if layout.empty:
        return Said() if not response.body else None
    if layout.plain:
        is_text = body is ABSENT and bool(response.body)
        return Said(text=response.body.decode("utf-8", "replace").strip()) if is_text else None
    if layout.within_list is not None:
        items = at(body, layout.within_list)
        body = items[0] if isinstance(items, list) and items else ABSENT
    return _pick(layout, body) if isinstance(body, dict) else None


def _pick(layout: Layout, body: dict[str, Any]) -> Said | None:
    code, text, value = (_scalar(body, place) for place in (layout.code, layout.text, layout.value))
    if layout.texts is not None:
        texts = at(body, layout.texts)
        text = texts[0] if isinstance(texts, list) and texts else None
    if not isinstance(text, str):
        text = None
    elif layout.detail_after is not None:
        text = text.partition(layout.detail_after)[0]
    if code is None and text is None:
        return None
    return Said(code, text, value if isinstance(value, str) else None)


def _scalar(body: dict[str, Any], place: str | None) -> int | str | None:
    found = at(body, place) if place is not None else None
    return found if type(found) in (int, str) else None


def parse(body: bytes) -> Any:
    """The JSON value of a body, or ``ABSENT`` where it is none."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ABSENT
