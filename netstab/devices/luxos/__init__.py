"""Miners on LuxOS, on whatever machine: all goes over the API port, in sessions that lock others out."""
