"""The admin port."""

import httpx
import pytest

from jobgateway.edge.admin import admin_app
from jobgateway.edge.health import Health
from jobgateway.observe.metrics import Metrics

pytestmark = pytest.mark.anyio


@pytest.fixture
def health():
    health = Health()
    health.loaded = True
    return health


@pytest.fixture
async def admin(health):
    transport = httpx.ASGITransport(admin_app(health, Metrics("1.2.3")))
    async with httpx.AsyncClient(transport=transport, base_url="http://admin") as client:
        yield client


async def test_a_living_process_says_ok(admin):
    answer = await admin.get("/livez")

    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_a_ready_gateway_says_ok(admin):
    answer = await admin.get("/readyz")

    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_a_draining_gateway_is_alive_and_not_ready(admin, health):
    health.draining = True

    answer = await admin.get("/readyz")

    assert (answer.status_code, answer.text) == (503, "failed: not-draining\n")
    assert (await admin.get("/livez")).status_code == 200


async def test_a_gateway_without_configuration_is_not_ready(admin, health):
    health.loaded = False

    assert (await admin.get("/readyz")).text == "failed: config\n"


async def test_the_checks_are_listed_on_demand(admin, health):
    health.draining = True

    answer = await admin.get("/readyz?verbose")

    assert answer.text == "ok config\nfailed not-draining\nfailed: not-draining\n"


async def test_the_checks_are_told_as_json_to_who_prefers_it(admin, health):
    accepting = {"accept": "application/json"}

    ready = await admin.get("/readyz", headers=accepting)
    health.draining = True
    draining = await admin.get("/readyz", headers=accepting)

    assert ready.json() == {"status": "ok", "checks": {"config": "ok", "not-draining": "ok"}}
    assert (draining.status_code, draining.json()["checks"]["not-draining"]) == (503, "failed")


async def test_metrics_are_told_in_prometheus_text_format(admin):
    answer = await admin.get("/metrics")

    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'jobgateway_build_info{version="1.2.3"} 1.0' in answer.text


@pytest.mark.parametrize("path", ["/", "/livez/", "/readyz/", "/metrics/", "/public/K/jobs", "//livez"])
async def test_nothing_else_is_served_and_no_host_is_repeated(admin, path):
    answer = await admin.get(path, headers={"host": "evil.test"})

    assert answer.status_code == 404
    assert "location" not in answer.headers


async def test_only_reading_is_possible(admin):
    assert (await admin.post("/readyz")).status_code == 405
