"""The benchmarks are a package beside the tests, not one that is installed."""

from __future__ import annotations

import sys

from support.specs import ROOT

if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))
