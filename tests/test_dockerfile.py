"""The image: what its Dockerfile promises, and its steps, run without a Docker engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from jobgateway.config.load import load_config
from jobgateway.config.model import Config
from support.processes import free_port
from support.specs import ROOT

OURS = "/etc/jobgateway/gateway.yaml"


class Step(NamedTuple):
    """An instruction of a Dockerfile, its lines joined."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The exec form: a JSON list of words."""
        words: list[str] = json.loads(self.text)
        return words


def steps() -> list[Step]:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [Step(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines)]


def named(name: str) -> list[str]:
    return [step.text for step in steps() if step.name == name]


def last_stage() -> list[Step]:
    found = steps()
    return found[max(index for index, step in enumerate(found) if step.name == "FROM") :]


def test_the_base_image_is_pinned_to_a_patch_release_and_the_same_in_both_stages() -> None:
    images = {text.split()[0] for text in named("FROM")}

    assert len(named("FROM")) == 2
    assert len(images) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", images.pop())


def test_the_image_runs_as_a_number_that_is_not_root() -> None:
    (user,) = [step.text for step in last_stage() if step.name == "USER"]

    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)


def test_no_shell_is_involved() -> None:
    (health,) = named("HEALTHCHECK")
    executed = [step.text for step in steps() if step.name in ("RUN", "ENTRYPOINT", "CMD")] + [
        health.partition("CMD ")[2]
    ]

    assert len(executed) == 6
    assert all(json.loads(text) for text in executed)


def test_nothing_is_built_in_the_stage_that_is_shipped() -> None:
    assert [step.text for step in last_stage() if step.name == "RUN"] == []
    assert {step.text.split()[0] for step in last_stage() if step.name == "COPY"} == {
        "--from=build",
        "docker/gateway.yaml",
    }


def test_the_health_check_asks_the_configuration_that_runs() -> None:
    (health,) = named("HEALTHCHECK")

    assert json.loads(health.partition("CMD ")[2]) == ["jobgateway", "healthcheck", "-c", OURS]
    assert json.loads(named("ENTRYPOINT")[0]) + json.loads(named("CMD")[0]) == ["jobgateway", "run", "-c", OURS]
    assert named("STOPSIGNAL") == ["SIGTERM"]


def test_only_the_callers_port_is_exposed() -> None:
    config = image_config()

    assert named("EXPOSE") == [str(config.listen.port)]
    assert config.listen.host == "0.0.0.0"
    assert config.admin is not None
    assert config.admin.host == "127.0.0.1"


def image_config() -> Config:
    assert f"docker/gateway.yaml {OURS}" in named("COPY")
    return load_config(ROOT / "docker" / "gateway.yaml", {})


def test_the_image_serves_what_a_first_run_serves_to_everybody() -> None:
    first = load_config(ROOT / "gateway.yaml", {})
    image = image_config()

    assert msgspec.structs.replace(image, path=first.path, listen=first.listen) == first
    assert image.warnings == ()


def test_the_context_holds_what_is_copied_and_little_else() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    sources = {word.removeprefix("./") for text in named("COPY") if "--from" not in text for word in text.split()[:-1]}

    assert "*" in lines
    assert sources == allowed
    assert all((ROOT / source).exists() for source in sources)


def test_the_package_copies_all_that_its_build_needs() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["readme"] in named("COPY")[0].split()


@pytest.mark.slow
def test_the_steps_of_the_image_make_a_gateway_that_runs_and_is_healthy(tmp_path: Path) -> None:
    build, opt = tmp_path / "build", tmp_path / "opt" / "jobgateway"
    build.mkdir()
    for text in (each for each in named("COPY") if "--from" not in each and OURS not in each):
        for source in text.split()[:-1]:
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, build / source)
    for step in (each for each in steps() if each.name == "RUN"):
        words = [word.replace("/opt/jobgateway", str(opt)) for word in step.words]
        words[0] = sys.executable if words[0] == "python" else words[0]
        done = subprocess.run(words, cwd=build, capture_output=True, text=True, check=False, env=bare())
        if re.search(r"(ConnectionError|NewConnectionError|No matching distribution|Name or service)", done.stderr):
            pytest.skip("no package index can be reached")
        assert done.returncode == 0, done.stderr
    shutil.rmtree(build)

    config = tmp_path / "gateway.yaml"
    text = (ROOT / "docker" / "gateway.yaml").read_text(encoding="utf-8").replace("0.0.0.0", "127.0.0.1")
    config.write_text(text.replace("8080", str(free_port())).replace("9090", str(free_port())), encoding="utf-8")

    assert [run_image(opt, config), (opt / "bin" / "pip").exists()] == [(0, "ready\n", 0), False]


def run_image(opt: Path, config: Path) -> tuple[int, str, int]:
    """Start what the image starts, ask what its health check asks, stop it as Docker would."""
    program = str(opt / "bin" / "jobgateway")
    words = [program, *json.loads(named("CMD")[0])]
    health = [program, *json.loads(named("HEALTHCHECK")[0].partition("CMD ")[2])[1:]]
    words, health = ([str(config) if word == OURS else word for word in each] for each in (words, health))
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=bare())
    try:
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            said += line
            if line.startswith("  curl ") and said.count("  curl ") == 3:
                break
        asked = subprocess.run(health, capture_output=True, text=True, check=False, env=bare())
        assert asked.returncode == 0, said + asked.stderr
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    return asked.returncode, asked.stdout, process.returncode


def bare() -> dict[str, str]:
    """The environment without what leads Python to this checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE", "COV_"))}
