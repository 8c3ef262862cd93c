"""Streams from the upstream: promptly, whole, and cut when they are cut."""
import hashlib
import json
import os
import ssl
import time

from harness import (CLOSE, DONE, LAST_CHUNK, RST, SLOW, STREAM_HEAD, Client, Cordon, Upstream, chat, chunk, each, eq, event,
                     head, pki, scenario, wait_until, whole)


def timed(sent, data):
    def piece(_request):
        sent.append(time.monotonic())
        return data
    return piece


def slow_stream(sent, n, gap):
    script = [STREAM_HEAD]
    for i in range(n):
        script += [timed(sent, chunk(event("word%d " % i))), gap]
    return script + [chunk(DONE), LAST_CHUNK]


def check_prompt(r, sent, n):
    eq((r.status, r.whole), (200, True), "reply")
    eq(r.header("content-type"), "text/event-stream", "Content-Type")
    eq(len(r.events), n + 1, "events")
    late = [t - s for (t, _), s in zip(r.events, sent)]
    assert max(late) < 0.05 * SLOW, "the latest event came %.0f ms after it was written" % (max(late) * 1000)
    eq(len({t for t, _ in r.events[:n]}), n, "events that came alone")


@each({"plain": [], "client_takes_gzip": ["Accept-Encoding: gzip, deflate"]})
def s1_each_event_alone_and_at_once(c, up, case):
    sent = []
    up.answer(slow_stream(sent, 20, 0.04))
    with c.client() as k:
        k.request(chat("hi", stream=True), headers=case)
        check_prompt(k.reply(), sent, 20)


@scenario
def s1_through_connect(c, up):
    sent = []
    up.answer(slow_stream(sent, 10, 0.04))
    with c.tunnel() as k:
        k.request(chat("hi", stream=True))
        check_prompt(k.reply(), sent, 10)


@scenario
def s1_tls_on_both_sides():
    sent = []
    up = Upstream(tls=(os.path.join(pki(), "good.pem"), os.path.join(pki(), "good.key")))

    def change(conf):
        conf["upstreams"][0]["ca_file"] = os.path.join(pki(), "ca.pem")
    up.answer(slow_stream(sent, 10, 0.04))
    with Cordon(up, change) as c, c.tunnel() as k:
        k.request(chat("hi", stream=True))
        check_prompt(k.reply(), sent, 10)


SPLIT = event("那😀".replace("\n", ""))
UTF8 = SPLIT.index("那".encode()) + 1


@each({
    "two_segments": [chunk(SPLIT)[:UTF8 + 4], 0.03, chunk(SPLIT)[UTF8 + 4:]],
    "two_chunks": [chunk(SPLIT[:UTF8]), 0.03, chunk(SPLIT[UTF8:])],
    "every_byte_a_chunk": [chunk(SPLIT[i:i + 1]) for i in range(len(SPLIT))],
    "every_byte_a_segment": [bytes([b]) for b in chunk(SPLIT)],
})
def s2_split_characters_arrive_intact(c, up, case):
    up.answer([STREAM_HEAD] + case + [chunk(DONE), LAST_CHUNK])
    r = c.ask(chat("hi", stream=True))
    eq((r.body, r.whole), (SPLIT + DONE, True), "bytes of the stream")


@scenario
def d9_crlf_events_are_not_touched(c, up):
    data = event("a").replace(b"\n", b"\r\n") + b": comment\r\n\r\n" + DONE.replace(b"\n", b"\r\n")
    up.answer([STREAM_HEAD, chunk(data[:11]), chunk(data[11:]), LAST_CHUNK])
    eq(c.ask(chat("hi", stream=True)).body, data, "bytes of the stream")


