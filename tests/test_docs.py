"""The documents agree with the program, with each other, and with what is there."""

from __future__ import annotations

import importlib
import importlib.util
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from jobgateway import __version__
from jobgateway.config.schema import json_schema
from jobgateway.translation import spec
from jobgateway.translation.hub import Reason
from support.recordings import recordings
from support.specs import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DECISIONS = sorted(ROOT.glob("docs/decisions/[0-9]*.md"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def name_of(document: Path) -> str:
    return document.relative_to(ROOT).as_posix()


def tables() -> ModuleType:
    """The script that makes the tables; it is no part of any package."""
    made = importlib.util.spec_from_file_location("tables", ROOT / "docs" / "tables.py")
    assert made is not None
    assert made.loader is not None
    module = importlib.util.module_from_spec(made)
    made.loader.exec_module(module)
    return module


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_the_tables_in_a_document_are_what_the_program_says_now(document: Path) -> None:
    text = document.read_text(encoding="utf-8")

    assert tables().renewed(text) == text, "run: make tables"


def test_the_readme_has_every_table_once() -> None:
    module = tables()

    assert sorted(found[1] for found in module.TABLE.findall(read("README.md"))) == sorted(module.MADE)
    assert [name for name in module.FILES if not (ROOT / name).is_file()] == []


def test_a_stale_table_is_noticed() -> None:
    module = tables()
    text = "before\n<!-- table: exits -->\n| old |\n<!-- end -->\nafter"

    renewed = module.renewed(text)

    assert "| 78 | the config is wrong at run |" in renewed
    assert renewed.startswith("before\n<!-- table: exits -->\n| code | meaning |")
    assert renewed.endswith("\n<!-- end -->\nafter")


def names_in(node: Any) -> Iterator[str]:
    """Every key that a JSON Schema knows."""
    if isinstance(node, dict):
        yield from node.get("properties", {})
        for value in node.values():
            yield from names_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from names_in(value)


def test_every_key_of_the_configuration_is_in_the_readme() -> None:
    keys = set(names_in(json_schema()))
    table = read("README.md").partition("<!-- table: configuration -->")[2].partition("<!-- end -->")[0]
    told = set(re.findall(r"[a-z0-9_]+", " ".join(re.findall(r"`([^`]+)`", table))))

    assert len(keys) > 30
    assert keys - told == set()


def section(text: str, title: str) -> str:
    """What stands below a heading, up to the next one of the same rank."""
    return re.split(r"^## ", text.partition(f"\n## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def test_every_word_of_a_spec_is_explained() -> None:
    told = set(re.findall(r"`([a-z_]+)`", section(read("docs/adding-a-dialect.md"), "Every word")))
    parts = [each for each in vars(spec).values() if isinstance(each, type) and issubclass(each, msgspec.Struct)]

    assert {name for part in parts for name in part.__struct_fields__} - told == set()
    assert set(Reason) - told == set()


def slug(title: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


def anchors(document: Path) -> set[str]:
    return {slug(title) for title in re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)}


def broken(document: Path) -> Iterator[str]:
    """The links of a document, pictures included, that lead nowhere in this checkout."""
    prose = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_within_the_checkout_leads_somewhere(document: Path) -> None:
    assert list(broken(document)) == []


def test_a_link_that_leads_nowhere_is_noticed(tmp_path: Path) -> None:
    document = tmp_path / "one.md"
    document.write_text("# One: two\n[a](#one-two) [b](#three) [c](one.md) [d](two.md)\n", encoding="utf-8")

    assert list(broken(document)) == ["#three", "two.md"]


def test_every_path_that_contributing_names_exists() -> None:
    code = re.findall(r"`([^`\n]+)`", read("CONTRIBUTING.md"))
    paths = {
        each for each in code if re.fullmatch(r"\.?[\w-]+(/[\w.-]+)*/?(\.\w+)?", each) and re.search(r"/|\.\w+$", each)
    }
    known = [ROOT, ROOT / "src" / "jobgateway", ROOT / "src" / "jobgateway" / "translation"]

    assert len(paths) > 30
    assert sorted(path for path in paths if not any((base / path).exists() for base in known)) == []


def test_every_folder_of_the_program_has_its_place_in_contributing() -> None:
    folders = {path.parent.name for path in (ROOT / "src" / "jobgateway").glob("*/__init__.py")} | {"dialects"}

    assert sorted(folder for folder in folders if f"src/jobgateway/{folder}/" not in read("CONTRIBUTING.md")) == []


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"^## \[(.+?)\] - (\S+)$", read("CHANGELOG.md"), re.MULTILINE)

    assert versions[0][0] == __version__
    assert [date.fromisoformat(day) for _, day in versions] == sorted(
        (date.fromisoformat(day) for _, day in versions), reverse=True
    )


@pytest.mark.parametrize("document", DECISIONS, ids=lambda path: path.name)
def test_a_decision_is_short_and_has_its_three_parts(document: Path) -> None:
    text = document.read_text(encoding="utf-8")

    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]
    assert 12 <= text.count("\n") <= 40


def test_the_index_of_decisions_has_all_of_them_in_order() -> None:
    lines = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \|$", read("docs/decisions/README.md"), re.MULTILINE)

    titles = [document.read_text(encoding="utf-8").splitlines()[0] for document in DECISIONS]

    assert [f"# {number}. {title}" for number, title, _ in lines] == titles
    assert [path for _, _, path in lines] == [document.name for document in DECISIONS]
    assert [int(number) for number, _, _ in lines] == list(range(1, len(DECISIONS) + 1))


def required(lines: list[str]) -> set[str]:
    """The names of packages that requirements ask for."""
    return {re.split(r"[^A-Za-z0-9_-]", line)[0] for line in lines}


def test_the_record_of_dependencies_names_just_those_there_are() -> None:
    run, _, develop = read("docs/decisions/0009-dependencies.md").partition("| for development |")
    cells = (re.findall(r"^\| ([\w, -]+) \| (?!why)", part, re.MULTILINE) for part in (run, develop))

    assert [{name for cell in each for name in cell.split(", ")} - {"---"} for each in cells] == [
        required(PROJECT["dependencies"]),
        required(PROJECT["optional-dependencies"]["dev"]),
    ]


def test_the_documents_ask_for_the_python_that_the_package_asks_for() -> None:
    oldest = PROJECT["requires-python"].removeprefix(">=")

    assert f"Python {oldest} or newer" in read("README.md")
    assert f"Python {oldest} or newer" in read("CONTRIBUTING.md")


UNCLAIMED_IN_WORDS = {
    "below_the_application": "answers of the HTTP server rather than the API",
    "other_target_forms": "absolute-form targets, fragments and bare line feeds",
    "other_routes": "routes other than jobs",
    "preflight": "`OPTIONS`",
    "lenient_ids": "ids that servers take beyond their documents",
    "beyond_the_servers_integers": "beyond 32 bits",
    "separators_in_disguise": "`%2F` and NUL in a path",
    "unreadable_text": "values that are not UTF-8",
    "bodies_of_cancels": "bodies sent with a cancel",
    "bad_id_first": "a bad id together with a bad credential",
    "head_bodies": "`HEAD`",
    "failures": "the server's own 500",
    "upgrades": "protocol upgrades",
}
"""The rules of what recorded traffic is not claimed, and the README's words for them."""


def test_the_readme_says_how_much_recorded_traffic_is_claimed_and_what_is_not() -> None:
    law = importlib.import_module("laws.test_recordings")
    all_of_them = list(recordings())
    claimed = [one for one in all_of_them if law.rule_of(one) is None]
    limits = " ".join(section(read("README.md"), "Limits").split())

    assert f"The tests hold {len(all_of_them)} exchanges" in limits
    assert f"{len(claimed)} of them are" in limits
    assert {rule.__name__ for rule in law.UNCLAIMED} == set(UNCLAIMED_IN_WORDS)
    assert [words for words in UNCLAIMED_IN_WORDS.values() if words not in limits] == []


def test_the_picture_is_well_formed_and_tells_those_who_cannot_see_it_what_it_shows() -> None:
    from xml.etree import ElementTree as ET

    root = ET.parse(ROOT / "docs" / "pictures" / "v1-over-v2.svg").getroot()
    inner = {element.tag.rpartition("}")[2]: "".join(element.itertext()) for element in root}

    assert len(inner["title"]) > 20
    assert len(inner["desc"]) > 20
    assert "script" not in inner


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_no_document_names_a_place_on_somebodys_machine(document: Path) -> None:
    assert re.findall(r"(?<![\w.:/-])/(?:home|root|work|Users|tmp)/\S*", document.read_text(encoding="utf-8")) == []


def test_every_test_that_the_promises_name_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", read("docs/reliability.md")))
    there = {
        name
        for path in ROOT.glob("tests/promises/test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }

    assert len(named) > 30
    assert named - there == set()
