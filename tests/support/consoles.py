"""Documents whose commands are run: their fenced blocks, and a shell that stands for the reader's terminal.

A ``console`` block holds commands behind ``$ `` and what they print; ``...`` stands for anything, a line of its own
for any lines. A comment right before a fence says what else a block is: ``<!-- file: NAME -->`` is written to a file,
``<!-- edit: NAME -->`` (a diff) changes one, ``<!-- from: PATH -->`` is an excerpt of a file of this checkout, and
``<!-- output of: COMMAND -->`` is what a program prints that keeps running.
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

from support.processes import free_port
from support.specs import ROOT

PATIENCE = 30.0
"""Seconds after which a command has failed; none ever takes that long."""
MOST_SHOWN = 4000
"""Characters of what was printed that a failure shows."""
_MARK = "\x1e"
_FENCE = re.compile(r"^(?:<!-- (?P<note>.+?) -->\n)?```(?P<kind>.*)\n(?P<text>(?:.*\n)*?)```$", re.MULTILINE)
_PORT = re.compile(r"(?:127\.0\.0\.1:|port: |--port )(\d{4,5})\b")


class Block(NamedTuple):
    """A fenced block: its kind, what the comment before it says, its text, and the line it begins at."""

    kind: str
    note: str
    text: str
    line: int


class Command(NamedTuple):
    """A command of a console block, and the lines that it is said to print."""

    line: str
    expected: list[str]


def blocks(document: Path) -> list[Block]:
    """All fenced blocks of a document, in order."""
    text = document.read_text(encoding="utf-8")
    assert len(re.findall("^```", text, re.MULTILINE)) % 2 == 0, f"{document}: a fence is not closed"
    return [
        Block(found["kind"], found["note"] or "", found["text"], text.count("\n", 0, found.start()) + 1)
        for found in _FENCE.finditer(text)
    ]


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block; one that ends in a backslash goes on in the next line."""
    lines = iter(block.text.splitlines())
    command: Command | None = None
    for line in lines:
        if not line.startswith("$ "):
            assert command is not None, f"line {block.line}: output before any command"
            command.expected.append(line)
            continue
        if command is not None:
            yield command
        said = line[2:]
        while said.endswith("\\"):
            said = f"{said}\n{next(lines)}"
        command = Command(said, [])
    assert command is not None, f"line {block.line}: a console without a command"
    yield command


def pattern(expected: list[str]) -> re.Pattern[str]:
    """What output has to match."""
    parts = [
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line.rstrip()).replace(r"\.\.\.", ".*?") + r"\n"
        for line in expected
    ]
    return re.compile("".join(parts))


