"""What simulated miners of other makes say: one model of a device, and a face for each family.

A face is written from the device's side, by the maker's documents and recorded answers: it shares no code
with the drivers, so that an error in one is not hidden by the same error in the other.
"""
