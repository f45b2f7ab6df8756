"""The end of a simulated server: nobody is let in any more, and nobody is left half let in."""

import asyncio

__all__ = ["close_server"]

_LAST_ACCEPTED = 1.0  # s


async def close_server(server: asyncio.Server) -> None:
    """Stop listening; who was let in just now is a connection when this returns.

    A server that closes at once drops a connection that is accepted and not yet made, with its socket open.
    """
    loop = asyncio.get_running_loop()
    for listener in server.sockets:
        loop.remove_reader(listener.fileno())
    accepting = asyncio.all_tasks() - {asyncio.current_task()}
    if accepting:
        await asyncio.wait(accepting, timeout=_LAST_ACCEPTED)
    server.close()
