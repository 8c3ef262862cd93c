"""The CONNECT listener: what is intercepted, tunnelled and refused."""
import socket
import ssl
import threading
import time

from harness import (KEEP, MARK, Cordon, Upstream, chat, each, eq, request_bytes, scenario, wait_until)


def connect(c, raw, name="proxy"):
    k = c.client(name)
    k.send(raw)
    return k, k.reply("CONNECT")


@each({"no_host": b"", "host_with_port": b"Host: api.openai.com:443\r\n", "host_without_port": b"Host: api.openai.com\r\n",
       "connection_close": b"Host: api.openai.com:443\r\nConnection: close\r\n",
       "keep_alive": b"Host: api.openai.com:443\r\nProxy-Connection: keep-alive\r\n"})
def s29_forms_of_connect(c, up, case):
    k, r = connect(c, b"CONNECT api.openai.com:443 HTTP/1.1\r\n" + case + b"\r\n")
    eq(r.status, 200, "CONNECT")
    k.start_tls(c.tls(), "api.openai.com")
    for _ in range(2):
        k.request(chat("hi"))
        eq(k.reply().status, 200, "request inside")
    k.close()
    eq(len(up.requests), 2, "requests at the upstream")


@scenario
def s29_proxy_authorization_goes_nowhere(c, up):
    k, r = connect(c, b"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n"
                   b"Proxy-Authorization: Basic c2VjcmV0OnNlY3JldA==\r\n\r\n")
    eq(r.status, 200, "CONNECT")
    k.start_tls(c.tls(), "api.openai.com")
    k.request(chat("hi"))
    eq(k.reply().status, 200, "request inside")
    k.close()
    assert b"c2VjcmV0" not in up.data, "the proxy's credential went upstream"
    assert "c2VjcmV0" not in c.log(), "the proxy's credential is in the log"


REFUSED = {
    "port": ("api.openai.com:8443", 403, "PORT_REFUSED"),
    "port_80": ("api.openai.com:80", 403, "PORT_REFUSED"),
    "unknown_host": ("evil.example:443", 403, "HOST_UNKNOWN"),
    "suffix": ("api.openai.com.evil.example:443", 403, "HOST_UNKNOWN"),
    "prefix": ("xapi.openai.com:443", 403, "HOST_UNKNOWN"),
    "ip": ("127.0.0.1:443", 403, "HOST_UNKNOWN"),
    "ipv6": ("[::1]:443", 403, "HOST_UNKNOWN"),
    "no_port": ("api.openai.com", 400, None),
    "port_zero": ("api.openai.com:0", None, None),
    "port_too_large": ("api.openai.com:99999", 400, None),
    "userinfo": ("user@api.openai.com:443", 400, None),
    "nul": ("api.openai.com\0.evil.example:443", 400, None),
    "url": ("https://api.openai.com:443/", 400, None),
}


@each(REFUSED)
def s29_refused(c, up, case):
    target, status, code = case
    k, r = connect(c, b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (target.encode(), target.encode()))
    assert r.status == status or (status is None and r.status in (400, 403)), "status %d" % r.status
    assert code is None or r.code == code, "code %s" % r.code
    assert k.at_eof(), "the connection stays open"
    k.close()
    up.untouched()
    if status == 403:
        wait_until(lambda: [x for x in c.ledger_lines() if code.encode() in x], "a record of the refusal")


