"""Folders to stand in while a command runs."""

from __future__ import annotations

import pytest

from support.commands import DEMO, FULL, SECRETS


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to stand in, with the secrets in the environment."""
    monkeypatch.chdir(tmp_path)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.fixture
def full(folder):
    """The folder with a configuration of several backends, callers and routes."""
    (folder / "gateway.yaml").write_text(FULL)
    return folder


@pytest.fixture
def demo(folder):
    """The folder with a configuration that needs no other service."""
    (folder / "gateway.yaml").write_text(DEMO)
    return folder
