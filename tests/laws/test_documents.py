"""Every answer that the documents print is read by the backend's side and written back by the caller's, verbatim.

One file in `tests/documents` is one printed body: `DIALECT.OPERATION.json`, after the document's own words.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from jobgateway.translation.dialect import compile_dialect
from jobgateway.translation.hub import Call, CancelJob, Done, GetJob, Job, ListJobs, Page, Window
from jobgateway.translation.wire import Response
from support.specs import ROOT, all_specs

DOCUMENTS = sorted((ROOT / "tests" / "documents").glob("*.json"))
DIALECTS = {name: compile_dialect(spec) for name, spec in all_specs().items()}
SEEDS = ROOT.parent / "shared" / "seeds"
CALLS: dict[str, Call] = {
    "list": ListJobs("s", Window(0, 10), counted=True),
    "list-of-one-workflow": ListJobs("4216617528", Window(0, 10), counted=True),
    "get": GetJob("s", 3451),
    "cancel": CancelJob("s", 3452),
}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_printed_answer_comes_back_verbatim(path: Path) -> None:
    name, _, operation = path.stem.rpartition(".")
    dialect, call, body = DIALECTS[name], CALLS[operation], path.read_bytes()

    for keep_source in (False, True):
        reply = dialect.read_reply(call, Response(200, body), keep_source=keep_source)
        assert isinstance(reply, Page | Job | Done), reply
        written = dialect.write_reply(call, reply, "documented")

        assert written.status == 200
        assert json.loads(written.body) == json.loads(body)


def test_each_document_is_here_with_every_operation() -> None:
    have = {path.stem for path in DOCUMENTS}

    assert have == {
        f"{name}.{operation}"
        for name in ("openreplay-v2", "openreplay-v1", "explorer")
        for operation in ("list", "get", "cancel")
    } | {"explorer.list-of-one-workflow"}


def test_what_is_here_stands_in_the_documents_word_for_word() -> None:
    if not SEEDS.is_dir():
        pytest.skip("the documents are not beside this checkout")
    printed = "".join(re.sub(r"\s", "", path.read_text(encoding="utf-8")) for path in sorted(SEEDS.glob("*.txt")))
    listed = [path for path in DOCUMENTS if path.stem not in ("explorer.get", "explorer.cancel")]

    for path in listed:
        if path.stem == "explorer.list-of-one-workflow":
            continue  # printed on another page of the same manual
        assert re.sub(r"\s", "", path.read_text(encoding="utf-8")) in printed, path.stem
