"""A gateway between callers and backends that speak different dialects of one jobs API."""

__version__ = "0.1.0"
