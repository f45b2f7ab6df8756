"""How well dispatch follows, in virtual time and beside other controllers; see docs/benchmark.md.

Nothing here is part of the product; it drives the product's own parts.
"""
