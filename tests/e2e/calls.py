"""calls.py - what the runs of the Python and of the Node SDKs share: one gateway with every dialect, and what a forwarded and a
local answer must be."""
from harness import ENGINE, Cordon, Upstream, eq, keep, scenario, sha256
from providers import AWS_SECRET, SAID, every_dialect, reply

SCHEMA = {"type": "object", "properties": {"reason": {"type": "string", "enum": ["checkup", "emergency"]}}, "required": ["reason"],
          "additionalProperties": False}
NAME = "record_visit"

_world = {}


def world():
    if "c" not in _world:
        _world["up"] = Upstream()
        _world["up"].default = [reply]
        _world["c"] = keep(Cordon(_world["up"], change=every_dialect(_world["up"]), env={"E2E_AWS_SECRET": AWS_SECRET}))
    _world["up"].reset()
    _world["up"].default = [reply]
    return _world["c"], _world["up"]


def sent_as_it_came(c, up):
    """What reached the provider is what the SDK wrote, by the ledger's two digests and the recorder's own."""
    last = c.records(kind="intent")[-1]
    eq(last["received"]["sha256"], last["sent"]["sha256"], "what was sent")
    eq(sha256(up.requests[-1].body), last["sent"]["sha256"], "what the provider got")


def check_forwarded(what, got):
    if what in ("chat", "stream"):
        eq(got, SAID, what)
    elif what == "tool":
        eq(got, (NAME, {"reason": "checkup"}), what)
    elif what == "structured":
        eq(got, {"reason": "checkup"}, what)
    elif what == "embed":
        eq([round(x, 3) for x in got[0]], [0.25, -0.5, 0.125], what)
    else:
        eq(got, 3, what)


def check_local(what, got):
    if what in ("chat", "stream"):
        assert got, what + " is empty"
    elif what == "tool":
        eq(got[0], NAME, "name")
        assert ENGINE == "standin" or got[1]["reason"] in ("checkup", "emergency"), got     # the stand-in knows no schema
    elif what == "structured":
        assert got["reason"] in ("checkup", "emergency"), got
    elif what == "embed":
        assert len(got[0]) >= 8 and abs(sum(x * x for x in got[0]) - 1) < 0.02, "no unit vector"
    else:
        assert got >= 5, "%r tokens" % got


def add(label, fn):
    fn.__name__, fn.__module__, fn.takes = label, "__main__", []
    scenario(fn)
