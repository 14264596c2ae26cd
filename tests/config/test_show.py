"""The configuration as it is shown: whole, masked, and in the words of the file."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from jobgateway.config.model import MASK, Account, Backend, Caller, Config, Login, Secret
from jobgateway.config.show import masked
from jobgateway.config.specs import shipped_specs
from support.configs import CASES, MINIMAL, ROOT, load


def test_a_minimal_file_is_shown_with_its_defaults(tmp_path: Path) -> None:
    assert masked(load(tmp_path, MINIMAL)) == {
        "version": 1,
        "listen": {"host": "127.0.0.1", "port": 8080},
        "workers": 1,
        "dialects": ["explorer", "openreplay-v1", "openreplay-v2"],
        "backends": {
            "replay": {
                "dialect": "openreplay-v2",
                "url": "demo://",
                "scope": "3sWXSsqHgSKnE87YkNJK",
                "timeout": "10s",
                "transport": "direct",
                "fill": {},
            }
        },
        "routes": [
            {"dialect": "explorer", "backend": "replay", "profile": "documented", "prefix": "", "open": False},
        ],
        "limits": {
            "request_head": "16KiB",
            "request_body": "64KiB",
            "response_body": "8MiB",
            "rows": 20000,
            "calls": 100,
            "connections": 1024,
        },
    }


def test_what_is_shown_can_be_read_again_where_it_has_no_secret(tmp_path: Path) -> None:
    config = load(tmp_path, (ROOT / "gateway.yaml").read_text(encoding="utf-8"))
    shown = masked(config)
    assert shown.pop("dialects") == sorted(config.specs)

    again = load(tmp_path, yaml.safe_dump(shown, sort_keys=False))

    assert again == config


def test_every_secret_is_masked_and_everything_else_is_there(tmp_path: Path) -> None:
    files = {
        "acme.yaml": (ROOT / "docs" / "examples" / "acme.yaml").read_text(encoding="utf-8"),
        "shop.key": "sekret-shop",
        "session.key": "sekret-9876543210-9876543210-9876543210",
    }
    text = (CASES / "accepted" / "full.yaml").read_text(encoding="utf-8")

    shown = masked(load(tmp_path, text, mode=0o600, files=files))

    assert "sekret" not in json.dumps(shown)
    assert shown["backends"]["replay"]["credential"] == MASK
    assert shown["callers"]["shop"] == {"key_sha256": [MASK] * 3, "credentials": {}}
    assert shown["callers"]["billing"]["credentials"] == {"replay": MASK, "flow": MASK}
    assert shown["backends"]["flow"]["fill"]["reference_id"] == {"from": "workflow_id"}
    assert shown["sessions"] == {"key": [MASK, MASK], "secure": True}
    assert shown["backends"]["graph"]["login"]["encoding"] == "pair"
    assert shown["routes"][0]["scopes"] == {"OLDKEY": "3sWXSsqHgSKnE87YkNJK", "0123": "other"}
    assert shown["routes"][0]["callers"] == ["billing", "shop"]
    assert shown["routes"][2]["scopes"] == {"KEY": "*"}
    assert "9f86d081" not in json.dumps(shown)


def test_accounts_and_logins_show_no_password() -> None:
    secret = Secret("sekret")
    config = Config(
        backends={"flow": Backend("flow", "explorer", "https://x", login=Login("graphd", 9669, "root", secret))},
        routes=(),
        specs=shipped_specs(),
        callers={"billing": Caller("billing", (b"x",), Account("billing", secret))},
    )

    shown = masked(config)

    assert shown["backends"]["flow"]["login"] == {
        "address": "graphd",
        "port": 9669,
        "username": "root",
        "password": MASK,
    }
    assert shown["callers"]["billing"]["account"] == {"username": "billing", "password": MASK}
    assert "sekret" not in json.dumps(shown)
