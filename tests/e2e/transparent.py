#!/usr/bin/env python3
"""transparent.py - the transparent mode with everything in its place: three network namespaces (a client, the gateway with
the rule set of deploy/nftables and the real binary, an "internet" with stand-in APIs), and clients that have no proxy setting
and only trust the CA.

    client ns              gateway ns                        internet ns
    eth0 10.77.1.2  ────  eth1 10.77.1.1   cordon :8444
         fd77:1::2             fd77:1::1   eth0 10.77.2.1  ────  eth0 10.77.2.2   .10 api.openai.com   .11 .12 others
                                                fd77:2::1             fd77:2::2   ::10 api.openai.com

  transparent.py [BUILD_DIR] [--only PATTERN] …      BUILD_DIR has the binary; else CORDON_BINARY, as for the scenarios.

Needs root (it makes the namespaces, and takes them away again also after a failure); without it every scenario is skipped."""
import atexit
import ctypes
import json
import os
import re
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time

if len(sys.argv) > 1 and os.path.isdir(sys.argv[1]):
    os.environ["CORDON_BINARY"] = os.path.join(os.path.abspath(sys.argv.pop(1)), "cordon")
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))
import harness  # noqa: E402
import run  # noqa: E402
from harness import (CHAT_REPLY, DONE, KEEP, LAST_CHUNK, MARK, SCRATCH, STREAM_HEAD, Client, Cordon, Skip, Upstream, chat, chunk,  # noqa: E402
                     each, eq, event, pki, request_bytes, scenario, wait_until, whole)

SUFFIX = "%x" % os.getpid()
CLIENT, GATEWAY, INTERNET = ("cordon-%s-%s" % (part, SUFFIX) for part in ("client", "gw", "net"))
API4, API6, STRANGER, UNLISTED = "10.77.2.10", "fd77:2::10", "10.77.2.11", "10.77.2.12"
RULES = os.path.join(harness.ROOT, "deploy", "nftables", "cordon.nft")
BUNDLE = os.path.join(tempfile.gettempdir(), "cordon-ca-%s.pem" % SUFFIX)       # the scratch folder may be root's alone
NOBODY = 65534


