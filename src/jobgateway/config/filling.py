"""What a backend's ``fill`` may say: the fields of the hub's job that can be made up, each with its type."""

from __future__ import annotations

from typing import Annotated, Any, Final

from msgspec import Struct, field

from jobgateway.config.shapes import About, Number, Refused, Text
from jobgateway.translation.hub import EARLIEST_MILLIS, LATEST_MILLIS

_SAID_BY_ALL: Final = "cannot be filled in: every dialect says it"

Instant = Annotated[int, Number(EARLIEST_MILLIS, LATEST_MILLIS)]

COPYABLE: Final = (
    "id",
    "title",
    "project_id",
    "action",
    "reference_id",
    "workflow_id",
    "workflow_name",
    "created_at",
    "updated_at",
    "starts_at",
    "began_at",
    "ended_at",
    "errors",
)
"""The fields of a job that one can be filled from."""


class FillFrom(Struct, frozen=True):
    """A copy of another field of the same job."""

    origin: Annotated[str, Text(COPYABLE), About("The field that is copied.", ("workflow_id",))] = field(name="from")


class Fill(Struct, frozen=True):
    """Fields of a job that this backend does not say, given or copied from another field."""

    title: Annotated[str | FillFrom | None, About("What the job is called.", ("nightly",))] = None
    project_id: Annotated[int | FillFrom | None, About("The number of the job's project.", (1,))] = None
    action: Annotated[str | FillFrom | None, About("What the job does.", ("workflow",))] = None
    reference_id: Annotated[
        str | FillFrom | None, About("What the job does it to.", ({"from": "workflow_id"}, "shop"))
    ] = None
    workflow_id: Annotated[str | FillFrom | None, About("The id of the job's workflow.", ("4216617528",))] = None
    workflow_name: Annotated[str | FillFrom | None, About("The name of the job's workflow.", ({"from": "title"},))] = (
        None
    )
    created_at: Annotated[
        Instant | FillFrom | None, About("When it was made, in milliseconds since 1970.", ({"from": "starts_at"},))
    ] = None
    updated_at: Annotated[
        Instant | FillFrom | None, About("When it last changed, in milliseconds since 1970.", ({"from": "ended_at"},))
    ] = None
    starts_at: Annotated[
        Instant | FillFrom | None, About("When it is to start, in milliseconds since 1970.", ({"from": "began_at"},))
    ] = None
    began_at: Annotated[
        Instant | FillFrom | None, About("When it did start, in milliseconds since 1970.", ({"from": "starts_at"},))
    ] = None
    ended_at: Annotated[
        Instant | FillFrom | None, About("When it ended, in milliseconds since 1970.", ({"from": "updated_at"},))
    ] = None
    errors: Annotated[str | FillFrom | None, About("What went wrong.", ("none were told",))] = None
    id: Annotated[Any, Refused(_SAID_BY_ALL)] = None
    status: Annotated[Any, Refused(_SAID_BY_ALL)] = None
    tasks: Annotated[Any, Refused("cannot be filled in: tasks are never made up")] = None


def kind_of(name: str) -> str:
    """What a field holds; one is filled only from another of the same kind."""
    if name.endswith("_at"):
        return "an instant"
    return "a number" if name in {"id", "project_id"} else "a text"
