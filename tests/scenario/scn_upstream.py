"""What cordon makes of an upstream that dies, lies or redirects."""
import os
import socket
import tempfile
import threading
import time

from harness import (CLOSE, KEEP, MARK, RST, SCRATCH, STREAM_HEAD, Cordon, Skip, Upstream, chat, chunk, cordon, each, eq,
                     event, head, pki, scenario, wait_until, whole)


@each({"close": CLOSE, "reset": RST})
def s7_stale_connection_is_retried_once(c, up, case):
    with c.client() as k:
        k.request(chat("first"))
        eq(k.reply().status, 200, "first")
        up.answer([case], [whole({"again": 1})])
        k.request(chat("second"))
        r = k.reply()
        eq((r.status, r.json()), (200, {"again": 1}), "second")
    bodies = [q.body for q in up.requests]
    eq(len(bodies), 3, "requests at the upstream")
    eq(bodies[1], bodies[2], "the body of the retry")
    ident = r.header("x-cordon-id")
    eq([i["attempt"] for i in c.intents(ident)], [1, 2], "attempts of the intent records")
    c.outcome(ident, 2)


@scenario
def s7_second_failure_is_502(c, up):
    with c.client() as k:
        k.request(chat("first"))
        k.reply()
        up.answer([CLOSE], [CLOSE], [whole({"never": 1})])
        k.request(chat("second"))
        r = k.reply()
        eq((r.status, r.code), (502, "UPSTREAM_CLOSED"), "second")
    eq(len(up.requests), 3, "requests at the upstream")


@scenario
def s7_fresh_connection_is_never_retried():
    up = Upstream()
    with Cordon(up) as c:
        up.answer([CLOSE])
        eq(c.ask(chat("hi")).status, 502, "status")
        eq(len(up.requests), 1, "requests at the upstream")


@each({"half_a_head": [b"HTTP/1.1 200 O", CLOSE], "head_only": [head(200, "Content-Length: 5"), CLOSE],
       "one_byte": [b"H", RST]})
def s7_never_after_a_response_byte(c, up, case):
    with c.client() as k:
        k.request(chat("first"))
        k.reply()
        up.answer(case, [whole({"never": 1})])
        k.request(chat("second"))
        r = k.reply()
        assert r.status == 502 or not r.whole, "status %d" % r.status
    eq(len(up.requests), 2, "requests at the upstream")


@scenario
def closed_idle_connection_is_not_used(c, up):
    with c.client() as k:
        up.answer([whole({"n": 1}), CLOSE])
        k.request(chat("first"))
        eq(k.reply().status, 200, "first")
        time.sleep(0.05)
        k.request(chat("second"))
        r = k.reply()
        eq(r.status, 200, "second")
    eq(len(up.requests), 2, "requests at the upstream")
    eq([i["attempt"] for i in c.intents(r.header("x-cordon-id"))], [1], "attempts")


@scenario
def bytes_on_an_idle_connection_end_it(c, up):
    with c.client() as k:
        up.answer([whole({"n": 1}), whole({"smuggled": 1})])
        k.request(chat("first"))
        eq(k.reply().json(), {"n": 1}, "first")
        time.sleep(0.05)
        k.request(chat("second"))
        r = k.reply()
        assert r.status == 502 or r.json() != {"smuggled": 1}, "the reply to nobody was taken for the next one's"


@scenario
def s23_redirects_are_not_followed(c, up):
    for status in (301, 302, 303, 307, 308):
        up.answer([head(status, "Location: https://evil.example/v1", "Content-Length: 0", reason="Found")])
        r = c.ask(chat("hi"))
        eq((r.status, r.code, r.header("location")), (502, "UPSTREAM_REDIRECT", None), "redirect %d" % status)
    eq(len(up.requests), 5, "requests at the upstream")


@scenario
def s24_reply_headers_are_chosen(c, up):
    up.answer([whole({"a": 1}, "x-request-id: req_abc-1.2", "openai-processing-ms: 12", "Set-Cookie: __cf_bm=1",
                     'Alt-Svc: h3=":443"', "Strict-Transport-Security: max-age=1", "NEL: {}", "Report-To: {}",
                     "X-Evil: 1", "Connection: x-evil", "X-Cordon-Action: forged")])
    r = c.ask(chat("hi"))
    eq(r.header("x-request-id"), "req_abc-1.2", "x-request-id")
    eq(r.header("openai-processing-ms"), "12", "openai-processing-ms")
    for gone in ("set-cookie", "alt-svc", "strict-transport-security", "nel", "report-to", "x-evil"):
        eq(r.header(gone), None, gone)
    eq([v for k, v in r.headers if k == "x-cordon-action"], ["forward"], "x-cordon-action")


