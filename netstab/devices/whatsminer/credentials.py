"""What a site sets once for all its Whatsminers."""

from netstab.devices.family import Credential
from netstab.devices.web import Web

__all__ = ["CREDENTIALS", "account_of", "password_of", "web_password_of"]

_USERNAME = Credential(
    "WHATSMINER_USERNAME",
    "super",
    "account of Whatsminers with API 3; with API 2 it is always admin",
    secret=False,
)
_PASSWORD = Credential(
    "WHATSMINER_PASSWORD", "super", "its password, and the one of admin with API 2; unset, admin there"
)

CREDENTIALS = (_USERNAME, _PASSWORD)

_WEB_DEFAULT = "admin"  # of the web server's account, which API 2 knows us by


def account_of(web: Web) -> str:
    return _value(web, _USERNAME)


def password_of(web: Web) -> str:
    return _value(web, _PASSWORD)


def web_password_of(web: Web) -> str:
    """Return the password for API 2: the maker's own default where the site has set none."""
    password = password_of(web)
    return _WEB_DEFAULT if password == _PASSWORD.default else password


def _value(web: Web, credential: Credential) -> str:
    return web.credentials.get(credential.name, credential.default)
