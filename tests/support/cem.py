"""An energy manager that speaks S2: a WebSocket server that answers, selects, and keeps what it is told.

What it is told that the published schemas do not allow stands in `faults`.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from s2_schemas import fault
from waiting import wait_until
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

__all__ = ["LIMIT", "MODE", "Cem", "Message", "cem"]

Message = dict[str, Any]
MODE, LIMIT = "OPERATION_MODE_BASED_CONTROL", "POWER_ENVELOPE_BASED_CONTROL"


class Cem:
    """`control` is what it selects; "" selects nothing. `heard` has what the newest session has brought.

    `ends` has the codes with which its sessions were closed. It sends who connects to `elsewhere`, if set.
    """

    def __init__(self, control: str = MODE, version: str = "0.0.2-beta") -> None:
        self.control = control
        self.version = version
        self.heard: list[Message] = []
        self.faults: list[str] = []
        self.tokens: list[str] = []
        self.ends: list[int | None] = []
        self.elsewhere = ""
        self.sessions = 0
        self._socket: ServerConnection | None = None

    def meet(self, socket: ServerConnection) -> None:
        """Hold a session."""
        self._socket, self.heard, self.sessions = socket, [], self.sessions + 1
        assert socket.request is not None
        self.tokens.append(socket.request.headers.get("Authorization", ""))
        try:
            self.say("Handshake", role="CEM", supported_protocol_versions=[self.version or "none"])
            for text in socket:
                self._take(json.loads(text))
        except ConnectionClosed:
            pass
        self.ends.append(socket.close_code)

    def _take(self, message: Message) -> None:
        if wrong := fault(message):
            self.faults.append(f"{message['message_type']}: {wrong}")
        self.heard.append(message)
        if message["message_type"] == "ReceptionStatus":
            return
        answer = {"message_type": "ReceptionStatus", "subject_message_id": message["message_id"]}
        self.raw(json.dumps(answer | {"status": "OK"}))
        if message["message_type"] == "Handshake" and self.version:
            self.say("HandshakeResponse", selected_protocol_version=self.version)
        if message["message_type"] == "ResourceManagerDetails" and self.control:
            self.say("SelectControlType", control_type=self.control)

    def raw(self, text: str | bytes) -> None:
        assert self._socket is not None
        self._socket.send(text)

    def say(self, kind: str, **fields: Any) -> str:
        message_id = str(uuid4())
        self.raw(json.dumps({"message_type": kind, "message_id": message_id, **fields}))
        return message_id

    def instruct(self, mode_id: str, factor: float = 1.0, at: datetime | None = None) -> str:
        """Ask for an operation mode, now or later; return the instruction's id."""
        instruction = str(uuid4())
        self.say(
            "OMBC.Instruction",
            id=instruction,
            execution_time=(at or datetime.now(UTC)).isoformat(),
            operation_mode_id=mode_id,
            operation_mode_factor=factor,
            abnormal_condition=False,
        )
        return instruction

    def limit(self, constraints: str, *steps: tuple[float, float]) -> str:
        """Limit the fleet to so many W for so many seconds, step by step; return the instruction's id."""
        instruction = str(uuid4())
        elements = [
            {"duration": round(seconds * 1000), "upper_limit": power, "lower_limit": 0}
            for power, seconds in steps
        ]
        quantity = "ELECTRIC.POWER.3_PHASE_SYMMETRIC"
        envelope = {
            "id": str(uuid4()),
            "commodity_quantity": quantity,
            "power_envelope_elements": elements,
        }
        self.say(
            "PEBC.Instruction",
            id=instruction,
            execution_time=datetime.now(UTC).isoformat(),
            abnormal_condition=False,
            power_constraints_id=constraints,
            power_envelopes=[envelope],
        )
        return instruction

    def all(self, kind: str, **fields: Any) -> list[Message]:
        return [
            each
            for each in list(self.heard)
            if each["message_type"] == kind and all(each.get(name) == value for name, value in fields.items())
        ]

    def await_one(self, kind: str, within: float = 10.0, **fields: Any) -> Message:
        """Wait for a message; return the newest one that has these fields."""
        wait_until(lambda: bool(self.all(kind, **fields)), within)
        return self.all(kind, **fields)[-1]

    def states(self, instruction: str) -> list[str]:
        updates = self.all("InstructionStatusUpdate", instruction_id=instruction)
        return [each["status_type"] for each in updates]

    def reception(self, message_id: str) -> str:
        answer = self.await_one("ReceptionStatus", subject_message_id=message_id)
        return str(answer["status"])


@contextmanager
def cem(given: Cem | None = None, port: int = 0, token: str = "") -> Iterator[tuple[Cem, int]]:
    """Run an energy manager, which may ask for a token; gives it and its port. It ends by cutting all off."""
    manager, open_sockets = given or Cem(), list[ServerConnection]()

    def meet(socket: ServerConnection) -> None:
        open_sockets.append(socket)
        manager.meet(socket)

    def admit(_socket: ServerConnection, request: Request) -> Response | None:
        shown = request.headers.get("Authorization", "")
        if manager.elsewhere:
            return Response(302, "Found", Headers(Location=manager.elsewhere))
        return None if not token or shown == f"Bearer {token}" else Response(401, "Unauthorized", Headers())

    with serve(meet, "127.0.0.1", port, compression=None, process_request=admit) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield manager, int(server.socket.getsockname()[1])
        finally:
            server.shutdown()
            for each in open_sockets:
                each.socket.close()
            thread.join(5)
