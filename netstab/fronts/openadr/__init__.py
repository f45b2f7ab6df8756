"""The OpenADR 3 VEN: reads events of a VTN, has the fleet follow them, and reports. Versions 3.0.1 and 3.1.0.

What events mean is worked out by pure modules. One thread asks the VTN, another has the fleet follow what is
known: a VTN that is slow or gone delays nothing that was asked for before.
"""
