"""What all schemas are made of."""

from typing import Annotated

from msgspec import Meta, Struct

__all__ = [
    "MAX_KILOWATTS",
    "Address",
    "Answer",
    "Body",
    "Failure",
    "HostAddress",
    "HostNetwork",
    "Moment",
    "Target",
]

MAX_KILOWATTS = 1e6

_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_HOST = rf"{_OCTET}(\.{_OCTET}){{3}}"

Address = Annotated[str, Meta(extra_json_schema={"format": "ipv4"})]
Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
HostAddress = Annotated[str, Meta(extra_json_schema={"format": "ipv4", "pattern": f"^{_HOST}$"})]
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
