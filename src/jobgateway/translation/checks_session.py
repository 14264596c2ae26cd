"""Whether what a spec says of logging in goes together with the rest of it."""

from __future__ import annotations

from collections.abc import Iterator

from jobgateway.translation.hub import Refusal
from jobgateway.translation.paths import compile_paths
from jobgateway.translation.spec import Endpoint, Spec


def check_session(spec: Spec) -> Iterator[tuple[str, str]]:
    """Each problem: the word's path in the spec, and what is wrong with it. The operations are sound already."""
    words = spec.session
    if words is None:
        return
    if spec.credential.written.cookie is None:
        yield "session", "what a login gives is a cookie, so `credential.written` is one"
    if not words.encodings or len(set(words.encodings)) != len(words.encodings):
        yield "session.encodings", "at least one, and none twice"
    if words.lifetime <= 0:
        yield "session.lifetime", "a number of seconds above 0"
    if words.address == words.port:
        yield "session.port", "address and port have the same key"
    paths = compile_paths(spec.operations)
    if tuple(words.path.split("/")[1 : len(paths.root) + 1]) != paths.root or not paths.root:
        yield "session.path", "it begins with the segments that all paths of the operations begin with"
    if not isinstance(paths.read(words.method, words.path), Refusal):
        yield "session.path", "an operation is asked for there"


def endpoint_of(spec: Spec) -> Endpoint | None:
    """Where the spec logs in, in the words of an endpoint."""
    words = spec.session
    return None if words is None else Endpoint(words.method, words.path, words.headers)
