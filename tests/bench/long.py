"""A process that judges and judges: ``python -m tests.bench.long MAILS THREADS`` prints its memory on the way."""

from __future__ import annotations

import json
import sys

from tests.bench.processes import long

if __name__ == "__main__":
    print(json.dumps(long(int(sys.argv[1]), int(sys.argv[2]))))
