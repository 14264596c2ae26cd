"""What a forked process has of its parent. It is forked by a program of its own, which has one thread."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no fork here")

PROGRAM = """
import asyncio, gc, json, os, signal, socket
from jobgateway.edge import forking

def state():
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    return [sorted(mask), gc.get_freeze_count() > 0]

loop = asyncio.new_event_loop()
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
    loop.add_signal_handler(number, print, "the parent was told")
kept, gone = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
said, saying = os.pipe()
before = state()
child = forking.fork({kept.fileno(), saying})
if not child:
    nowhere = os.stat(os.devnull).st_rdev
    told = {
        "kept": kept.getsockname()[1] > 0,
        "gone": os.fstat(gone.fileno()).st_rdev == nowhere,
        "signals": [signal.getsignal(number).name for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)],
        "wakeup": signal.set_wakeup_fd(-1),
        "frozen": gc.get_freeze_count() > 0,
    }
    os.write(saying, json.dumps(told).encode())
    gone.close()
    os.kill(os.getpid(), signal.SIGTERM)
ended = os.waitpid(child, 0)[1]

def fails():
    raise OSError(11, "no more")

os.fork = fails
try:
    forking.fork({1})
except OSError as error:
    failed = error.errno
told = json.loads(os.read(said, 10_000))
after = {"ended": ended, "failed": failed, "as_before": state() == before, "ours": gone.getsockname()[1] > 0}
print(json.dumps({**told, **after}))
"""


def test_a_child_has_what_was_kept_and_its_own_signals_and_its_parent_goes_on_as_before():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)

    assert done.stderr == ""
    assert json.loads(done.stdout) == {
        "kept": True,
        "gone": True,
        "signals": ["SIG_IGN", "SIG_IGN", "SIG_DFL"],
        "wakeup": -1,
        "frozen": True,
        "ended": 15,
        "failed": 11,
        "as_before": True,
        "ours": True,
    }
