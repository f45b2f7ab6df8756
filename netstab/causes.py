"""What really went wrong under the wrappings of the HTTP libraries. It gives nothing a name."""

import requests
import urllib3

__all__ = ["innermost"]


def innermost(error: BaseException) -> BaseException:
    """Return the innermost cause of an error that `requests` or `urllib3` have wrapped."""
    while isinstance(error, requests.RequestException | urllib3.exceptions.HTTPError):
        inner = error.__cause__ or error.__context__
        if inner is None:
            break
        error = inner
    return error
