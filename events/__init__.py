"""The command log: the event-sourced fleet, the one writer, and the readers.

Knows neither actors nor HTTP nor miners' protocols. Module and class names of events are a database format.
"""
