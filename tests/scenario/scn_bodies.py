"""What is read of a request, and what leaves of it."""
import gzip
import json
import shutil
import subprocess
import threading
import zlib

from harness import (KEEP, MARK, SLOW, Client, Cordon, Skip, Upstream, chat, each, eq, keep, request_bytes, scenario,
                     sha256, short)

WEIRD = (b'{"model" : "gpt-4o-mini",\r\n\t"seed":9007199254740993, "x_big" :1e400,"x_long":123456789012345678901234567890,'
         b'"x_zero":-0, "x_exp":1E+2,"messages":[ {"content":"caf\\u00e9 \\/ \\ud83d\\ude00 \xf0\x9f\x98\x80 \\u0000 tab\\t",'
         b'"role":"user"}] , "temperature":0.10000000000000000555}  ')


@scenario
def benign_body_goes_out_byte_for_byte(c, up):
    r = c.ask(WEIRD)
    eq(r.status, 200, "status")
    eq(r.header("x-cordon-action"), "forward", "x-cordon-action")
    eq(up.requests[0].body, WEIRD, "body at the upstream")
    intent = c.intents(r.header("x-cordon-id"))[0]
    assert sha256(WEIRD) in json.dumps(intent), "the intent lacks the digest of the sent body"


@scenario
def benign_reply_comes_back_byte_for_byte(c, up):
    body = b'{"id": "x",\n "n":9007199254740993,"choices":[{"index":0,"message":{"role":"assistant","content":"\\u00e9"}}]}'
    up.answer([b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body])
    eq(c.ask(chat("hello")).body, body, "reply")


PLACES = {
    "text": chat("note " + MARK),
    "part": chat([{"type": "text", "text": "a"}, {"type": "text", "text": MARK}]),
    "system": {"model": "m", "messages": [{"role": "system", "content": MARK}, {"role": "user", "content": "hi"}]},
    "unknown_role": {"model": "m", "messages": [{"role": "critic", "content": MARK}]},
    "message_name": {"model": "m", "messages": [{"role": "user", "name": MARK, "content": "hi"}]},
    "tool_call_arguments": {"model": "m", "messages": [{"role": "assistant", "content": None, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"id": MARK})}}]}]},
    "tool_result": {"model": "m", "messages": [{"role": "tool", "tool_call_id": "c1", "content": MARK}]},
    "image_url": chat([{"type": "image_url", "image_url": {"url": "https://example.org/" + MARK}}]),
    "file_name": chat([{"type": "file", "file": {"filename": MARK + ".pdf", "file_data": "data:,x"}}]),
    "tool_description": chat("hi", tools=[{"type": "function", "function": {"name": "f", "description": MARK}}]),
    "schema_enum": chat("hi", tools=[{"type": "function", "function": {"name": "f", "parameters": {
        "type": "object", "properties": {"who": {"type": "string", "enum": ["a", MARK]}}}}}]),
    "schema_default": chat("hi", tools=[{"type": "function", "function": {"name": "f", "parameters": {
        "type": "object", "properties": {"who": {"type": "string", "default": MARK}}}}}]),
    "object_key": chat("hi", metadata={MARK: "x"}),
    "schema_key": chat("hi", tools=[{"type": "function", "function": {"name": "f", "parameters": {
        "type": "object", "properties": {MARK: {"type": "string"}}}}}]),
    "metadata": chat("hi", metadata={"case": MARK}),
    "user": chat("hi", user=MARK),
    "safety_identifier": chat("hi", safety_identifier=MARK),
    "stop": chat("hi", stop=["a", MARK]),
    "prediction": chat("hi", prediction={"type": "content", "content": MARK}),
    "response_format": chat("hi", response_format={"type": "json_schema", "json_schema": {"name": "s", "schema": {
        "description": MARK}}}),
    "logit_bias_key": chat("hi", logit_bias={MARK: 1}),
    "model": {"model": MARK, "messages": [{"role": "user", "content": "hi"}]},
    "unknown_field": chat("hi", x_new={"deep": [[{"er": MARK}]]}),
    "escaped_digits": b'{"model":"m","messages":[{"role":"user","content":"ZQ-\\u0034829\\u00313\\u00377"}]}',
    "escaped_letters": b'{"model":"m","messages":[{"role":"user","content":"\\u005a\\u0051-48291377"}]}',
    "after_escaped_nul": b'{"model":"m","messages":[{"role":"user","content":"a\\u0000 ZQ-48291377"}]}',
    "escaped_key": b'{"model":"m","messages":[],"metadata":{"\\u005aQ-48291377":"x"}}',
}


