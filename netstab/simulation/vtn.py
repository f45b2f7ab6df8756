"""A simulated VTN of OpenADR 3.0.1 or 3.1.0 on a port of 127.0.0.1, which tests and the demo fill.

It keeps all in memory and knows one VEN. Source: the OpenAPI documents of both versions.
"""

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from netstab.simulation.served import Served

__all__ = ["Exchange", "SimulatedVtn", "VtnTrouble"]

Document = dict[str, Any]
_KINDS = {
    "programs": "PROGRAM",
    "events": "EVENT",
    "reports": "REPORT",
    "vens": "VEN",
    "resources": "RESOURCE",
}
_NAMES = {"vens": "venName", "resources": "resourceName", "programs": "programName", "reports": "reportName"}
_ASKED_BY = ("programID", "eventID", "clientName", "venName", "resourceName", "venID")


@dataclass(frozen=True, slots=True)
class VtnTrouble:
    """What is wrong: all get the same `status`, or are sent to `location`; nobody is answered while `silent`.

    `only` limits it to paths that begin so.
    """

    status: int = 0
    location: str = ""
    silent: bool = False
    only: str = "/"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as they went over the wire."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    status: int = 0
    answer: bytes = b""


@dataclass
class SimulatedVtn(Served):
    """A context manager, safe for any thread. Without `secret` no token is asked for.

    `documents` has all objects by their kinds and ids; `exchanges` the newest of what went over the wire.
    """

    version: str = "3.1.0"
    secret: str = ""
    port: int = 0
    expires_in: int = 3600
    trouble: VtnTrouble = field(default_factory=VtnTrouble)
    exchanges: deque[Exchange] = field(default_factory=lambda: deque(maxlen=2000))
    documents: dict[str, dict[str, Document]] = field(default_factory=lambda: {kind: {} for kind in _KINDS})
    tokens: int = 0

    def __post_init__(self) -> None:
        self._valid: set[str] = set()
        self._made = 0
        self._lock = threading.RLock()
        self._server: ThreadingHTTPServer | None = None
        self._released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._released.clear()
        self._server = _Server(("127.0.0.1", self.port), self)
        self.port = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="simulated-vtn", daemon=True
        ).start()

    def stop(self) -> None:
        self._released.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def expire_tokens(self) -> None:
        """Let all tokens that were given be of no use."""
        with self._lock:
            self._valid.clear()

    def make(self, kind: str, document: Document) -> Document:
        """Add an object as business logic does; returns it as it is listed."""
        with self._lock:
            self._made += 1
            now = _now()
            whole = document | {
                "id": f"{kind[0]}{self._made}",
                "objectType": _KINDS[kind],
                "createdDateTime": now,
                "modificationDateTime": now,
            }
            self.documents[kind][whole["id"]] = whole
            return whole

    def change(self, kind: str, known_as: str, **changes: Any) -> None:
        """Change an object as business logic does."""
        with self._lock:
            known = self.documents[kind][known_as]
            self.documents[kind][known_as] = known | changes | {"modificationDateTime": _now()}

    def remove(self, kind: str, known_as: str) -> None:
        with self._lock:
            del self.documents[kind][known_as]

    def listed(self, kind: str) -> list[Document]:
        with self._lock:
            return list(self.documents[kind].values())

    def wait_silently(self) -> None:
        self._released.wait(60)

    def answer(self, asked: Exchange) -> tuple[int, object]:
        """Return the status and the document that answer a request."""
        if self.trouble.status and asked.path.startswith(self.trouble.only):
            return self.trouble.status, _problem(self.trouble.status)
        match asked.method, asked.path.strip("/").split("/"):
            case "GET", ["auth", "server"] if self.version != "3.0.1":
                return 200, {"tokenURL": f"{self.url}/auth/token"}
            case "POST", ["auth", "token"]:
                return self._token(parse_qs(asked.body.decode()))
        if self.secret and asked.headers.get("authorization", "").removeprefix("Bearer ") not in self._valid:
            return 403 if self.version == "3.0.1" else 401, _problem(403 if self.version == "3.0.1" else 401)
        return self._objects(asked)

    def _objects(self, asked: Exchange) -> tuple[int, object]:
        match asked.method, asked.path.strip("/").split("/"):
            case method, ["vens", ven, "resources"]:
                query = asked.query + f"&venID={ven}"
                return self._objects(replace(asked, path="/resources", query=query, method=method))
            case "GET", [kind] if kind in _KINDS:
                return 200, self._page(kind, parse_qs(asked.query))
            case "POST", [kind] if kind in ("vens", "resources", "reports"):
                return self._post(kind, json.loads(asked.body), parse_qs(asked.query))
            case "PUT", ["reports", known_as] if known_as in self.documents["reports"]:
                self.change("reports", known_as, **json.loads(asked.body))
                return 200, self.documents["reports"][known_as]
            case "GET", [kind, known_as] if known_as in self.documents.get(kind, {}):
                return 200, self.documents[kind][known_as]
        return 404, _problem(404)

    def _token(self, form: Mapping[str, list[str]]) -> tuple[int, object]:
        if form.get("client_secret") != [self.secret] or form.get("grant_type") != ["client_credentials"]:
            return 400, {"error": "invalid_client"}
        with self._lock:
            self.tokens += 1
            token = f"token-{self.tokens}"
            self._valid.add(token)
        kind = "Bearer"  # nosec B105  # the protocol's word
        return 200, {"access_token": token, "token_type": kind, "expires_in": self.expires_in}

    def _page(self, kind: str, query: Mapping[str, list[str]]) -> list[Document]:
        found = [each for each in self.listed(kind) if _is_asked_for(each, query)]
        skip, limit = int(query.get("skip", ["0"])[0]), int(query.get("limit", ["50"])[0])
        return found[skip : skip + limit]

    def _post(self, kind: str, document: Document, query: Mapping[str, list[str]]) -> tuple[int, object]:
        name, document = _NAMES[kind], document | {key: query[key][0] for key in ("venID",) if key in query}
        alike = ("venID", "eventID", "clientName", name)
        with self._lock:
            for known in self.documents[kind].values():
                if all(known.get(key) == document.get(key) for key in alike):
                    return 409, _problem(409)
            if self.version != "3.0.1":
                document["clientID"] = "client"
            return 201, self.make(kind, document)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], vtn: SimulatedVtn) -> None:
        self.vtn = vtn
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    """Answers one request and closes."""

    server: _Server
    timeout = 30

    def _answer(self) -> None:
        vtn, url = self.server.vtn, urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Exchange(self.command, url.path, url.query, headers, body)
        if vtn.trouble.silent:
            vtn.wait_silently()
            return
        status, document = vtn.answer(asked)
        answer = json.dumps(document).encode()
        vtn.exchanges.append(replace(asked, status=status, answer=answer))
        self.send_response(status)
        if vtn.trouble.location:
            self.send_header("Location", vtn.trouble.location)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = _answer  # noqa: N815  # the library's names

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _is_asked_for(document: Document, query: Mapping[str, list[str]]) -> bool:
    targets = document.get("targets") or []
    named = [value for each in targets for value in (each["values"] if isinstance(each, dict) else [each])]
    asked = query.get("targets", []) + query.get("targetValues", [])
    is_ours = not named or bool(set(named) & set(asked)) or document["objectType"] != "EVENT"
    return is_ours and all(query.get(key, [document.get(key)]) == [document.get(key)] for key in _ASKED_BY)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _problem(status: int) -> Document:
    return {"title": "Refused", "status": status}
