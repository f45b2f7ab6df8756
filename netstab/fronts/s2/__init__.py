"""The fleet as a Resource Manager of S2 (EN 50491-12-2), which an energy manager controls over a WebSocket.

`session` says what each message and each moment makes of the conversation; `front` and `talk` carry it.
"""
