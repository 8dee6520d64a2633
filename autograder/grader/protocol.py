"""How messages travel between the trusted process and the sandbox: length-prefixed JSON.

A message is four bytes of length, big-endian, and that much JSON. Values travel as

    None, bool, int, float, str     themselves
    list                            [...]
    tuple                           {"tuple": [...]}
    dict                            {"dict": [[key, value], ...]}, keys being text or numbers
    numpy array (numbers only)      {"array": dtype, "shape": [...], "data": base64}
    numpy scalar                    {"scalar": dtype, "data": base64}
    anything else                   {"opaque": name of its type}

A torch tensor travels as an array. Nothing is pickled, and nothing that arrives is executed: what
the sandbox sends is data, however hostile. Both sides import this module, but each has a copy
of its own in its own process.
"""

from __future__ import annotations

import base64
import json
import math
import re
import socket
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

# Of a message that carries no values, in bytes.
SMALL_MESSAGE = 2**16
# Real data nests two or three deep; a hostile message should not use up the stack.
DEEPEST = 20
# Of an error's text and of a line of code, in characters.
LONGEST_TEXT = 10_000
# Of what a cell leaves out: a line and why, in characters; and how many lines are named.
LONGEST_LINE = 200
MOST_LINES = 20
# Of the names that a function's code reads.
MOST_NAMES = 200
# Of a message. In Python each takes up to a hundred times its place in the JSON; arrays do not.
MOST_PARTS = 200_000
# Of an array of no numbers, which says so in a few bytes.
MOST_ENTRIES = 2**20
# Booleans, integers, floating and complex numbers, in the byte order of either kind.
NUMBERS = re.compile(r"[<>|=]?[biufc]\d{1,2}")


class ProtocolError(Exception):
    """What arrived, or should be sent, is no message; the text is for the report."""


class Opaque:
    """Stands for a value that does not travel; its class carries the name of the value's type."""


# -- messages ---------------------------------------------------------------------------------


def send(
    channel: socket.socket,
    message: Any,
    limit: int,
    deadline: float = math.inf,
    descriptors: Sequence[int] = (),
) -> None:
    """Send ``message``, JSON of at most ``limit`` bytes, and open files along with it.

    Raises:
        ProtocolError: the message is too long, or no JSON.
        TimeoutError: the other side did not take it before the deadline.
        EOFError: the other side is gone.
    """
    try:
        data = json.dumps(message).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise ProtocolError(f"it cannot be sent ({error})") from None
    if len(data) > limit:
        raise ProtocolError(f"it is larger than {limit >> 20} MB")
    data = len(data).to_bytes(4) + data
    _set_timeout(channel, deadline)
    try:
        # Files travel with the first byte, the only one that is sure to go in one piece.
        sent = socket.send_fds(channel, [data[:1]], descriptors) if descriptors else 0
        channel.sendall(data[sent:])
    except ConnectionError:
        raise EOFError from None


def receive(
    channel: socket.socket,
    limit: int | None = None,
    deadline: float = math.inf,
    descriptors: int = 0,
) -> Any:
    """Return the next message, or with ``descriptors`` the pair of it and the files with it.

    Args:
        channel: a stream socket.
        limit: the largest message that is taken, in bytes; None takes anything, from a sender
            that is trusted.
        deadline: on the clock of `time.monotonic`.
        descriptors: how many open files may come along.

    Raises:
        ProtocolError: what came is no message.
        TimeoutError: nothing complete came before the deadline.
        EOFError: the other side is gone.
    """
    head, files = _read_head(channel, deadline, descriptors)
    length = int.from_bytes(head)
    if limit is not None and length > limit:
        raise ProtocolError(f"it is larger than {limit >> 20} MB")
    data = _read(channel, length, deadline)
    if limit is not None and sum(map(data.count, (b"[", b"{", b","))) > MOST_PARTS:
        raise ProtocolError(f"it has more than {MOST_PARTS} parts; send an array instead")
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):  # not JSON, not UTF-8, a number of 5000 digits
        raise ProtocolError("it is not a message") from None
    return (message, files) if descriptors else message


def _read_head(
    channel: socket.socket, deadline: float, descriptors: int
) -> tuple[bytes, list[int]]:
    if not descriptors:
        return _read(channel, 4, deadline), []
    _set_timeout(channel, deadline)
    first, files, _, _ = socket.recv_fds(channel, 1, descriptors)
    if not first:
        raise EOFError
    return first + _read(channel, 3, deadline), files


def _read(channel: socket.socket, size: int, deadline: float) -> bytes:
    """Return exactly ``size`` bytes."""
    chunks = []
    while size > 0:
        _set_timeout(channel, deadline)
        try:
            chunk = channel.recv(min(size, 2**16))
        except ConnectionError:
            chunk = b""
        if not chunk:
            raise EOFError
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def _set_timeout(channel: socket.socket, deadline: float) -> None:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    channel.settimeout(None if math.isinf(seconds) else seconds)


