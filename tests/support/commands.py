"""A configuration full of canaries, and the program in this process and beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobgateway.commands.main import program
from support.processes import STOP_WITHIN

CANARY = "canary"
SECRETS = {
    "REPLAY_SECRET": "canary-replay-7f3a",
    "FLOW_SECRET": "canary-flow-91bc",
    "BILLING_KEY": "canary-billing-key-0123456789",
    "BILLING_REPLAY": "canary-billing-replay-55d0",
    "AUDIT_KEY": "canary-audit-key-0123456789",
}
FULL = """\
version: 1
listen: {host: 127.0.0.1, port: 8080}
admin: {host: 127.0.0.1, port: 9090}
backends:
  replay:
    dialect: openreplay-v2
    url: https://replay.example.invalid/v2/api
    scope: 3sWXSsqHgSKnE87YkNJK
    credential: ${env:REPLAY_SECRET}
  flow:
    dialect: explorer
    url: http://127.0.0.1:9/
    credential: ${env:FLOW_SECRET}
    fill: {project_id: 1, action: workflow, reference_id: {from: workflow_id}}
callers:
  billing:
    key: ${env:BILLING_KEY}
    credentials: {replay: "${env:BILLING_REPLAY}"}
  audit:
    key: ${env:AUDIT_KEY}
routes:
  - {dialect: openreplay-v1, backend: replay, scopes: {OLDKEY: 3sWXSsqHgSKnE87YkNJK}}
  - {dialect: openreplay-v2, backend: flow, callers: [audit], scopes: {OPEN: "*", SHUT: "4216617528"}}
  - {dialect: openreplay-v2, backend: replay, host: new.example.com}
  - {dialect: explorer, backend: replay, prefix: /old}
"""
DEMO = """\
version: 1
listen: {host: 127.0.0.1, port: 0}
backends:
  replay: {dialect: openreplay-v2, url: "demo://", scope: 3sWXSsqHgSKnE87YkNJK}
  flow: {dialect: explorer, url: "demo://"}
routes:
  - {dialect: openreplay-v1, backend: replay}
  - {dialect: explorer, backend: flow}
"""
GOLDEN = Path(__file__).resolve().parents[1] / "commands" / "golden"


def jobgateway(*args, **more):
    """The program in this process: its exit code, standard output and standard error."""
    return CliRunner().invoke(program, args, **more)


def json_of(*args, code=0):
    """The JSON that the program prints on standard output."""
    result = jobgateway(*args, "--format", "json")
    assert result.exit_code == code, result.stderr
    return json.loads(result.stdout)


def expect_golden(name, text):
    """Compare with a file; with UPDATE_GOLDEN in the environment write it instead, to be looked at."""
    path = GOLDEN / f"{name}.txt"
    if "UPDATE_GOLDEN" in os.environ:
        path.write_text(text)
        pytest.fail(f"{path.name} was written; look at it, and run again without UPDATE_GOLDEN")
    assert text == path.read_text()


def ended(*args, **more):
    """The program as a process of its own, run to its end."""
    command = [sys.executable, "-m", "jobgateway", *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=STOP_WITHIN, check=False, **more)


@contextmanager
def server(answer):
    """A server on a free port that answers every GET with what ``answer(path, headers)`` gives: status, media, body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, media, body = answer(self.path, self.headers)
            self.send_response(status)
            self.send_header("content-type", media)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield httpd.server_address[1]
        finally:
            httpd.shutdown()
            thread.join()
