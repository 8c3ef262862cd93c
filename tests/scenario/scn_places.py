"""The same text in every place of every API gets the same verdict: through `cordon explain` in several writings, and through
the gateway. The places are a table, places.py."""
import base64
import json
import os
import sys

from harness import KEEP, MARK, Cordon, Upstream, cordon, each, eq, keep
from places import APIS, RAW

sys.path.append(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "e2e"))
import providers  # noqa: E402

BENIGN = "a word of no weight"
NATURAL = "Patient Maria Example, MRN 00482913, DOB 03/14/1961"
ALL_KINDS = ["image", "audio", "video", "document", "archive", "encrypted", "remote", "tokens", "binary"]
_made = {}


def gateway():
    """Content that cannot be read counts for nothing here, so that only the text decides."""
    if not _made:
        up = Upstream()
        up.default = [providers.reply]

        def change(conf):
            providers.every_dialect(up)(conf)
            conf["opaque"] = {"allow": ALL_KINDS}
            conf["cache"] = {"directory": os.path.join(os.path.dirname(conf["ledger"]["directory"]), "cache")}
        _made["c"] = keep(Cordon(up, change, env={"E2E_AWS_SECRET": providers.AWS_SECRET}))
        _made["up"] = up
    return _made["c"], _made["up"]


def escaped(raw, text):
    """The body with each character of the text as \\uXXXX."""
    return raw.replace(text, "".join("\\u%04x" % ord(ch) for ch in text))


def writings(api, row):
    """Pairs of what it is and the body."""
    def raw(text):
        return json.dumps(api.body(row, text), ensure_ascii=False)
    note = "The note says " + MARK + " and no more."
    code = base64.b64encode(note.encode()).decode()
    return {"plain": raw(MARK), "escaped": escaped(raw(MARK), MARK), "json": raw(json.dumps({"note": [note]})),
            "base64": raw(code), "base64url": raw(base64.urlsafe_b64encode(note.encode()).decode().rstrip("=")),
            "uri": raw("data:text/plain;base64," + code)}


def explain_all(c, path, upstream, bodies):
    lines = "".join(json.dumps({"id": k, "text": v}) + "\n" for k, v in bodies.items())
    got = cordon("explain", "-c", c.conf_path, "--path", path, "--upstream", upstream, "--jsonl", stdin=lines)
    eq(got.returncode, 0, "exit status; " + got.stderr.decode()[-300:])
    return {d["id"]: d for d in map(json.loads, got.stdout.decode().splitlines())}


def rule_of(d):
    return d["error"]["code"] if "error" in d else d["rule"]


def wrong_of(judged, want):
    return sorted("%s: %s" % (k, rule_of(d)) for k, d in judged.items() if rule_of(d) != want(k))


def base_of(api):
    """The path in the terms of the family's own rows: what a host puts before it is the proxy's business, not explain's."""
    return {"groq": "/v1/chat/completions", "deepseek": "/v1/chat/completions"}.get(api.host, api.path)


@each(APIS)
def explained(case):
    c, _ = gateway()
    bodies, want = {}, {}
    for name, row in case.rows.items():
        for how, raw in writings(case, row).items():
            bodies[name + " as " + how] = raw
            want[name + " as " + how] = "marked-is-refused"
        for how, text, rule in (("kept", KEEP, "patients-stay-here"), ("natural", NATURAL, "patients-stay-here"),
                                ("benign", BENIGN, "everything-else")):
            bodies[name + " as " + how] = json.dumps(case.body(row, text))
            want[name + " as " + how] = rule
    judged = explain_all(c, base_of(case), case.host, bodies)
    eq(len(judged), len(bodies), "answers")
    eq(wrong_of(judged, want.get), [], "places with another verdict")
    for k, d in judged.items():
        for part, n in d["coverage"].items():
            eq(n["inspected"] + n["opaque"], n["received"], "coverage of %s of %s" % (part, k))


@each(APIS)
def sent(case):
    c, up = gateway()
    up.reset()
    up.default = [providers.reply]
    wrong = []
    with c.client() as k:
        for name, row in case.rows.items():
            k.request(case.body(row, MARK), path=providers.MOUNTS.get(case.host, "") + case.path, headers=case.headers,
                      host=providers.HOSTS[case.host])
            r = k.reply()
            if (r.status, r.header("x-cordon-rule"), r.header("x-should-retry")) != (400, "marked-is-refused", "false"):
                wrong.append("%s: %s %s" % (name, r.status, r.header("x-cordon-rule") or r.header("x-cordon-code")))
            if MARK.encode() in r.body:
                wrong.append(name + ": the refusal echoes it")
    eq(wrong, [], "places with another verdict")
    eq(up.data, b"", "bytes at the upstream")


@each(RAW)
def other_bodies(case):
    c, up = gateway()
    host, path, ctype, make = case
    up.reset()
    up.default = [providers.reply]
    for text, status, rule in ((MARK, 400, "marked-is-refused"), (KEEP, 400, "patients-stay-here")):
        r = c.ask(make(text), path=path, host=providers.HOSTS[host], headers=["Content-Type: " + ctype])
        eq((r.status, r.header("x-cordon-rule")), (status, rule), "refusal")
        assert text.encode() not in r.body, "the refusal echoes it"
    eq(up.data, b"", "bytes at the upstream")
    r = c.ask(make(BENIGN), path=path, host=providers.HOSTS[host], headers=["Content-Type: " + ctype])
    eq(r.header("x-cordon-action"), "forward", "what is benign")


@each({h: (h, p) for h, p in (("openai", "/v1/models"), ("anthropic", "/v1/models"), ("gemini", "/v1beta/models"),
                              ("mistral", "/v1/models"), ("cohere", "/v1/models"), ("ollama", "/api/tags"), ("bedrock", "/async-invoke"))})
def heads(case):
    c, up = gateway()
    host, path = case
    up.reset()
    for target, headers in ((path + "?note=" + MARK, []), (path + "?" + MARK + "=1", []), (path + "?n=ZQ%2d4829%31377", []),
                            (path + "/" + MARK, []), (path, ["X-Note: " + MARK]), (path, ["User-Agent: a/" + MARK]),
                            (path, ["X-Codex-Turn-Metadata: " + json.dumps({"w": {MARK: 1}})])):
        r = c.ask(None, "GET", target, headers, host=providers.HOSTS[host])
        eq(r.status, 400, "status of %s %r" % (target, headers))
        assert MARK.encode() not in r.body, "the refusal echoes it"
    eq(up.data, b"", "bytes at the upstream")
