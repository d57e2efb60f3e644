"""What the server of ``forked`` does before it forks: the program runs once, so that all it needs has been imported.

Its account has a mail server that nobody listens for, its ledger is thrown away.
"""

from __future__ import annotations

import gc
import os
import threading
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import assistant.adapters.certificate
import assistant.adapters.relay
import assistant.daemon.serving  # noqa: F401 - for the gateway
from assistant.cli import main
from tests.servers import free_port
from tests.servers.gelassen import Gelassen

os.environ["OMP_NUM_THREADS"] = "1"  # before PyTorch is read: its threads would not come along either
with TemporaryDirectory() as folder, redirect_stdout(StringIO()), redirect_stderr(StringIO()):
    program = Gelassen(Path(folder), port=free_port(), user="nobody", more="[judge]\nthreads = 1")
    os.environ.update(program.environment)
    for command in (["run", "--once"], ["queue", "--json"], ["release", "1"], ["resolve", "1", "--sent"]):
        main(["--config", str(program.config), *command])

gc.collect()  # the model's threads end with it; a fork takes no threads along, and what they hold would stay locked
for thread in threading.enumerate():
    if thread is not threading.main_thread():
        thread.join(60)
