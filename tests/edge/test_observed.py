"""What the admin port tells after traffic is what happened."""

import io

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from jobgateway.edge.admin import admin_app
from jobgateway.edge.app import Edge
from jobgateway.edge.current import Current
from jobgateway.edge.health import Health
from jobgateway.edge.reload import note_loaded
from jobgateway.observe.events import Events
from jobgateway.observe.metrics import Metrics
from support.edges import GOOD_HEADERS, HOST, V2_LIST, ask, config_of, gateway_over

pytestmark = pytest.mark.anyio


async def exposed(metrics):
    """Every sample that the admin port shows: a name with labels, and the value."""
    transport = httpx.ASGITransport(admin_app(Health(), metrics))
    async with httpx.AsyncClient(transport=transport, base_url="http://admin") as admin:
        text = (await admin.get("/metrics")).text
    return {
        (sample.name.removeprefix("jobgateway_"), *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_requests_calls_refusals_and_losses_are_counted_once_each():
    metrics, config = Metrics("1.2.3"), config_of()
    note_loaded(metrics, config)
    edge = Edge(Current(config, gateway_over(config, observer=metrics)), (metrics,), Events(io.BytesIO()))

    for target in (V2_LIST, f"{V2_LIST}/105", f"{V2_LIST}/105", f"{V2_LIST}/999", f"{V2_LIST}/007", "/elsewhere"):
        await ask(edge, target)
    await ask(edge, V2_LIST, (HOST, *GOOD_HEADERS))

    shown = await exposed(metrics)
    assert shown["requests_total", "200", "backend", "list", "openreplay-v2", "store"] == 1
    assert shown["requests_total", "200", "backend", "get", "openreplay-v2", "store"] == 2
    assert shown["requests_total", "404", "backend", "get", "openreplay-v2", "store"] == 1
    assert shown["requests_total", "404", "gateway", "none", "none", "none"] == 1
    assert {key[1]: value for key, value in shown.items() if key[0] == "refusals_total"} == {
        "no_job": 1,
        "bad_id": 1,
        "no_path": 1,
        "bad_request": 1,
    }
    assert shown["backend_requests_total", "get", "ok", "store"] == 2
    assert shown["backend_requests_total", "get", "no_job", "store"] == 1
    assert shown["losses_total", "openreplay-v2", "reference_id", "store"] == 3
    assert sum(value for key, value in shown.items() if key[0] == "requests_total") == 7
    assert sum(value for key, value in shown.items() if key[0] == "request_duration_seconds_count") == 7
