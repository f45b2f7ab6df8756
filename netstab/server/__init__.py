"""What starts, leads and ends a server. It decides nothing about the fleet."""
