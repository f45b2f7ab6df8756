"""What a command says of a server that is none, is slow, asks for a token, or shows what a device said."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from waiting import PATIENCE

from netstab.cli import main

Printed = pytest.CaptureFixture[str]


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], tuple[int, bytes]]) -> Iterator[str]:
    """Serve what `answer` gives for each request; gives the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(self)
            with suppress(OSError):  # of one who waits no longer
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_given: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(PATIENCE)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NETSTAB_URL", "NETSTAB_TOKEN", "NETSTAB_TOKEN_FILE", "NETSTAB_CA_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("netstab.cli.remote._TIMEOUT", PATIENCE)


MINER = {
    "miner_id": "127.0.0.1",
    "name": "S9\x1b[2J\x1b]0;owned\x07\u202eevil[bold]",
    "is_online": False,
    "error": "bad\r\nline",
}


def test_nothing_that_a_device_said_reaches_the_terminal_as_it_is(capsys: Printed) -> None:
    with answering(lambda _: (200, json.dumps([MINER]).encode())) as url:
        for line in ("miners", "miners --json"):
            assert main([*line.split(), "--url", url]) == 0
            out = capsys.readouterr().out
            assert all(letter.isprintable() or letter == "\n" for letter in out)
            assert "evil[bold]" in out
    with answering(lambda _: (409, json.dumps({"message": "no\x1b[31m"}).encode())) as url:
        assert main(["activate", "1", "--url", url]) == 3
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("status", "exits"),
    [(400, 2), (404, 2), (401, 5), (403, 5), (409, 3), (408, 4), (503, 4), (502, 4), (500, 1), (301, 1)],
)
def test_each_kind_of_refusal_has_an_exit_status(status: int, exits: int, capsys: Printed) -> None:
    with answering(lambda _: (status, b'{"accepted": false, "message": "because"}')) as url:
        assert main(["deactivate", "--url", url]) == exits
    assert "because" in capsys.readouterr().err


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"7", b"", b"[" * 100_000])
def test_what_is_no_server_of_this_product_is_said_so(body: bytes, capsys: Printed) -> None:
    with answering(lambda _: (200, body)) as url:
        assert main(["status", "--url", url]) == 1
    assert "not as this product does" in capsys.readouterr().err


def test_nobody_there_is_told_from_no_answer(capsys: Printed) -> None:
    assert main(["status", "--url", "http://127.0.0.1:1"]) == 4
    assert "Nobody answers at http://127.0.0.1:1" in capsys.readouterr().err
    silent = threading.Event()

    def answer(_: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        silent.wait(PATIENCE)
        return 200, b"{}"

    with answering(answer) as url:
        assert main(["deactivate", "--timeout", "0.3", "--url", url]) == 4
        silent.set()
    assert "whether the command was done is in its history" in capsys.readouterr().err


@pytest.mark.parametrize(
    "begun", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n"]
)
def test_who_drips_an_answer_is_given_up_in_time(begun: bytes, capsys: Printed) -> None:
    over, told = threading.Event(), list[int]()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(begun)
            while not over.wait(0.05):
                connection.sendall(b"X")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=drip, args=(listener,))
        server.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        call = threading.Thread(target=lambda: told.append(main(["status", "--timeout", "1", "--url", url])))
        call.start()
        call.join(PATIENCE)
        over.set()
        server.join(PATIENCE)
        call.join(PATIENCE)
    assert told == [4]
    assert "gave no answer within 1 s" in capsys.readouterr().err


def test_a_server_that_breaks_off_is_not_said_to_have_done_nothing(capsys: Printed) -> None:
    def hang_up(listener: socket.socket) -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=hang_up, args=(listener,))
        server.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert [main([command, "--url", url]) for command in ("status", "deactivate")] == [4, 4]
        server.join(PATIENCE)
    reading, ordering = capsys.readouterr().err.splitlines()
    assert reading == f"netstab: {url} broke off unanswered."
    assert "whether the command was done is in its history" in ordering


def test_a_reader_that_leaves_is_no_defect_of_ours() -> None:
    many = json.dumps([MINER] * 2000).encode()
    with answering(lambda _: (200, many)) as url:
        line = f"{sys.executable} -m netstab miners --json --timeout 60 --url {url} | head -c 10"
        told = subprocess.run(
            ["/bin/bash", "-o", "pipefail", "-c", line],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE * 2,
        )
    assert (told.returncode, told.stderr) == (141, "")


def test_a_token_is_of_the_environment_alone_and_is_shown_to_the_server_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Printed
) -> None:
    shown: list[str | None] = []

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        shown.append(request.headers["Authorization"])
        return 401, b'{"accepted": false, "message": "A token is asked for."}'

    file = tmp_path / "token"
    file.write_text("from-a-file\n")
    with answering(answer) as url:
        monkeypatch.setenv("NETSTAB_URL", url)
        assert main(["status"]) == 5
        monkeypatch.setenv("NETSTAB_TOKEN", "s3cret")
        assert main(["status"]) == 5
        monkeypatch.delenv("NETSTAB_TOKEN")
        monkeypatch.setenv("NETSTAB_TOKEN_FILE", str(file))
        assert main(["status", "--json"]) == 5
        monkeypatch.setenv("NETSTAB_TOKEN", "s3cret")
        assert main(["status"]) == 2
    assert shown == [None, "Bearer s3cret", "Bearer from-a-file"]
    printed = capsys.readouterr()
    assert "s3cret" not in printed.out + printed.err
    assert "from-a-file" not in printed.out + printed.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NETSTAB_URL", "ftp://127.0.0.1"),
        ("NETSTAB_URL", "http://me:s3cret@127.0.0.1"),
        ("NETSTAB_URL", "http://[127.0.0.1"),
        ("NETSTAB_TOKEN", "s3cret s3cret"),
        ("NETSTAB_TOKEN", "s3cret\r\nX: y"),
        ("NETSTAB_TOKEN_FILE", "/none"),
        ("NETSTAB_CA_FILE", "/none"),
    ],
)
def test_an_environment_that_cannot_be_used_is_said_without_its_secrets(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: Printed
) -> None:
    monkeypatch.setenv(name, value)
    assert main(["status"]) == 2
    err = capsys.readouterr().err
    assert err.startswith("netstab: ")
    assert "s3cret" not in err


@pytest.mark.parametrize(
    "line",
    ["activate much", "activate nan", "override on", "limits set site", "limits", "status --watch inf"],
)
def test_what_is_no_command_is_refused_before_anybody_is_asked(line: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(line.split())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_every_command(shell: str, capsys: Printed) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for word in ("activate", "deactivate", "override", "limits", "export", "--faulty"):
        assert word.lstrip("-") in script


def test_bash_takes_the_script_and_completes_by_it(capsys: Printed) -> None:
    main(["completion", "bash"])
    script = capsys.readouterr().out
    asked = "\nCOMP_WORDS=(netstab de); COMP_CWORD=1\n_shtab_netstab netstab de netstab\necho ${COMPREPLY[@]}"
    told = subprocess.run(
        ["/bin/bash", "-c", script + asked], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert told.stdout.split() == ["demo", "deactivate"] or told.stdout.split() == ["deactivate", "demo"]


def test_the_client_starts_without_the_shells_library() -> None:
    code = "import sys, netstab.cli; netstab.cli.command_line(); sys.exit('shtab' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=PATIENCE).returncode == 0