def shorten(left_out: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return lines that a cell leaves out, and why, none of them long, and not too many.

    Raises:
        ValueError, TypeError: they are no such thing.
    """
    pairs = [(str(line), str(why)) for line, why in left_out[:MOST_LINES]]
    return [(line[:LONGEST_LINE], why[:LONGEST_LINE]) for line, why in pairs]


# -- values -----------------------------------------------------------------------------------


def encode(value: Any, limit: int, depth: int = 0) -> Any:
    """Return a value as JSON; ``limit`` is the size in bytes of the largest array.

    Raises:
        ProtocolError: an array is too large.
    """
    if depth >= DEEPEST:
        return {"opaque": type(value).__name__}
    if hasattr(value, "detach"):
        value = _from_torch(value)
    if isinstance(value, (np.ndarray, np.generic)):
        return _encode_numpy(value, limit)
    if value is None or isinstance(value, (bool, str)):
        return value
    for kind in (int, float):  # subclasses too: what they are worth, not what they can do
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, list):
        return [encode(part, limit, depth + 1) for part in value]
    if isinstance(value, tuple):
        return {"tuple": [encode(part, limit, depth + 1) for part in value]}
    if isinstance(value, dict):
        parts = [[encode(part, limit, depth + 1) for part in item] for item in value.items()]
        return {"dict": parts}
    return {"opaque": type(value).__name__}


def _from_torch(tensor: Any) -> Any:
    try:
        return tensor.detach().cpu().numpy()
    except Exception:  # a dtype that NumPy lacks, or no tensor at all
        return tensor


def _encode_numpy(value: Any, limit: int) -> dict[str, Any]:
    if value.nbytes > limit:
        raise ProtocolError(f"it is larger than {limit >> 20} MB")
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        # The values stay behind; that there are so many of no numeric type does not.
        return {"array": "object", "shape": array.shape, "data": ""}
    data = base64.b64encode(array.tobytes()).decode()
    if isinstance(value, np.generic):
        return {"scalar": array.dtype.str, "data": data}
    return {"array": array.dtype.str, "shape": array.shape, "data": data}


def decode(tree: Any, depth: int = 0) -> Any:
    """Return the value that `encode` made ``tree`` of.

    Raises:
        ProtocolError: it is not of that form.
    """
    if depth > DEEPEST:
        raise ProtocolError("it is nested too deep")
    if isinstance(tree, list):
        return [decode(part, depth + 1) for part in tree]
    if not isinstance(tree, dict):
        return tree  # None, bool, int, float or str: JSON has no more
    try:
        return _decode_tagged(tree, depth + 1)
    except (KeyError, TypeError, ValueError, OverflowError, MemoryError):
        raise ProtocolError("it is not a value") from None


def _decode_tagged(tree: dict[str, Any], depth: int) -> Any:
    tag = next(iter(tree), "")
    if tag == "tuple":
        return tuple(decode(tree["tuple"], depth))
    if tag == "dict":
        return {_check_key(key): decode(value, depth) for key, value in tree["dict"]}
    if tag == "array" and tree["array"] == "object":
        return _empty(tree["shape"])
    if tag == "array":
        # Copied last, so that the array owns its data and can be resized like any other.
        return _decode_numbers(tree["array"], tree["data"]).reshape(tree["shape"]).copy()
    if tag == "scalar":
        (number,) = _decode_numbers(tree["scalar"], tree["data"])
        return number
    if tag == "opaque":
        return _opaque_class(clean_name(tree["opaque"]))()
    raise ValueError(tag)


def _decode_numbers(dtype: str, data: str) -> np.ndarray:
    if not NUMBERS.fullmatch(dtype):
        raise ValueError(dtype)
    return np.frombuffer(base64.b64decode(data, validate=True), dtype)


def _empty(shape: list[int]) -> np.ndarray:
    """Return an array of None that takes no memory, however large."""
    if not all(type(size) is int and 0 <= size <= MOST_ENTRIES for size in shape):
        raise ValueError(shape)
    if len(shape) > DEEPEST or math.prod(shape) > MOST_ENTRIES:
        raise ValueError(shape)
    return np.broadcast_to(np.array(None, object), shape)


def _check_key(key: Any) -> Any:
    """Return a key of a dict. Larger integers could be chosen so that all have the same hash."""
    if not isinstance(key, (str, float, bool, type(None))) and abs(key) >= 2**63:
        raise ValueError(key)
    return key


@lru_cache(100)
def _opaque_class(name: str) -> type[Opaque]:
    return type(name, (Opaque,), {"__module__": "student"})


def clean_name(name: Any) -> str:
    """Return a name of a type or a function that is safe to show: an identifier, not too long."""
    return name[:80] if isinstance(name, str) and name.isidentifier() else "something"
