"""The fleet: one actor that takes commands one at a time, and the pure parts it is made of."""
