"""The plainest face, as an example of how one is written: it says on each port what it draws."""

import json
from typing import Any

from netstab.simulation.faces.face import Face, HttpRequest, Kind, Place, WebAnswer
from netstab.simulation.faces.machine import Build, Machine, Port
from netstab.simulation.tunable import Law

__all__ = ["PLAIN", "PlainFace"]

LAW = Law(idle=15.0, start=(60.0, 60.0), rises=4.0, falls=1.0)


class PlainFace(Face):
    """One JSON object for each port. `limit` is what it forbids, as a Whatsminer's limit is."""

    extra_ports = (6060,)

    def api(self, request: bytes) -> bytes | None:
        return self._answer(Port.API, request)

    def framed(self, request: bytes) -> bytes | None:
        return self._answer(Port.FRAMED, request)

    def web(self, request: HttpRequest) -> WebAnswer | None:
        said = self._answer(Port.WEB, request.body.encode() or b"{}")
        return WebAnswer(said or b"", "200 OK" if said else "400 Bad Request")

    def web_at(self, port: int, request: HttpRequest) -> WebAnswer | None:
        return WebAnswer(f"{port}:{self.machine.power:.0f}".encode(), content_type="text/plain")

    def _answer(self, port: Port, request: bytes) -> bytes | None:
        try:
            asked = json.loads(request)
        except ValueError:
            return b'{"error": "bad JSON"}'
        self._take(port, asked)
        return json.dumps({"power": round(self.machine.told_power), "asked": asked}).encode()

    def _take(self, port: Port, asked: dict[str, Any]) -> None:
        if "limit" in asked:
            self.machine.note(port, f"limit {asked['limit']}", forbidden="it restarts the miner")
        elif "watts" in asked:
            self.machine.note(port, f"watts {asked['watts']}", write=True)
            self.machine.tune(asked["watts"])
        else:
            self.machine.note(port, "state")


def _built(place: Place) -> PlainFace:
    build = Build("Plain 1", place.mac, full=3000.0, hashrate=100_000.0, lowest=1000.0, law=LAW, told=0.95)
    return PlainFace(Machine(build, place.rng, asleep=place.asleep))


PLAIN = Kind("plain", "Plain 1", _built)
