"""cordon explain: the same judge as the proxy's, on standard input."""
import json
import random
import time
import uuid

from harness import KEEP, MARK, SLOW, Cordon, Upstream, chat, cordon, each, eq, scenario


def explain(c, data, *args):
    got = cordon("explain", "-c", c.conf_path, *args, stdin=data)
    eq(got.returncode, 0, "exit status; " + got.stderr.decode()[-300:])
    return json.loads(got.stdout)


@scenario
def text(c, up):
    d = explain(c, "über " + MARK + " end", "--api", "text")
    eq((d["action"], d["rule"]), ("refuse", "marked-is-refused"), "verdict")
    eq([k["class"] for k in d["classes"]], ["marked"], "classes")
    f = d["findings"][0]
    eq((f["type"], f["class"], f["start"], f["end"]), ("TEST_MARK", "marked", 6, 6 + len(MARK)), "finding, in UTF-8 bytes")
    assert 0 < f["score"] <= 1 and f["via"], f
    n = len(("über " + MARK + " end").encode())
    eq(d["coverage"], {"body": {"received": n, "inspected": n, "opaque": 0}}, "coverage")


@scenario
def body(c, up):
    raw = json.dumps(chat("see " + KEEP)).encode()
    d = explain(c, raw, "--api", "openai.chat")
    eq((d["action"], d["rule"]), ("local", "patients-stay-here"), "verdict")
    f = d["findings"][0]
    eq(raw[f["start"]:f["end"]].decode(), KEEP, "range in the body")
    eq(d["coverage"]["body"]["received"], len(raw), "bytes")


@scenario
def body_with_escapes_is_rounded_outward(c, up):
    raw = b'{"model":"m","messages":[{"role":"user","content":"x \\u005aQ-4829137\\u0037 y"}]}'
    f = explain(c, raw, "--api", "openai.chat")["findings"][0]
    eq(raw[f["start"]:f["end"]], b"\\u005aQ-4829137\\u0037", "range")


@scenario
def body_that_is_no_json(c, up):
    got = cordon("explain", "-c", c.conf_path, "--api", "openai.chat", stdin=b'{"a":1,"a":2}')
    d = json.loads(got.stdout)
    eq(d["action"], "refuse", "action")
    assert "JSON_DUP_KEY" in got.stdout.decode(), got.stdout


@scenario
def what_a_local_answer_cannot_honour_is_named(c, up):
    d = explain(c, json.dumps(chat(KEEP, logprobs=True)))
    eq((d["action"], d["unsupported"]), ("local", "logprobs"), "what is told")
    assert "unsupported" not in explain(c, json.dumps(chat(KEEP))), "nothing is unsupported"


@scenario
def the_models_of_rules_speak_and_make_no_vectors():
    def change(conf):
        conf["rules"][2].update(model=conf["models"][0]["name"], min_parameters="100M")
    c = Cordon(Upstream(), change, start=False)
    d = explain(c, json.dumps(chat(KEEP)))
    eq((d["local_model"], d["min_parameters"]), ("smollm2-135m", 100000000), "of a chat")
    d = explain(c, json.dumps({"model": "m", "input": KEEP}), "--api", "openai.embeddings")
    eq((d["action"], d.get("local_model"), d.get("min_parameters")), ("local", None, None), "of vectors")
    c.close()


@scenario
def a_wrong_api_is_told_the_right_ones(c, up):
    got = cordon("explain", "-c", c.conf_path, "--api", "openai.chats", stdin=b"{}")
    eq(got.returncode, 2, "exit status")
    for name in (b" openai.chat ", b"bedrock.converse", b"text"):
        assert name in got.stderr, got.stderr
    got = cordon("explain", "-c", c.conf_path, "--api", "cohere.chat", stdin=json.dumps(chat("hi")))
    assert got.returncode == 0 and b"no upstream" in got.stderr, got.stderr


