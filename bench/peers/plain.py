"""The same translation as most would write it first: Starlette, one httpx.AsyncClient, json."""

from __future__ import annotations

import json
import os
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{os.environ['PEER_BACKEND']}", timeout=10)
STATUS = ["scheduled", "running", "completed", "failed", "cancelled", "running"]
KEYS = {"kR7mW2xQ9vTn4LsZ8bYc"}


def translate(job: dict[str, Any]) -> dict[str, Any]:
    return {
        "jobId": job["id"],
        "description": job["name"],
        "status": STATUS[job["status"]],
        "projectId": None,
        "action": None,
        "referenceId": None,
        "createdAt": job["createTime"],
        "updatedAt": None,
        "startAt": None,
        "errors": None,
    }


def secret(request: Request) -> str | None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key if scheme == "Bearer" and key in KEYS else None


def bounded(text: str, low: int, high: int, fallback: int) -> int:
    return int(text) if text.isdigit() and low <= int(text) <= high else fallback


async def show_list(request: Request) -> JSONResponse:
    key = secret(request)
    if key is None:
        return JSONResponse({"error": "invalid credential"}, 401)
    size = bounded(request.query_params.get("limit", ""), 1, 200, 50)
    page = bounded(request.query_params.get("page", ""), 1, 2**53, 1)
    answer = await client.get(
        "/api-open/v1/jobs", params={"pageSize": size, "page": page}, headers={"cookie": f"explorer_token={key}"}
    )
    body = json.loads(answer.content)
    if answer.status_code != 200 or body["code"] != 0:
        return JSONResponse({"error": "backend"}, 502)
    return JSONResponse({"data": [translate(job) for job in body["data"]["items"]]})


async def show_job(request: Request) -> JSONResponse:
    key = secret(request)
    if key is None:
        return JSONResponse({"error": "invalid credential"}, 401)
    answer = await client.get(
        f"/api-open/v1/jobs/{request.path_params['id']}", headers={"cookie": f"explorer_token={key}"}
    )
    body = json.loads(answer.content)
    if body["code"] == 40404000:
        return JSONResponse({"error": "job not found"}, 404)
    if answer.status_code != 200 or body["code"] != 0:
        return JSONResponse({"error": "backend"}, 502)
    return JSONResponse({"data": translate(body["data"])})


app = Starlette(routes=[Route("/public/{scope}/jobs", show_list), Route("/public/{scope}/jobs/{id:int}", show_job)])
