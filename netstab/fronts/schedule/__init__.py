"""The way in of a site's own schedule and prices: what is in force becomes commands."""
