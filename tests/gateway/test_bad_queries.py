"""Queries that no caller should send: refused in its dialect, or ignored as its documents say."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from jobgateway.translation.hub import Reason
from support.corpora import naughty_strings
from support.refused import JOBS, LISTS, ask, check_refused_here

# Paging

TEXTS = """
    abc 1.5 1e2 +5 %2B5 %205 5%20 0x10 1_0 %D9%A5 %EF%BC%95 %FF %zz true null NaN - --5 5;page=2 5%00 5%0A [5] %22%22
"""
NO_NUMBERS = [*TEXTS.split(), "1" * 20]


@pytest.mark.parametrize("key", ["pageSize", "page"])
def test_what_is_no_number_is_a_bad_parameter_to_explorer(key: str):
    targets = [f"{LISTS['explorer']}?{key}={text}" for text in NO_NUMBERS]
    for exchange, seen in ask("explorer", *targets):
        check_refused_here("explorer", exchange, seen, Reason.BAD_PARAMETER)
        assert json.loads(exchange.response.body)["message"].startswith(f"ErrParam::{key} is not a whole number")


@pytest.mark.parametrize("query", ["pageSize=501", "pageSize=10000", "pageSize=9223372036854775807"])
def test_a_page_larger_than_the_gateway_allows_is_refused_with_the_limits_name(query: str):
    ((exchange, seen),) = ask("explorer", f"{LISTS['explorer']}?{query}")
    check_refused_here("explorer", exchange, seen, Reason.LIMIT)
    assert "(limits.rows)" in json.loads(exchange.response.body)["message"]


@pytest.mark.parametrize("text", [*NO_NUMBERS, "", "0", "-1", "201", "9223372036854775807"])
def test_openreplay_v2_falls_back_to_its_defaults(text: str):
    for query in (f"limit={text}", f"limit={text}&page=-1", f"limit={text}&limit=3"):
        ((exchange, seen),) = ask("openreplay-v2", f"{LISTS['openreplay-v2']}?{query}")
        assert exchange.response.status == 200
        assert [request.query for request in seen] == ["pageSize=50&page=1"]


def test_openreplay_v1_reads_no_parameters_at_all():
    queries = ["limit=abc", "page=%zz", "%FF=%FF", "&&&", "=", "&".join(["a=b"] * 200), "filter=%7B"]
    for exchange, seen in ask("openreplay-v1", *(f"{LISTS['openreplay-v1']}?{query}" for query in queries)):
        assert exchange.response.status == 200
        assert [request.query for request in seen] == ["limit=200&page=1"]


@pytest.mark.parametrize("caller", ["openreplay-v2", "explorer"])
def test_a_query_of_too_many_parameters_is_refused(caller: str):
    ((exchange, seen),) = ask(caller, f"{LISTS[caller]}?{'&'.join(['a=b'] * 101)}")
    check_refused_here(caller, exchange, seen, Reason.BAD_PARAMETER)


# Filters

NO_FILTERS = {
    "not JSON": [
        "x",
        "{",
        '{"status":2',
        "{'status':2}",
        '{"status":02}',
        '{"status":NaN}',
        "status=2",
        "﻿{}",
        '{"name":"\ud800"}',
    ],
    "no object": ["2", '"x"', "[]", "null", "true", "[{}]"],
    "trailing": ["{}x", "{}{}", "{},"],
    "status": [{"status": each} for each in ("2", "", "running", 2.0, 1.5, True, [2], {}, 9, -1, 6, 2**70)],
    "name": [{"name": each} for each in (7, 1.5, True, ["x"], {"$ne": 1})],
    "bounds": [
        {key: each}
        for key in ("fromCreateTime", "toCreateTime")
        for each in ("1", "2022-07-15", 1.5, True, [], {}, 2**63, -(2**63), 10**30)
    ],
    "order": [{"orderByCreateTime": each} for each in ("ASC", "up", "", 1, True, ["asc"])],
    "large": [{"name": "x" * 10_240}, {"name": "é" * 4096}, {str(number): 0 for number in range(2000)}],
    "deep": ["[" * 4000, '{"a":' * 800, '{"a":' + "[" * 1000 + "]" * 1000 + "}" * 2],
}


def filtered(said: Any) -> str:
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    encoded = quote(text.encode("utf-8", "surrogatepass"), safe="")
    return f"{LISTS['explorer']}?filter={encoded}"


@pytest.mark.parametrize("kind", NO_FILTERS)
def test_a_malformed_filter_is_a_bad_parameter_to_explorer(kind: str):
    said = NO_FILTERS[kind]
    for each, (exchange, seen) in zip(said, ask("explorer", *map(filtered, said)), strict=True):
        assert exchange.reason is Reason.BAD_PARAMETER, each
        check_refused_here("explorer", exchange, seen, Reason.BAD_PARAMETER)


@pytest.mark.parametrize("raw", ["%FF", "%7B%22name%22%3A%22%FF%22%7D", "%", "%7"])
def test_a_filter_that_is_not_utf_8_is_a_bad_parameter(raw: str):
    ((exchange, seen),) = ask("explorer", f"{LISTS['explorer']}?filter={raw}")
    check_refused_here("explorer", exchange, seen, Reason.BAD_PARAMETER)


@pytest.mark.parametrize(
    "said",
    ["", "{}", " {} ", {"colour": "red"}, {"": 1}, {"Status": "x"}, {"name": None, "status": None}, {"a": [[[[1]]]]}],
)
def test_a_filter_that_says_nothing_known_wants_everything(said: Any):
    ((exchange, _),) = ask("explorer", filtered(said))
    assert json.loads(exchange.response.body)["data"]["total"] == len(JOBS)


@pytest.mark.parametrize("caller", ["openreplay-v2", "openreplay-v1"])
def test_a_filter_means_nothing_to_others(caller: str):
    ((exchange, _),) = ask(caller, f"{LISTS[caller]}?filter=%7B&status=none&orderByCreateTime=up")
    assert (exchange.response.status, len(json.loads(exchange.response.body)["data"])) == (200, len(JOBS))


def test_no_naughty_string_breaks_a_filter():
    said = [each for text in naughty_strings() for each in (text, {"name": text}, {"status": text}, {text: text})]
    for each, (exchange, seen) in zip(said, ask("explorer", *map(filtered, said)), strict=True):
        assert exchange.response.status in (200, 400), each
        assert bool(seen) is (exchange.response.status == 200)