# --------------------------------------------------------------------------------------------------------- namespaces
def sh(*args, check=True, stdin=None):
    got = subprocess.run(args, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    if check and got.returncode:
        raise AssertionError("%s: %s" % (" ".join(args), got.stdout.decode(errors="replace")))
    return got.stdout.decode(errors="replace")


def inside(ns, *args, **kw):
    return sh("ip", "netns", "exec", ns, *args, **kw)


def within(ns, fn):
    """fn() in a thread that is in the namespace: the sockets it makes belong there, whoever uses them later."""
    out = {}

    def body():
        try:
            with open("/run/netns/" + ns, "rb") as f:
                if ctypes.CDLL(None, use_errno=True).setns(f.fileno(), 0x40000000):
                    raise OSError(ctypes.get_errno(), "setns")
            out["value"] = fn()
        except BaseException as why:                          # noqa: BLE001 - handed to the caller
            out["why"] = why
    t = threading.Thread(target=body)
    t.start()
    t.join()
    if "why" in out:
        raise out["why"]
    return out["value"]


def remove_namespaces():
    for ns in (CLIENT, GATEWAY, INTERNET):
        sh("ip", "netns", "del", ns, check=False)
        shutil.rmtree("/etc/netns/" + ns, ignore_errors=True)


def connect(a, b, number):
    """A cable between two namespaces: .1 on the gateway, .2 at the other end."""
    here, there = "v%d%s" % (number, SUFFIX), "w%d%s" % (number, SUFFIX)
    sh("ip", "link", "add", here, "type", "veth", "peer", "name", there)
    for ns, link, name, host in ((a, here, "eth%d" % (number % 2), 1), (b, there, "eth0", 2)):
        sh("ip", "link", "set", link, "netns", ns, "name", name)
        sh("ip", "-n", ns, "addr", "add", "10.77.%d.%d/24" % (number, host), "dev", name)
        sh("ip", "-n", ns, "addr", "add", "fd77:%d::%d/64" % (number, host), "dev", name, "nodad")
        sh("ip", "-n", ns, "link", "set", name, "up")
    sh("ip", "-n", b, "route", "add", "default", "via", "10.77.%d.1" % number)
    sh("ip", "-n", b, "-6", "route", "add", "default", "via", "fd77:%d::1" % number)


def make_namespaces():
    for ns in (CLIENT, GATEWAY, INTERNET):
        sh("ip", "netns", "add", ns)
        sh("ip", "-n", ns, "link", "set", "lo", "up")
        os.makedirs("/etc/netns/" + ns, exist_ok=True)
        with open("/etc/netns/%s/hosts" % ns, "w", encoding="ascii") as f:
            f.write("127.0.0.1 localhost\n%s api.openai.com\n%s other.example\n%s api.example.org\n" % (API4, STRANGER, UNLISTED))
        with open("/etc/netns/%s/resolv.conf" % ns, "w", encoding="ascii") as f:
            f.write("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    connect(GATEWAY, CLIENT, 1)
    connect(GATEWAY, INTERNET, 2)
    for address in (API4 + "/24", STRANGER + "/24", UNLISTED + "/24", API6 + "/64"):
        sh("ip", "-n", INTERNET, "addr", "add", address, "dev", "eth0", *(["nodad"] if ":" in address else []))
    inside(GATEWAY, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")


def load_rules(elements4, elements6):
    """The rule set as it is shipped, with the values that its comments ask for."""
    with open(RULES, encoding="utf-8") as f:
        text = f.read()
    for name, value in (("cordon_user", str(os.getuid())), ("client_interfaces", '{ "eth1" }'), ("cordon_port", "8444")):
        text, n = re.subn(r"(?m)^define %s = .*$" % name, "define %s = %s" % (name, value), text)
        eq(n, 1, "definitions of " + name)
    inside(GATEWAY, "nft", "-f", "-", stdin=text.encode())
    for name, elements in (("llm4", elements4), ("llm6", elements6)):
        inside(GATEWAY, "nft", "add element inet cordon %s { %s }" % (name, ", ".join(elements)))


def by_address():
    load_rules([API4, STRANGER], [API6])


# ---------------------------------------------------------------------------------------------------------- the parts
class There(Upstream):
    """A TLS server of the internet namespace, on port 443 of one of its addresses."""

    def __init__(self, address, leaf):
        self.lock, self.connections, self.scripts, self.default = threading.Lock(), [], [], [whole(CHAT_REPLY)]
        self.handshakes_failed = 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(os.path.join(pki(), leaf + ".pem"), os.path.join(pki(), leaf + ".key"))
        self.listener = within(INTERNET, lambda: socket.create_server(
            (address, 443), family=socket.AF_INET6 if ":" in address else socket.AF_INET, backlog=64))
        self.port, self.address = 443, "%s:443" % address
        threading.Thread(target=self._accept, daemon=True).start()


def binary_in_gateway():
    """What the harness starts: the real binary, but in the gateway's namespace."""
    path = os.path.join(SCRATCH, "cordon-in-%s" % GATEWAY)
    with open(path, "w", encoding="utf-8") as f:
        f.write('#!/bin/sh\nexec ip netns exec %s "%s" "$@"\n' % (GATEWAY, harness.BINARY))
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
    return path


def change(conf):
    conf["listeners"] += [{"name": "t4", "mode": "transparent", "address": "0.0.0.0:8444"},
                          {"name": "t6", "mode": "transparent", "address": "[::]:8444"}]
    conf["upstreams"][0]["ca_file"] = os.path.join(pki(), "ca.pem")


_world = {}


def world():
    """(cordon, API, stranger, unlisted host); made at the first call, reset at each."""
    if "why" in _world:
        raise Skip(_world["why"])
    if not _world:
        try:
            make_world()
        except Skip as why:
            _world["why"] = str(why)
            raise
    for up in _world["ups"]:
        up.reset()
    return (_world["c"], *_world["ups"])


def make_world():
    if os.geteuid() != 0:
        raise Skip("needs root, to make network namespaces")
    for tool in ("ip", "nft", "curl", "openssl"):
        if not shutil.which(tool):
            raise Skip("there is no %s here" % tool)
    if "cannot" in sh("ip", "netns", "add", CLIENT, check=False).lower() or not os.path.exists("/run/netns/" + CLIENT):
        raise Skip("network namespaces cannot be made here")
    sh("ip", "netns", "del", CLIENT)
    atexit.register(remove_namespaces)
    make_namespaces()
    by_address()
    _world["ups"] = [There(API4, "good"), There(STRANGER, "good"), There(UNLISTED, "other")]
    harness.BINARY = binary_in_gateway()
    _world["c"] = Cordon(None, change)


def close_world():
    if "c" in _world:
        _world.pop("c").close()
        for path in (harness.BINARY, BUNDLE):
            if os.path.exists(path):
                os.remove(path)


def bundle():
    """The CA where an account that is not root can read it too."""
    if not os.path.exists(BUNDLE):
        shutil.copy(os.path.join(_world["c"].state, "ca", "ca.pem"), BUNDLE)
        os.chmod(BUNDLE, 0o644)
    return BUNDLE


def curl(ns, *args, who=None, body=None):
    """An unmodified curl: no proxy, the CA as its only setting. Gives (exit status, status, headers, body)."""
    command = ["ip", "netns", "exec", ns, *(["setpriv", "--reuid", str(who), "--clear-groups"] if who else []), "curl", "-sS", "-i",
               "--max-time", "20", "--cacert", bundle(), "-H", "Authorization: Bearer sk-client", *args]
    if body is not None:
        command += ["-H", "Content-Type: application/json", "--data-binary", "@-"]
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    got = subprocess.run(command, input=body or b"", stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=60, check=False)
    head, _, rest = got.stdout.partition(b"\r\n\r\n")
    status = int(head.split()[1]) if head.startswith(b"HTTP/") else None
    return got.returncode, status, head.decode("latin-1").lower(), rest


CHAT_URL = "https://api.openai.com/v1/chat/completions"


def raw_client(address, name, c, context=None):
    """A connection from the client's namespace, TLS by hand."""
    return within(CLIENT, lambda: Client(address, tls=context or c.tls(), name=name))


def expect_refused_handshake(c, address, name):
    context = c.tls()
    context.check_hostname = name is not None
    try:
        raw_client(address, name, c, context).close()
    except (ssl.SSLError, ConnectionError):
        return
    raise AssertionError("a handshake for %s at %s went through" % (name, address))


# ------------------------------------------------------------------------------------------------------- the scenarios
@scenario
def a_prompt_that_stays_is_answered_by_the_local_model():
    c, api, stranger, _ = world()
    code, status, head, body = curl(CLIENT, CHAT_URL, body=json.dumps(chat("patient " + KEEP, max_tokens=8)).encode())
    eq((code, status), (0, 200), "exit status and status")
    assert "x-cordon-action: local" in head, head
    eq(json.loads(body)["model"], "smollm2-135m", "model")
    api.untouched()
    stranger.untouched()


@scenario
def a_prompt_that_is_refused_reaches_nobody():
    c, api, _, _ = world()
    code, status, _, body = curl(CLIENT, CHAT_URL, body=json.dumps(chat(MARK)).encode())
    eq((code, status), (0, 400), "exit status and status")
    eq(json.loads(body)["error"]["code"].upper(), "POLICY_REFUSED", "code")
    api.untouched()


@scenario
def a_benign_prompt_arrives_byte_for_byte():
    c, api, _, _ = world()
    body = '{ "model":"gpt-4o-mini",\n  "messages" : [{"content":"What is \\u0061 caf\u00e9?","role":"user"}], "n":1e0 }'.encode()
    code, status, head, got = curl(CLIENT, CHAT_URL, body=body)
    eq((code, status), (0, 200), "exit status and status")
    assert "x-cordon-action: forward" in head, head
    eq(json.loads(got), CHAT_REPLY, "the API's answer")
    eq([r.body for r in api.requests], [body], "bodies at the API")
    eq(api.requests[0].header("host"), "api.openai.com", "host at the API")
    eq(api.requests[0].header("authorization"), "Bearer sk-client", "the client's own key")


@scenario
def a_stream_comes_through():
    c, api, _, _ = world()
    api.answer([STREAM_HEAD, chunk(event("one ")), 0.05, chunk(event("two")), chunk(event(None, "stop")), chunk(DONE), LAST_CHUNK])
    code, status, _, got = curl(CLIENT, "-N", CHAT_URL, body=json.dumps(chat("hi", stream=True)).encode())
    eq((code, status), (0, 200), "exit status and status")
    texts = [json.loads(l[6:])["choices"][0]["delta"].get("content", "") for l in got.decode().splitlines()
             if l.startswith("data: {")]
    eq("".join(texts), "one two", "text")


@scenario
def the_sdk_with_no_setting_but_the_ca():
    c, api, _, _ = world()
    try:
        import openai  # noqa: F401
    except ImportError:
        raise Skip("the openai SDK is not installed for this Python") from None
    code = ("import openai\nk=openai.OpenAI(max_retries=0,timeout=30)\n"
            "for t in ('hi', 'patient %s'): print(k.chat.completions.create(model='gpt-4o-mini',max_tokens=4,"
            "messages=[{'role':'user','content':t}]).model)\n" % KEEP)
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    env.update(SSL_CERT_FILE=bundle(), OPENAI_API_KEY="sk-e2e")
    env.pop("OPENAI_BASE_URL", None)
    got = subprocess.run(["ip", "netns", "exec", CLIENT, sys.executable, "-c", code], env=env, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, timeout=120, check=False)
    eq(got.stdout.split(), [b"gpt-up", b"smollm2-135m"], "models; " + got.stderr.decode()[-500:])
    eq(len(api.requests), 1, "requests at the API")


@scenario
def a_client_without_the_ca_fails_and_nothing_leaves():
    c, api, _, _ = world()
    context = ssl.create_default_context()
    try:
        raw_client(API4 + ":443", "api.openai.com", c, context).close()
        raise AssertionError("an unknown CA was accepted")
    except ssl.SSLCertVerificationError:
        api.untouched()


@scenario
def over_ipv6():
    c, api, _, _ = world()
    code, status, head, _ = curl(CLIENT, "--resolve", "api.openai.com:443:[%s]" % API6, CHAT_URL, body=json.dumps(chat("hi")).encode())
    eq((code, status), (0, 200), "exit status and status")
    eq(len(api.requests), 1, "requests at the API, by the address cordon looked up")


@scenario
def programs_on_the_gateway_itself():
    c, api, _, _ = world()
    code, status, head, _ = curl(GATEWAY, CHAT_URL, who=NOBODY, body=json.dumps(chat(MARK)).encode())
    eq((code, status), (0, 400), "exit status and status")
    api.untouched()


@scenario
def a_name_that_is_not_listed_is_refused():
    c, api, stranger, _ = world()
    expect_refused_handshake(c, STRANGER + ":443", "other.example")
    stranger.untouched()
    api.untouched()
    wait_until(lambda: [l for l in c.ledger_lines() if b"HOST_UNKNOWN" in l and b"other.example" in l], "a record of the refusal")


@scenario
def no_name_is_refused():
    c, api, stranger, _ = world()
    expect_refused_handshake(c, API4 + ":443", None)
    api.untouched()


@scenario
def plain_text_on_443_is_refused():
    c, api, _, _ = world()
    k = within(CLIENT, lambda: Client(API4 + ":443"))
    k.send(request_bytes(chat("hi")))
    assert k.at_eof(), "the connection stays open"
    k.close()
    api.untouched()


@scenario
def the_address_is_advisory():
    """A listed name sent to another address goes where the name really is."""
    c, api, stranger, _ = world()
    with raw_client(STRANGER + ":443", "api.openai.com", c) as k:
        k.request(chat("hi"))
        eq(k.reply().status, 200, "status")
    eq(len(api.requests), 1, "requests at the API")
    stranger.untouched()


@scenario
def another_host_header_inside_is_refused():
    c, api, stranger, _ = world()
    with raw_client(API4 + ":443", "api.openai.com", c) as k:
        k.request(chat("hi"), host="other.example")
        assert k.reply().status in (400, 403, 421), "it was let through"
    api.untouched()
    stranger.untouched()


@each({"whole": None, "in_two": 0.5, "after_one_byte": 0.0, "before_the_last": 1.0})
def the_hello_in_segments(case):
    """S13: the second segment comes 50 ms after the first."""
    c, api, _, _ = world()
    k = within(CLIENT, lambda: Client(API4 + ":443"))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = c.tls().wrap_bio(incoming, outgoing, server_hostname="api.openai.com")

    def turn(fn):
        first = case
        while True:
            try:
                done, value = True, fn()
            except ssl.SSLWantReadError:
                done, value = False, None
            data = outgoing.read()
            if data and first is not None and fn == tls.do_handshake and data[0] == 22:
                cut = max(1, min(len(data) - 1, int(len(data) * first)))
                k.send(data[:cut])
                time.sleep(0.05)
                data, first = data[cut:], None
            if data:
                k.send(data)
            if done:
                return value
            more = k.sock.recv(65536)
            if not more:
                raise AssertionError("the gateway closed the connection")
            incoming.write(more)
    turn(tls.do_handshake)
    turn(lambda: tls.write(request_bytes(chat("hi"))))
    assert turn(lambda: tls.read(65536)).startswith(b"HTTP/1.1 200"), "no answer"
    eq(len(api.requests), 1, "requests at the API")
    k.close()


@scenario
def a_hello_that_never_ends():
    c, api, _, _ = world()
    k = within(CLIENT, lambda: Client(API4 + ":443"))
    k.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    t0 = time.monotonic()
    assert k.at_eof(10), "the connection stays open"
    assert time.monotonic() - t0 < 8 * harness.SLOW, "it took %.1f s" % (time.monotonic() - t0)
    k.close()
    api.untouched()


@scenario
def quic_is_rejected_at_once():
    c, api, _, _ = world()
    seen = within(INTERNET, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    seen.bind((API4, 443))
    seen.setblocking(False)
    k = within(CLIENT, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    k.settimeout(5)
    k.connect((API4, 443))
    k.send(b"\xc0\x00\x00\x00\x01 an initial packet")
    try:
        k.recv(100)
        raise AssertionError("an answer to QUIC")
    except ConnectionRefusedError:
        pass
    time.sleep(0.05)
    try:
        raise AssertionError("QUIC went out: %d bytes" % len(seen.recv(2000)))
    except BlockingIOError:
        pass
    k.close()
    seen.close()


@scenario
def an_old_connection_does_not_live_on():
    """One that was open before the rules were: it is reset, not left to go past. Another table keeps the kernel tracking
    connections meanwhile, as on any machine with a firewall; an untracked one would be redirected like a new one."""
    c, api, _, _ = world()
    inside(GATEWAY, "nft", "add table inet firewall; add chain inet firewall in { type filter hook prerouting priority 0; }; "
                           "add rule inet firewall in ct state new counter")
    inside(GATEWAY, "nft", "delete", "table", "inet", "cordon")
    try:
        k = within(CLIENT, lambda: Client(API4 + ":443"))
    finally:
        by_address()
    wait_until(lambda: api.opened, "the connection at the API")
    k.send(b"\x16\x03\x01")
    try:
        k.sock.settimeout(3 * harness.SLOW)
        k.sock.recv(1)
        raise AssertionError("it was not reset")
    except ConnectionResetError:
        k.close()
    inside(GATEWAY, "nft", "delete", "table", "inet", "firewall")


@scenario
def the_port_itself_is_closed():
    """Only redirected connections come in."""
    world()
    try:
        within(CLIENT, lambda: Client("10.77.1.1:8444", timeout=5)).close()
        raise AssertionError("a direct connection was accepted")
    except ConnectionRefusedError:
        pass


def other_site(c):
    context = ssl.create_default_context(cafile=os.path.join(pki(), "ca.pem"))
    with raw_client(UNLISTED + ":443", "api.example.org", c, context) as k:
        k.request(chat("hi"), host="api.example.org")
        return k.reply().status


@scenario
def other_addresses_are_left_alone():
    c, api, _, unlisted = world()
    eq(other_site(c), 200, "status")
    eq(len(unlisted.requests), 1, "requests there, end to end")
    api.untouched()


@scenario
def all_of_443():
    """With 0.0.0.0/0 in the set, every name that is not listed is refused, and the listed ones work as before."""
    c, api, _, unlisted = world()
    load_rules(["0.0.0.0/0"], ["::/0"])
    try:
        expect_refused_handshake(c, UNLISTED + ":443", "api.example.org")
        unlisted.untouched()
        code, status, _, _ = curl(CLIENT, CHAT_URL, body=json.dumps(chat("hi")).encode())
        eq((code, status), (0, 200), "exit status and status")
    finally:
        by_address()


@scenario
def llm_addresses_fills_the_sets():
    world()
    script = os.path.join(os.path.dirname(RULES), "llm-addresses")
    try:
        inside(GATEWAY, "nft", "flush", "set", "inet", "cordon", "llm4")
        for _ in range(2):
            inside(GATEWAY, script, "api.openai.com")
        text = inside(GATEWAY, "nft", "list", "set", "inet", "cordon", "llm4")
        assert API4 in text and "timeout 1d" in text, text
        assert STRANGER not in text, text
    finally:
        by_address()


@scenario
def the_ledger_holds():
    c, *_ = world()
    got = c.verify()
    eq(got.returncode, 0, "audit verify: " + got.stdout.decode())


@scenario
def close():
    """Last: the gateway ends in order, and the namespaces go."""
    world()
    close_world()
    remove_namespaces()
    eq([ns for ns in os.listdir("/run/netns") if ns.endswith(SUFFIX)], [], "namespaces left")


if __name__ == "__main__":
    sys.exit(run.main(load=lambda: None, prefix="e2e"))
