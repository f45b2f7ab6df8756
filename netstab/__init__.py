"""Net Stabilization: a fleet of ASIC miners as one controllable load on the grid."""

__version__ = "0.1.0"
