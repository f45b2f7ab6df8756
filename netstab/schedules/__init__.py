"""What a site has planned: a schedule, energy prices, and what of both is in force at a moment.

Pure: no clock, no I/O, no threads; the moment, by the host's clock, is an argument. It knows neither the log
nor the fleet, and commands nobody.
"""