@each({
    "close_in_stream": [STREAM_HEAD, chunk(event("a")), chunk(event("b")), 0.05, CLOSE],
    "reset_in_stream": [STREAM_HEAD, chunk(event("a")), chunk(event("b")), 0.05, RST],
    "close_in_chunk": [STREAM_HEAD, chunk(event("a")), b"ffff\r\n" + event("b"), 0.05, CLOSE],
    "close_in_counted_body": [head(200, "Content-Type: application/json", "Content-Length: 500"), b'{"id":"x"', 0.05, CLOSE],
    "broken_chunk_size": [STREAM_HEAD, chunk(event("a")), b"zz\r\nxx\r\n", 0.05],
    "chunk_extension": [STREAM_HEAD, chunk(event("a")), b"2;x=y\r\nab\r\n", 0.05],
    "broken_chunk_end": [STREAM_HEAD, chunk(event("a")), b"2\r\nabXX", 0.05],
})
def s22_a_cut_reply_is_told_as_cut(c, up, case):
    up.answer(case)
    r = c.ask(chat("hi", stream=True))
    eq((r.status, r.whole), (200, False), "status and wholeness")
    assert b"[DONE]" not in r.body, "an end was invented"
    out = c.outcome(r.header("x-cordon-id"))
    assert out.get("cut"), "the outcome does not say cut: %r" % out


@scenario
def s8_client_leaves_the_stream(c, up):
    up.answer([STREAM_HEAD] + [p for i in range(100) for p in (chunk(event("w%d" % i)), 0.05)])
    k = c.client()
    k.request(chat("hi", stream=True))
    r = k.reply(head_only=True)
    while b"\n\n" not in k.buf:
        k.more()
    left = time.monotonic()
    k.close()
    conn = wait_until(lambda: [x for x in up.connections if x.closed and x.requests], "the upstream connection's end", 3)[-1]
    assert conn.closed - left < 1.0 * SLOW, "closed %.2f s after the client left" % (conn.closed - left)
    out = c.outcome(r.header("x-cordon-id"))
    assert out.get("client_abort"), "outcome %r" % out
    assert out.get("bytes_in", 0) > 0, "no bytes counted: %r" % out


@scenario
def s8_client_leaves_before_the_answer(c, up):
    before = len(c.records(kind="outcome", client_abort=True))
    up.answer([5.0, whole({"late": 1})])
    k = c.client()
    k.request(chat("hi"))
    wait_until(lambda: up.requests, "the request at the upstream")
    left = time.monotonic()
    k.reset()
    conn = wait_until(lambda: [x for x in up.connections if x.closed and x.requests], "the upstream connection's end", 3)[-1]
    assert conn.closed - left < 1.0 * SLOW, "closed %.2f s after the client left" % (conn.closed - left)
    wait_until(lambda: len(c.records(kind="outcome", client_abort=True)) > before, "the outcome record")


@each({
    "interim_103": [head(103, "Link: </x>; rel=preload", reason="Early Hints"), 0.02, whole({"a": 1})],
    "trailers": [head(200, "Content-Type: application/json", "Transfer-Encoding: chunked", "Trailer: x-sum"),
                 chunk(b'{"a": 1}'), b"0\r\nx-sum: 1\r\n\r\n"],
    "eof_delimited_1_0": [head(200, "Content-Type: application/json", version="1.0"), b'{"a": 1}', CLOSE],
    "eof_delimited_1_1": [head(200, "Content-Type: application/json", "Connection: close"), b'{"a": 1}', CLOSE],
})
def s9_every_framing_of_a_reply(c, up, case):
    up.answer(case)
    with c.client() as k:
        k.request(chat("hi"))
        r = k.reply()
        eq((r.status, r.whole, json.loads(r.body)), (200, True, {"a": 1}), "reply")
        assert r.raw_head.startswith(b"HTTP/1.1 200"), r.raw_head[:40]
        assert r.chunked or r.header("content-length") is not None or r.closed, "a reply without an end"
        eq(r.header("trailer"), None, "Trailer")
        if not r.closed and (r.header("connection") or "").lower() != "close":
            k.request(chat("and again"))
            eq(k.reply().status, 200, "the next request on the connection")


@scenario
def s9_old_client_gets_an_old_answer(c, up):
    up.answer([STREAM_HEAD, chunk(event("a")), chunk(DONE), LAST_CHUNK])
    body = json.dumps(chat("hi", stream=True)).encode()
    with c.client() as k:
        k.send(b"POST /v1/chat/completions HTTP/1.0\r\nHost: api.openai.com\r\nContent-Type: application/json\r\n"
               b"Content-Length: %d\r\n\r\n" % len(body) + body)
        r = k.reply()
    eq((r.status, r.chunked, r.body), (200, False, event("a") + DONE), "reply to HTTP/1.0")


