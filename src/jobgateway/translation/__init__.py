"""The pure core: what callers and backends say, in no dialect's words. No I/O, no clock."""