@scenario
def jsonl(c, up):
    lines = [{"id": "a", "text": "nothing here"}, {"id": 7, "text": MARK}, {"id": "é\"", "text": KEEP + "\n" + MARK}, {"id": "e", "text": ""}]
    got = cordon("explain", "-c", c.conf_path, "--api", "text", "--jsonl", stdin="".join(json.dumps(l) + "\n" for l in lines))
    eq(got.returncode, 0, "exit status; " + got.stderr.decode())
    out = [json.loads(l) for l in got.stdout.decode().splitlines()]
    eq([d["id"] for d in out], ["a", 7, "é\"", "e"], "ids")
    eq([sorted(k["class"] for k in d["classes"]) for d in out], [[], ["marked"], ["marked", "phi"], []], "classes")


@each({"benign": chat("What is the capital of France?"), "marked": chat(MARK), "kept": chat(KEEP, max_tokens=2),
       "ssn": chat("His SSN is 536-22-8914 and MRN 00482913", max_tokens=2),
       "clinical": chat("Patient John Smith, MRN: 00482913, DOB 03/14/1962, was diagnosed with type 2 diabetes (E11.9)", max_tokens=2),
       "secret": chat("key AKIAQX7TPLM4ZN3R5WKD"), "privileged": chat("PRIVILEGED AND CONFIDENTIAL attorney-client communication, Matter No. 2024-01187", max_tokens=2)})
def explain_and_proxy_agree(c, up, case):
    raw = json.dumps(case).encode()
    d = explain(c, raw, "--api", "openai.chat", "--upstream", "openai")
    r = c.ask(raw)
    eq((d["action"], d["rule"]), (r.header("x-cordon-action"), r.header("x-cordon-rule")), "explain, against the proxy")


@scenario
def what_the_built_in_patterns_must_know(c, up):
    for said, klass in (("Patient MRN: 00482913 seen today", "phi"),
                        ("SSN 536-22-8914", None),
                        ("card 4556737586899855", "financial"),
                        ("IBAN DE89370400440532013000", "financial"),
                        ("PRIVILEGED AND CONFIDENTIAL: ATTORNEY-CLIENT COMMUNICATION", "privileged"),
                        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx\n-----END RSA PRIVATE KEY-----", "secret"),
                        ("postgres://admin:s3cr3tPass@db.internal:5432/prod", "secret")):
        classes = [k["class"] for k in explain(c, said, "--api", "text")["classes"]]
        assert classes and (klass is None or klass in classes), "%r is of %r" % (said, classes)


