"""A package, so that pytest knows when the last test that needs the browser has run."""