@each(PLACES)
def place(c, up, case):
    r = c.ask(case)
    eq((r.status, r.code, r.header("x-cordon-rule")), (400, "POLICY_REFUSED", "marked-is-refused"), "refusal")
    eq(r.header("x-should-retry"), "false", "x-should-retry")
    up.untouched()
    assert MARK not in r.body.decode(), "the refusal echoes what was found"


HEADS = {
    "header_value": dict(headers=["X-Case: " + MARK]),
    "user_agent": dict(headers=["User-Agent: bot/" + MARK]),
    "header_name": dict(headers=["X-" + MARK + ": 1"]),
    "query": dict(path="/v1/chat/completions?case=" + MARK),
    "query_escaped": dict(path="/v1/chat/completions?case=ZQ%2d4829%31377"),
    "path": dict(path="/v1/models/" + MARK, method="GET", body=None),
    "path_escaped": dict(path="/v1/models/Z%51-48291377", method="GET", body=None),
    "get_query": dict(path="/v1/models?after=" + MARK, method="GET", body=None),
    "get_header": dict(path="/v1/models", method="GET", body=None, headers=["X-Case: " + MARK]),
}


@each(HEADS)
def head_place(c, up, case):
    case = dict({"body": chat("hi")}, **case)
    r = c.ask(**case)
    eq(r.status, 400, "status of " + short(case))
    assert r.code in ("POLICY_REFUSED", "ENDPOINT_UNKNOWN"), r.code         # an escaped path is none that is known
    assert MARK not in r.body.decode(), "the refusal echoes what was found"
    up.untouched()


@scenario
def the_credential_is_not_inspected(c, up):
    r = c.ask(chat("hi"), key="sk-proj-" + "a1B2c3D4" * 8)
    eq((r.status, r.header("x-cordon-action")), (200, "forward"), "a key in the Authorization header")
    eq(up.requests[0].header("authorization"), "Bearer sk-proj-" + "a1B2c3D4" * 8, "credential at the upstream")


BAD_JSON = {
    "duplicate_key": (b'{"model":"m","messages":[],"messages":[]}', "JSON_DUP_KEY"),
    "duplicate_key_escaped": (b'{"model":"m","a":1,"\\u0061":2,"messages":[]}', "JSON_DUP_KEY"),
    "duplicate_key_deep": (b'{"model":"m","messages":[{"role":"user","content":"a","content":"b"}]}', "JSON_DUP_KEY"),
    "bad_utf8": (b'{"model":"m","messages":[{"role":"user","content":"\xff"}]}', "JSON_UTF8"),
    "overlong": (b'{"model":"m","messages":[{"role":"user","content":"\xc0\xaf"}]}', "JSON_UTF8"),
    "raw_nul": (b'{"model":"m","messages":[{"role":"user","content":"a\0b"}]}', "JSON_CONTROL"),
    "raw_newline": (b'{"model":"m","messages":[{"role":"user","content":"a\nb"}]}', "JSON_CONTROL"),
    "lone_surrogate": (b'{"model":"m","messages":[{"role":"user","content":"\\ud800"}]}', "JSON_SURROGATE"),
    "trailing": (b'{"model":"m","messages":[]} {"x":1}', "JSON_TRAILING"),
    "trailing_text": (b'{"model":"m","messages":[]}x', "JSON_TRAILING"),
    "leading_zero": (b'{"model":"m","messages":[],"seed":01}', "JSON_NUMBER"),
    "too_deep": (b'{"model":"m","messages":' + b"[" * 200 + b"]" * 200 + b"}", "JSON_DEPTH"),
    "cut": (b'{"model":"m","messages":[', "JSON_SYNTAX"),
    "bom": (b'\xef\xbb\xbf{"model":"m","messages":[]}', "JSON_SYNTAX"),
    "nothing": (b"", None),
}


@each(BAD_JSON)
def bad_json(c, up, case):
    body, code = case
    r = c.ask(body)
    eq(r.status, 400, "status")
    assert code is None or r.code == code, "code %s, want %s" % (r.code, code)
    assert r.json()["error"]["type"], "the error has no type"
    up.untouched()


def br(data):
    return tool(["brotli", "-c"], data)


def zstd(data):
    return tool(["zstd", "-q", "-c"], data)


