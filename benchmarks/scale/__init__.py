"""One server and up to 20,000 simulated miners over real sockets: what it costs and how fast it answers."""
