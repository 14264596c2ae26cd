"""YAML, strictly: what is refused before anything is interpreted, and by both parsers alike."""

from __future__ import annotations

import json

import pytest
import yaml

from jobgateway.config.compose import C_PARSER, DEEPEST, LARGEST_FILE, PYTHON_PARSER, compose
from jobgateway.config.findings import ConfigError
from jobgateway.config.nodes import Entry, Listing, Mapping, Scalar, mark_of
from jobgateway.config.report import Report
from jobgateway.config.surprise import taken_for
from support.configs import ROOT, composed
from support.corpora import corpus

PARSERS = [pytest.param(C_PARSER, id="c"), pytest.param(PYTHON_PARSER, id="python")]


@pytest.mark.parametrize("parser", PARSERS)
def test_a_document_becomes_a_tree_that_knows_its_places(parser: object) -> None:
    root, said = composed("a:\n  - b\n  - \"c\": {d: 'e'}\n", parser)

    assert said == []
    assert isinstance(root, Mapping)
    [entry] = root.entries
    assert isinstance(entry, Entry) and isinstance(entry.node, Listing)
    assert entry.node.items[0] == Scalar("b", plain=True, mark=mark_of(root, ("a", 0)))
    place = mark_of(root, ("a", 1, "c", "d"))
    assert (place.line, place.column) == (3, 11)
    assert mark_of(root, ("a", 1, "c", "none", 5)) == mark_of(root, ("a", 1, "c"))
    assert mark_of(root, ("a", 7)) == mark_of(root, ("a",))


DEEP = "more than 32 lists and mappings within each other"
CONTROL = "a control or separator character; write it as an escape within double quotes"
ANCHOR = "an anchor; there are no aliases here, write the value where it is needed"
NO_TEXT = "an escape for a character that a text cannot hold"
BOMBS = {
    "aliases": ("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n", ANCHOR),
    "merge keys": ("a: &a {x: 1}\nb: {<<: [*a, *a, *a, *a]}\nc: {<<: [*b, *b, *b]}\n", ANCHOR),
    "an alias of itself": ("a: &a [*a]\n", ANCHOR),
    "lists in lists": ("[" * 5000 + "]" * 5000, DEEP),
    "lists in lists, by lines": ("- " * 5000, DEEP),
    "mappings in mappings": ("{a: " * 5000, DEEP),
    "mappings as keys": ("? " * 5000, DEEP),
    "mappings as keys in a list": ("[" + "? [" * 5000, DEEP),
    "a deep indentation": ("".join(" " * n + "a:\n" for n in range(500)), DEEP),
    "many anchors": ("".join(f"- &a{n} x\n" for n in range(5000)), ANCHOR),
    "a large file": ("#" * (LARGEST_FILE + 1), "larger than 1024 KiB"),
    "NUL": (b"a: \x00\n", CONTROL),
    "DEL": (b"a: \x7f\n", CONTROL),
    "a C1 control": ("a: \x85b\n", CONTROL),
    "a byte order mark within": ("a: \ufeffb\n", CONTROL),
    "an escaped NUL": ('a: "\\0"\n', NO_TEXT),
    "UTF-16": ("version: 1\n".encode("utf-16"), "not UTF-8 text"),
    "not UTF-8": (b"a: \xff\xfe\n", "not UTF-8 text"),
    "an overlong slash": (b"a: \xc0\xaf\n", "not UTF-8 text"),
    "a surrogate in UTF-8": (b"a: \xed\xa0\x80\n", "not UTF-8 text"),
    "no such character": ('a: "\\UFFFFFFFF"\n', "not YAML"),
    "an unclosed quote": ('a: "' + "x" * 100_000, "not YAML"),
}


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_goes_off_nowhere(name: str, parser: object) -> None:
    text, expected = BOMBS[name]

    _, said = composed(text, parser)

    assert said[0][1] == expected
    assert len(said) <= 101  # and the work ends with the last of them


def test_a_surrogate_in_an_escape_is_no_text() -> None:
    assert composed('a: "\\ud800"\n', PYTHON_PARSER)[1][0][1] == NO_TEXT
    assert composed('a: "\\ud800"\n', C_PARSER)[1][0][1] == ("not YAML" if C_PARSER is not PYTHON_PARSER else NO_TEXT)


def test_what_is_only_large_is_read() -> None:
    for text in ("a: " + "x" * 500_000, "a: 1" + "0" * 100_000, "".join(f"k{n}: v\n" for n in range(50_000))):
        root, said = composed(text, C_PARSER)
        assert root is not None and said == []


