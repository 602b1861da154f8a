"""The worker: a local service that runs actions for editors, one per user, its models kept warm.

`server` owns the process (folder, lock, socket, signals), `service` the routes, `turns` the order,
`running` the thread in which the models are; `frames`, `wire` and `planes` are what travels.
docs/worker.md is the protocol.
"""

from __future__ import annotations

__all__ = ["PROTOCOL"]

PROTOCOL = 1
"""Version of the protocol; a host that speaks another one is told what to type."""
