"""What the metrics learn of a configuration, and what of it only a restart can change."""

import msgspec
import pytest

from jobgateway.config.model import Backend, Config, FillFrom, Limits, Listen, Route, Secret
from jobgateway.edge.absences import absences
from jobgateway.edge.reload import fixed, note_loaded
from jobgateway.observe.metrics import Metrics
from jobgateway.translation.hub import Operation
from support.specs import all_specs


def joined(caller, backend, **more):
    return Config(
        backends={"b": Backend(name="b", dialect=backend, url="http://b.example", **more)},
        routes=(Route(dialect=caller, backend="b", profile="documented"),),
        specs=all_specs(),
    )


def lacking(config):
    ((_, by_operation),) = absences(config).items()
    return {operation: set(fields) for operation, fields in by_operation.items()}


def test_a_caller_lacks_what_its_dialect_shows_and_the_backend_cannot_say():
    lost = {"project_id", "action", "reference_id", "updated_at", "starts_at", "errors"}

    assert lacking(joined("openreplay-v2", "explorer")) == dict.fromkeys(Operation, lost)


def test_a_list_lacks_no_field_of_details_and_a_cancel_without_a_job_lacks_none():
    lost = {"workflow_id", "workflow_name", "began_at", "ended_at"}

    assert lacking(joined("explorer", "openreplay-v2")) == {
        Operation.LIST: lost,
        Operation.GET: lost | {"tasks"},
        Operation.CANCEL: set(),
    }


def test_the_same_dialect_on_both_sides_lacks_nothing():
    assert not any(lacking(joined("explorer", "explorer")).values())


def test_a_filled_field_is_not_lacking_unless_it_is_a_copy_of_nothing():
    fill = {"project_id": 1, "action": FillFrom("workflow_name"), "errors": FillFrom("reference_id")}

    assert lacking(joined("openreplay-v2", "explorer", fill=fill))[Operation.LIST] == {
        "reference_id",
        "updated_at",
        "starts_at",
        "errors",
    }


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"listen": Listen(port=1)}, ["listen"]),
        ({"admin": Listen(port=1)}, ["admin"]),
        ({"workers": 2}, ["workers"]),
        ({"limits": Limits(connections=1)}, ["limits.connections"]),
        ({"limits": Limits(request_head=1)}, ["limits.request_head"]),
        ({"limits": Limits(rows=1, calls=1, request_body=1, response_body=1)}, []),
        ({"routes": ()}, []),
    ],
)
def test_only_what_belongs_to_the_process_needs_a_restart(changed, named):
    config = joined("explorer", "explorer")

    assert fixed(config, msgspec.structs.replace(config, **changed)) == named


def test_a_configurations_digest_knows_no_secret():
    metrics = Metrics("1.2.3")
    first = note_loaded(metrics, joined("explorer", "explorer", credential=Secret("one")))
    second = note_loaded(metrics, joined("explorer", "explorer", credential=Secret("two")))
    other = note_loaded(metrics, joined("explorer", "explorer", credential=Secret("two"), scope="7"))

    assert first == second != other
    assert f'jobgateway_config_info{{hash="{other}"}} 1.0' in metrics.exposition().decode()