def tool(argv, data):
    if not shutil.which(argv[0]):
        raise Skip(argv[0] + " is not installed")
    return subprocess.run(argv, input=data, stdout=subprocess.PIPE, check=True).stdout


CODINGS = {"gzip": gzip.compress, "deflate": zlib.compress, "br": br, "zstd": zstd}
BIG_BENIGN = json.dumps(chat("The weather of the week, told at some length. " * 40)).encode()


@each(CODINGS)
def compressed_benign(c, up, case):
    """Goes on as it came where it is one well-formed frame; what could hide something beside what was inspected (br has
    metadata blocks, "deflate" two readings) goes on decoded. The ledger has both digests."""
    name = next(k for k, v in CODINGS.items() if v is case)
    packed = case(BIG_BENIGN)
    r = c.ask(packed, headers=["Content-Encoding: " + name])
    eq((r.status, r.header("x-cordon-action")), (200, "forward"), "answer")
    sent = packed if name in ("gzip", "zstd") else BIG_BENIGN
    eq(up.requests[0].body, sent, "body at the upstream")
    eq(up.requests[0].header("content-encoding"), name if sent is packed else None, "Content-Encoding at the upstream")
    text = json.dumps(c.intents(r.header("x-cordon-id"))[0])
    assert sha256(packed) in text and sha256(BIG_BENIGN) in text, "the intent lacks one of the two digests"


@scenario
def gzip_with_more_in_its_head_goes_on_decoded(c, up):
    packed = gzip.compress(BIG_BENIGN)
    packed = packed[:3] + bytes([packed[3] | 8]) + packed[4:10] + MARK.encode() + b"\0" + packed[10:]    # FNAME
    r = c.ask(packed, headers=["Content-Encoding: gzip"])
    assert r.status in (200, 400), "status %d" % r.status
    assert MARK.encode() not in up.data, "what stands in gzip's file name went out"
    if r.status == 200:
        eq(up.requests[0].body, BIG_BENIGN, "body at the upstream")


@each(CODINGS)
def compressed_mark_is_found(c, up, case):
    name = next(k for k, v in CODINGS.items() if v is case)
    r = c.ask(case(json.dumps(chat("x" * 500 + " " + MARK)).encode()), headers=["Content-Encoding: " + name])
    eq((r.status, r.code), (400, "POLICY_REFUSED"), "refusal")
    up.untouched()


@each(CODINGS)
def compressed_and_cut(c, up, case):
    name = next(k for k, v in CODINGS.items() if v is case)
    r = c.ask(case(BIG_BENIGN)[:-6], headers=["Content-Encoding: " + name])
    eq((r.status, r.code), (400, "ENCODING_BAD"), "refusal")
    up.untouched()


@each(CODINGS)
def compressed_and_followed_by_more(c, up, case):
    name = next(k for k, v in CODINGS.items() if v is case)
    for rest in (b"x", case(json.dumps(chat(MARK)).encode())):
        r = c.ask(case(BIG_BENIGN) + rest, headers=["Content-Encoding: " + name])
        eq(r.status, 400, "refusal")
    up.untouched()


@each({"gzip": gzip.compress, "zstd": zstd, "br": br})
def bomb(c, up, case):
    packed = case(b'{"model":"m","messages":[{"role":"user","content":"' + b"a" * 200_000_000 + b'"}]}')
    name = "gzip" if packed[:2] == b"\x1f\x8b" else "zstd" if packed[:4] == b"\x28\xb5\x2f\xfd" else "br"
    r = c.ask(packed, headers=["Content-Encoding: " + name])
    eq((r.status, r.code), (413, "ENCODING_BOMB"), "refusal")
    up.untouched()


@each({"stacked": "gzip, gzip", "unknown": "compress", "twice": "gzip\r\nContent-Encoding: gzip", "identity_and_gzip": "identity, gzip",
       "mislabelled": "gzip"})
def odd_content_encoding(c, up, case):
    body = gzip.compress(gzip.compress(BIG_BENIGN))
    if case == "gzip":
        body = BIG_BENIGN
    r = c.ask(body, headers=["Content-Encoding: " + case])
    eq(r.status, 400, "status")
    up.untouched()


@scenario
def body_over_the_cap_is_413_before_it_is_read(c, up):
    with c.client() as k:
        k.request(b"", headers=["Content-Length: %d" % (32 * 1024 * 1024 + 1)])
        r = k.reply()
        eq((r.status, r.code), (413, "BODY_TOO_LARGE"), "refusal")
        assert k.at_eof(), "the connection stays open behind a body that was not read"
    up.untouched()


