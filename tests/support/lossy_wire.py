"""A wire to a device that carries what is asked, counts who waits, and can lose the answer to one command."""

import selectors
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

__all__ = ["LossyWire"]


class LossyWire:
    """Ways to one device's ports. `told` gives what the device was told so far that was no read.

    With `loses` n, the answer to the n-th thing it is told from then on does not arrive, nor does any other
    on that connection; then it has `lost` one. `most_waiting` is how many requests
    waited for an answer at once.
    """

    def __init__(self, told: Callable[[], Sequence[object]]) -> None:
        self._told = told
        self._lock = threading.Lock()
        self._waiting: set[socket.socket] = set()
        self.most_waiting = 0
        self.lost = False
        self._lost_at = 0  # as many things as the device must have been told for an answer to be lost

    def loses(self, n: int) -> None:
        self._lost_at = len(self._told()) + n

    @contextmanager
    def to(self, address: str, port: int) -> Iterator[int]:
        """Carry what comes to a port on 127.0.0.1, whose number is given, to the device's."""
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                thread = threading.Thread(target=self._carry, args=(client, (address, port)), daemon=True)
                threads.append(thread)
                thread.start()

        with socket.create_server(("127.0.0.1", 0)) as listening:
            accepting = threading.Thread(target=accept, daemon=True)
            accepting.start()
            yield int(listening.getsockname()[1])
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join(60)
        for thread in threads:
            thread.join(60)

    def _carry(self, client: socket.socket, device: tuple[str, int]) -> None:
        with client:
            with suppress(OSError), socket.create_connection(device) as server:
                self._forward(client, server)
            self._waits(client, False)  # before the client sees its end

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in ready.select():
                    source: socket.socket = key.fileobj  # type: ignore[assignment]
                    data = source.recv(65536)
                    if (not data or source is server) and (self._is_lost() or not data):
                        return
                    self._waits(client, source is client)
                    key.data.sendall(data)

    def _waits(self, client: socket.socket, waits: bool) -> None:
        with self._lock:
            (self._waiting.add if waits else self._waiting.discard)(client)
            self.most_waiting = max(self.most_waiting, len(self._waiting))

    def _is_lost(self) -> bool:
        """Whether what the device was told last is what no answer is to arrive of."""
        with self._lock:
            if not self._lost_at or len(self._told()) < self._lost_at:
                return False
            self._lost_at, self.lost = 0, True
            return True
