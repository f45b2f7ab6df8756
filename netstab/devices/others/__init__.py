"""Makers whose machines are recognised and read, and never controlled: a room for each would say no more."""
