"""What is printed when the gateway is ready can be pasted into a shell, and works."""

import shlex
import subprocess

import httpx
import pytest

from jobgateway.config.model import Backend, Caller, Config, Listen, Route, Secret
from jobgateway.edge.banner import banner, curl, url_of
from support.edges import ASKED, PROJECT, EdgeUnderTest, config_of
from support.specs import all_specs

pytestmark = pytest.mark.anyio

AT = Listen("127.0.0.1", 8080)
ORIGIN = "http://127.0.0.1:8080"
FILTER = "filter=%7B%22orderByCreateTime%22%3A%22desc%22%7D"


def with_route(dialect, *, callers=None, scope=None, **route):
    backend = Backend(name="store", dialect="explorer", url="demo://", scope=scope)
    return Config(
        backends={"store": backend},
        routes=(Route(dialect=dialect, backend="store", profile="documented", **route),),
        specs=all_specs(),
        callers=callers,
        path="gateway.yaml",
    )


def line(config):
    return curl(config, config.routes[0], ORIGIN)


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        ("openreplay-v2", f"curl -H 'Authorization: Bearer demo' '{ORIGIN}/public/{PROJECT}/jobs?limit=50&page=1'"),
        ("openreplay-v1", f"curl -H 'Authorization: demo' {ORIGIN}/api/v1/{PROJECT}/jobs"),
        (
            "explorer",
            f"curl -H 'Cookie: explorer_token=demo' '{ORIGIN}/api-open/v1/jobs?{FILTER}&pageSize=10&page=1'",
        ),
        ("acme", f"curl -H 'X-Acme-Key: demo' '{ORIGIN}/batch/v3/jobs?limit=20&offset=0'"),
    ],
)
def test_each_dialect_is_asked_in_its_own_words(dialect, expected):
    assert line(with_route(dialect, scope=PROJECT)) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"scope": "B"}, "/public/B/jobs"),
        ({"scope": "B", "scopes": {"A": "B"}}, "/public/A/jobs"),
        ({}, "/public/3sWXSsqHgSKnE87YkNJK/jobs"),
        ({"scope": "B", "prefix": ("old", "a b")}, "/old/a%20b/public/B/jobs"),
    ],
    ids=["the backend's scope", "a mapped scope", "no scope known", "behind a prefix"],
)
def test_the_path_is_one_that_the_route_takes(more, expected):
    assert f"{ORIGIN}{expected}?" in line(with_route("openreplay-v2", **more))


def test_a_route_for_a_host_names_it():
    assert "-H 'Host: old.example.com'" in line(with_route("openreplay-v1", host="old.example.com"))


KNOWN = {"billing": Caller("billing", (b"x" * 32,), credentials={"store": Secret("hush")})}


@pytest.mark.parametrize("dialect", ASKED)
def test_a_known_callers_key_is_left_to_the_shell(dialect):
    config = with_route(dialect, callers=KNOWN)

    printed = subprocess.run(
        ["sh", "-c", line(config).replace("curl", "printf '%s\\n'", 1)],
        env={"KEY": "s3 'cr\"et"},
        capture_output=True,
        text=True,
        check=True,
    )

    credential = printed.stdout.splitlines()[1]
    assert credential.endswith("s3 'cr\"et")
    assert "hush" not in line(config)


def test_an_open_route_needs_no_key_of_ones_own():
    assert "$KEY" not in line(with_route("openreplay-v2", callers=KNOWN, open=True))


@pytest.mark.parametrize("dialect", ASKED)
async def test_the_printed_line_is_answered(dialect):
    config = config_of()
    route = next(route for route in config.routes if route.dialect == dialect)
    _, _, header, url = shlex.split(curl(config, route, ORIGIN))
    name, _, value = header.partition(": ")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(EdgeUnderTest(config).app)) as client:
        answer = await client.get(url, headers={name: value})

    assert answer.status_code == 200


def test_the_first_line_counts_what_was_loaded_and_names_the_addresses():
    text = banner(config_of(), AT, Listen("0.0.0.0", 9090)).splitlines()

    assert text[0].startswith("jobgateway ")
    assert text[0].endswith(
        " on http://127.0.0.1:8080, admin on http://127.0.0.1:9090: 0 callers, 3 routes, 1 backend from gateway.yaml"
    )
    assert text[1] == "openreplay-v2 from store:"
    assert [row for row in text[2::2] if row.startswith("  curl -H ")] == text[2::2]
    assert len(text) == 7


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
        ("localhost", "http://localhost:80"),
    ],
)
def test_an_address_is_said_as_a_client_here_can_use_it(host, url):
    assert url_of(Listen(host, 80)) == url
