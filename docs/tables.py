# ruff: noqa: INP001 - a script, no package
"""Makes the tables in the documentation from the program itself, so that they cannot drift.

``python docs/tables.py`` rewrites what stands between ``<!-- table: NAME -->`` and ``<!-- end -->``;
``--check`` only tells which files would change, and exits with 1 if any would.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from jobgateway.commands.exits import Exit
from jobgateway.config.schema import json_schema
from jobgateway.config.specs import shipped_dialects
from jobgateway.translation.hub import Call, CancelJob, GetJob, ListJobs, Operation, Reason, Refusal, Status
from jobgateway.translation.reasons import PHRASE_OF
from jobgateway.translation.spec import Carrier, Endpoint, PageWord, Spec
from jobgateway.translation.wire import Response

ROOT = Path(__file__).resolve().parents[1]
FILES = ("README.md",)
TABLE = re.compile(r"(<!-- table: (\w+) -->\n)(?:.*\n)*?(<!-- end -->)")
NAMES = sorted(shipped_dialects(), reverse=True)
CALLS: dict[Operation, Call] = {
    Operation.LIST: ListJobs(None),
    Operation.GET: GetJob(None, 0),
    Operation.CANCEL: CancelJob(None, 0),
}


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(text: object) -> str:
    """A text as code; an empty one is a dash."""
    return f"`{text}`" if text != "" else "-"


def said(value: Any) -> str:
    """A value as the configuration would say it, in flow style."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {said(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(said, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


# Configuration


