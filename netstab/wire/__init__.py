"""Exchanges over the network, whoever is asked. It knows neither miners nor meters."""
