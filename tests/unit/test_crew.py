"""Whether the daemon's threads are seen to hang."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.adapters.clock import elapsed
from assistant.config import load
from assistant.daemon import crew as module
from assistant.daemon.crew import Crew
from assistant.daemon.parts import Parts
from tests.servers import free_port


def test_a_thread_that_is_not_heard_of_is_not_lively(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is away is no hanging; a quarter of an hour without a sign of life is."""
    config = tmp_path / "config.toml"
    config.write_text(
        f"""
[store]
url = "sqlite:///gelassen.db"
[[account]]
name = "studio"
address = "mara@studio.example"
imap = {{ host = "127.0.0.1", port = {free_port()}, security = "none", user = "mara" }}
password_env = "PATH"
""",
        encoding="utf-8",
    )
    parts = Parts(load(config), "en")
    crew = Crew(parts)
    try:
        crew.follow({"studio"})
        assert crew.lively
        monkeypatch.setattr(module, "elapsed", lambda: elapsed() + 16 * 60)
        assert not crew.lively
    finally:
        crew.dismiss()
        parts.store.close()
