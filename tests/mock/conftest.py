"""Every dialect in every profile, and how a test talks to a mock backend in it."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from jobgateway.mock.app import mock_app
from jobgateway.mock.population import population
from jobgateway.mock.store import Store, scopes_of
from jobgateway.translation.dialect import compile_dialect
from jobgateway.translation.hub import ListJobs, Order, Window
from jobgateway.translation.wire import Response
from support.specs import all_specs

SPOKEN = [(spec, profile) for spec in all_specs().values() for profile in spec.profiles]
KEY = "Sesame42"
NOW = 1_800_000_000_000


class Mock:
    """A mock backend, asked as a gateway asks a backend: calls in, replies out."""

    def __init__(self, spec, profile, *, jobs=None, scopes=None, key=KEY, **varied):
        self.spec = spec
        self.profile = profile
        self.dialect = compile_dialect(spec)
        self.jobs = population(40, 1) if jobs is None else jobs
        self.store = Store(self.jobs, lambda: NOW, scopes or scopes_of(self.jobs, spec.scope.field))
        self.app = mock_app(self.dialect, self.store, profile=profile, key=key, **varied)
        self.scope = "any" if spec.scope.field is None else None
        """One that holds all jobs, as the dialect says it."""
        self.order = Order(spec.order.key) if spec.order else None
        self.page = Window(0, 7) if spec.paging else None

    def send(self, request, key=KEY):
        """The answer to a request that presents a key, or none."""
        return asyncio.run(self.sending(request, key))

    async def sending(self, request, key=KEY):
        headers = list(request.headers)
        if key is not None:
            headers.append(self.dialect.write_secret(key))
        target = f"http://mock{request.path}" + (f"?{request.query}" if request.query else "")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app)) as client:
            answer = await client.request(request.method, target, headers=headers, content=request.body or None)
        rest = tuple((name.lower(), value) for name, value in answer.headers.raw)
        return Response(answer.status_code, answer.content, answer.headers.get("content-type", ""), rest)

    def ask(self, call, key=KEY):
        """The reply to a call."""
        return self.dialect.read_reply(call, self.send(self.dialect.write_call(call), key))

    def list(self, window=None, scope=None):
        """The call for a page, or for the whole list where there are no pages."""
        return ListJobs(scope or self.scope, window or self.page, order=self.order)

    def walk(self, scope=None):
        """All jobs of a scope, by as many pages as that takes."""
        if self.page is None:
            return list(self.ask(self.list(scope=scope)).jobs)
        jobs = []
        for start in range(0, 100, 7):
            page = self.ask(self.list(Window(start, 7), scope))
            jobs += page.jobs
            if len(page.jobs) < 7:
                return jobs
        raise AssertionError("the list has no end")


@pytest.fixture(params=SPOKEN, ids=lambda spoken: f"{spoken[0].dialect}-{spoken[1]}")
def make(request):
    """Makes a mock backend of one dialect and profile."""

    def made(**varied):
        return Mock(*request.param, **varied)

    return made


@pytest.fixture
def mock(make):
    return make()