class Terminal:
    """A POSIX shell in a folder, with the program of this environment on its PATH and ports of its own.

    The ports that a document names are exchanged for free ones on the way in, and back on the way out.
    """

    def __init__(self, folder: Path, texts: list[str]) -> None:
        self.folder = folder
        self._ports = {port: str(free_port()) for text in texts for port in _PORT.findall(text)}
        self._lines: queue.Queue[str] = queue.Queue()
        self._running = False

    def __enter__(self) -> Self:
        self._shell = subprocess.Popen(
            ["sh"],
            cwd=self.folder,
            env=_environment(self.folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reading = threading.Thread(target=self._read)
        self._reading.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End what still runs: the shell's session is its own."""
        assert self._shell.stdin is not None
        self._shell.stdin.close()
        for how in (signal.SIGTERM, signal.SIGKILL):
            if self._reading.is_alive():
                os.killpg(self._shell.pid, how)
                self._reading.join(PATIENCE / 2)
        self._shell.wait(PATIENCE)

    def inward(self, text: str) -> str:
        """A text with real ports."""
        return re.sub(r"\b\d{4,5}\b", lambda found: self._ports.get(found[0], found[0]), text)

    def outward(self, text: str) -> str:
        """A text with the document's ports."""
        back = {real: port for port, real in self._ports.items()}
        return re.sub(r"\b\d{4,5}\b", lambda found: back.get(found[0], found[0]), text)

    def write(self, name: str, text: str) -> None:
        """Write a file into the folder that the shell is in."""
        path = self._here() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.inward(text), encoding="utf-8")

    def edit(self, name: str, diff: str) -> None:
        """Change a file as a diff says: its lines are found by their text."""
        path = self._here() / name
        text = self.outward(path.read_text(encoding="utf-8"))
        old = "".join(f"{line[1:]}\n" for line in diff.splitlines() if line[0] in " -")
        new = "".join(f"{line[1:]}\n" for line in diff.splitlines() if line[0] in " +")
        assert text.count(old) == 1, f"{name} has not exactly one place with:\n{old}"
        path.write_text(self.inward(text.replace(old, new)), encoding="utf-8")

    def check(self, command: Command, *, may_fail: bool) -> None:
        """Run a command; it prints what is expected, and succeeds unless it may fail."""
        wanted = pattern(command.expected)
        code, said = self._run(command.line, wanted)
        shown = said if len(said) < MOST_SHOWN else f"{said[:MOST_SHOWN]}... ({len(said)} characters)\n"
        told = "\n".join(command.expected)
        assert wanted.fullmatch(said), f"$ {command.line}\n--- printed\n{shown}--- expected\n{told}"
        assert code == 0 or may_fail, f"$ {command.line}\nended with {code}"

    def _run(self, line: str, wanted: re.Pattern[str]) -> tuple[int, str]:
        assert self._shell.stdin is not None
        self._running = self._running or line.rstrip().endswith("&")
        self._shell.stdin.write(f"{self.inward(line)}\n__code=$?; printf '{_MARK}%d\\n' $__code; (exit $__code)\n")
        self._shell.stdin.flush()
        said, code = "", None
        limit = time.monotonic() + PATIENCE
        while code is None or (self._running and not wanted.fullmatch(self._shown(said))):
            try:
                got = self._lines.get(timeout=max(0.0, limit - time.monotonic()))
            except queue.Empty:
                break
            before, mark, after = got.partition(_MARK)
            if mark:
                code = int(after)
                said += f"{before}\n" if before else ""
            else:
                said += got
        assert code is not None, f"$ {line}\nhas not ended; it printed\n{said}"
        return code, self._shown(said)

    def _shown(self, said: str) -> str:
        """What the reader sees: the document's ports, no carriage returns, no blanks at the ends of lines."""
        lines = said.removesuffix("\n").split("\n") if said else []  # splitlines would also cut at U+2028
        return self.outward("".join(f"{each.rstrip()}\n" for each in lines))

    def _here(self) -> Path:
        return Path(self._run("pwd", re.compile(".+\n"))[1].strip())

    def _read(self) -> None:
        assert self._shell.stdout is not None
        for line in self._shell.stdout:
            self._lines.put(line)
        self._shell.stdout.close()


def play(document: Path, folder: Path) -> None:
    """Do what a reader does who follows a document from its beginning to its end, in a folder with what a checkout has."""
    told = blocks(document)
    with Terminal(folder, [block.text for block in told]) as terminal:
        terminal.write("gateway.yaml", (ROOT / "gateway.yaml").read_text(encoding="utf-8"))
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / "docs").symlink_to(ROOT / "docs")
        for block in told:
            what, _, name = block.note.partition(": ")
            if what == "file":
                terminal.write(name, block.text)
            elif what == "edit":
                terminal.edit(name, block.text)
            elif what == "output of":
                terminal.check(Command(f"{name} > /dev/null &", block.text.splitlines()), may_fail=False)
            elif block.kind == "console":
                _play_console(block, terminal)


def _play_console(block: Block, terminal: Terminal) -> None:
    told = list(commands(block))
    for command, following in zip(told, [*told[1:], None], strict=True):
        may_fail = following is not None and following.line == "echo $?"
        terminal.check(command, may_fail=may_fail)


def _environment(folder: Path) -> dict[str, str]:
    """The reader's: this environment's programs, no proxies, and a stand-in for curl where there is none."""
    tools = folder / ".tools"
    tools.mkdir()
    if shutil.which("curl") is None:
        stand_in = tools / "curl"
        stand_in.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT / "tests/support/curl.py"} "$@"\n')
        stand_in.chmod(0o755)
    path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]])
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "PATH": path, "LC_ALL": "C.UTF-8", "COLUMNS": "100"}
