"""leaves.py - where a request type of an SDK takes text: a walk over its TypedDicts, pydantic models, service model or method
signature. Gives for each string, key and blob one value that has AT there and, around it, only what the type demands."""
import base64
import collections.abc
import enum
import types
import typing

AT = "$AT$"
BASIC = {str: "x", int: 1, float: 1.0, bool: True, bytes: "eA==", type(None): None}
LISTS = (list, tuple, set, collections.abc.Iterable, collections.abc.Sequence)
MAPS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
TWICE = 2            # a structure is walked whole where it is met first, and once more


class Blob(str):
    """A leaf that goes as base64."""


def struct(name, **fields):
    """A structure that no SDK has a type for: what its method puts together."""
    return typing.TypedDict(name, fields, total=False)


def signature(method, *without):
    """The same of a method's parameters."""
    hints = {k: v for k, v in typing.get_type_hints(method).items() if k not in ("return", *without)}
    return typing.TypedDict(method.__qualname__, hints, total=False)


def members(t):
    """(name on the wire, type, whether it has to be there) of a structure, or None."""
    if isinstance(t, type) and hasattr(t, "model_fields"):
        return [(f.serialization_alias or f.alias or k, f.annotation, f.is_required()) for k, f in t.model_fields.items()]
    if hasattr(t, "__required_keys__"):        # of typing, or of typing_extensions
        return [(k, v, k in t.__required_keys__) for k, v in typing.get_type_hints(t).items()]
    return None


def plain(t):
    """Without what only a type checker reads, and without names for types."""
    while True:
        origin = typing.get_origin(t)
        if origin in (typing.Annotated, typing.Required, typing.NotRequired):
            t = typing.get_args(t)[0]
        elif hasattr(origin, "__value__"):        # a TypeAliasType with parameters
            t = origin.__value__[typing.get_args(t)]
        elif hasattr(t, "__value__"):
            t = t.__value__
        elif isinstance(t, typing.TypeVar):
            t = t.__bound__ or str
        else:
            return t


def is_union(t):
    return typing.get_origin(t) in (typing.Union, types.UnionType)


def is_list(t):
    return typing.get_origin(t) in LISTS or t in (list, tuple)


def is_map(t):
    return typing.get_origin(t) in MAPS or t in (dict, object, typing.Any)


def least(t, depth=0):
    """The smallest value of a type."""
    t = plain(t)
    if t in BASIC:
        return BASIC[t]
    if typing.get_origin(t) is typing.Literal:
        return typing.get_args(t)[0]
    if isinstance(t, type) and issubclass(t, enum.Enum):
        return next(iter(t)).value
    if is_union(t):
        return least(typing.get_args(t)[0], depth)
    if is_list(t):
        return []
    fields = members(t)
    if fields is None or depth > 8:
        return {}
    return {k: least(v, depth + 1) for k, v, must in fields if must}


class Walk:
    def __init__(self):
        self.met = {}

    def leaves(self, t, open_=()):
        """(path, value)"""
        t = plain(t)
        if t is str:
            yield "", AT
        elif t is bytes:
            yield "", Blob(AT)
        elif is_union(t):
            for arm in typing.get_args(t):
                yield from self.leaves(arm, open_)
        elif is_list(t):
            for path, v in self.leaves((typing.get_args(t) or (str,))[0], open_):
                yield "[]" + path, [v]
        elif is_map(t):
            key, value = (typing.get_args(t) or (str, str))[:2]
            yield ".{key}", {AT: least(value) if value is not str else "x"}
            for path, v in self.leaves(value, open_):
                yield ".*" + path, {"k": v}
        else:
            yield from self.of_struct(t, open_)

    def of_struct(self, t, open_):
        fields = members(t)
        if fields is None or t in open_ or self.met.get(t, 0) >= TWICE:
            return
        self.met[t] = self.met.get(t, 0) + 1
        around = least(t) if open_ else {}        # of the request itself, whoever asks knows better
        for name, kind, _ in fields:
            for path, v in self.leaves(kind, (*open_, t)):
                yield "." + name + path, dict(around, **{name: v})


def of_type(t):
    return list(Walk().leaves(t))


# ---- botocore's service models
def of_shape(shape, open_=()):
    """The same of a shape of AWS; what goes in the path or a header is not in the body."""
    kind = shape.type_name
    if kind == "string" and not getattr(shape, "enum", None):
        yield "", AT
    elif kind == "blob":
        yield "", Blob(AT)
    elif getattr(shape, "is_document_type", False):
        yield ".*", {"k": AT}
        yield ".{key}", {AT: "x"}
    elif kind == "list":
        for path, v in of_shape(shape.member, open_):
            yield "[]" + path, [v]
    elif kind == "map":
        yield ".{key}", {AT: least_of_shape(shape.value)}
        for path, v in of_shape(shape.value, open_):
            yield ".*" + path, {"k": v}
    elif kind == "structure" and shape.name not in open_:
        for name, inner in shape.members.items():
            if inner.serialization.get("location"):
                continue
            around = least_of_shape(shape) if open_ and not getattr(shape, "is_tagged_union", False) else {}
            for path, v in of_shape(inner, (*open_, shape.name)):
                yield "." + name + path, dict(around, **{name: v})


def least_of_shape(shape):
    kind = shape.type_name
    if kind == "structure":
        return {k: least_of_shape(shape.members[k]) for k in shape.required_members
                if not shape.members[k].serialization.get("location")}
    if getattr(shape, "enum", None):
        return shape.enum[0]
    return {"string": "x", "blob": "eA==", "list": [], "map": {}, "boolean": True}.get(kind, 1)


def fill(node, text):
    """The value with `text` wherever AT stands."""
    if isinstance(node, Blob):
        return base64.b64encode(("note: " + text).encode()).decode()
    if isinstance(node, str):
        return node.replace(AT, text)
    if isinstance(node, dict):
        return {fill(k, text): fill(v, text) for k, v in node.items()}
    return [fill(v, text) for v in node] if isinstance(node, list) else node

