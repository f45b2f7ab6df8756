"""Antminers after the S9 on Bitmain's own firmware: read, and put to sleep and woken by their work mode."""