@scenario
def no_content_and_not_modified_have_no_body(c, up):
    up.answer([head(204, reason="No Content")])
    with c.client() as k:
        k.request(None, method="GET", path="/v1/models")
        eq(k.reply("GET").status, 204, "status")
        k.request(None, method="GET", path="/v1/models")
        eq(k.reply("GET").status, 200, "the next one")


@scenario
def errors_of_the_api_are_passed_on(c, up):
    error = {"error": {"message": "slow down", "type": "rate_limit", "param": None, "code": "rate_limit_exceeded"}}
    up.answer([whole(error, "Retry-After: 7", "x-ratelimit-remaining-requests: 0", status=429)])
    r = c.ask(chat("hi"))
    eq((r.status, r.json(), r.header("retry-after")), (429, error, "7"), "reply")
    eq(r.header("x-ratelimit-remaining-requests"), "0", "rate limit header")


@each({"plain": False, "tls": True})
def back_pressure_reaches_the_upstream(c, up, case):
    piece = chunk(b"data: " + b"x" * 16000 + b"\n\n")
    n, sent = 3000, [0]

    def produce(_request):
        sent[0] += 1
        return piece
    up.answer([STREAM_HEAD] + [produce] * n + [chunk(DONE), LAST_CHUNK])
    before = resident(c)
    with c.tunnel(timeout=60) if case else c.client(timeout=60) as k:
        k.request(chat("hi", stream=True))
        r = k.reply(head_only=True)
        time.sleep(1.0)
        waiting = sent[0]
        assert waiting < n, "48 MB went into a client that reads nothing"
        grown = resident(c) - before
        assert grown < 8_000_000 * (3 if SLOW > 1 else 1), "memory grew by %d bytes" % grown
        k.body(r)
    want = hashlib.sha256(((b"data: " + b"x" * 16000 + b"\n\n") * n) + DONE).hexdigest()
    eq((r.whole, hashlib.sha256(r.body).hexdigest()), (True, want), "the whole stream")


def resident(c):
    with open("/proc/%d/statm" % c.process.pid, encoding="ascii") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@scenario
def many_streams_at_once_do_not_mix(c, up):
    n = 40
    clients = []

    def say(request):
        return chunk(event("for " + json.loads(request.body)["messages"][0]["content"]))
    for _ in range(n):
        up.answer([STREAM_HEAD, 0.02, say, 0.05, say, chunk(DONE), LAST_CHUNK])
    for i in range(n):
        k = c.client()
        k.request(chat("client-%d." % i, stream=True))
        clients.append(k)
    for i, k in enumerate(clients):
        r = k.reply()
        text = r.body.decode()
        eq((r.status, r.whole, text.count("for client-%d." % i), text.count("for client-")), (200, True, 2, 2),
           "stream of client %d" % i)
        k.close()


@each({"stream": True, "no_stream": False})
def tls_cut_without_close_notify_is_judged_by_http(case):
    up = Upstream(tls=(os.path.join(pki(), "good.pem"), os.path.join(pki(), "good.key")))

    def change(conf):
        conf["upstreams"][0]["ca_file"] = os.path.join(pki(), "ca.pem")
    with Cordon(up, change) as c:
        up.answer([STREAM_HEAD, chunk(event("a")), chunk(DONE), LAST_CHUNK, RST] if case else
                  [whole({"a": 1}, "Connection: close"), RST])
        r = c.ask(chat("hi", stream=case))
        eq((r.status, r.whole), (200, True), "a reply that is whole by its framing")
        up.answer([STREAM_HEAD, chunk(event("a")), 0.05, RST] if case else
                  [head(200, "Content-Type: application/json", "Content-Length: 50"), b"{", 0.05, RST])
        r = c.ask(chat("hi", stream=case))
        eq((r.status, r.whole), (200, False), "a reply that is not")


@scenario
def tls_versions_of_the_client(c, up):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = c.tls()
        context.minimum_version = context.maximum_version = version
        with Client(c.address("proxy")) as k:
            k.send(b"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n")
            k.reply("CONNECT")
            k.start_tls(context, "api.openai.com")
            k.request(chat("hi"))
            eq(k.reply().status, 200, str(version))
