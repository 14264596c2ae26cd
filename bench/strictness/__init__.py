"""How strict the gateway is beside nginx, HAProxy and Envoy, and which parser it stands on.

``python -m bench.strictness`` replays malformed requests to all of them and prints three tables;
``docs/reliability.md`` has those of one run, and says what they show.
"""