@scenario
def chunked_body_over_the_cap_is_413():
    up = Upstream()

    def small(conf):
        conf["limits"] = {"body": "64KiB"}
    with Cordon(up, small) as c:
        with c.client() as k:
            k.request(b"", headers=["Transfer-Encoding: chunked"])
            piece = b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
            try:
                for _ in range(16):
                    k.send(piece)
            except OSError:
                pass
            r = k.reply()
            eq((r.status, r.code), (413, "BODY_TOO_LARGE"), "refusal")
        up.untouched()
        eq(c.ask(chat("still here")).status, 200, "the next request")


@scenario
def chunked_request_is_sent_on_whole(c, up):
    with c.client() as k:
        k.request(b"", headers=["Transfer-Encoding: chunked"])
        for i in range(0, len(WEIRD), 37):
            k.send(b"%x\r\n%s\r\n" % (len(WEIRD[i:i + 37]), WEIRD[i:i + 37]))
        k.send(b"0\r\n\r\n")
        eq(k.reply().status, 200, "status")
    eq(up.requests[0].body, WEIRD, "body at the upstream")


@scenario
def mark_split_over_many_segments_and_chunks(c, up):
    body = json.dumps(chat("see " + MARK)).encode()
    with c.client() as k:
        k.request(b"", headers=["Transfer-Encoding: chunked"])
        for b in body:
            k.send(b"1\r\n%c\r\n" % b)
        k.send(b"0\r\n\r\n")
        eq(k.reply().code, "POLICY_REFUSED", "code")
    up.untouched()


@scenario
def large_benign_body_is_inspected_and_sent(c, up):
    body = json.dumps(chat("All work and no play. " * 140_000)).encode()       # 3 MB: more than a worker scans itself
    r = c.ask(body)
    eq((r.status, r.header("x-cordon-action")), (200, "forward"), "answer")
    eq(sha256(up.requests[0].body), sha256(body), "body at the upstream")


@scenario
def mark_at_the_end_of_a_large_body(c, up):
    r = c.ask(chat("All work and no play. " * 140_000 + MARK))
    eq((r.status, r.code), (400, "POLICY_REFUSED"), "refusal")
    up.untouched()


@scenario
def local_decision_leaves_nothing_outside(c, up):
    r = c.ask(chat("Patient " + KEEP + ", please greet", max_tokens=4))
    eq((r.status, r.header("x-cordon-action"), r.header("x-cordon-rule")), (200, "local", "patients-stay-here"), "answer")
    up.untouched(0.2)


@scenario
def secret_is_refused_with_the_rules_own_words(c, up):
    r = c.ask(chat("deploy with AWS key AKIAQX7TPLM4ZN3R5WKD and secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY"))
    eq((r.status, r.header("x-cordon-action"), r.header("x-cordon-rule")), (400, "refuse", "secrets-never-leave"), "refusal")
    assert "password, key or token" in r.json()["error"]["message"], r.body
    up.untouched()


# D27: a body, or a method, where the route knows none; and paths of no known dialect.
STRANGE = {
    "post_to_models": dict(method="POST", path="/v1/models", body=chat("hi")),
    "get_with_body": dict(method="GET", path="/v1/models", body=chat("hi")),
    "delete_with_body": dict(method="DELETE", path="/v1/models/x", body=chat("hi")),
    "put_chat": dict(method="PUT", path="/v1/chat/completions", body=chat("hi")),
    "agents": dict(method="POST", path="/v1/agents/sessions", body=chat("hi")),
    "embeddings_of_another_version": dict(method="POST", path="/v3/embeddings", body={"model": "m", "input": "hi"}),
    "responses_with_a_slash": dict(method="POST", path="/v1/responses/", body={"model": "m", "input": "hi"}),
    "get_response_with_body": dict(method="GET", path="/v1/responses/resp_1", body=chat("hi")),
    "dotted": dict(method="POST", path="/v1/./chat/../chat/completions", body=chat("hi")),
    "double_slash": dict(method="POST", path="//v1/chat/completions", body=chat("hi")),
    "upper_case": dict(method="POST", path="/V1/Chat/Completions", body=chat("hi")),
    "escaped_path": dict(method="POST", path="/v1/%63hat/completions", body=chat("hi")),
    "multipart": dict(method="POST", path="/v1/attachments", body=b"--x\r\n\r\nhi\r\n--x--\r\n",
                      headers=["Content-Type: multipart/form-data; boundary=x"]),
}