@each({"space": "a b", "quote": 'a"b', "long": "a" * 200, "html": "<script>", "empty": ""})
def s24_odd_request_id_is_dropped(c, up, case):
    up.answer([whole({"a": 1}, "x-request-id: " + case)])
    r = c.ask(chat("hi"))
    eq((r.status, r.header("x-request-id")), (200, None), "reply")


BROKEN = {
    "length_and_chunked": head(200, "Content-Length: 3", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "two_lengths": head(200, "Content-Length: 2", "Content-Length: 3") + b"{} ",
    "length_list": head(200, "Content-Length: 2, 2") + b"{}",
    "length_plus": head(200, "Content-Length: +2") + b"{}",
    "xchunked": head(200, "Transfer-Encoding: xchunked") + b"0\r\n\r\n",
    "gzip_chunked": head(200, "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n",
    "bare_lf": b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
    "bare_cr_in_value": b"HTTP/1.1 200 OK\r\nX-A: a\rSet-Cookie: b\r\nContent-Length: 2\r\n\r\n{}",
    "nul_in_value": b"HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    "folded": b"HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    "space_before_colon": b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\n{}",
    "not_http": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "http2": b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "status_word": b"HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\n{}",
    "switching": head(101, "Upgrade: websocket", "Connection: Upgrade", reason="Switching Protocols"),
    "huge_head": b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 200_000 + b"\r\nContent-Length: 2\r\n\r\n{}",
}


@each(BROKEN)
def broken_reply_is_502(c, up, case):
    up.answer([case, 0.2, CLOSE])
    r = c.ask(chat("hi"))
    eq((r.status, r.code), (502, "UPSTREAM_PROTOCOL"), "reply")
    out = c.outcome(r.header("x-cordon-id"))
    assert out["status"] == 502, out


@each({"other_name": "other", "expired": "expired", "self_signed": "self"})
def bad_certificate_is_502_and_gets_no_byte(case):
    up = Upstream(tls=(os.path.join(pki(), case + ".pem"), os.path.join(pki(), case + ".key")))

    def change(conf):
        conf["upstreams"][0]["ca_file"] = os.path.join(pki(), "ca.pem")
    with Cordon(up, change) as c:
        r = c.ask(chat("hi"))
        eq((r.status, r.code), (502, "UPSTREAM_TLS"), "reply")
        eq(up.requests, [], "requests at the upstream")
        out = c.outcome(r.header("x-cordon-id"))
        eq((out["status"], out.get("bytes_out", 0)), (502, 0), "status and bytes out in the outcome")


@scenario
def good_certificate_of_an_unknown_ca_is_502():
    up = Upstream(tls=(os.path.join(pki(), "good.pem"), os.path.join(pki(), "good.key")))
    with Cordon(up) as c:
        eq(c.ask(chat("hi")).code, "UPSTREAM_TLS", "with the system's store")


@scenario
def good_certificate_is_verified_and_kept_alive():
    up = Upstream(tls=(os.path.join(pki(), "good.pem"), os.path.join(pki(), "good.key")))

    def change(conf):
        conf["upstreams"][0]["ca_file"] = os.path.join(pki(), "ca.pem")
    with Cordon(up, change) as c:
        for i in range(5):
            r = c.ask(chat("number %d" % i))
            eq(r.status, 200, "status")
        eq(len(up.opened), 1, "connections for five requests")
        out = c.outcome(r.header("x-cordon-id"))
        assert "TLSv1.3" in str(out), "the outcome does not tell the TLS version: %r" % out


@scenario
def unreachable_upstream_is_502_with_its_records():
    up = Upstream()
    up.close()
    with Cordon(up) as c:
        r = c.ask(chat("hi"))
        eq((r.status, r.code), (502, "UPSTREAM_CONNECT"), "reply")
        assert r.json()["error"]["message"], "no message"
        eq(len(c.intents(r.header("x-cordon-id"))), 1, "intents")
        eq(c.outcome(r.header("x-cordon-id"))["status"], 502, "status in the outcome")


@scenario
def silent_upstream_is_timed_out():
    up = Upstream()

    def change(conf):
        conf["timeouts"] = {"upstream_idle": "1s"}
    with Cordon(up, change) as c:
        up.answer([30.0])
        began = time.monotonic()
        r = c.ask(chat("hi"))
        eq((r.status, r.code), (504, "UPSTREAM_TIMEOUT"), "reply")
        assert time.monotonic() - began < 5, "it took %.1f s" % (time.monotonic() - began)
        up.answer([STREAM_HEAD, chunk(event("a")), 30.0])
        r = c.ask(chat("hi", stream=True))
        eq((r.status, r.whole), (200, False), "a stream that goes silent")


@scenario
def early_answer_to_a_large_body(c, up):
    """An API that refuses before it has read everything."""
    def refuse(_request):
        return whole({"error": {"message": "no"}}, "Connection: close", status=413)
    up.answer([refuse, CLOSE])
    r = c.ask(chat("words and words. " * 100_000))
    assert r.status in (413, 502), "status %d" % r.status
    eq(c.ask(chat("hi")).status, 200, "the next request")


@scenario
def operators_credential_replaces_the_clients():
    up = Upstream()

    def change(conf):
        conf["upstreams"][0]["credential"] = {"from_env": "TEST_API_KEY"}
    with Cordon(up, change, env={"TEST_API_KEY": "sk-kept-by-the-operator"}) as c:
        r = c.ask(chat("hi"))
        eq(r.status, 200, "status")
        q = up.requests[0]
        eq([v for k, v in q.headers if k.lower() == "authorization"], ["Bearer sk-kept-by-the-operator"], "credential")
        everything = c.log() + b"".join(c.ledger_lines()).decode() + r.raw_head.decode() + c.admin("/metrics")[1]
        for secret in ("sk-kept-by-the-operator", "sk-test-key-of-the-client"):
            assert secret not in everything, "a credential was written down"


@scenario
def credential_from_a_file():
    up = Upstream()

    def change(conf):
        path = os.path.join(os.path.dirname(conf["ledger"]["directory"]), "key")
        with open(path, "w", encoding="ascii") as f:
            f.write("kept-in-a-file\n")
        conf["upstreams"][0]["credential"] = {"header": "api-key", "from_file": path}
    with Cordon(up, change) as c:
        eq(c.ask(chat("hi")).status, 200, "status")
        eq(up.requests[0].header("api-key"), "kept-in-a-file", "credential")
        eq(up.requests[0].header("authorization"), None, "the client's credential")


@scenario
def missing_credential_is_an_error_at_start():
    def change(conf):
        conf["upstreams"][0]["credential"] = {"from_env": "NOT_SET_ANYWHERE"}
    c = Cordon(Upstream(), change, start=False)
    got = cordon("run", "-c", c.conf_path)
    c.close()
    assert got.returncode not in (0, -6, -11), "exit status %d" % got.returncode
    assert b"NOT_SET_ANYWHERE" in got.stderr, got.stderr


@scenario
def many_clients_share_few_connections(c, up):
    errors = []

    def work(i):
        with c.client() as k:
            for j in range(10):
                k.request(chat("client %d request %d" % (i, j)))
                r = k.reply()
                if r.status != 200 or not r.whole:
                    errors.append(r.status)
    threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    eq(errors, [], "failed requests")
    eq(len(up.requests), 160, "requests at the upstream")
    assert len(up.opened) <= 17, "%d connections for 16 clients" % len(up.opened)
    wait_until(lambda: len([r for r in c.records(kind="outcome")]) >= 160, "outcomes")


class NameServer:
    """Says of every name that it does not exist, and keeps a list of those that were asked for."""
    ADDRESS = "127.77.0.53"

    def __init__(self):
        self.asked = []
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.sock.bind((self.ADDRESS, 53))
        except OSError as e:
            raise Skip("no right to listen on port 53: %s" % e) from None
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            query, peer = self.sock.recvfrom(4096)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
                at += 1 + query[at]
            self.asked.append(".".join(labels))
            self.sock.sendto(query[:2] + b"\x81\x83" + query[4:6] + b"\0\0\0\0\0\0" + query[12:at + 5], peer)


@scenario
def no_name_is_looked_up_for_what_stays_here():
    if os.geteuid():
        raise Skip("needs root for a mount namespace")
    names = NameServer()
    conf = tempfile.NamedTemporaryFile("w", dir=SCRATCH, suffix=".resolv")
    conf.write("nameserver %s\noptions attempts:1 timeout:1\n" % names.ADDRESS)
    conf.flush()
    wrap = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', conf.name]
    with Cordon(wrap=wrap) as c:
        eq(c.ask(chat(KEEP, max_tokens=2)).header("x-cordon-action"), "local", "patient")
        eq(c.ask(chat(MARK)).code, "POLICY_REFUSED", "marked")
        eq(c.ask(b'{"a":1,"a":2}').code, "JSON_DUP_KEY", "bad JSON")
        with c.tunnel() as k:
            k.request(chat(MARK))
            eq(k.reply().code, "POLICY_REFUSED", "marked, inside CONNECT")
        time.sleep(0.2)
        eq(names.asked, [], "names looked up")
        eq(c.ask(chat("hi")).code, "UPSTREAM_RESOLVE", "benign, with a name that does not exist")
        assert "api.openai.com" in [n.lower() for n in names.asked], "the benign request looked up %r" % names.asked
