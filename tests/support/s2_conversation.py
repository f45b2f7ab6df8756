"""A session of S2 without a socket: what is heard, and what is said and told to the fleet, step by step."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from s2_schemas import fault

from events.commands import Command
from netstab.fronts.s2.offer import Offer
from netstab.fronts.s2.sent import encoded
from netstab.fronts.s2.session import Answered, Closed, Event, Frame, Opened, Ticked, handle
from netstab.fronts.s2.turn import Close, Note, Send, Session, Submit
from netstab.fronts.s2.view import FleetView
from netstab.units import WallTime, Watts, rfc3339

__all__ = ["LIMIT", "MODE", "NOON", "OFFER", "STANDS", "Conversation"]

MODE, LIMIT = "OPERATION_MODE_BASED_CONTROL", "POWER_ENVELOPE_BASED_CONTROL"
NOON = WallTime(1768910400.0)  # 2026-01-20T12:00:00Z
OFFER = Offer(idle=Watts(1000.0), lowest=Watts(3000.0), highest=Watts(41000.0), rated=Watts(41000.0))
STANDS = {"ordered": True, "holds": True, "commands": True}
"""How the fleet looks while the setpoint of S2 is in force."""


class Conversation:
    """`said` is the messages of the newest event, `told` all commands; the fleet answers by `fleet_takes`."""

    def __init__(self, **view: Any) -> None:
        shown: dict[str, Any] = {"offer": OFFER, "power": Watts(1000.0), "tolerance": Watts(500.0)} | view
        self.session = Session("fleet-1")
        self.view = FleetView(**shown)
        self.now = NOON
        self.said: list[dict[str, Any]] = []
        self.told: list[Command] = []
        self.tickets: list[str] = []
        self.notes: list[str] = []
        self.closed: Close | None = None

    def on(self, event: Event) -> list[dict[str, Any]]:
        self.session, effects = handle(self.session, event, self.now, self.view)
        self.said = []
        for effect in effects:
            match effect:
                case Send(message):
                    self.said.append(json.loads(encoded(message)))
                    assert fault(self.said[-1]) == ""
                case Submit(command, ticket):
                    self.told.append(command)
                    self.tickets.append(ticket)
                case Note(text):
                    self.notes.append(text)
                case Close():
                    self.closed = effect
        return self.said

    def open(self, control: str = MODE, key: int = 1) -> list[dict[str, Any]]:
        """Connect, shake hands and select; "" selects nothing."""
        self.on(Opened(UUID(int=key)))
        self.hear("Handshake", role="CEM")
        said = self.hear("HandshakeResponse", selected_protocol_version="0.0.2-beta")
        return self.hear("SelectControlType", control_type=control) if control else said

    def hear(self, kind: str, **fields: Any) -> list[dict[str, Any]]:
        named = {} if kind == "ReceptionStatus" else {"message_id": str(uuid4())}
        return self.on(Frame(json.dumps({"message_type": kind, **named, **fields})))

    def instruct(self, mode: str, factor: float = 1.0, after: float = 0.0, **fields: Any) -> str:
        """Ask for an operation mode by its label, `after` so many seconds; return the instruction's id."""
        instruction = str(uuid4())
        asked = {
            "id": instruction,
            "execution_time": rfc3339(WallTime(self.now + after)),
            "operation_mode_id": self.mode(mode),
            "operation_mode_factor": factor,
            "abnormal_condition": False,
        }
        self.hear("OMBC.Instruction", **(asked | fields))
        return instruction

    def limit(self, *steps: tuple[float, float], after: float = 0.0, **fields: Any) -> str:
        """Limit the fleet to so many W for so many seconds, step by step; return the instruction's id."""
        instruction = str(uuid4())
        elements = [
            {"duration": round(seconds * 1000), "upper_limit": power, "lower_limit": 0}
            for power, seconds in steps
        ]
        envelope = {
            "id": str(uuid4()),
            "commodity_quantity": "ELECTRIC.POWER.3_PHASE_SYMMETRIC",
            "power_envelope_elements": elements,
        }
        asked = {
            "id": instruction,
            "execution_time": rfc3339(WallTime(self.now + after)),
            "abnormal_condition": False,
            "power_constraints_id": self.session.described,
            "power_envelopes": [envelope],
        }
        self.hear("PEBC.Instruction", **(asked | fields))
        return instruction

    def mode(self, label: str) -> str:
        assert self.session.offer is not None
        return next(mode.id for mode in self.session.offer.modes if mode.label == label)

    def fleet_takes(self, **view: Any) -> list[dict[str, Any]]:
        """The fleet takes what it was told last, and then looks like this."""
        self.sees(**view)
        return self.on(Answered(self.tickets[-1], None))

    def fleet_refuses(self) -> list[dict[str, Any]]:
        return self.on(Answered(self.tickets[-1], "An operator has command."))

    def sees(self, **view: Any) -> None:
        self.view = replace(self.view, **view)

    def wait(self, seconds: float) -> list[dict[str, Any]]:
        self.now = WallTime(self.now + seconds)
        return self.on(Ticked())

    def lose(self) -> None:
        self.on(Closed())

    def kinds(self) -> list[str]:
        return [message["message_type"] for message in self.said]

    def reception(self) -> str:
        """How the newest message was received."""
        (answer,) = (each for each in self.said if each["message_type"] == "ReceptionStatus")
        return str(answer["status"])

    def states(self, instruction: str = "") -> list[str]:
        """What was said just now of an instruction, of all if none is named."""
        return [
            each["status_type"]
            for each in self.said
            if each["message_type"] == "InstructionStatusUpdate"
            and instruction in ("", each["instruction_id"])
        ]
