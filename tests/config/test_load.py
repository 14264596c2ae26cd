"""Configurations that are accepted, and what they come to mean."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from jobgateway.config.filling import COPYABLE, Fill, kind_of
from jobgateway.config.findings import ConfigError
from jobgateway.config.load import load_config
from jobgateway.config.model import Account, Caller, Config, FillFrom, Limits, Listen, Login, Route, Secret, Sessions
from jobgateway.config.specs import shipped_specs
from jobgateway.translation.hub import Job
from support.configs import CASES, ENVIRON, MINIMAL, ROOT, load

ACME = (ROOT / "docs" / "examples" / "acme.yaml").read_text(encoding="utf-8")
FULL = (CASES / "accepted" / "full.yaml").read_text(encoding="utf-8")
SESSION_KEY = "sekret-9876543210-9876543210-9876543210"


def full(folder: Path) -> Config:
    return load(
        folder, FULL, mode=0o600, files={"acme.yaml": ACME, "shop.key": "sekret-shop\n", "session.key": SESSION_KEY}
    )


def test_a_minimal_file_gets_its_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL)

    assert config.listen == Listen("127.0.0.1", 8080)
    assert config.admin is None
    assert config.workers == 1
    assert config.callers is None
    assert config.limits == Limits()
    assert config.warnings == ()
    assert config.path == "gateway.yaml"
    assert config.specs == shipped_specs()
    assert config.routes == (Route("explorer", "replay", "documented"),)
    backend = config.backends["replay"]
    assert (backend.name, backend.timeout, backend.transport, backend.fill) == ("replay", 10.0, "direct", {})
    assert not backend.lends


def test_everything_that_can_be_said_comes_to_mean_something(tmp_path: Path) -> None:
    config = full(tmp_path)

    assert config.listen == Listen("0.0.0.0", 80)
    assert config.admin == Listen("::1", 9090)
    assert set(config.specs) == {"acme", *shipped_specs()}
    replay, flow, batch = (config.backends[name] for name in ("replay", "flow", "batch"))
    assert replay.url == "https://replay.example.com:8443/v2/api"
    assert (replay.credential, replay.timeout, replay.lends) == (Secret("sekret-replay-key"), 1.5, True)
    assert (flow.scope, flow.lends) == ("4216617528", False)
    assert flow.fill == {
        "project_id": 1,
        "action": "workflow",
        "reference_id": FillFrom("workflow_id"),
        "errors": "none",
        "starts_at": FillFrom("began_at"),
        "began_at": 0,
        "updated_at": FillFrom("ended_at"),
    }
    assert (batch.url, batch.timeout) == ("http://[::1]:9000/x~y", 120.0)
    assert config.limits == Limits(32 * 1024, 64_000, 1024**3, 1, 100_000, 5)


def test_logins_accounts_and_sessions_come_to_mean_something(tmp_path: Path) -> None:
    config = full(tmp_path)

    graph = config.backends["graph"]
    assert graph.login == Login("graphd", 9669, "root", Secret("sekret-replay-key"), "pair")
    assert (graph.credential, graph.lends) == (None, True)
    assert config.sessions == Sessions(
        (Secret("sekret-0123456789-0123456789-0123456789"), Secret(SESSION_KEY)), secure=True
    )
    assert config.callers is not None
    assert config.callers["billing"].account == Account("accounting", Secret("sekret-replay-key"))
    assert config.callers["shop"].account is None


def test_callers_are_known_by_the_digests_of_their_keys(tmp_path: Path) -> None:
    config = full(tmp_path)

    assert config.callers is not None
    billing, shop, web = config.callers.values()
    assert isinstance(billing, Caller) and billing.name == "billing"
    assert billing.key_digests == (hashlib.sha256(b"sekret-billing-key").digest(),)
    assert billing.credentials == {"replay": Secret("sekret-replay-key"), "flow": Secret("sekret-billing-key")}
    assert shop.key_digests == tuple(hashlib.sha256(key).digest() for key in (b"sekret-shop", b"old-shop-key", b"test"))
    assert web.key_digests == tuple(hashlib.sha256(key).digest() for key in (b"test2", b"test3"))


def test_routes_keep_their_order_and_their_matchers(tmp_path: Path) -> None:
    first, second, third, *_, last = full(tmp_path).routes

    assert first == Route(
        "openreplay-v1",
        "replay",
        "deployed",
        host="old.example.com:8443",
        prefix=("eu", "old"),
        callers=("billing", "shop"),
        scopes={"OLDKEY": "3sWXSsqHgSKnE87YkNJK", "0123": "other"},
    )
    assert second.open
    assert third.scopes == {"KEY": None}
    assert (last.host, last.prefix) == ("[::1]:80", ("first",))


@pytest.mark.parametrize(
    "path", [pytest.param("gateway.yaml", id="text"), pytest.param(Path("gateway.yaml"), id="path")]
)
def test_the_shipped_file_works_at_once(path: str | Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    config = load_config(path, {})

    assert config.warnings == ()
    assert config.admin == Listen("127.0.0.1", 9090)
    assert {(route.dialect, config.backends[route.backend].dialect) for route in config.routes} == {
        ("openreplay-v1", "openreplay-v2"),
        ("openreplay-v2", "explorer"),
        ("explorer", "openreplay-v2"),
    }
    assert {backend.url for backend in config.backends.values()} == {"demo://"}
    assert config.path == "gateway.yaml"


def test_what_the_shipped_file_leaves_commented_out_works_too(tmp_path: Path) -> None:
    lines = (ROOT / "gateway.yaml").read_text(encoding="utf-8").splitlines()
    heads = ("timeout", "fill", "callers:", "  billing:", "    key:", "profile", "host", "prefix", "scopes", "limits")
    opened = [
        line.replace("# ", "", 1) if line.lstrip().removeprefix("# ").startswith(heads) and "#" in line[:6] else line
        for line in lines
    ]
    assert sum(a != b for a, b in zip(lines, opened, strict=True)) == len(heads)

    config = load(tmp_path, "\n".join(opened) + "\n")

    assert config.callers is not None and set(config.callers) == {"billing"}
    assert config.routes[2].scopes == {"4216617528": "3sWXSsqHgSKnE87YkNJK"}
    assert config.backends["flow"].fill["reference_id"] == FillFrom("workflow_id")
    assert config.limits == Limits()


@pytest.mark.parametrize(
    "text",
    [
        "listen: {port: 9000}\nadmin: {host: 127.0.0.2, port: 9000}\n",
        "listen: {port: 0}\nadmin: {port: 0}\n",
        "listen: {host: 0.0.0.0, port: 9000}\nadmin: {host: 0.0.0.0, port: 9001}\n",
    ],
)
def test_two_addresses_that_differ_are_accepted(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, MINIMAL + text).admin is not None


def test_a_warning_does_not_stop_a_configuration(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL.replace("demo://", "http://replay.internal/v2/api"))

    assert [str(each) for each in config.warnings] == [
        "gateway.yaml:3:36: warning: backends.replay.url: http:// shows credentials and jobs to the network; use https:// unless you trust it"
    ]


def test_files_beside_the_configuration_are_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf").mkdir()
    text = MINIMAL + "dialects: {acme: ./acme.yaml, other: '${env:OTHER}'}\n"
    (tmp_path / "conf" / "gateway.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "conf" / "acme.yaml").write_text(ACME, encoding="utf-8")
    (tmp_path / "other.yaml").write_text(ACME.replace("dialect: acme", "dialect: other"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    config = load_config("conf/gateway.yaml", {"OTHER": "../other.yaml"})

    assert {"acme", "other"} < set(config.specs)
    (tmp_path / "conf" / "acme.yaml").write_text(ACME.replace("codec: integer", "codec: intger"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config("conf/gateway.yaml", {"OTHER": "../other.yaml"})
    [finding] = caught.value.findings
    assert (finding.file, finding.path, finding.suggestion) == ("conf/acme.yaml", "job.id.codec", "integer")


def test_a_file_that_cannot_be_read_is_told_like_everything_else(tmp_path: Path) -> None:
    unreadable = tmp_path / "unreadable.yaml"
    unreadable.write_bytes(b"\xff\xfe")
    for path, problem in {
        tmp_path / "none.yaml": "cannot be read: there is no such file",
        tmp_path: "cannot be read: it is not a file",
        Path("/dev/zero"): "cannot be read: it is not a file",
        unreadable: "not UTF-8 text",
    }.items():
        with pytest.raises(ConfigError) as caught:
            load_config(path, ENVIRON)
        [finding] = caught.value.findings
        assert finding.problem == problem
        assert str(finding).startswith(f"{path}:")


def test_every_field_of_a_job_can_be_filled_in_or_is_refused_with_a_reason() -> None:
    assert set(Fill.__struct_fields__) == set(Job.__struct_fields__) - {"source"}
    assert set(COPYABLE) == set(Fill.__struct_fields__) - {"status", "tasks"}


def test_a_field_is_filled_only_from_one_of_the_same_kind() -> None:
    kinds = {name: kind_of(name) for name in COPYABLE}

    assert {name for name, kind in kinds.items() if kind == "an instant"} == {
        "created_at",
        "updated_at",
        "starts_at",
        "began_at",
        "ended_at",
    }
    assert {name for name, kind in kinds.items() if kind == "a number"} == {"id", "project_id"}


def test_many_routes_are_checked_in_reasonable_work(tmp_path: Path) -> None:
    routes = "".join(f"  - {{dialect: explorer, backend: replay, host: h{n}.example.com}}\n" for n in range(2000))

    config = load(tmp_path, MINIMAL.replace("  - {dialect: explorer, backend: replay}\n", routes))

    assert len(config.routes) == 2000
