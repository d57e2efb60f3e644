"""Who is at the other end: read from the kernel's tables."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from assistant.gateway.peers import owner
from tests.servers.gateway import has_ipv6


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such table")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_owner_of_a_socket_is_its_user(host: str) -> None:
    """On both loopback addresses."""
    if ":" in host and not has_ipv6():
        pytest.skip("no IPv6")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as server, socket.create_connection(server.getsockname()[:2]):
        connection, peer = server.accept()
        connection.close()
        assert owner(peer) == f"uid {os.geteuid()}"


def test_without_a_table_the_address_stands_for_the_peer(tmp_path: Path) -> None:
    """As on systems without /proc."""
    nowhere = dict.fromkeys((socket.AF_INET, socket.AF_INET6), tmp_path / "none")
    assert owner(("127.0.0.1", 40000), nowhere) == "127.0.0.1"
    assert owner(("::1", 40000), nowhere) == "::1"


def test_a_peer_that_is_not_in_the_table_is_its_address(tmp_path: Path) -> None:
    """It has closed its socket already; lines of another shape are passed over."""
    table = tmp_path / "tcp"
    table.write_text("  sl  local_address rem_address\n   0: 0100007F:9C41 0100007F:0001 01\n", encoding="ascii")
    assert owner(("127.0.0.1", 40000), dict.fromkeys((socket.AF_INET, socket.AF_INET6), table)) == "127.0.0.1"
