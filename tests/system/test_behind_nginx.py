"""The proxy that the documents describe, as Debian has it, in front of the server: on loopback."""

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from harness import Controller, NewController
from waiting import PATIENCE, wait_until

from actors.port import COMMAND_DEADLINE
from netstab.cli import main
from netstab.simulation.fleet import SimulatedFleet

SITE = Path(__file__).parents[2] / "ops" / "nginx" / "netstab.conf"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
CLIENT, STRANGER = "127.0.0.5", "127.0.0.6"
TOKEN = "ems-0123456789abcdef"
MAIN = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    include {folder}/site.conf;
}}
"""

Answer = tuple[int, str]


class Proxy:
    """nginx with the site of `ops/nginx`, changed in nothing but names of files, ports and host."""

    def __init__(self, folder: Path, server_port: int) -> None:
        self.port = _free_port()
        self._context = ssl.create_default_context(cafile=_certificate(folder))
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder))
        (folder / "site.conf").write_text(
            SITE.read_text()
            .replace("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl")
            .replace("fleet.example", "localhost")
            .replace("/etc/netstab/tls", str(folder))
            .replace("127.0.0.1:8000", f"127.0.0.1:{server_port}")
        )
        command = [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            wait_until(self._answers)
        except BaseException:
            self.stop()
            raise

    def ask(
        self, method: str, path: str, body: object = None, source: str = CLIENT, **headers: str
    ) -> Answer:
        """Ask over TLS from an address, again where the host was too busy to hear it in time."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if body is None else json.dumps(body)
        [answer] = wait_until(lambda: self._asked(method, path, content, source, sent))
        return answer

    def _asked(
        self, method: str, path: str, content: str | None, source: str, headers: dict[str, str]
    ) -> list[Answer]:
        """Return status and body, nothing of what came too late."""
        with closing(self.connection(source)) as connection:
            connection.request(method, path, content, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            too_late = answer.headers["X-Error-Code"] == "TOO_LATE"
            return [] if too_late else [(answer.status, answer.read().decode())]

    def connection(self, source: str = CLIENT) -> http.client.HTTPSConnection:
        where = ("localhost", self.port)
        return http.client.HTTPSConnection(
            *where, timeout=PATIENCE, context=self._context, source_address=(source, 0)
        )

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)

    def _answers(self) -> bool:
        assert self._process.poll() is None
        with closing(socket.socket()) as tried:
            return tried.connect_ex(("127.0.0.1", self.port)) == 0


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


def _certificate(folder: Path) -> str:
    made, key = folder / "fullchain.pem", folder / "privkey.pem"
    options = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2", "-nodes"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subprocess.run([*command, *options, "-keyout", key, "-out", made], check=True, capture_output=True)
    return str(made)


@pytest.fixture
def behind(fleet: SimulatedFleet, new_controller: NewController) -> Controller:
    changes = {"TRUSTED_PROXIES": "127.0.0.1", "EMS_ALLOWED_NETWORKS": CLIENT, "EMS_TOKEN": TOKEN}
    controller = new_controller(fleet, **changes)
    controller.wait_for_miners(len(fleet.miners))
    return controller


@pytest.fixture
def proxy(behind: Controller, tmp_path: Path) -> Iterator[Proxy]:
    if NGINX is None or shutil.which("openssl") is None:
        pytest.skip("nginx is not installed (apt-get install nginx-light openssl)")
    proxy = Proxy(tmp_path, behind.port)
    yield proxy
    proxy.stop()


def test_the_documented_proxy_ends_tls_and_the_server_judges_its_client(
    behind: Controller, proxy: Proxy
) -> None:
    bearing = {"Authorization": f"Bearer {TOKEN}"}
    assert proxy.ask("GET", "/healthz")[0] == 200
    assert "<title>" in proxy.ask("GET", "/")[1]
    assert proxy.ask("GET", "/api/status")[0] == 401

    claimed = {"X_Forwarded_For": "10.0.0.1", "Forwarded": "for=10.0.0.1", "X_Real_IP": "10.0.0.1"}
    assert proxy.ask("POST", "/api/deactivate", {}, **bearing, **claimed)[0] == 200
    [newest] = behind.read("/dashboard/api/history?limit=1&detail=true")["commands"]
    assert (newest["command"], newest["client"], newest["principal"]) == ("deactivate", CLIENT, "ems")

    own, plain = f"https://localhost:{proxy.port}", f"http://localhost:{proxy.port}"
    assert proxy.ask("POST", "/dashboard/api/override", {"enabled": False}, Origin=own)[0] == 200
    for foreign in (plain, "https://evil.example", f"https://localhost:{behind.port}"):
        status, said = proxy.ask("POST", "/dashboard/api/override", {"enabled": False}, Origin=foreign)
        assert (status, "another site" in said) == (403, True), foreign
    assert proxy.ask("GET", "/", Host="evil.example")[0] == 400

    status, said = proxy.ask("GET", "/api/status", source=STRANGER, X_Forwarded_For=CLIENT, **bearing)
    assert (status, STRANGER in said, "EMS_ALLOWED_NETWORKS" in said) == (403, True, True)


def test_an_order_that_trickles_in_through_the_proxy_is_as_old_as_its_first_byte(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.port.COMMAND_DEADLINE", COMMAND_DEADLINE)
    with closing(proxy.connection()) as connection:
        connection.putrequest("POST", "/api/deactivate")
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        for name, value in (headers | {"Content-Length": "2"}).items():
            connection.putheader(name, value)
        connection.endheaders()
        connection.send(b"{")
        time.sleep(COMMAND_DEADLINE + 0.5)
        connection.send(b"}")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["X-Error-Code"]) == (503, "TOO_LATE")


def test_the_command_line_believes_the_authority_that_it_is_told_and_no_other(
    behind: Controller,
    proxy: Proxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = ["status", "--json", "--timeout", "60", "--url", f"https://localhost:{proxy.port}"]
    assert main(line) == 4
    assert "name its authority by NETSTAB_CA_FILE" in capsys.readouterr().out
    monkeypatch.setenv("NETSTAB_CA_FILE", str(tmp_path / "fullchain.pem"))
    assert main(line) == 0
    assert json.loads(capsys.readouterr().out)["total_miners"] == 2
    elsewhere = [each.replace("localhost", "127.0.0.1") for each in line]
    assert main(elsewhere) == 4
    assert "no certificate that is trusted" in capsys.readouterr().out


def test_who_goes_around_the_proxy_is_not_believed(behind: Controller, proxy: Proxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", behind.port, PATIENCE, source_address=(STRANGER, 0))
    with closing(connection):
        headers = {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": CLIENT}
        connection.request("POST", "/api/deactivate", headers=headers)
        answer = connection.getresponse()
        assert (answer.status, answer.headers["X-Error-Code"]) == (403, "NETWORK_NOT_ALLOWED")
    assert behind.history() == [each for each in behind.history() if each["command"] != "deactivate"]
