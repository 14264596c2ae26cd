"""``pairs``: which losses it tells, in which words, and the gate."""

from __future__ import annotations

from itertools import product

import pytest

from jobgateway.config.specs import shipped_specs
from jobgateway.translation.losses import Losses, losses
from support.commands import expect_golden, jobgateway, json_of

KEYS = {"fidelity", "loses", "via", "filled", *Losses.__struct_fields__}
V2_ONLY = """\
version: 1
backends:
  replay: {dialect: openreplay-v2, url: "demo://", scope: 3sWXSsqHgSKnE87YkNJK}
routes:
  - {dialect: openreplay-v1, backend: replay}
  - {dialect: openreplay-v2, backend: replay}
"""


def test_without_a_config_every_two_shipped_dialects_are_compared(folder):
    data = json_of("pairs")
    specs = shipped_specs()
    assert [(pair["caller"], pair["backend"]) for pair in data["pairs"]] == list(product(sorted(specs), repeat=2))
    for pair in data["pairs"]:
        assert pair["fidelity"] == losses(specs[pair["caller"]], specs[pair["backend"]]).fidelity


def test_the_keys_of_the_json_are_stable(folder):
    data = json_of("pairs")
    assert data.keys() == {"loses", "pairs"}
    for pair in data["pairs"]:
        assert pair.keys() == KEYS
    collapsed = [each for pair in data["pairs"] for each in pair["collapsed"]]
    assert {"status": "stopping", "shown_as": "running"} in collapsed


def test_as_text(folder):
    expect_golden("pairs", jobgateway("pairs").stdout)


def test_as_markdown(folder):
    expect_golden("pairs-markdown", jobgateway("pairs", "--format", "markdown").stdout)


def test_with_a_config_the_pairs_of_its_routes_are_compared_and_fills_count(full):
    expect_golden("pairs-config", jobgateway("pairs").stdout)
    data = json_of("pairs")
    assert [(pair["caller"], pair["via"]) for pair in data["pairs"]] == [
        ("openreplay-v1", "replay"),
        ("openreplay-v2", "flow"),
        ("openreplay-v2", "replay"),
        ("explorer", "replay"),
    ]


def test_what_is_filled_is_told_and_not_absent(full):
    over_flow = json_of("pairs")["pairs"][1]
    assert over_flow["filled"] == ["action", "project_id", "reference_id"]
    assert over_flow["absent"] == ["updated_at", "starts_at", "errors"]


def test_a_pair_of_several_routes_is_told_once(folder):
    (folder / "gateway.yaml").write_text(V2_ONLY + "  - {dialect: openreplay-v1, backend: replay, prefix: /eu}\n")
    assert len(json_of("pairs")["pairs"]) == 2


def test_another_file_is_read_where_it_is_named(full):
    (full / "other.yaml").write_text(V2_ONLY)
    assert [pair["fidelity"] for pair in json_of("pairs", "-c", "other.yaml")["pairs"]] == ["emulated", "same"]


def test_the_gate_exits_with_1_where_a_pair_loses_and_names_it(full):
    result = jobgateway("pairs", "--fail-on-loss")
    assert result.exit_code == 1
    assert result.stdout == jobgateway("pairs").stdout
    assert result.stderr == "jobgateway: lossy: openreplay-v2 <- explorer (flow), explorer <- openreplay-v2 (replay)\n"
    assert json_of("pairs", "--fail-on-loss", code=1)["loses"] is True


def test_the_gate_is_open_where_nothing_is_lost(folder):
    (folder / "gateway.yaml").write_text(V2_ONLY)
    result = jobgateway("pairs", "--fail-on-loss")
    assert (result.exit_code, result.stderr) == (0, "")
    assert json_of("pairs", "--fail-on-loss")["loses"] is False


@pytest.mark.parametrize(
    "command",
    [["pairs", "-c", "none.yaml"], ["show", "-c", "none.yaml"], ["explain", "-c", "none.yaml", "GET", "/"]],
    ids=lambda words: words[0],
)
def test_a_config_that_cannot_be_used_exits_with_1_and_tells_why(command, folder):
    result = jobgateway(*command)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "none.yaml: cannot be read: there is no such file\n"