@each(STRANGE)
def unknown_endpoint_is_refused(c, up, case):
    r = c.ask(**case)
    eq(r.status, 400, "status")
    assert r.code in ("ENDPOINT_UNKNOWN", "HTTP_TARGET"), r.code
    up.untouched()


_open = {}


def let_through():
    """A cordon whose configuration lets unknown endpoints through after inspection."""
    if not _open:
        _open["up"] = Upstream()

        def change(conf):
            conf["unknown_endpoint"] = "forward"
        _open["c"] = keep(Cordon(_open["up"], change))
    _open["up"].reset()
    return _open["c"], _open["up"]


@each({k: v for k, v in STRANGE.items() if k not in ("dotted", "double_slash")})
def unknown_endpoint_let_through_is_inspected(case):
    c, up = let_through()
    r = c.ask(**case)
    eq((r.status, r.header("x-cordon-action")), (200, "forward"), "benign")
    body = case["body"]
    sent = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    eq(up.requests[0].body, sent, "body at the upstream")
    up.reset()
    if body is None:
        dirty = dict(case, path=case["path"] + MARK)
    elif isinstance(body, bytes):
        dirty = dict(case, body=body.replace(b"hi", MARK.encode()))
    else:
        dirty = dict(case, body=json.loads(json.dumps(body).replace("hi", MARK)))
    eq(c.ask(**dirty).status, 400, "with a mark")
    up.untouched()


@each({"text": ("text/plain", MARK.encode()), "binary": ("application/octet-stream", b"\0\xff\xfe" + MARK.encode() + b"\0"),
       "json_by_no_name": ("application/x-thing", json.dumps({"a": MARK}).encode()),
       "json_broken": ("application/json", b'{"a":"ZQ-4829\\u003137'), "escaped_json_as_text": (
           "text/plain", b'{"a":"\\u005aQ-48291377"}')})
def unknown_endpoint_let_through_other_bodies(case):
    c, up = let_through()
    ctype, body = case
    r = c.ask(body, path="/v1/other", headers=["Content-Type: " + ctype])
    eq(r.status, 400, "status")
    up.untouched()


@scenario
def head_is_written_fresh(c, up):
    c.ask(chat("hi"), headers=["Cookie: session=1", "X-Forwarded-For: 10.1.2.3", "Proxy-Authorization: Basic eDp5",
                               "Connection: x-hop", "X-Hop: 1", "User-Agent: sdk/1.0", "OpenAI-Organization: org-1",
                               "Upgrade-Insecure-Requests: 1"])
    q = up.requests[0]
    for gone in ("cookie", "x-forwarded-for", "proxy-authorization", "x-hop", "upgrade-insecure-requests"):
        eq(q.header(gone), None, gone + " at the upstream")
    eq(q.header("host"), "api.openai.com", "Host")
    eq(q.header("user-agent"), "sdk/1.0", "User-Agent")
    eq(q.header("openai-organization"), "org-1", "OpenAI-Organization")
    eq(q.header("authorization"), "Bearer sk-test-key-of-the-client", "credential")