@each({"trailing_dot": b"api.openai.com.:443", "upper_case": b"API.OpenAI.com:443"})
def s29_same_host_in_other_words(c, up, case):
    k, r = connect(c, b"CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (case, case))
    if r.status == 200:                  # then it must be intercepted like the plain name
        k.start_tls(c.tls(), "api.openai.com")
        k.request(chat(MARK))
        eq(k.reply().code, "POLICY_REFUSED", "a marked prompt inside")
    else:
        assert r.status in (400, 403), "status %d" % r.status
    k.close()
    up.untouched()


@scenario
def bytes_before_the_answer_are_refused(c, up):
    k, r = connect(c, b"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n\x16\x03\x01")
    eq((r.status, r.code), (400, "TUNNEL_EARLY_DATA"), "refusal")
    k.close()


@scenario
def connect_with_a_body_is_refused(c, up):
    k, r = connect(c, b"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\nContent-Length: 4\r\n\r\nabcd")
    eq(r.status, 400, "status")
    k.close()


@each({"get": b"GET /v1/models HTTP/1.1\r\nHost: api.openai.com\r\n\r\n",
       "absolute": b"POST http://api.openai.com/v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Length: 2\r\n\r\n{}",
       "absolute_other": b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n"})
def other_methods_on_the_proxy_are_refused(c, up, case):
    k, r = connect(c, case)
    assert 400 <= r.status < 500, "status %d" % r.status
    k.close()
    up.untouched()


@scenario
def connect_on_the_reverse_listener_is_refused(c, up):
    k, r = connect(c, b"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n", "reverse")
    assert 400 <= r.status < 500, "status %d" % r.status
    k.close()
    up.untouched()


@scenario
def inside_connect_the_verdicts_are_the_same(c, up):
    with c.tunnel() as k:
        k.request(chat("hi"))
        eq(k.reply().header("x-cordon-action"), "forward", "benign")
        up.reset()
        k.request(chat("patient " + KEEP, max_tokens=4))
        eq(k.reply().header("x-cordon-action"), "local", "patient")
        k.request(chat(MARK))
        eq(k.reply().code, "POLICY_REFUSED", "marked")
        up.untouched()


@scenario
def nothing_is_dialled_at_the_connect(c, up):
    with c.tunnel():
        up.untouched(0.2)


@scenario
def server_name_must_be_the_connect_target(c, up):
    k, r = connect(c, b"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n")
    eq(r.status, 200, "CONNECT")
    context = c.tls()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        k.start_tls(context, "other.example")
        k.request(chat("hi"), host="other.example")
        eq(k.reply().status, 421, "status")
    except (ssl.SSLError, ConnectionError):
        pass
    k.close()
    up.untouched()


@scenario
def host_header_must_be_the_connect_target(c, up):
    with c.tunnel() as k:
        k.request(chat("hi"), host="evil.example")
        r = k.reply()
        eq((r.status, r.code), (421, "TLS_NAME_MISMATCH"), "refusal")
    up.untouched()


@scenario
def plain_http_inside_connect_is_refused(c, up):
    k, _ = connect(c, b"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n")
    k.send(request_bytes(chat("hi")))
    assert k.at_eof(15), "plain HTTP in the place of TLS is not refused"
    k.close()
    up.untouched()


@scenario
def client_without_the_ca_is_told_of_in_the_log(c, up):
    before = c.metric("cordon_tls_client_failures_total")
    k, _ = connect(c, b"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n")
    try:
        k.start_tls(ssl.create_default_context(), "api.openai.com")
        raise AssertionError("a client without the CA was content")
    except ssl.SSLCertVerificationError:
        pass
    k.close()
    wait_until(lambda: c.metric("cordon_tls_client_failures_total") > before, "the failed handshake in the metrics")
    up.untouched()


@scenario
def s13_hello_in_two_segments(c, up):
    k, _ = connect(c, b"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n")
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = c.tls()
    context.set_alpn_protocols(["x" * 200 for _ in range(8)] + ["http/1.1"])    # a hello of some 2 KB
    tls = context.wrap_bio(into, out, server_hostname="api.openai.com")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = out.read()
    assert len(hello) > 1600, "the hello is too short to prove anything"
    for piece in (hello[:100], hello[100:1460], hello[1460:]):
        k.send(piece)
        time.sleep(0.06)
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            if out.pending:
                k.send(out.read())
            data = k.sock.recv(65536)
            assert data, "closed in the handshake"
            into.write(data)
    k.send(out.read())
    tls.write(request_bytes(chat("hi")))
    k.send(out.read())
    got = b""
    while b"\r\n\r\n" not in got:
        try:
            got += tls.read(65536)
        except ssl.SSLWantReadError:
            into.write(k.sock.recv(65536))
    assert got.startswith(b"HTTP/1.1 200"), got[:60]
    k.close()


@scenario
def upgrade_is_426(c, up):
    with c.tunnel() as k:
        k.request(None, method="GET", path="/v1/responses",
                  headers=["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                           "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="])
        r = k.reply("GET")
        eq((r.status, r.code), (426, "HTTP_UPGRADE"), "refusal")
    up.untouched()


@scenario
def upgrade_on_the_reverse_listener_is_426(c, up):
    r = c.ask(None, method="GET", path="/v1/realtime?model=x", headers=["Connection: Upgrade", "Upgrade: websocket"])
    eq((r.status, r.code), (426, "HTTP_UPGRADE"), "refusal")
    up.untouched()


class Echo:
    """A plain TCP server: gives back what it gets."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        sock, _ = self.listener.accept()
        with sock:
            while data := sock.recv(65536):
                sock.sendall(data)


@scenario
def listed_host_is_tunnelled_with_byte_counts():
    echo, up = Echo(), Upstream()

    def change(conf):
        conf["tunnels"] = ["localhost"]
        conf["limits"] = {"connect_ports": [443, echo.port]}
    with Cordon(up, change) as c:
        k, r = connect(c, b"CONNECT localhost:%d HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % (echo.port, echo.port))
        eq(r.status, 200, "CONNECT")
        wait_until(lambda: c.records(kind="tunnel_intent") or [x for x in c.ledger_lines() if b"localhost" in x],
                   "the intent at the CONNECT")
        k.send(b"x" * 70000)
        got = bytes(k.buf)
        while len(got) < 70000:
            got += k.sock.recv(65536)
        eq(got, b"x" * 70000, "echo")
        k.close()
        line = wait_until(lambda: [x for x in c.records() if x.get("bytes_out") == 70000], "the byte counts at the close")[0]
        eq(line.get("bytes_in"), 70000, "bytes in")
        assert c.verify().returncode == 0, c.verify().stdout


@scenario
def client_gone_before_the_hello(c, up):
    for _ in range(20):
        k, _ = connect(c, b"CONNECT api.openai.com:443 HTTP/1.1\r\nHost: api.openai.com:443\r\n\r\n")
        k.reset()
    eq(c.ask(chat("hi")).status, 200, "afterwards")
