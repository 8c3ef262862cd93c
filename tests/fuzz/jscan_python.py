#!/usr/bin/env python3
"""jscan beside Python's json module, on mutated documents: what jscan accepts, Python reads as the same values; what
jscan refuses and Python reads is refused for one of the reasons that are listed here. Needs a C compiler and OpenSSL's
headers.

    tests/fuzz/jscan_python.py [--seconds 20] [--seed N]
"""
import argparse
import ctypes
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = [ROOT / "core" / (n + ".c") for n in ("arena", "digest", "fail", "obuf", "jout", "jscan", "jdoc", "jkeys")]
OBJECT, ARRAY, KEY, STRING, NUMBER, TRUE, FALSE, NULL = range(8)
# What Python takes and we do not, on purpose.
STRICTER = {"JSON_DUP_KEY", "JSON_SURROGATE", "JSON_DEPTH", "JSON_TOO_MANY"}


class Span(ctypes.Structure):
    _fields_ = [("p", ctypes.c_void_p), ("n", ctypes.c_size_t)]


class Tok(ctypes.Structure):
    _fields_ = [("start", ctypes.c_uint32), ("end", ctypes.c_uint32), ("next", ctypes.c_uint32),
                ("type", ctypes.c_uint8), ("escaped", ctypes.c_uint8)]


class Doc(ctypes.Structure):
    _fields_ = [("text", Span), ("tok", ctypes.POINTER(Tok)), ("n", ctypes.c_uint32)]


def load(folder):
    out = pathlib.Path(folder) / "jscan.so"
    subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", f"-I{ROOT}", *map(str, SOURCES),
                    "-lcrypto", "-lm", "-o", str(out)], check=True)
    lib = ctypes.CDLL(str(out))
    lib.arena_new.restype = ctypes.c_void_p
    lib.arena_new.argtypes = [ctypes.c_size_t]
    lib.arena_reset.argtypes = [ctypes.c_void_p]
    lib.jscan.argtypes = [Span, ctypes.c_void_p, ctypes.POINTER(Doc), ctypes.POINTER(ctypes.c_size_t)]
    lib.jdoc_text.restype = Span
    lib.jdoc_text.argtypes = [ctypes.POINTER(Doc), ctypes.c_uint32, ctypes.c_void_p]
    lib.fail_code.restype = ctypes.c_char_p
    return lib


def value(lib, arena, doc, body, i):
    """The value at token i, numbers as ("number", text)."""
    t = doc.tok[i]
    if t.type in (STRING, KEY):
        s = lib.jdoc_text(doc, i, arena)
        return ctypes.string_at(s.p, s.n).decode("utf-8")
    if t.type == NUMBER:
        return ("number", body[t.start:t.end].decode())
    if t.type in (TRUE, FALSE, NULL):
        return {TRUE: True, FALSE: False, NULL: None}[t.type]
    children, k = [], i + 1
    while k < t.next:
        children.append(value(lib, arena, doc, body, k))
        k = doc.tok[k].next
    return children if t.type == ARRAY else dict(zip(children[::2], children[1::2], strict=True))


def ours(lib, arena, body):
    lib.arena_reset(arena)
    held = ctypes.create_string_buffer(body, max(len(body), 1))
    doc, at = Doc(), ctypes.c_size_t()
    code = lib.jscan(Span(ctypes.addressof(held), len(body)), arena, doc, at)
    if code:
        assert at.value <= len(body)
        return lib.fail_code(code).decode(), None
    return "OK", value(lib, arena, doc, body, 0)


def no_constant(word):
    raise ValueError(word)


def theirs(body):
    number = lambda s: ("number", s)
    try:
        return True, json.loads(body.decode("utf-8"), parse_int=number, parse_float=number, parse_constant=no_constant)
    except (ValueError, RecursionError):
        return False, None


PIECES = [b'"', b"\\", b"\\u0061", b"\\ud83d", b"\\ude00", b"\\u0000", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b".",
          b"1e5", b"null", b"true", b" ", b"\n", b"\x00", b"\x1f", b"\x7f", b"\xc3\xa9", b"\xe2\x82", b"\xf0\x9f\x98\x80",
          b"\xed\xa0\x80", b"\xef\xbb\xbf", b'"a":1,', b'"\\u0061":2', b"NaN", b"//", b"{}", b"[]"]


def mutate(rng, body):
    b = bytearray(body)
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(b))
        how = rng.randrange(4)
        if how == 0:
            b[at:at] = rng.choice(PIECES)
        elif how == 1:
            del b[at:at + rng.randint(1, 5)]
        elif how == 2 and b:
            b[at % len(b)] = rng.randrange(256)
        else:
            end = rng.randint(at, len(b))
            b[at:at] = b[at:end][:40]
    return bytes(b)


def main():
    arg = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arg.add_argument("--seconds", type=float, default=20)
    arg.add_argument("--seed", type=int, default=int(time.time()))
    arg = arg.parse_args()
    rng = random.Random(arg.seed)
    pool = [p.read_bytes() for d in ("jscan", "openai_chat") for p in sorted((ROOT / "tests" / "corpus" / d).iterdir())]
    seen = {}
    with tempfile.TemporaryDirectory() as folder:
        lib = load(folder)
        arena = lib.arena_new(0)
        until = time.monotonic() + arg.seconds
        while time.monotonic() < until:
            body = mutate(rng, rng.choice(pool))[:2000]
            code, mine = ours(lib, arena, body)
            reads, other = theirs(body)
            if code == "OK" and (not reads or mine != other):
                sys.exit(f"seed {arg.seed}: jscan accepts what Python reads otherwise: {body!r}")
            if code != "OK" and reads and code not in STRICTER:
                sys.exit(f"seed {arg.seed}: {code} for what Python reads: {body!r}")
            if code not in seen or (code == "OK" and len(pool) < 3000):
                pool.append(body)
            seen[code] = seen.get(code, 0) + 1
    print(f"seed {arg.seed}: {sum(seen.values())} documents agree:", ", ".join(f"{k} {v}" for k, v in sorted(seen.items())))


if __name__ == "__main__":
    main()
