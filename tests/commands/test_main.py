"""The program as a whole: its commands, its exit codes, where it prints."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobgateway import __version__
from jobgateway.commands.exits import Exit, Stop, leave
from jobgateway.commands.main import COMMANDS, main, program
from jobgateway.mock.store import Store
from support.commands import DEMO, FULL, ended, expect_golden, jobgateway
from support.processes import STOP_WITHIN

SCRIPT = Path(sys.executable).with_name("jobgateway")


def test_help_names_every_command_and_every_exit_code():
    result = jobgateway("--help")
    assert result.exit_code == 0
    expect_golden("help", result.stdout)
    assert set(COMMANDS) <= set(result.stdout.split())
    assert {str(code.value) for code in Exit} <= set(result.stdout.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_says_what_each_option_does(command):
    result = jobgateway(command, "-h")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: jobgateway {command}")
    options = re.findall(r"^  (?:-\w, )?--[\w-]+(.*)$", result.stdout, re.MULTILINE)
    assert options and all(option.strip() for option in options)


def test_the_commands_are_listed_in_the_order_of_their_use():
    listed = re.findall(r"^  ([a-z]+)  ", jobgateway("--help").stdout.partition("Commands:")[2], re.MULTILINE)
    assert tuple(listed) == COMMANDS


def test_version_is_the_packages():
    for arguments in (["version"], ["--version"]):
        result = jobgateway(*arguments)
        assert (result.exit_code, result.stdout, result.stderr) == (0, f"jobgateway {__version__}\n", "")


def test_the_module_and_the_script_are_one_program():
    module = ended("version")
    script = subprocess.run([SCRIPT, "version"], capture_output=True, text=True, timeout=STOP_WITHIN, check=False)
    assert (
        (module.returncode, module.stdout) == (script.returncode, script.stdout) == (0, f"jobgateway {__version__}\n")
    )
    assert ended("--help").stdout == jobgateway("--help").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["chek"],
        ["check", "--format", "xml"],
        ["check", "a.yaml", "b.yaml"],
        ["version", "--loud"],
        ["explain"],
        ["mock"],
        ["mock", "explorer", "--port", "70000"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2_and_says_so_on_standard_error(arguments, folder):
    result = jobgateway(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage: jobgateway" in result.stderr


def test_without_a_command_help_is_shown_as_wrong_usage():
    result = jobgateway()
    assert result.exit_code == 2
    assert "Commands:" in result.stdout + result.stderr


def test_stop_says_its_lines_on_standard_error_and_gives_its_code(capsys):
    def run():
        raise Stop(Exit.UNREACHABLE, "one", "two")

    assert leave(run) == 69
    assert capsys.readouterr() == ("", "one\ntwo\n")


def test_an_unexpected_error_is_one_line_with_its_kind_and_place_and_not_its_text(capsys):
    def run():
        Store([], lambda: 0, scopes={"canary-secret": [1]})

    assert leave(run) == 70
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(
        r"jobgateway: internal error: ValueError at jobgateway/mock/store\.py:\d+ in __init__; please report it\n", err
    )


def test_an_unexpected_error_from_elsewhere_is_told_without_its_text_too(capsys):
    assert leave(lambda: int("canary-secret")) == 70
    err = capsys.readouterr().err
    assert err.startswith("jobgateway: internal error: ValueError at jobgateway/commands/")
    assert "canary" not in err


def test_being_interrupted_exits_with_130(capsys):
    def run():
        raise KeyboardInterrupt

    assert leave(run) == 130
    assert capsys.readouterr() == ("", "")


def test_an_interrupt_while_a_backend_is_asked_exits_with_130_and_no_traceback(folder):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(STOP_WITHIN)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        (folder / "gateway.yaml").write_text(
            FULL.replace("http://127.0.0.1:9/", url).replace("https://replay.example.invalid", "http://127.0.0.1:9")
        )
        command = [sys.executable, "-m", "jobgateway", "check", "--backends"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            connection, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=STOP_WITHIN)
            connection.close()
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["schema"], ["pairs"], ["--help"], ["version"]], ids=" ".join)
def test_a_reader_that_goes_away_is_no_error(arguments, unbuffered, folder):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "jobgateway", *arguments]
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with subprocess.Popen(command, stdout=write, stderr=subprocess.PIPE, text=True, env=env) as process:
        os.close(write)
        _, err = process.communicate(timeout=STOP_WITHIN)
    assert (process.returncode, err) == (0, "")


def test_what_the_terminal_cannot_show_is_escaped(folder):
    (folder / "工作.yaml").write_text(DEMO, encoding="utf-8")
    result = ended("check", "工作.yaml", env={**os.environ, "PYTHONIOENCODING": "latin-1"})
    assert (result.returncode, result.stdout) == (0, "\\u5de5\\u4f5c.yaml: fine\n")


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"}], ids=str)
def test_nothing_is_coloured(environment, full):
    for arguments in (["pairs"], ["check"], ["--help"], ["explain", "GET", "/nope"]):
        result = CliRunner(env=environment).invoke(program, arguments, color=True)
        assert "\x1b" not in result.output


def test_the_entry_point_ends_with_the_programs_exit_code(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["jobgateway", "version"])
    with pytest.raises(SystemExit) as ended_with:
        main()
    assert ended_with.value.code == 0
    assert capsys.readouterr().out == f"jobgateway {__version__}\n"
