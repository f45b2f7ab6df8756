"""The HTTP server itself: waitress's, with the bounds that it leaves out.

One thread owns all sockets, pools of threads make the answers in turns, and nothing here waits for a client.
It must not know the fleet or what is served: the application is any of WSGI, and it is told which paths have
threads of their own.
"""
