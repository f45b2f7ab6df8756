"""A client of a server's API, for the command line: calls with a deadline, and what became of each."""
