"""Refusals, two-way: a spec's forms compiled to a table to write from and a list to read by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from jobgateway.translation.bodies import Said, parse, read_body, write_body
from jobgateway.translation.hub import Operation, Reason, Refusal
from jobgateway.translation.places import at, put
from jobgateway.translation.reasons import REASON_OF, STATUS_OF, told
from jobgateway.translation.spec import Form, Layout, Spec
from jobgateway.translation.wire import Headers, Response

LONGEST_WAIT: Final = 86_400
"""The most seconds of a Retry-After that are handed on: a day."""
_PLAIN_FORM: Final = Form()


class _Readable(Struct, frozen=True):
    """A form as reading needs it."""

    reason: Reason
    form: Form
    status: int
    layout: Layout


class Refusals(Struct, frozen=True):
    """How one dialect says no."""

    layouts: Mapping[str, Layout]
    written: Mapping[Reason, tuple[Form, ...]]
    readable: tuple[_Readable, ...]
    """Most specific first."""
    vacant: Response
    """The answer of success that holds an empty job."""
    job_place: str
    challenge: str | None

    def write(self, refusal: Refusal, operation: Operation | None, profile: str) -> Response:
        """The answer that says the refusal; ``operation`` is what was asked for, where that was understood."""
        form = self.form(refusal.reason, operation, profile)
        headers = self._headers(refusal, status := form.status or STATUS_OF[refusal.reason])
        if form.vacant:
            return Response(status, self.vacant.body, self.vacant.media, headers)
        said = Said(form.code, _text(form, refusal), refusal.value)
        detail = refusal.detail if said.text is not None else told(refusal.reason, refusal.detail)
        media, body = write_body(self.layouts[form.layout], said, status=status, detail=detail)
        return Response(status, body, media, headers)

    def form(self, reason: Reason, operation: Operation | None, profile: str) -> Form:
        """The form that is written."""
        for form in self.written.get(reason, ()):
            if form.profile in (None, profile) and (form.to is None or operation in form.to):
                return form
        return _PLAIN_FORM

    def _headers(self, refusal: Refusal, status: int) -> Headers:
        headers: list[tuple[bytes, bytes]] = []
        if refusal.reason is Reason.NO_METHOD:
            headers.append((b"allow", ", ".join(refusal.allow).encode()))
        if refusal.retry_after is not None:
            headers.append((b"retry-after", str(refusal.retry_after).encode()))
        if status == STATUS_OF[Reason.NO_CREDENTIAL] and self.challenge is not None:
            headers.append((b"www-authenticate", self.challenge.encode()))
        return tuple(headers)

    def read(self, operation: Operation, response: Response) -> Refusal:
        """The refusal that an answer without success says; its status tells where no form fits."""
        found = self.recognise(operation, response)
        if found is not None:
            return found
        reason = REASON_OF.get(response.status, Reason.BACKEND_FAILED)
        detail = f"the backend answered with status {response.status}" if reason is Reason.BACKEND_FAILED else ""
        return Refusal(reason, detail, retry_after=retry_after(response))

    def recognise(self, operation: Operation, response: Response) -> Refusal | None:
        """The refusal that a form of the spec finds; only words that the spec knows are taken from the answer."""
        body = parse(response.body)
        said = {name: read_body(layout, response, body) for name, layout in self.layouts.items()}
        for entry in self.readable:
            found = self._match(entry, operation, response.status, said, body)
            if found is not None:
                return msgspec.structs.replace(found, retry_after=retry_after(response))
        return None

    def _match(
        self, entry: _Readable, operation: Operation, status: int, said: Mapping[str, Said | None], body: Any
    ) -> Refusal | None:
        form = entry.form
        if form.to is not None and operation not in form.to:
            return None
        if form.code is not None:
            seen = said[form.layout]
            return Refusal(entry.reason) if seen is not None and seen.code == form.code else None
        if status != entry.status:
            return None
        if form.vacant:
            return Refusal(entry.reason) if at(body, self.job_place) == {} else None
        return _match_text(entry, said[form.layout])


def _match_text(entry: _Readable, seen: Said | None) -> Refusal | None:
    form = entry.form
    if seen is None:
        return None
    if not _says_text(form):
        return Refusal(entry.reason)
    if seen.text is None:
        return None
    text = seen.text
    if form.texts is not None:
        for status, known in form.texts.items():
            if text == known:
                return Refusal(entry.reason, status=status)
    if form.around is not None and (value := _between(text, form.around)) is not None:
        return Refusal(entry.reason, value=value)
    if text == form.text or (form.starts is not None and text.startswith(form.starts) and text.endswith(form.ends)):
        return Refusal(entry.reason, value=seen.value)
    return None


def _says_text(form: Form) -> bool:
    return not (form.text is None and form.texts is None and form.around is None and form.starts is None)


def _text(form: Form, refusal: Refusal) -> str | None:
    if form.around is not None:
        before, after = form.around
        quoted = msgspec.json.encode(refusal.value or "").decode()
        return before + quoted + after
    if form.texts is not None and refusal.status in form.texts:
        return form.texts[refusal.status]
    return form.text


def _between(text: str, around: tuple[str, str]) -> str | None:
    before, after = around
    if not (text.startswith(before) and text.endswith(after)) or len(text) < len(before) + len(after):
        return None
    value = parse(text[len(before) : len(text) - len(after)].encode())
    return value if isinstance(value, str) else None


def retry_after(response: Response) -> int | None:
    """Seconds of a Retry-After, capped. A date is passed over: reading one needs a clock."""
    value = response.value(b"retry-after")
    if value is None or not value.isdigit() or len(value) > len(str(2**63)):
        return None
    return min(int(value), LONGEST_WAIT)


def compile_refusals(spec: Spec, *, success: Mapping[str, Any]) -> Refusals:
    """A spec's refusals; ``success`` is what every answer of success holds besides its job."""
    place = spec.answers.get.job or ""
    vacant: dict[str, Any] = dict(success)
    if place:
        put(vacant, place, {})
    readable = [
        _Readable(reason, form, form.status or STATUS_OF[reason], spec.refusals.layouts[form.layout])
        for reason, forms in spec.refusals.forms.items()
        for form in forms
        if not form.write_only
    ]
    written = {
        reason: tuple(form for form in forms if not form.also_read) for reason, forms in spec.refusals.forms.items()
    }
    return Refusals(
        layouts=spec.refusals.layouts,
        written=written,
        readable=tuple(sorted(readable, key=specificity)),
        vacant=Response(200, msgspec.json.encode(vacant)),
        job_place=place,
        challenge=spec.credential.challenge,
    )


