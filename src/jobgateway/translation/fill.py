"""Fields that a backend cannot supply, filled in by configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from jobgateway.translation.hub import Job, Page, Reply


class Fill(Struct, frozen=True):
    """Values for fields of a job that its source did not say: given, or copied from another field."""

    given: Mapping[str, Any]
    copied: Mapping[str, str]
    """Field -> the field that it is copied from."""

    def apply(self, reply: Reply) -> Reply:
        """The reply with its jobs filled; what the source said stands."""
        if isinstance(reply, Job):
            return self._fill(reply)
        if isinstance(reply, Page):
            return Page(tuple([self._fill(job) for job in reply.jobs]), reply.total, reply.size)
        return reply

    def _fill(self, job: Job) -> Job:
        values = {name: value for name, value in self.given.items() if getattr(job, name) is None}
        values |= {name: getattr(job, origin) for name, origin in self.copied.items() if getattr(job, name) is None}
        return msgspec.structs.replace(job, **values)
