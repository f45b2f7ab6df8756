"""Vnish 1.x, or AnthillOS, on Antminers from the S17 on: JSON over HTTP. The S9's 3.x is in `antminer`."""
