#!/usr/bin/env python3
"""jscan beside Python's json module, on documents that are made and mutated: what jscan accepts, Python reads as the same
tree (members in their order, texts, numbers), and no key twice; what jscan refuses and Python reads has the fault that
jscan names. Needs a C compiler and OpenSSL's headers.

    tests/fuzz/jscan_python.py [--seconds 20] [--seed N]
"""
import argparse
import ctypes
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = [ROOT / "core" / (n + ".c") for n in ("arena", "digest", "fail", "obuf", "jout", "jscan", "jdoc", "jkeys")]
OBJECT, ARRAY, KEY, STRING, NUMBER, TRUE, FALSE, NULL = range(8)
DEPTH = 64   # JSCAN_DEPTH
LONGEST_DOUBLE = 127   # that jdoc_double converts


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
    lib.jdoc_int.argtypes = lib.jdoc_double.argtypes = [ctypes.POINTER(Doc), ctypes.c_uint32, ctypes.c_void_p]
    lib.jdoc_int.restype = lib.jdoc_double.restype = ctypes.c_bool
    lib.fail_code.restype = ctypes.c_char_p
    return lib


# ---- the two readers. A tree: objects as Members, arrays as lists, numbers as Number.

class Members(list):
    """An object's members, (key, value), as they came; no list equals it."""

    def __eq__(self, other):
        return type(other) is Members and list.__eq__(self, other)


class Number(str):
    """A number as it is written."""

    def __eq__(self, other):
        return type(other) is Number and str.__eq__(self, other)


def check_number(lib, doc, i, text):
    """jdoc_int and jdoc_double convert as Python does, or say that they do not."""
    whole, real = ctypes.c_int64(), ctypes.c_double()
    fits = not re.search("[.eE]", text) and len(text) <= 20 and -2**63 <= int(text) < 2**63
    assert lib.jdoc_int(doc, i, ctypes.byref(whole)) == fits and (not fits or whole.value == int(text)), text
    fits = len(text) <= LONGEST_DOUBLE and abs(float(text)) != float("inf")
    assert lib.jdoc_double(doc, i, ctypes.byref(real)) == fits and (not fits or real.value == float(text)), text


def value(lib, arena, doc, body, i):
    t = doc.tok[i]
    if t.type in (STRING, KEY):
        s = lib.jdoc_text(doc, i, arena)
        return ctypes.string_at(s.p, s.n).decode("utf-8")
    if t.type == NUMBER:
        text = body[t.start:t.end].decode()
        check_number(lib, doc, i, text)
        return Number(text)
    if t.type in (TRUE, FALSE, NULL):
        return {TRUE: True, FALSE: False, NULL: None}[t.type]
    children, k = [], i + 1
    while k < t.next:
        children.append(value(lib, arena, doc, body, k))
        k = doc.tok[k].next
    return children if t.type == ARRAY else Members(zip(children[::2], children[1::2], strict=True))


def ours(lib, arena, body):
    """The code, and the tree when that is OK."""
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
    """Whether Python reads the bytes, as a server that is given them would, and the tree."""
    try:
        return True, json.loads(body, parse_int=Number, parse_float=Number, parse_constant=no_constant,
                                object_pairs_hook=Members)
    except (ValueError, RecursionError):
        return False, None


# ---- what jscan refuses on purpose

def walk(tree, depth=1):
    """(depth, container or text) of everything in the tree."""
    yield depth, tree
    if isinstance(tree, Members):
        for k, v in tree:
            yield depth, k
            yield from walk(v, depth + 1)
    elif isinstance(tree, list):
        for v in tree:
            yield from walk(v, depth + 1)


def has_twin(tree):
    return any(len({k for k, _ in node}) < len(node) for _, node in walk(tree) if isinstance(node, Members))


def has_half(tree):
    return any(isinstance(node, str) and re.search("[\ud800-\udfff]", node) for _, node in walk(tree))


def is_deep(tree):
    return any(depth > DEPTH for depth, node in walk(tree) if isinstance(node, list))


def is_plain_utf8(body):
    """Python also takes UTF-16 and UTF-32, a byte-order mark, and halves of pairs written as bytes."""
    try:
        return json.detect_encoding(body) == "utf-8" and body.decode() is not None
    except UnicodeDecodeError:
        return False


FAULTS = {"JSON_DUP_KEY": has_twin, "JSON_SURROGATE": has_half, "JSON_DEPTH": is_deep}


