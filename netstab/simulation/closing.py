"""The end of a simulated server: nobody is let in any more, and nobody is left half let in."""

import asyncio

__all__ = ["close_server"]

_TURNS_OF_AN_ACCEPT = 16
"""More turns of the loop than it takes to make a connection of what was accepted: time says nothing of it."""


async def close_server(server: asyncio.Server) -> None:
    """Stop listening; who was let in just now is a connection when this returns.

    A server that closes at once drops a connection that is accepted and not yet made, with its socket open.
    """
    loop = asyncio.get_running_loop()
    for listener in server.sockets:
        loop.remove_reader(listener.fileno())
    for _ in range(_TURNS_OF_AN_ACCEPT):
        await asyncio.sleep(0)
    server.close()
