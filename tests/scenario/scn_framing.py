"""Request framing: what is not clearly one request is refused, with nothing at the upstream. The probes themselves are
in framing_probes.py, with the code that each is refused with."""
from framing_probes import PROBES
from harness import Client, chat, each, eq, request_bytes, scenario

CASES = {name: (raw, code) for name, raw, code in PROBES}


def refused(k, code):
    r = k.reply()
    if r.code in ("ENDPOINT_UNKNOWN", "TLS_NAME_MISMATCH"):
        r = k.reply()                    # a whole request stood before the broken one
    eq(r.code, code, "code of status %d" % r.status)
    assert 400 <= r.status < 500, "status %d" % r.status
    assert k.at_eof(), "the connection stays open behind it"


@each(CASES)
def probe(c, up, case):
    with Client(c.address(), timeout=5) as k:
        k.send(case[0])
        refused(k, case[1])
    up.untouched(0.01)


@each(CASES)
def probe_behind_a_good_request(c, up, case):
    with Client(c.address(), timeout=5) as k:
        k.send(request_bytes(chat("first")) + case[0])
        eq(k.reply().status, 200, "the good one")
        refused(k, case[1])
    eq(len(up.requests), 1, "requests at the upstream")


@each(CASES)
def probe_inside_connect(c, up, case):
    with c.tunnel() as k:
        k.send(case[0])
        refused(k, case[1])
    up.untouched(0.01)


@scenario
def head_over_the_cap_is_431(c, up):
    r = c.ask(chat("hi"), headers=["X-Long: " + "a" * 70_000])
    eq((r.status, r.code), (431, "HEAD_TOO_LARGE"), "refusal")
    up.untouched()


@scenario
def too_many_headers(c, up):
    r = c.ask(chat("hi"), headers=["X-%d: a" % i for i in range(150)])
    assert r.status in (431, 400), "status %d" % r.status
    up.untouched()
