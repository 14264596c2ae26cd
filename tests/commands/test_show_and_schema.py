"""``show`` and ``schema``: what is in effect, and what may be said."""

from __future__ import annotations

import json

import yaml

from support.commands import CANARY, FULL, expect_golden, jobgateway, json_of


def test_what_is_shown_has_the_defaults_and_no_secret(full):
    result = jobgateway("show")
    assert (result.exit_code, result.stderr) == (0, "")
    assert CANARY not in result.stdout
    shown = json.loads(result.stdout)
    assert shown["backends"]["replay"]["credential"] == "********"
    assert shown["backends"]["replay"]["timeout"] == "10s"
    assert shown["limits"]["rows"] == 20_000
    expect_golden("show", result.stdout)


def test_what_is_shown_has_everything_that_the_file_says(full):
    shown, said = json_of("show"), yaml.safe_load(FULL)
    assert said.keys() <= shown.keys()
    assert shown["backends"].keys() == said["backends"].keys()
    assert [route["dialect"] for route in shown["routes"]] == [route["dialect"] for route in said["routes"]]


def test_a_broken_config_is_not_shown(folder):
    (folder / "gateway.yaml").write_text(FULL.replace("version: 1", "version: 2"))
    result = jobgateway("show")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("gateway.yaml:1:")


def test_the_schema_is_draft_07(folder):
    result = jobgateway("schema")
    assert (result.exit_code, result.stderr) == (0, "")
    schema = json.loads(result.stdout)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert {"backends", "routes", "callers", "limits"} <= schema["properties"].keys()
