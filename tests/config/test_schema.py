"""The JSON Schema: the same as what is shipped, documented throughout, and of the loader's opinion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from jobgateway.config.schema import json_schema
from jobgateway.config.shapes import Refused, record_of
from jobgateway.config.source import Gateway
from support.configs import CASES, MINIMAL, ROOT, read_case

SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
GOOD = [ROOT / "gateway.yaml", *sorted((CASES / "accepted").glob("*.yaml"))]


def nodes(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every node that stands for a value of the file, with its path."""
    yield path, schema
    for option in schema.get("anyOf", ()):
        yield from list(nodes(option, path))[1:]
    for name, inner in schema.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{name}")
    for word in ("additionalProperties", "items"):
        if isinstance(schema.get(word), dict):
            yield from nodes(schema[word], f"{path}.*")


@pytest.mark.parametrize(
    "path", [ROOT / "gateway.schema.json", ROOT / "src/jobgateway/config/gateway.schema.json"], ids=["top", "package"]
)
def test_what_is_shipped_is_what_is_generated(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == json.dumps(SCHEMA, indent=2) + "\n", (
        f"write it anew: jobgateway schema > {path.relative_to(ROOT)}"
    )


def test_it_is_a_schema_of_draft_7() -> None:
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("path", "node"), list(nodes(SCHEMA)), ids=[path or "all" for path, _ in nodes(SCHEMA)])
def test_every_node_says_what_it_is_for(path: str, node: dict[str, Any]) -> None:
    assert node["title"]
    assert node["description"].endswith(".")
    assert node["examples"]
    assert node.get("type") != "object" or "additionalProperties" in node
    validator = jsonschema.Draft7Validator({**node, "definitions": SCHEMA["definitions"]})
    for example in [*node["examples"], *([node["default"]] if "default" in node else [])]:
        validator.validate(example)


def test_every_default_of_the_loader_is_in_it() -> None:
    said = {path: node["default"] for path, node in nodes(SCHEMA) if "default" in node}

    assert said[".listen"] == {"host": "127.0.0.1", "port": 8080}
    assert said[".listen.port"] == 8080
    assert said[".backends.*.timeout"] == "10s"
    assert said[".limits.response_body"] == "8MiB"
    assert said[".limits.rows"] == 20000
    assert said[".routes.*.prefix"] == ""
    assert said[".routes.*.open"] is False
    assert {path for path, _ in nodes(SCHEMA) if path.count(".") == 1} == {
        f".{field.name}" for field in record_of(Gateway).fields if not isinstance(field.shape, Refused)
    }


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_what_the_loader_accepts_an_editor_accepts(path: Path) -> None:
    assert list(VALIDATOR.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))) == []


WRONG = [
    "version: 2",
    "version: '1'",
    "backends: {}",
    "backends: {replay: {url: 'demo://'}}",
    "backends: {replay: {dialect: explorer, url: 'ftp://x'}}",
    "backends: {replay: {dialect: explorer, url: 'https://user:pw@x'}}",
    "backends: {replay: {dialect: explorer, url: 'demo://', timeout: 10}}",
    "backends: {replay: {dialect: explorer, url: 'demo://', timeout: 10 s}}",
    "backends: {replay: {dialect: explorer, url: 'demo://', transport: curl}}",
    "backends: {replay: {dialect: explorer, url: 'demo://', login: {}}}",
    "backends: {replay: {dialect: explorer, url: 'demo://', credential: 5}}",
    "backends: {replay: {dialect: explorer, url: 'demo://', fill: {id: 5}}}",
    "backends: {replay: {dialect: explorer, url: 'demo://', fill: {project_id: one}}}",
    "backends: {replay: {dialect: explorer, url: 'demo://', fill: {errors: {from: tasks}}}}",
    "backends: {'a b': {dialect: explorer, url: 'demo://'}}",
    "routes: []",
    "routes: [{dialect: explorer}]",
    "routes: [{dialect: explorer, backend: replay, opne: true}]",
    "routes: [{dialect: explorer, backend: replay, open: 'yes'}]",
    "routes: [{dialect: explorer, backend: replay, prefix: old/}]",
    "routes: [{dialect: explorer, backend: replay, scopes: {'a/b': x}}]",
    "routes: [{dialect: explorer, backend: replay, callers: []}]",
    "listen: {port: 70000}",
    "listne: {port: 1}",
    "admin: null",
    "workers: 0",
    "callers: {billing: {key_sha256: abc}}",
    "callers: {billing: {account: {password: x}}}",
    "callers: {billing: {account: {username: x, pasword: x}}}",
    "sessions: {}",
    "sessions: {key: []}",
    "sessions: {key: x, secure: 'yes'}",
    "limits: {rows: 0}",
    "limits: {request_head: 16}",
    "limits: {request_head: 16kib}",
    "dialects: [acme.yaml]",
]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_by_itself_an_editor_marks(text: str) -> None:
    good = yaml.safe_load(MINIMAL)
    VALIDATOR.validate(good)

    assert list(VALIDATOR.iter_errors({**good, **yaml.safe_load(text)}))


def test_most_refused_cases_are_marked_by_an_editor_already() -> None:
    marked, read = 0, 0
    for path in (CASES / "refused").glob("*.yaml"):
        try:
            data = yaml.safe_load(read_case(path).config)
        except (yaml.YAMLError, ValueError):
            continue
        read += 1
        marked += not VALIDATOR.is_valid(data)

    assert read > 50
    assert marked > read / 2
