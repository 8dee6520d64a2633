"""What travels between the grader and the sandbox: values, messages, errors."""

from __future__ import annotations

import json
import socket
import threading
import time

import numpy as np
import pytest

from autograder.grader.protocol import Opaque, ProtocolError, decode, encode, receive, send
from autograder.grader.proxies import make_error

MEGABYTE = 2**20
# For what cannot take long; as long as a very busy machine might need.
PATIENCE = 60

VALUES = [
    None, True, 3, -(10**30), 2.5, float("inf"), "text \ud800 \0", [1, [2.0]], (1, (2, "a")),
    {"a": 1, 2: None}, np.arange(6.0).reshape(2, 3), np.array(3), np.zeros((0, 4)),
    np.array([1, 2], ">i2"), np.float16(2.5), np.bool_(True), np.complex64(1 + 2j),
    np.arange(6)[::-2],
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_arrive_as_they_were(value):
    arrived = decode(json.loads(json.dumps(encode(value, MEGABYTE))))
    assert type(arrived) is type(value)
    np.testing.assert_equal(arrived, value)
    if isinstance(value, np.ndarray):
        assert arrived.dtype == value.dtype


def test_nan_subclasses_and_strangers_arrive_as_plain_data():
    class Liar(float):
        def __eq__(self, other):
            return True

        __hash__ = float.__hash__

    class Mine(np.ndarray):
        pass

    arrived = decode(encode([float("nan"), Liar(2), np.zeros(2).view(Mine), {1}, print], MEGABYTE))
    assert np.isnan(arrived[0])
    assert type(arrived[1]) is float
    assert type(arrived[2]) is np.ndarray
    assert [type(part).__name__ for part in arrived[3:]] == ["set", "builtin_function_or_method"]
    assert all(isinstance(part, Opaque) for part in arrived[3:])


def test_tensors_arrive_as_arrays():
    import torch

    arrived = decode(encode(torch.ones(3, requires_grad=True), MEGABYTE))
    np.testing.assert_equal(arrived, np.ones(3, np.float32))


def test_arrays_of_no_numbers_keep_their_shape_only():
    assert decode(encode(np.array([["a", "b"]]), MEGABYTE)).shape == (1, 2)


def test_endless_nesting_ends():
    endless: list = []
    endless.append(endless)
    assert isinstance(decode(encode(endless, MEGABYTE)), list)


NO_VALUES = [
    {}, {"x": 1}, {"array": "O", "shape": [1], "data": ""}, {"array": "<f8", "shape": [2]},
    {"array": "<f8", "shape": [3], "data": "AAAAAAAAAAA="}, {"array": "<f8", "shape": "no", "data": ""},
    {"array": "<f8", "shape": [-1, -1], "data": ""}, {"array": "V8", "shape": [1], "data": ""},
    {"array": "<f8", "shape": [1], "data": "?"}, {"array": "object", "shape": [2**40], "data": ""},
    {"array": "object", "shape": [-5], "data": ""}, {"array": "object", "shape": [0.5], "data": ""},
    {"scalar": "<f8", "data": ""}, {"scalar": 3, "data": ""}, {"tuple": 3}, {"dict": [[1]]},
    {"dict": [[[], 1]]}, {"dict": [[2**61 - 1, 0], [2 * (2**61 - 1) * 8, 0]]},
    {"array": "object", "shape": ["a", 10**9], "data": ""}, {"array": "object", "shape": [True], "data": ""}, {"dict": 5}, {"array": "f99", "shape": [0], "data": ""},
    json.loads("[" * 50 + "]" * 50),
]  # fmt: skip


@pytest.mark.parametrize("tree", NO_VALUES, ids=repr)
def test_what_is_no_value_is_refused(tree):
    with pytest.raises(ProtocolError):
        decode(tree)


@pytest.mark.parametrize("name", [3, None, "<script>", "a b", "", "x" * 100])
def test_names_of_strange_types_are_harmless(name):
    shown = type(decode({"opaque": name})).__name__
    assert shown.isidentifier()
    assert len(shown) <= 80


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EOFError),
        (b"\0\0\0", EOFError),
        (b"\0\0\0\5{}", EOFError),
        (b"\xff\xff\xff\xff", ProtocolError),
        (b"\0\0\0\2{]", ProtocolError),
        (b"\0\0\0\1\xff", ProtocolError),
        ((9000).to_bytes(4) + b"9" * 9000, ProtocolError),
        ((100_000).to_bytes(4) + b"[" * 100_000, ProtocolError),
    ],
)
def test_what_is_no_message_is_refused(data, error):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(error):
            receive(ours, MEGABYTE, time.monotonic() + PATIENCE)


def test_message_of_too_many_parts_is_refused():
    ours, theirs = socket.socketpair()
    data = b"[" + b"0," * 200_000 + b"0]"
    sender = threading.Thread(target=theirs.sendall, args=(len(data).to_bytes(4) + data,))
    with ours, theirs:
        sender.start()
        with pytest.raises(ProtocolError, match="parts"):
            receive(ours, MEGABYTE, time.monotonic() + PATIENCE)
        sender.join()


def test_slow_messages_and_silent_readers_meet_the_deadline():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"\0\0\0\5{")
        with pytest.raises(TimeoutError):
            receive(ours, MEGABYTE, time.monotonic() + 0.1)
        with pytest.raises(TimeoutError):
            send(ours, "x" * 2**24, 2**25, time.monotonic() + 0.1)


def test_too_long_a_message_is_not_sent():
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(ProtocolError, match="larger than 1 MB"):
        send(ours, "x" * MEGABYTE, MEGABYTE)


def test_no_error_can_end_this_process():
    for name in ("SystemExit", "KeyboardInterrupt", "GeneratorExit", "BaseException", "no name"):
        assert isinstance(make_error(name, name, "text"), Exception)
