"""The house rules that import contracts cannot see."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import yaml

from jobgateway.config import model
from jobgateway.translation import hub, spec, wire
from support.specs import ROOT, spec_paths

SOURCES = sorted((ROOT / "src").rglob("*.py"))
LONGEST_FILE = 265
LONGEST_FUNCTION = 30


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_files_and_functions_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    assert [node.name for node in functions(path) if length(node) > LONGEST_FUNCTION] == []


def words_in(data: object) -> Iterator[str]:
    """Every text of a spec, its jobs as the documents print them left out."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield str(key)
            yield from () if key == "examples" else words_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from words_in(value)
    elif isinstance(data, str):
        yield data


def wire_words() -> set[str]:
    """The shipped dialects' names, and the words of theirs that no English text would have."""
    shipped = [path for path in spec_paths() if path.is_relative_to(ROOT / "src")]
    words = {path.stem for path in shipped}
    for path in shipped:
        for text in words_in(yaml.safe_load(path.read_text(encoding="utf-8"))):
            words |= set(re.findall(r"[A-Za-z]*[a-z][A-Z]\w*|explorer_token|api-open", text))
    return words


def test_the_words_of_dialects_are_known_here() -> None:
    assert {"jobId", "pageSize", "explorer_token", "runBeginTime", "explorer"} <= wire_words()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_no_dialects_name_and_no_word_of_theirs_stands_in_python(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]

    found = {
        word for word in wire_words() for text in (*texts, *names) if re.search(rf"(?<![\w-]){word}(?![\w-])", text)
    }

    assert found == set()


@pytest.mark.parametrize("module", [hub, wire, spec, model], ids=lambda module: module.__name__)
def test_values_are_frozen(module: object) -> None:
    structs = [each for each in vars(module).values() if isinstance(each, type) and issubclass(each, msgspec.Struct)]
    assert len(structs) > 1

    assert [each.__name__ for each in structs if each is not msgspec.Struct and not each.__struct_config__.frozen] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_files_are_opened_only_by_the_configuration_and_the_command_line(path: Path) -> None:
    if path.relative_to(ROOT / "src" / "jobgateway").parts[0] in ("config", "commands"):
        return
    calls = [node.func for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]

    assert [call for call in calls if isinstance(call, ast.Name) and call.id == "open"] == []


def keys_in(data: object) -> Iterator[str]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield str(key)
            yield from keys_in(value)
    elif isinstance(data, list):
        for value in data:
            yield from keys_in(value)


def test_every_word_that_a_spec_may_say_is_said_by_one() -> None:
    said = {key for path in spec_paths() for key in keys_in(yaml.safe_load(path.read_text(encoding="utf-8")))}
    parts = [each for each in vars(spec).values() if isinstance(each, type) and issubclass(each, msgspec.Struct)]
    words = {name for part in parts for name in part.__struct_fields__}

    assert words - said == set()


def test_nothing_is_left_to_do() -> None:
    left = [
        f"{path.name}: {line.strip()}"
        for path in [*SOURCES, *sorted((ROOT / "tests").rglob("*.py"))]
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError", line) and path != Path(__file__)
    ]

    assert left == []


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=lambda path: path.name)
def test_every_test_can_fail(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    idle = [
        node.name
        for node in functions(path)
        if node.name.startswith("test_")
        and not re.search(r"\bassert\b|raises|check|expect|verify", ast.get_source_segment(source, node) or "")
    ]

    assert idle == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_no_exception_is_swallowed(path: Path) -> None:
    handlers = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ExceptHandler)]

    assert [node.lineno for node in handlers if all(isinstance(each, ast.Pass) for each in node.body)] == []
