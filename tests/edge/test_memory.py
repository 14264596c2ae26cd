"""Memory that answers free is kept: a process that serves does not get it anew from the system for each."""

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
from jobgateway.edge.memory import keep_freed
if {kept}:
    keep_freed()
def answer():
    return [bytes(60_000) for _ in range(40)]
answer()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    answer()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(*, kept: bool) -> int:
    return int(subprocess.run([sys.executable, "-c", FAULTS.format(kept=kept)], check=True, capture_output=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have rules of their own")
def test_memory_is_got_from_the_system_once():
    assert faults(kept=True) * 10 < faults(kept=False)
