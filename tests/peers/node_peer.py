"""A relying party and an identity provider in Node, and how a test talks to them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from scripts.node import INSTALLED, SOURCE


@dataclass
class NodePeer:
    """The relying party while it runs."""

    stdin: IO[str]
    stdout: IO[str]

    def __call__(self, order: str, **parameters: Any) -> dict[str, Any]:
        """Give it an order and hear what came of it."""
        print(json.dumps({"do": order, **parameters}), file=self.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self.stdout.readline())
        return answer


@contextmanager
def node_peer(issuer: str, client_id: str, secret: str, redirect_uri: str) -> Iterator[NodePeer]:
    """A relying party in Node while the block runs."""
    source = (SOURCE / "relying_party.mjs").read_text(encoding="utf-8")
    (INSTALLED / "relying_party.mjs").write_text(source, encoding="utf-8")
    command = ["node", "relying_party.mjs", issuer, client_id, secret, redirect_uri]
    with subprocess.Popen(
        command, cwd=INSTALLED, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield NodePeer(process.stdin, process.stdout)
        finally:
            process.stdin.close()
            process.wait(10)


@contextmanager
def node_provider(client_id: str, secret: str, redirect_uri: str) -> Iterator[str]:
    """An identity provider in Node while the block runs; gives its issuer."""
    source = (SOURCE / "provider.mjs").read_text(encoding="utf-8")
    (INSTALLED / "provider.mjs").write_text(source, encoding="utf-8")
    command = ["node", "provider.mjs", client_id, secret, redirect_uri]
    with subprocess.Popen(
        command, cwd=INSTALLED, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            issuer = next(line for line in process.stdout if line.startswith("{"))
            yield str(json.loads(issuer)["issuer"])
        finally:
            process.stdin.close()
            process.wait(10)
