"""A wire to a server that is cut at the commit: before it arrives, or before its answer comes back."""

import selectors
import socket
import threading
from typing import Self


class CuttingProxy:
    """Forwards bytes on loopback; with `cut` at `before` or `after`, a commit is the last thing sent."""

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.cut = ""
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(60)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._forward, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _forward(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._server) as server, selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in ready.select():
                    source: socket.socket = key.fileobj  # type: ignore[assignment]
                    data = source.recv(65536)
                    if not data:
                        return
                    if source is client and b"COMMIT" in data and self.cut:
                        self._cut(server, data)
                        return
                    key.data.sendall(data)

    def _cut(self, server: socket.socket, data: bytes) -> None:
        if self.cut == "after":
            server.sendall(data)
            server.recv(65536)
        self.cut = ""
