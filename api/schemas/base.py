"""What all schemas are made of."""

from typing import Annotated

from msgspec import Meta, Struct

__all__ = [
    "MAX_KILOWATTS",
    "MINER_ID",
    "Address",
    "Answer",
    "Body",
    "Failure",
    "HostNetwork",
    "Moment",
    "Target",
]

MAX_KILOWATTS = 1e6

_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_HOST = rf"{_OCTET}(\.{_OCTET}){{3}}"

_BY_NUMBER = "awesome-(0|[1-9][0-9]{0,18})"

MINER_ID = f"^({_HOST}|{_BY_NUMBER})$"
Address = Annotated[str, Meta(extra_json_schema={"pattern": MINER_ID})]
"""A miner's id: its address, or one by its number at Awesome Miner where it has none within reach."""
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
HostNetwork = Annotated[str, Meta(extra_json_schema={"pattern": f"^{_HOST}/(1[6-9]|2[0-9]|3[0-2])$"})]

Target = Annotated[float, Meta(ge=0, description="Power in kW, from 0 to the rated power.")]


class Body(Struct, forbid_unknown_fields=True):
    """A request to the dashboard's API: an unknown field is a typing error."""


class Answer(Struct, gc=False):
    """An answer of either API."""


class Failure(Answer):
    """The one shape of every error; the header X-Error-Code carries its machine-readable code."""

    accepted: bool
    message: str
