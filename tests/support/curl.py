"""A stand-in for curl, where a machine has none: ``-s``, ``-i``, ``-X METHOD`` and ``-H 'Name: value'`` of it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from http.client import HTTPConnection
from urllib.parse import urlsplit


def main(arguments: list[str]) -> None:
    """Make one request and print its answer."""
    parser = ArgumentParser()
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-i", action="store_true")
    parser.add_argument("-X", default="GET", dest="method")
    parser.add_argument("-H", action="append", default=[], dest="headers")
    parser.add_argument("url")
    asked = parser.parse_args(arguments)
    url = urlsplit(asked.url)
    assert url.hostname is not None
    connection = HTTPConnection(url.hostname, url.port, timeout=30)
    headers = dict(header.split(": ", 1) for header in asked.headers)
    connection.request(asked.method, f"{url.path}?{url.query}" if url.query else url.path, headers=headers)
    answer = connection.getresponse()
    if asked.i:
        head = [
            f"HTTP/1.1 {answer.status} {answer.reason}",
            *(f"{name}: {value}" for name, value in answer.getheaders()),
        ]
        sys.stdout.write("".join(f"{line}\r\n" for line in [*head, ""]))
        sys.stdout.flush()
    sys.stdout.buffer.write(answer.read())
    connection.close()


if __name__ == "__main__":
    main(sys.argv[1:])
