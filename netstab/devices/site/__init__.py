"""A site as a unit: another Net Stabilization server, which shares out what it is told by itself."""