def keys(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Every key of the schema: its path, its node, and whether it must be given."""
    for name, each in node.get("properties", {}).items():
        yield f"{path}{name}", each, name in node.get("required", ())
        yield from keys(each, f"{path}{name}.")
    if isinstance(node.get("additionalProperties"), dict):
        yield from keys(node["additionalProperties"], f"{path}*.")
    if "items" in node:
        yield from keys(node["items"], f"{path[:-1]}[].")
    for each in node.get("anyOf", ()):
        yield from keys(each, path)


def configuration() -> str:
    """All keys of gateway.yaml; the fields of a fill, which are alike, in one row."""
    rows, filled = [], []
    for path, node, required in keys(json_schema()):
        field = path.partition(".fill.")[2]
        if field:
            filled += [] if "." in field else [field]
            continue
        example = code(said(node["examples"][0])) if "." in path and node["examples"] else ""
        default = "required" if required else code(said(node["default"])) if node.get("default", "") != "" else ""
        rows.append((code(path), node["description"], default, "" if example == default else example))
        if path.endswith(".fill"):
            at = len(rows)
    each = f"One of {', '.join(map(code, filled))}: a value, or `{{from: FIELD}}` for a copy of another one."
    rows.insert(at, ("`backends.*.fill.*`", each, "", "`{from: workflow_id}`"))
    return table(("key", "what it says", "default", "for example"), rows)


# Dialects


def carrier(one: Carrier) -> str:
    """How a secret is presented."""
    if one.cookie is not None:
        return code(f"Cookie: {one.cookie}=KEY")
    name = (one.header or "").title() if "-" in (one.header or "") or one.header == "authorization" else one.header
    return code(f"{name}: {one.scheme} KEY" if one.scheme else f"{name}: KEY")


def endpoint(one: Endpoint) -> str:
    """A method and a path."""
    return code(f"{one.method} {one.path}")


def number(word: PageWord) -> str:
    """A paging word, its default and its bound."""
    bound = f", at most {word.largest}" if word.largest is not None and word.too_large != "accept" else ""
    return f"{code(word.key)} (default {word.default}{bound})"


def narrowing(spec: Spec) -> str:
    """The words of a filter."""
    if spec.filter is None:
        return "-"
    words = [each.key for each in spec.filter.conditions.values()]
    words += [spec.filter.order.key] if spec.filter.order else []
    within = f"a JSON object in {code(spec.filter.within)}: " if spec.filter.within else ""
    return within + ", ".join(map(code, words))


def errors(spec: Spec) -> str:
    """The main layout of a refusal."""
    layout = spec.refusals.layouts["main"]
    if layout.code:
        return f'`{{"{layout.code}": N, "{layout.text}": "..."}}`'
    return f'`{{"{layout.texts}": ["..."]}}`' if layout.texts else f'`{{"{layout.text}": "..."}}`'


DIALECT_ROWS: dict[str, Callable[[Spec], str]] = {
    "API": lambda spec: f"[{spec.title}]({spec.documents[0]})",
    "list": lambda spec: "<br>".join(map(endpoint, spec.operations.list)),
    "show": lambda spec: endpoint(spec.operations.get),
    "cancel": lambda spec: endpoint(spec.operations.cancel),
    "scope": lambda spec: spec.scope.kind,
    "credential": lambda spec: " or ".join(map(carrier, (spec.credential.written, *spec.credential.also_read))),
    "log in": lambda spec: code(f"{spec.session.method} {spec.session.path}") if spec.session else "-",
    "paging": lambda spec: f"{number(spec.paging.size)}, {number(spec.paging.start)}" if spec.paging else "none",
    "order": lambda spec: f"newest first by {code(spec.job[spec.order.key].at)}" if spec.order else "the backend's",
    "filter": narrowing,
    "total": lambda spec: code(spec.answers.list.total) if spec.answers.list.total else "-",
    "statuses": lambda spec: ", ".join(
        code(word.word) if word.word == status else f"{status} {code(word.word)}"
        for status, word in spec.statuses.items()
    ),
    "a list's answer": lambda spec: f"jobs at {code(spec.answers.list.jobs)}",
    "a cancel's answer": lambda spec: "the job" if spec.answers.cancel.job else f"{code(spec.answers.cancel.done)}",
    "an error": errors,
    "profiles": lambda spec: ", ".join(spec.profiles),
}


def dialects() -> str:
    """Who speaks how."""
    specs = [shipped_dialects()[name].spec for name in NAMES]
    rows = ((name, *map(tell, specs)) for name, tell in DIALECT_ROWS.items())
    return table(("", *(code(spec.dialect) for spec in specs)), rows)


# Refusals


def told(response: Response) -> str:
    """Status and text of an answer."""
    if not response.body:
        return f"{response.status}, no body"
    if response.media.startswith("text/plain"):
        return f"{response.status} as plain text: {response.body.decode().strip()}"
    body = msgspec.json.decode(response.body)
    if body == {"data": {}}:
        return f"{response.status} `{response.body.decode()}`"
    if isinstance(body.get("detail"), list):
        return f'{response.status} `{{"detail": [...]}}`: {body["detail"][0]["msg"]}'
    if "code" in body:
        return f"{response.status} {body['code']} {body['message']}"
    return f"{response.status} {body['errors'][0] if 'errors' in body else next(iter(body.values()))}"


def refused(name: str, reason: Reason, operation: Operation | None = None, status: Status | None = None) -> str:
    """What a dialect writes for a reason, in each of its profiles."""
    dialect = shipped_dialects()[name]
    refusal = Refusal(reason, value="abc", status=status, allow=("GET",))
    call = None if operation is None else CALLS[operation]
    texts = dict.fromkeys(told(dialect.write_reply(call, refusal, each)) for each in dialect.spec.profiles)
    return " / ".join(texts)


def refusals() -> str:
    """Every reason in every dialect; a row for an operation or a status only where it is told in another way."""
    rows = []
    for reason in Reason:
        usual = [refused(name, reason) for name in NAMES]
        rows.append((PHRASE_OF[reason], *usual))
        cases = [(each, None) for each in Operation] + [(None, each) for each in Status]
        for operation, status in cases:
            own = [refused(name, reason, operation, status) for name in NAMES]
            if own != usual:
                rows.append((f"{PHRASE_OF[reason]}: {operation or status}", *own))
    return table(("refusal", *map(code, NAMES)), rows)


# What the program prints


def losses() -> str:
    """The losses of every two shipped dialects."""
    return printed("pairs", "--format", "markdown")


def exits() -> str:
    """The exit codes."""
    lines = printed("--help").partition("Exit codes:")[2].strip().splitlines()
    rows = [line.strip().split(maxsplit=1) for line in lines]
    assert [int(number) for number, _ in rows] == sorted(Exit), rows  # noqa: S101, the help names them all
    return table(("code", "meaning"), rows)


def printed(*arguments: str) -> str:
    """What the program prints, in a folder without a configuration."""
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "jobgateway", *arguments],
            cwd=folder,
            env={**os.environ, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()


MADE: dict[str, Callable[[], str]] = {
    "configuration": configuration,
    "dialects": dialects,
    "refusals": refusals,
    "losses": losses,
    "exits": exits,
}


def renewed(text: str) -> str:
    """A document with its tables made anew."""
    return TABLE.sub(lambda found: f"{found[1]}{MADE[found[2]]()}\n{found[3]}", text)


def main(*, check: bool) -> int:
    """Rewrite the documents, or tell which are stale."""
    stale = []
    for name in FILES:
        text = (ROOT / name).read_text(encoding="utf-8")
        if (new := renewed(text)) != text:
            stale.append(name)
            if not check:
                (ROOT / name).write_text(new, encoding="utf-8")
    if stale:
        sys.stderr.write(f"{'stale' if check else 'rewritten'}: {', '.join(stale)}\n")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