def judge(body, code, mine, reads, other):
    """What is wrong, or None."""
    if code == "OK":
        if not reads:
            return "jscan accepts what Python does not read"
        if mine != other:
            return "Python reads another tree"
        return "a key is there twice" if has_twin(other) else None
    if not reads or not is_plain_utf8(body):
        return None
    return None if code in FAULTS and FAULTS[code](other) else f"{code} for what Python reads"


# ---- documents

def spell(rng, text):
    """A JSON string of it, each character in one of the ways to write it."""
    short = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\", "/": "\\/"}
    out = []
    for c in text:
        units = c.encode("utf-16-be", "surrogatepass")
        hexes = "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
        ways = [hexes, hexes.replace("\\u", "\\U").upper().replace("\\U", "\\u")]
        if c in short:
            ways.append(short[c])
        if c == "/" or (c >= " " and c not in short):
            ways += [c] * 4
        out.append(rng.choice(ways))
    return '"' + "".join(out) + '"'


CHARACTERS = ['"', "\\", "/", "\0", "\b", "\n", "\x1f", "\x7f", "\x80", "a", "b", "é", "\u2028", "\ufeff", "\uffff", "😀",
              "\U0010ffff"]
HALVES = ["\ud800", "\udfff"]


def some_text(rng):
    pool = CHARACTERS + HALVES if rng.random() < 0.02 else CHARACTERS
    return "".join(rng.choice(pool) for _ in range(rng.choice((0, 1, 2, 17))))


def some_number(rng):
    whole = rng.choice(("0", "7", "10", "9007199254740993", "9223372036854775807", "9223372036854775808", "1" * 130))
    fraction, exponent = rng.choice(("", "", ".0", ".5", ".05")), rng.choice(("", "", "e0", "E+2", "e-400", "e308"))
    return rng.choice(("", "-")) + whole + fraction + exponent


def made(rng, depth):
    """A document; now and then with a key twice."""
    space = lambda: rng.choice(("", "", "", " ", "\t", "\r\n", "  "))
    kind = rng.randrange(8 if depth > 0 else 4)
    if kind < 2:
        text = spell(rng, some_text(rng))
    elif kind == 2:
        text = some_number(rng)
    elif kind == 3:
        text = rng.choice(("true", "false", "null"))
    elif kind < 6:
        text = "[" + ",".join(made(rng, depth - 1) for _ in range(rng.randrange(4))) + space() + "]"
    else:
        n = rng.choice((0, 1, 2, 3, 14))
        keys = [some_text(rng) if rng.random() < 0.3 else f"k{i}" for i in range(n)]
        if rng.random() < 0.9:
            keys = list(dict.fromkeys(keys))
        text = "{" + ",".join(space() + spell(rng, k) + space() + ":" + made(rng, depth - 1) for k in keys) + space() + "}"
    return space() + text + space()


def nest(rng, body):
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}")))
    n = rng.randint(DEPTH - 6, DEPTH + 2)
    return opening * n + body + closing * n


PIECES = [b'"', b"\\", b"\\u0061", b"\\ud83d", b"\\ude00", b"\\u0000", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b".",
          b"1e5", b"null", b"true", b" ", b"\n", b"\x00", b"\x1f", b"\x7f", b"\xc3\xa9", b"\xe2\x82", b"\xf0\x9f\x98\x80",
          b"\xed\xa0\x80", b"\xef\xbb\xbf", b'"a":1,', b'"\\u0061":2', b"NaN", b"//", b"{}", b"[]"]


def mutate(rng, body):
    if rng.random() < 0.02:
        body = nest(rng, body)
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
    corpora = [ROOT / "tests" / "corpus" / d for d in ("jscan", "json_readers", "openai_chat")]
    pool = [p.read_bytes() for d in corpora for p in sorted(d.iterdir())]
    seen = {}
    with tempfile.TemporaryDirectory() as folder:
        lib = load(folder)
        arena = lib.arena_new(0)
        until = time.monotonic() + arg.seconds
        while time.monotonic() < until:
            body = made(rng, 3).encode("utf-8", "surrogatepass") if rng.random() < 0.3 else rng.choice(pool)
            body = (mutate(rng, body) if rng.random() < 0.8 else body)[:2000]
            code, mine = ours(lib, arena, body)
            wrong = judge(body, code, mine, *theirs(body))
            if wrong:
                sys.exit(f"seed {arg.seed}: {wrong}: {code} {body!r}")
            if code not in seen or (code == "OK" and len(pool) < 3000):
                pool.append(body)
            seen[code] = seen.get(code, 0) + 1
    print(f"seed {arg.seed}: {sum(seen.values())} documents agree:", ", ".join(f"{k} {v}" for k, v in sorted(seen.items())))


if __name__ == "__main__":
    main()
