"""AES-256 in ECB mode, which API 2 enciphers commands with. The cipher and its mode are the maker's choice.

What does it is imported at the first command: a fleet without such miners does without its 10 MB.
"""

import base64
import binascii

from netstab.errors import MalformedAnswer

__all__ = ["deciphered", "enciphered"]

_BLOCK = 16


def enciphered(text: bytes, key: bytes) -> str:
    """Encipher a text, filled up with NUL; gives base64 in one line. `key` has 32 bytes."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415

    filled = text + bytes(-len(text) % _BLOCK)
    encryptor = Cipher(algorithms.AES256(key), modes.ECB()).encryptor()  # noqa: S305  # nosec B305
    return base64.b64encode(encryptor.update(filled) + encryptor.finalize()).decode()


def deciphered(text: str, key: bytes) -> bytes:
    """Decipher base64 up to its first NUL; raises `MalformedAnswer` for what is none, or not in blocks."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415

    try:
        blocks = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedAnswer("The miner's enciphered answer is no base64.") from error
    if len(blocks) % _BLOCK:
        raise MalformedAnswer("The miner's enciphered answer does not consist of blocks.")
    decryptor = Cipher(algorithms.AES256(key), modes.ECB()).decryptor()  # noqa: S305  # nosec B305
    return (decryptor.update(blocks) + decryptor.finalize()).partition(b"\0")[0]