def test_no_more_than_a_hundred_problems_are_told() -> None:
    report = Report("a.yaml")
    with pytest.raises(ConfigError) as caught:
        compose(("[" + "*a, " * 200_000 + "]").encode(), report)

    assert len(caught.value.findings) == 101
    assert str(caught.value.findings[-1]) == "a.yaml: more than 100 problems; the others are left out"


@pytest.mark.parametrize("parser", PARSERS)
def test_the_depth_has_a_cap_and_what_is_just_below_it_is_read(parser: object) -> None:
    fits, beyond = (composed("[" * depth + "]" * depth, parser) for depth in (DEEPEST, DEEPEST + 1))

    assert fits[0] is not None and fits[1] == []
    assert beyond[0] is None and "within each other" in beyond[1][0][1]


def test_the_size_has_a_cap_and_what_is_just_below_it_is_read() -> None:
    fits, beyond = (composed(f"a: {'x' * (size - 4)}\n", C_PARSER) for size in (LARGEST_FILE, LARGEST_FILE + 1))

    assert fits[0] is not None and fits[1] == []
    assert beyond == (None, [(None, "larger than 1024 KiB")])


@pytest.mark.parametrize("parser", PARSERS)
def test_a_byte_order_mark_at_the_start_is_no_part_of_the_text(parser: object) -> None:
    assert composed("\ufeffa: b\n", parser) == composed("a: b\n", parser)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("parser", PARSERS)
def test_lines_end_as_they_do_on_any_system(end: str, parser: object) -> None:
    text = f"a: 1{end}b:{end}  c: [x, y]{end}"

    assert composed(text, parser) == composed(text.replace(end, "\n"), parser)


def test_the_fixed_parts_of_a_configuration_are_the_same_for_both_parsers() -> None:
    files = [ROOT / "gateway.yaml", *ROOT.glob("docs/examples/*.yaml"), *ROOT.glob("src/jobgateway/dialects/*.yaml")]
    files += sorted(ROOT.glob("tests/config/accepted/*.yaml"))
    assert len(files) >= 6

    for file in files:
        c, python = (composed(file.read_bytes(), parser) for parser in (C_PARSER, PYTHON_PARSER))
        assert c == python, file
        assert c[0] is not None, file


def test_the_suite_of_yaml_ends_in_a_tree_or_in_findings_for_both_parsers_alike() -> None:
    cases = [json.loads(line) for line in corpus("yaml-test-suite.jsonl").splitlines()]
    assert len(cases) > 400

    differ, read = set(), 0
    for case in cases:
        c, python = (composed(case["yaml"], parser) for parser in (C_PARSER, PYTHON_PARSER))
        read += c[1] == []
        if (c[1] == []) != (python[1] == []) or (c[1] == [] and c != python):
            differ.add(case["name"])

    assert read > 100
    assert differ == set()


SURPRISES = [
    ("no", "the boolean false"),
    ("NO", "the boolean false"),
    ("yes", "the boolean true"),
    ("On", "the boolean true"),
    ("off", "the boolean false"),
    ("true", "the boolean true"),
    ("y", "a boolean"),
    ("N", "a boolean"),
    ("~", "null"),
    ("null", "null"),
    ("Null", "null"),
    ("", "null"),
    ("010", "the number 8"),
    ("0x1F", "the number 31"),
    ("0b11", "the number 3"),
    ("0b_", "a number"),
    ("1_000", "the number 1000"),
    ("1:30", "the number 90"),
    ("12:30:00", "the number 45000"),
    ("-1", "the number -1"),
    ("1.5", "the number 1.5"),
    (".5", "the number 0.5"),
    ("1.", "the number 1.0"),
    (".inf", "the number inf"),
    (".NaN", "the number nan"),
    ("1e3", "a number"),
    ("0o17", "a number"),
    ("9" * 50, "a number"),
    ("2022-01-01", "a date"),
    ("2022-99-99", "a date"),
    ("2001-12-14 21:59:43.10 -5", "a date"),
    ("<<", "a merge key"),
    ("=", "a default key"),
]


@pytest.mark.parametrize(("text", "noun"), SURPRISES)
def test_what_a_reader_takes_for_something_else_is_known(text: str, noun: str) -> None:
    assert taken_for(text) == noun


@pytest.mark.parametrize(
    "text", ["abc", "3sWXSsqHgSKnE87YkNJK", "10s", "16KiB", "127.0.0.1", "a:b", "-", ".", "nope", "NaN"]
)
def test_what_everyone_takes_for_a_text_is_one(text: str) -> None:
    assert taken_for(text) is None
    assert yaml.safe_load(text) == text or text == "-"
