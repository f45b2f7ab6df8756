"""How commands to Whatsminers are signed, enciphered and framed, held against known answers."""

import base64
import hashlib
import json
import shutil
import string
import subprocess
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from netstab.devices.whatsminer import api3
from netstab.devices.whatsminer.cipher import deciphered, enciphered
from netstab.devices.whatsminer.frames import HEARTBEAT, framed, unframed
from netstab.devices.whatsminer.sealing import Token, opened, sealed
from netstab.errors import MalformedAnswer
from netstab.wire.bounds import LARGEST_ANSWER
from netstab.wire.md5_crypt import md5_crypt

SALTS = st.text("./" + string.digits + string.ascii_letters, min_size=1, max_size=8)

# Of `openssl passwd -1 -salt SALT PASSWORD`.
CRYPTED = [
    ("admin", "BQ5hoXV9", "RxmaDUO33TS7O26yeMHZ81"),
    ("", "ab", "rn6aQS/o7141mj179E/zA."),
    ("a" * 40, "jbzkfQls", "mcuhjpna3VlXgJSBC8exv0"),
    ("pässword", "12345678", "Wp8.nKZ8GFpaXWyEsuEYh0"),
]


@pytest.mark.parametrize(("password", "salt", "crypted"), CRYPTED)
def test_md5_crypt_is_that_of_unix(password: str, salt: str, crypted: str) -> None:
    assert md5_crypt(password, salt) == md5_crypt(password, f"{salt}$") == crypted


@pytest.mark.skipif(shutil.which("openssl") is None, reason="OpenSSL's command is not installed")
@bounded(max_examples=20, deadline=None)
@given(st.text(string.ascii_letters + string.digits + "äß!", max_size=40), SALTS)
def test_md5_crypt_is_that_of_openssl(password: str, salt: str) -> None:
    asked = ["openssl", "passwd", "-1", "-salt", salt, "-stdin"]
    told = subprocess.run(
        asked, input=f"{password}\n", capture_output=True, text=True, check=True, timeout=30
    )
    assert told.stdout.strip() == f"$1${salt}${md5_crypt(password, salt)}"


def test_the_cipher_is_aes_256_in_ecb_mode_with_base64_in_one_line() -> None:
    key = bytes(range(32))  # `openssl enc -aes-256-ecb -nopad` of the same
    assert enciphered(b"hello", key) == "41sSYk9ZWznqjtZeElsFZA=="
    assert deciphered("41sSYk9ZWznq\njtZeElsFZA==\n", key) == b"hello"
    assert "\n" not in enciphered(b"x" * 500, key)
    same = base64.b64decode(enciphered(bytes(32), key))
    assert same[:16] == same[16:]


@pytest.mark.parametrize("text", ["", "41sS", "41sSYk9ZWznqjtZeElsFZA=", "äöü", "!" * 24])
def test_what_is_not_enciphered_is_malformed_or_empty(text: str) -> None:
    if not text:
        assert deciphered(text, bytes(32)) == b""
        return
    with pytest.raises(MalformedAnswer):
        deciphered(text, bytes(32))


def test_a_command_of_api_2_is_signed_and_sealed_as_the_manual_says() -> None:
    token = Token.made("admin", {"time": "1234567", "salt": "BQ5hoXV9", "newsalt": "jbzkfQls"})
    assert token.key == "RxmaDUO33TS7O26yeMHZ81"
    assert token.sign == md5_crypt("RxmaDUO33TS7O26yeMHZ814567", "jbzkfQls")
    assert Token.read(str(token)) == token
    sent = json.loads(sealed("set_power_pct", {"percent": "60"}, token))
    assert sent["enc"] == 1
    key = hashlib.sha256(b"RxmaDUO33TS7O26yeMHZ81").digest()
    assert json.loads(deciphered(sent["data"], key)) == {
        "cmd": "set_power_pct",
        "percent": "60",
        "token": token.sign,
    }


def test_an_answer_of_api_2_is_read_enciphered_or_plain() -> None:
    token = Token("key", "sign")
    plain = b'{"STATUS":"E","Code":45,"Msg":"permission denied"}'
    secret = enciphered(b"x" * 600, token.cipher_key)
    assert opened(plain, token) == plain
    assert opened(json.dumps({"enc": secret}).encode() + b"\0", token) == b"x" * 600
    with pytest.raises(MalformedAnswer):
        opened(b'{"enc":"not base64!"}', token)


@pytest.mark.parametrize("missing", ["time", "salt", "newsalt"])
def test_a_token_that_lacks_something_is_malformed(missing: str) -> None:
    given = {"time": "4567", "salt": "a", "newsalt": "b"}
    with pytest.raises(MalformedAnswer):
        Token.made("admin", given | {missing: ""})


def test_a_command_of_api_3_is_signed_with_its_own_moment() -> None:
    sent = json.loads(api3.command("set.miner.service", "stop", "super", "secret", "AbCdEfGh", 1773869570))
    signed = hashlib.sha256(b"set.miner.servicesecretAbCdEfGh1773869570").digest()
    assert sent == {
        "cmd": "set.miner.service",
        "param": "stop",
        "ts": 1773869570,
        "token": base64.b64encode(signed)[:8].decode(),
        "account": "super",
    }
    assert "param" not in json.loads(api3.command("set.system.reboot", None, "super", "x", "y", 1))


@given(st.binary(max_size=300), st.lists(st.integers(1, 9), max_size=40), st.integers(0, 3))
def test_a_frame_is_read_however_it_is_split_and_after_heartbeats(
    content: bytes, sizes: list[int], heartbeats: int
) -> None:
    sent = HEARTBEAT * heartbeats + framed(content + b"!")
    stream = bytearray(sent)
    cuts = iter(sizes)

    def receive(length: int) -> bytes:
        size = min(length, next(cuts, length))
        piece = bytes(stream[:size])
        del stream[:size]
        return piece

    assert unframed(receive) == content + b"!"
    assert not stream


def ending(content: bytes) -> Iterator[bytes]:
    yield from (bytes([each]) for each in content)
    while True:
        yield b""


@pytest.mark.parametrize("content", [b"", b"\5\0", framed(b"hello")[:4], framed(b"hello")[:-1]])
def test_a_frame_that_ends_too_early_is_a_connection_lost(content: bytes) -> None:
    pieces = ending(content)
    with pytest.raises(ConnectionResetError):
        unframed(lambda _length: next(pieces))


def test_a_frame_that_is_too_long_or_in_too_many_pieces_and_endless_heartbeats_are_malformed() -> None:
    long = (LARGEST_ANSWER + 1).to_bytes(4, "little")
    for endless in (long, b"\xff" * 4, HEARTBEAT):
        with pytest.raises(MalformedAnswer):
            unframed(lambda length, sent=endless: sent[:length])  # type: ignore[misc]
    pieces = ending(framed(bytes(2000)))
    with pytest.raises(MalformedAnswer):
        unframed(lambda _length: next(pieces))