def specificity(entry: _Readable) -> tuple[bool, ...]:
    """Sorts forms that say more before those that say less."""
    form = entry.form
    special = entry.layout.empty or entry.layout.plain
    return (not form.vacant, form.code is None, not _says_text(form), not special, form.to is None)


def ambiguities(spec: Spec) -> list[tuple[Reason, Reason]]:
    """Pairs of reasons that one answer would be read as, with nothing to tell which."""
    seen: dict[tuple[Any, ...], Reason] = {}
    keys = [
        (key, reason)
        for reason, forms in spec.refusals.forms.items()
        for form in forms
        if not form.write_only
        for key in _reading_keys(reason, form)
    ]
    return [(seen[key], reason) for key, reason in keys if seen.setdefault(key, reason) is not reason]


def _reading_keys(reason: Reason, form: Form) -> list[tuple[Any, ...]]:
    """What tells an answer in this form from others, once for each text and operation."""
    status = None if form.code is not None else form.status or STATUS_OF[reason]
    layout = None if _says_text(form) or form.code is not None else form.layout
    partly = (form.starts, form.ends) if form.starts is not None else None
    texts = [text for text in (form.text, *(form.texts or {}).values(), form.around, partly) if text is not None]
    said = (form.vacant, form.code, status, layout)
    return [(*said, text, each) for text in texts or (None,) for each in form.to or (None,)]
