"""gguf_file - reads the metadata of a GGUF file and writes small ones, with nothing but Python's own library.

The layout is GGUF version 3 as llama.cpp's ggml/include/gguf.h describes it: little-endian; header, key-value pairs,
tensor descriptions, then the tensors' bytes, each aligned."""
import struct

U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
TENSOR_F32, TENSOR_F16, TENSOR_Q8_0 = 0, 1, 8
ALIGNMENT = 32
_FORMS = {U8: "<B", I8: "<b", U16: "<H", I16: "<h", U32: "<I", I32: "<i", F32: "<f", BOOL: "<?", U64: "<Q", I64: "<q",
          F64: "<d"}


class Reader:
    """The key-value pairs of a file: `pairs` maps a key to (type, value); an array's value is (element type, list)."""

    def __init__(self, path):
        self.file = open(path, "rb")
        with self.file:
            magic, version, _, n_pairs = struct.unpack("<4sIQQ", self.file.read(24))
            if magic != b"GGUF" or version not in (2, 3):
                raise ValueError("%s is no GGUF file of version 2 or 3" % path)
            self.pairs = dict(self._pair() for _ in range(n_pairs))

    def _number(self, kind):
        form = _FORMS[kind]
        return struct.unpack(form, self.file.read(struct.calcsize(form)))[0]

    def _string(self):
        return self.file.read(self._number(U64)).decode("utf-8", "surrogateescape")

    def _value(self, kind):
        if kind == STRING:
            return self._string()
        if kind == ARRAY:
            element, n = self._number(U32), self._number(U64)
            return element, [self._value(element) for _ in range(n)]
        return self._number(kind)

    def _pair(self):
        key, kind = self._string(), self._number(U32)
        return key, (kind, self._value(kind))


def _string(s):
    data = s.encode("utf-8", "surrogateescape")
    return struct.pack("<Q", len(data)) + data


def _value(kind, value):
    if kind == STRING:
        return _string(value)
    if kind == ARRAY:
        element, items = value
        return struct.pack("<IQ", element, len(items)) + b"".join(_value(element, i) for i in items)
    return struct.pack(_FORMS[kind], value)


def _padding(n):
    return -n % ALIGNMENT


class Writer:
    """Gathers pairs and tensors; `write` lays the file down. Bytes depend on nothing but what was given."""

    def __init__(self, architecture):
        self.architecture = architecture
        self.pairs = []
        self.tensors = []
        self.add("general.architecture", STRING, architecture)

    def add(self, key, kind, value):
        """A key that begins with a dot belongs to the architecture."""
        self.pairs.append((self.architecture + key if key.startswith(".") else key, kind, value))

    def tensor(self, name, shape, kind, data):
        """`shape`: the row's length first, as GGUF has it. `data`: its bytes."""
        self.tensors.append((name, shape, kind, data))

    def write(self, path):
        head = [struct.pack("<4sIQQ", b"GGUF", 3, len(self.tensors), len(self.pairs))]
        head += [_string(key) + struct.pack("<I", kind) + _value(kind, value) for key, kind, value in self.pairs]
        at = 0
        for name, shape, kind, data in self.tensors:
            head.append(_string(name) + struct.pack("<I%dQIQ" % len(shape), len(shape), *shape, kind, at))
            at += len(data) + _padding(len(data))
        text = b"".join(head)
        with open(path, "wb") as out:
            out.write(text + bytes(_padding(len(text))))
            for _, _, _, data in self.tensors:
                out.write(data)
                out.write(bytes(_padding(len(data))))
