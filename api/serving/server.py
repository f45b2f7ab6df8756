"""Runs an application with bounds on everything that a client may take.

It ends only when told to: requests in progress are finished first.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from waitress import wasyncore  # type: ignore[import-untyped]

from api.serving.connections import Listener
from api.serving.lanes import Lanes
from api.serving.precedence import Precedence
from netstab.units import Seconds

__all__ = ["Server"]

CONNECTIONS = 2000
_BACKLOG = 4096  # the kernel keeps fewer where net.core.somaxconn says so; one too many waits for a second
_MAX_HEADERS = 32 * 1024
_MOST_READ = 4 * 1024 * 1024  # a sender beyond it is cut off; one below it gets to read its refusal
_IDLE = Seconds(60)
_GLANCE = Seconds(0.02)


class Server:
    """Serves from `start` to `stop`, on a thread of its own. `port` 0 takes a free one.

    Each path of `reserved` has threads of its own; `may_wait` says of method and path whether an answer may
    take long. What is reserved goes before all else that is served with the same `precedence`. `connections`
    are held at most. `refused` is told the status of each answer to what never reached the application.
    `stranger` says of a client's address and a path why the request is refused before its body is read, or
    None.
    """

    def __init__(
        self,
        application: Callable[..., Any],
        host: str,
        port: int,
        reserved: Sequence[str],
        may_wait: Callable[[str, str], bool] | None,
        precedence: Precedence,
        *,
        connections: int | None = None,
        name: str = "http",
        refused: Callable[[int], None] | None = None,
        stranger: Callable[[str, str], str | None] | None = None,
    ) -> None:
        self._application = application
        self._address = (host, port)
        self._lanes = partial(Lanes, reserved, may_wait, precedence)
        self._connections = connections or CONNECTIONS
        self._refused = refused
        self._stranger = stranger
        self._server: Any = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def held(self) -> int:
        """How many connections are held."""
        return len(self._server.active_channels)

    def waiting(self) -> dict[str, int]:
        """Count the requests that wait for a thread, by the name of their lane."""
        lanes: Lanes = self._server.task_dispatcher
        return lanes.waiting()

    @property
    def port(self) -> int:
        """The port that is listened on, once started."""
        return int(self._server.effective_port)

    def start(self) -> None:
        """Bind and serve. Raises `OSError` if the address cannot be had."""
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        dual = family is socket.AF_INET6 and socket.has_dualstack_ipv6()
        listening = socket.create_server(self._address, family=family, dualstack_ipv6=dual)
        self._server = Listener.on(
            listening,
            self._application,
            self._lanes(),
            connection_limit=self._connections,
            backlog=_BACKLOG,
            asyncore_use_poll=True,
            max_request_body_size=_MOST_READ,
            max_request_header_size=_MAX_HEADERS,
            channel_timeout=_IDLE,
            ident=None,
            log_socket_errors=False,
            clear_untrusted_proxy_headers=False,
        )
        self._server.refused = self._refused or self._server.refused
        self._server.stranger = self._stranger
        self._thread.start()

    def stop(self, within: Seconds) -> bool:
        """Stop accepting, finish the requests in progress, close; False if some took longer than `within`."""
        deadline = time.monotonic() + within
        self._on_loop(lambda: wasyncore.dispatcher.close(self._server))
        while self._busy() and time.monotonic() < deadline:
            time.sleep(_GLANCE)
        finished = not self._busy()
        self._on_loop(lambda: wasyncore.close_all(self._server._map))  # noqa: SLF001
        self._thread.join(max(1.0, deadline - time.monotonic()))
        self._server.task_dispatcher.shutdown(timeout=max(0.5, deadline - time.monotonic()))
        return finished

    def _run(self) -> None:
        self._server.run()

    def _on_loop(self, call: Any) -> None:
        """Have the thread that owns all sockets do something to them."""
        with suppress(OSError):  # a loop that was awake has done it, and closed what would have woken it
            self._server.trigger.pull_trigger(call)

    def _busy(self) -> bool:
        channels = list(self._server.active_channels.values())
        return any(channel.requests or channel.total_outbufs_len for channel in channels)