@scenario
def s27_pipelined_requests_are_answered_in_order(c, up):
    up.answer([0.1, b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{\"n\":  1}"])
    with c.client() as k:
        k.send(request_bytes(chat("one")) + request_bytes(chat("two " + MARK)) + request_bytes(chat("three")))
        replies = [k.reply() for _ in range(3)]
    eq([r.status for r in replies], [200, 400, 200], "statuses")
    eq(replies[0].body, b'{"n":  1}', "first reply")
    eq(len(up.requests), 2, "requests at the upstream")
    ids = [r.header("x-cordon-id") for r in replies]
    eq(len(set(ids)), 3, "distinct ids")
    eq([len(c.intents(i)) for i in ids], [1, 1, 1], "intents of each")


@scenario
def s27_two_hundred_on_one_connection(c, up):
    ids = set()
    with c.client() as k:
        for i in range(200):
            k.request(chat("number %d" % i))
            r = k.reply()
            eq(r.status, 200, "status of request %d" % i)
            ids.add(r.header("x-cordon-id"))
    eq(len(ids), 200, "distinct ids")
    eq(len(up.requests), 200, "requests at the upstream")
    assert len(up.opened) <= 1, "%d connections for 200 sequential requests" % len(up.opened)
    recorded = [r["id"] for r in c.records(kind="intent")]
    eq(len([i for i in recorded if i in ids]), 200, "intents")


@scenario
def s5_expect_continue(c, up):
    body = json.dumps(chat("long " * 1_000_000)).encode()
    with c.client(timeout=5) as k:
        k.request(b"", headers=["Content-Length: %d" % len(body), "Expect: 100-continue"])
        while b"\r\n\r\n" not in k.buf:
            assert k.more(), "closed instead of 100 Continue"
        assert k.buf.startswith(b"HTTP/1.1 100 "), k.buf
        k.buf.clear()
        k.send(body)
        eq(k.reply().status, 200, "status")
    eq(len(up.requests[0].body), len(body), "bytes at the upstream")
    eq(up.requests[0].header("expect"), None, "Expect at the upstream")


@scenario
def s5_expect_continue_over_the_cap(c, up):
    with c.client(timeout=5) as k:
        k.request(b"", headers=["Content-Length: 99999999", "Expect: 100-continue"])
        r = k.reply()
        eq((r.status, r.interim), (413, []), "refusal without 100")
        assert k.at_eof(), "the connection is still open"
    up.untouched()


@scenario
def s5_other_expectations_are_refused(c, up):
    eq(c.ask(chat("hi"), headers=["Expect: 200-ok"]).code, "HTTP_EXPECT", "code")
    up.untouched()


@scenario
def body_without_length_is_no_body(c, up):
    with c.client() as k:
        k.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Type: application/json\r\n\r\n")
        assert k.reply().status in (400, 411), "a POST without a body"
    up.untouched()


@scenario
def s10_head_options_and_models(c, up):
    with c.client() as k:
        k.request(None, method="HEAD", path="/")
        r = k.reply("HEAD")
        assert r.status, "no answer to HEAD /"
        k.request(None, method="GET", path="/v1/models")
        r2 = k.reply("GET")
        eq((r2.status, r2.header("x-cordon-action")), (200, "forward"), "GET /v1/models behind a HEAD")
    eq([q.target for q in up.requests if q.method == "GET"], ["/v1/models"], "targets at the upstream")
    with c.client() as k:
        k.request(None, method="OPTIONS", path="/v1/chat/completions",
                  headers=["Origin: https://app.example", "Access-Control-Request-Method: POST"])
        assert k.reply("OPTIONS").status, "no answer to OPTIONS"


@scenario
def slow_request_head_is_timed_out():
    up = Upstream()

    def quick(conf):
        conf["timeouts"] = {"request": "1s"}
    with Cordon(up, quick) as c, Client(c.address()) as k:
        k.send(b"POST /v1/chat/completions HTTP/1.1\r\nHo")
        r = k.reply()
        assert r.status in (0, 408), "status %d" % r.status
        assert r.closed or k.at_eof(), "a stalled head is held for ever"
        up.untouched()


@scenario
def large_bodies_beyond_the_inspection_queue_are_refused_and_never_passed(c, up):
    body = request_bytes(chat("All work and no play. " * 45_000 + MARK))       # 1 MB each: for the inspection pool
    clients = [c.client(timeout=60) for _ in range(60)]
    for k in clients:
        threading.Thread(target=k.send, args=(body,), daemon=True).start()
    codes = [k.reply().code for k in clients]
    for k in clients:
        k.close()
    eq(set(codes) - {"POLICY_REFUSED", "INSPECT_BUSY"}, set(), "codes")
    up.untouched()


@scenario
def s6_memory_for_the_largest_body():
    up = Upstream()
    with Cordon(up) as c:
        def resident(field):
            with open("/proc/%d/status" % c.process.pid, encoding="ascii") as f:
                return int(next(l for l in f if l.startswith(field)).split()[1]) * 1024
        c.ask(chat("warm"))
        before = resident("VmRSS")
        body = json.dumps(chat("All work and no play. " * 1_400_000)).encode()      # 31 MB, just below the cap
        r = c.ask(body, timeout=60)
        eq(r.status, 200, "status")
        eq(sha256(up.requests[-1].body), sha256(body), "body at the upstream")
        grown = resident("VmHWM") - before
        assert SLOW > 1 or grown < 3 * 32 * 1024 * 1024, "it took %.0f MB" % (grown / 1e6)