def dull_lines(n):
    """Numbers, logs, identifiers and code, of a kind that must never count as anything."""
    r = random.Random(20261125)
    words = ("request", "worker", "cache", "queue", "index", "shard", "retry", "session", "batch", "render", "commit", "branch")

    def number():
        return r.choice(["%d" % r.randrange(10 ** r.randrange(1, 16)), "%.*f" % (r.randrange(1, 9), r.random() * 1e6),
                         "0x%08x" % r.randrange(1 << 32), "%e" % (r.random() * 1e9), "%d%%" % r.randrange(100),
                         "1987", "2024", "12,345,678", "%d ms" % r.randrange(100000)])

    def stamp():
        return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % (r.randrange(2001, 2030), r.randrange(1, 13), r.randrange(1, 29),
                                                        r.randrange(24), r.randrange(60), r.randrange(60), r.randrange(1000))
    makers = [
        lambda: " ".join(number() for _ in range(r.randrange(1, 9))),
        lambda: str(uuid.UUID(int=r.getrandbits(128))),
        lambda: "%s INFO %s[%d]: %s %s took %s" % (stamp(), r.choice(words), r.randrange(65536), r.choice(words), number(), number()),
        lambda: "%s level=warn msg=\"%s %s\" id=%s bytes=%d status=%d" % (
            stamp(), r.choice(words), r.choice(words), uuid.UUID(int=r.getrandbits(128)), r.randrange(1 << 30), r.choice([200, 404, 500])),
        lambda: "commit %040x" % r.getrandbits(160),
        lambda: "sha256:%064x" % r.getrandbits(256),
        lambda: "for (int i = 0; i < %d; i++) { total += %s[i] * %s; }" % (r.randrange(10000), r.choice(words), number()),
        lambda: "def %s_%s(self, n=%d): return n * %s" % (r.choice(words), r.choice(words), r.randrange(1000), number()),
        lambda: "%s.%s(%s, \"%s\", %s);" % (r.choice(words), r.choice(words), number(), r.choice(words), number()),
        lambda: "[%s] %s v%d.%d.%d (build %d)" % (stamp(), r.choice(words), r.randrange(20), r.randrange(99), r.randrange(99), r.randrange(99999)),
        lambda: ",".join(str(r.randrange(1000)) for _ in range(r.randrange(3, 20))),
        lambda: "GET /%s/%d?page=%d&size=%d HTTP/1.1 %d %d" % (r.choice(words), r.randrange(10 ** 9), r.randrange(99), r.randrange(99),
                                                               r.choice([200, 304]), r.randrange(10 ** 6)),
        lambda: "%d:%02d:%02d up %d days, load average: %.2f, %.2f, %.2f" % (r.randrange(24), r.randrange(60), r.randrange(60),
                                                                          r.randrange(900), r.random(), r.random(), r.random()),
        lambda: "| %s | %s | %s |" % (number(), number(), r.choice(words)),
        lambda: "\t.quad 0x%016x # %d" % (r.getrandbits(64), r.randrange(10 ** 6)),
        lambda: "SELECT %s, count(*) FROM %s WHERE id BETWEEN %d AND %d;" % (r.choice(words), r.choice(words), r.randrange(10 ** 9), r.randrange(10 ** 9)),
    ]
    return [r.choice(makers)() for _ in range(n)]


@scenario
def d52_ten_thousand_dull_lines_have_no_class(c, up):
    lines = dull_lines(10_000)
    began = time.monotonic()
    got = cordon("explain", "-c", c.conf_path, "--api", "text", "--jsonl",
                 stdin="".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in enumerate(lines)))
    eq(got.returncode, 0, "exit status; " + got.stderr.decode())
    out = [json.loads(l) for l in got.stdout.decode().splitlines()]
    eq(len(out), 10_000, "answers")
    wrong = [(lines[i], d["classes"], [f["type"] for f in d["findings"]]) for i, d in enumerate(out) if d["classes"]]
    eq(wrong[:5], [], "lines with a class (%d in all)" % len(wrong))
    assert time.monotonic() - began < 20 * SLOW, "it took %.1f s" % (time.monotonic() - began)


@scenario
def d52_as_one_document(c, up):
    d = explain(c, "\n".join(dull_lines(10_000)), "--api", "text")
    eq((d["action"], d["classes"]), ("forward", []), "verdict of all lines at once: %r" % d["findings"][:5])


@scenario
def d53_a_megabyte_is_quick(c, up):
    t = ("The patient reported feeling well and was sent home with advice. " * 16000)[:1_000_000]
    began = time.monotonic()
    explain(c, t, "--api", "text")
    assert time.monotonic() - began < 3 * SLOW, "1 MB took %.1f s" % (time.monotonic() - began)


@scenario
def operators_words_and_classes():
    def change(conf):
        conf["classes"].append({"name": "project", "threshold": 0.5})
        conf["word_lists"] = [{"type": "PROJECT_NAME", "class": "project", "words": ["Blue Heron", "grünspan"]}]
        conf["rules"].insert(0, {"name": "projects", "when": {"classes": ["project"]}, "action": "refuse"})
    c = Cordon(Upstream(), change, start=False)
    for said, rule in (("about blue heron now", "projects"), ("BLUE HERON", "projects"), ("the grünspan file", "projects"),
                       ("blueheron", "everything-else"), ("a heron, blue", "everything-else")):
        eq(explain(c, said, "--api", "text")["rule"], rule, "rule for " + repr(said))
    c.close()
