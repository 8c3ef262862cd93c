"""harness.py - what the scenarios stand on: a scripted upstream that records every byte, the real cordon binary, and a
raw client. Standard library only. Nothing here knows what cordon should do; the scenario files do.

An upstream script is a list of pieces, performed in order for one request:
    bytes      sent as they are, in one write
    number     seconds to wait (the wait ends early when the peer goes away)
    CLOSE      orderly close          RST   abortive close
    callable   called with the request, gives bytes
After a script without CLOSE or RST the connection is kept for the next request.
"""
import atexit
import contextlib
import hashlib
import json
import os
import re
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("CORDON_BINARY", os.path.join(ROOT, "build/release/cordon"))
ENGINE = os.environ.get("CORDON_TEST_ENGINE", "llama")          # or "standin"
MODEL = os.environ.get("CORDON_TEST_MODEL", "")
SLOW = float(os.environ.get("CORDON_TEST_SLOW", "1"))            # sanitizers: time limits are stretched by this
SCRATCH = os.environ.get("CORDON_TEST_SCRATCH", tempfile.gettempdir())

CLOSE, RST = object(), object()


def scratch(prefix):
    """A folder that goes away with this process."""
    path = tempfile.mkdtemp(prefix=prefix, dir=SCRATCH)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


class Skip(Exception):
    """This machine cannot run the scenario; the text says why."""


def eq(got, want, what="value"):
    if got != want:
        raise AssertionError("%s: got %s, want %s" % (what, short(got), short(want)))


def short(v):
    text = repr(v)
    return text if len(text) <= 400 else text[:300] + " … " + text[-80:]


def wait_until(fn, what, timeout=5.0, every=0.01):
    end = time.monotonic() + timeout * SLOW
    while True:
        v = fn()
        if v:
            return v
        if time.monotonic() > end:
            raise AssertionError("waited %.1f s in vain for: %s" % (timeout * SLOW, what))
        time.sleep(every)


# ---------------------------------------------------------------------------------------------------- the upstream
def head(status=200, *lines, version="1.1", reason="OK"):
    text = "HTTP/%s %d %s\r\n" % (version, status, reason) + "".join(l + "\r\n" for l in lines) + "\r\n"
    return text.encode("latin-1")


def whole(body, *lines, status=200, ctype="application/json"):
    """A reply with a Content-Length, as one piece."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    return head(status, "Content-Type: " + ctype, "Content-Length: %d" % len(body), *lines) + body


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
STREAM_HEAD = head(200, "Content-Type: text/event-stream", "Transfer-Encoding: chunked")


def event(text, finish=None):
    delta = {"content": text} if text is not None else {}
    return b"data: " + json.dumps({
        "id": "chatcmpl-up", "object": "chat.completion.chunk", "created": 1700000000, "model": "gpt-up",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}, ensure_ascii=False).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
CHAT_REPLY = {"id": "chatcmpl-up", "object": "chat.completion", "created": 1700000000, "model": "gpt-up",
              "choices": [{"index": 0, "message": {"role": "assistant", "content": "from upstream"},
                           "finish_reason": "stop"}],
              "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}


class Request:
    def __init__(self, raw_head, body, raw, n_on_connection):
        self.head, self.body, self.raw, self.n = raw_head, body, raw, n_on_connection
        lines = raw_head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ", 2)
        self.headers = [tuple(p.strip() for p in l.split(":", 1)) for l in lines[1:] if l]

    def header(self, name):
        got = [v for k, v in self.headers if k.lower() == name]
        return got[0] if got else None


class Connection:
    def __init__(self):
        self.data, self.opened, self.closed, self.requests = bytearray(), time.monotonic(), None, []


class Upstream:
    """Plain, or TLS with `tls` = (certificate, key)."""

    def __init__(self, tls=None):
        self.lock, self.connections, self.scripts, self.default = threading.Lock(), [], [], [whole(CHAT_REPLY)]
        self.handshakes_failed = 0
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*tls)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.address = "127.0.0.1:%d" % self.port
        threading.Thread(target=self._accept, daemon=True).start()

    # what the scenario asks
    def answer(self, *scripts):
        """One script per coming request, in the order of their arrival; then the default again."""
        with self.lock:
            self.scripts.extend(scripts)

    def reset(self):
        with self.lock:
            self.scripts, self.default = [], [whole(CHAT_REPLY)]
            self.connections = [c for c in self.connections if c.closed is None]
            self._skip = {id(c): (len(c.data), len(c.requests)) for c in self.connections}
        self.mark = time.monotonic()

    _skip = {}
    mark = 0

    @property
    def requests(self):
        with self.lock:
            return [r for c in self.connections for r in c.requests[self._skip.get(id(c), (0, 0))[1]:]]

    @property
    def data(self):
        """Every byte received since the last reset."""
        with self.lock:
            return b"".join(bytes(c.data[self._skip.get(id(c), (0, 0))[0]:]) for c in self.connections)

    @property
    def opened(self):
        """Connections opened since the last reset."""
        with self.lock:
            return [c for c in self.connections if c.opened >= self.mark]

    def untouched(self, settle=0.05):
        """Neither a connection nor a byte. Waits a little: something that is sent late is sent all the same."""
        time.sleep(settle)
        eq(len(self.opened), 0, "connections to the upstream")
        eq(self.data, b"", "bytes at the upstream")

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)        # close alone would leave the accepting thread listening
        self.listener.close()

    # the inside
    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            c = Connection()
            with self.lock:
                self.connections.append(c)
            threading.Thread(target=self._serve, args=(sock, c), daemon=True).start()

    def _serve(self, sock, c):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self.context:
                try:
                    sock = self.context.wrap_socket(sock, server_side=True)
                except (ssl.SSLError, OSError):
                    self.handshakes_failed += 1
                    return
            buf = bytearray()
            while True:
                request = self._read_request(sock, c, buf)
                if request is None:
                    return
                with self.lock:
                    c.requests.append(request)
                    script = self.scripts.pop(0) if self.scripts else self.default
                if not self._perform(sock, request, script):
                    return
        except OSError:
            pass
        finally:
            c.closed = time.monotonic()
            with contextlib.suppress(OSError):
                sock.close()

    def _more(self, sock, c, buf):
        data = sock.recv(65536)
        if not data:
            return False
        with self.lock:
            c.data += data
        buf += data
        return True

    def _read_request(self, sock, c, buf):
        while b"\r\n\r\n" not in buf:
            if not self._more(sock, c, buf):
                return None
        end = buf.index(b"\r\n\r\n") + 4
        raw_head = bytes(buf[:end - 4])
        m = re.search(rb"(?im)^content-length:\s*(\d+)", raw_head)
        length = int(m.group(1)) if m else 0
        while len(buf) < end + length:
            if not self._more(sock, c, buf):
                return None
        request = Request(raw_head, bytes(buf[end:end + length]), bytes(buf[:end + length]), len(c.requests))
        del buf[:end + length]
        return request

    def _perform(self, sock, request, script):
        for piece in script:
            if piece is CLOSE:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
                return False
            if piece is RST:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            if callable(piece):
                piece = piece(request)
            if isinstance(piece, (int, float)):
                readable, _, _ = select.select([sock], [], [], piece)
                if readable and not self.context and sock.recv(1, socket.MSG_PEEK) == b"":
                    return False
                continue
            sock.sendall(piece)
        return True


# ------------------------------------------------------------------------------------------------------ the client
class Reply:
    def __init__(self):
        self.status, self.headers, self.body, self.whole, self.pieces, self.interim = 0, [], b"", False, [], []
        self.chunked, self.closed, self.raw_head, self.head_at = False, False, b"", None

    def header(self, name):
        got = [v for k, v in self.headers if k == name]
        return got[0] if got else None

    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """cordon's stable code (upper case, as the man page has it) from the provider's error shape."""
        try:
            return self.json()["error"]["code"].upper()
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    @property
    def events(self):
        """(time, data) of each SSE event, by the piece that completed it."""
        out, seen = [], b""
        for t, data in self.pieces:
            seen += data
            while b"\n\n" in seen:
                one, seen = seen.split(b"\n\n", 1)
                if one.strip():
                    out.append((t, one.strip()))
        return out


class Client:
    def __init__(self, address, tls=None, name=None, timeout=20.0, source=None):
        host, port = address.rsplit(":", 1)
        self.sock = socket.create_connection((host.strip("[]"), int(port)), timeout=timeout * SLOW,
                                             source_address=source)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.sock = tls.wrap_socket(self.sock, server_hostname=name)
        self.buf = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *a):
        self.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def send(self, data):
        self.sock.sendall(data)

    def start_tls(self, context, name):
        self.sock = context.wrap_socket(self.sock, server_hostname=name)

    def request(self, body=None, method="POST", path="/v1/chat/completions", headers=(), host="api.openai.com",
                key="sk-test-key-of-the-client"):
        """Sends one request. A dict becomes JSON. `headers` are whole lines."""
        self.send(request_bytes(body, method, path, headers, host, key))

    def more(self):
        try:
            data = self.sock.recv(65536)
        except (ConnectionResetError, ssl.SSLError, BrokenPipeError):
            return b""
        self.buf += data
        return data

    def reply(self, method="POST", head_only=False):
        r = Reply()
        while True:
            while b"\r\n\r\n" not in self.buf:
                if not self.more():
                    r.closed = True
                    return r
            end = self.buf.index(b"\r\n\r\n") + 4
            r.raw_head, r.head_at = bytes(self.buf[:end]), time.monotonic()
            del self.buf[:end]
            lines = r.raw_head[:-4].decode("latin-1").split("\r\n")
            r.status = int(lines[0].split(" ")[1])
            r.headers = [(k.strip().lower(), v.strip()) for k, v in (l.split(":", 1) for l in lines[1:])]
            if 100 <= r.status < 200 and r.status != 101:
                r.interim.append(r.status)
                continue
            break
        if head_only:
            return r
        self.body(r, method)
        return r

    def body(self, r, method="POST"):
        r.chunked = (r.header("transfer-encoding") or "").lower() == "chunked"
        if method == "HEAD" or r.status in (204, 304) or (method == "CONNECT" and r.status == 200):
            r.whole = True
        elif r.chunked:
            self._chunked(r)
        elif r.header("content-length") is not None:
            self._counted(r, int(r.header("content-length")))
        else:
            self._till_end(r)
        r.body = b"".join(d for _, d in r.pieces)

    def _counted(self, r, n):
        while n:
            if not self.buf and not self.more():
                return
            data = bytes(self.buf[:n])
            del self.buf[:n]
            n -= len(data)
            r.pieces.append((time.monotonic(), data))
        r.whole = True

    def _chunked(self, r):
        while True:
            while b"\r\n" not in self.buf:
                if not self.more():
                    return
            at = self.buf.index(b"\r\n")
            size = int(bytes(self.buf[:at]).split(b";")[0], 16)
            while len(self.buf) < at + 2 + size + 2:
                if not self.more():
                    return
            data = bytes(self.buf[at + 2:at + 2 + size])
            if bytes(self.buf[at + 2 + size:at + 4 + size]) != b"\r\n":
                raise AssertionError("chunk not ended by CR LF")
            del self.buf[:at + 4 + size]
            if size == 0:
                r.whole = True
                return
            r.pieces.append((time.monotonic(), data))

    def _till_end(self, r):
        while self.buf or self.more():
            r.pieces.append((time.monotonic(), bytes(self.buf)))
            self.buf.clear()
        r.whole = r.closed = True

    def at_eof(self, timeout=5.0):
        """Whether the peer closes within the time."""
        self.sock.settimeout(timeout * SLOW)
        try:
            return self.sock.recv(1) == b""
        except (ConnectionResetError, ssl.SSLEOFError):
            return True
        except (TimeoutError, ssl.SSLError):
            return False


def request_bytes(body=None, method="POST", path="/v1/chat/completions", headers=(), host="api.openai.com",
                  key="sk-test-key-of-the-client", version="1.1"):
    if body is None:
        raw = b""
    elif isinstance(body, bytes):
        raw = body
    else:
        raw = json.dumps(body).encode()
    lines = ["%s %s HTTP/%s" % (method, path, version), "Host: " + host]
    if key:
        lines.append("Authorization: Bearer " + key)
    if body is not None:
        if not any(h.lower().startswith("content-type:") for h in headers):
            lines.append("Content-Type: application/json")
        if not any(h.lower().startswith(("content-length:", "transfer-encoding:")) for h in headers):
            lines.append("Content-Length: %d" % len(raw))
    lines.extend(headers)
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + raw


def chat(text, **more):
    return dict({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}, **more)


# ------------------------------------------------------------------------------------------------------------ cordon
def cordon(*args, stdin=None, timeout=60):
    """Runs one command of the binary to its end."""
    if isinstance(stdin, str):
        stdin = stdin.encode()
    return subprocess.run([BINARY, *args], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=timeout * SLOW, check=False)


def demo_rules():
    return [
        {"name": "marked-is-refused", "when": {"classes": ["marked"]}, "action": "refuse"},
        {"name": "secrets-never-leave", "when": {"classes": ["secret"]}, "action": "refuse",
         "message": "This prompt holds a password, key or token."},
        {"name": "patients-stay-here", "when": {"classes": ["phi"]}, "action": "local"},
        {"name": "privileged-stays-here", "when": {"classes": ["privileged"]}, "action": "local"},
        {"name": "everything-else", "action": "forward"},
    ]


# Identifiers that only the operator's patterns of base_conf know, so that a scenario about *where* text is looked for
# does not depend on what the built-in patterns think of its surroundings. MARK is refused, KEEP is answered here.
MARK = "ZQ-48291377"
KEEP = "ZP-60137592"


def base_conf(state, upstream=None):
    conf = {
        "version": 1,
        "workers": 1,
        "listeners": [{"name": "reverse", "mode": "reverse", "address": "127.0.0.1:0"},
                      {"name": "proxy", "mode": "connect", "address": "127.0.0.1:0"}],
        "ca": {"directory": os.path.join(state, "ca")},
        "upstreams": [{"name": "openai", "api": "openai", "host": "api.openai.com", "region": "us", "baa": False}],
        "models": [{"name": "smollm2-135m", "file": model_file(), "context": 2048, "parallel": 2, "threads": 1}],
        "classes": [{"name": "marked", "threshold": 0.5}],
        "patterns": [{"type": "TEST_MARK", "class": "marked", "regex": r"ZQ-[0-9]{8}", "score": 0.95},
                     {"type": "TEST_KEEP", "class": "phi", "regex": r"ZP-[0-9]{8}", "score": 0.95}],
        "rules": demo_rules(),
        "ledger": {"directory": os.path.join(state, "ledger")},
        "admin": {"address": "127.0.0.1:0"},
    }
    if upstream is not None:
        conf["upstreams"][0].update(address=upstream.address, plaintext=upstream.context is None)
    return conf


def model_file():
    if MODEL:
        return MODEL
    if ENGINE == "standin":
        path = os.path.join(SCRATCH, "standin-135m.gguf")      # the stand-in takes the size from the name
        if not os.path.exists(path):
            with open(path, "wb") as f:
                f.write(b"GGUF stand-in\n")
        return path
    cache = os.environ.get("CORDON_CACHE", os.path.expanduser("~/.cache/cordon"))
    return os.path.join(cache, "models", "SmolLM2-135M-Instruct.Q4_1.gguf")


_ca = None


def make_ca(directory):
    """A CA directory of cordon's own making; made once and copied, since the scenarios only read it."""
    global _ca
    if _ca is None:
        _ca = os.path.join(scratch("cordon-ca-"), "ca")
        got = cordon("ca", "init", _ca)
        if got.returncode:
            raise AssertionError("cordon ca init failed: " + got.stderr.decode())
    if not os.path.exists(directory):
        shutil.copytree(_ca, directory)


class Cordon:
    def __init__(self, upstream=None, change=None, state=None, env=None, start=True, wrap=()):
        self.own_state, self.wrap = state is None, list(wrap)      # wrap: a command line that ends by exec of its arguments
        self.state = state or tempfile.mkdtemp(prefix="cordon-", dir=SCRATCH)
        self.upstream, self.env, self.starts = upstream, env or {}, 0
        self.conf = base_conf(self.state, upstream)
        if change:
            change(self.conf)
        self.conf_path = os.path.join(self.state, "cordon.yaml")
        self.process = None
        make_ca(os.path.join(self.state, "ca"))
        self.write_conf()
        if start:
            self.start()

    def __enter__(self):
        return self

    def __exit__(self, *a):
        self.close()

    def write_conf(self):
        # JSON is YAML: no emitter of our own is needed.
        with open(self.conf_path + ".new", "w", encoding="utf-8") as f:
            json.dump(self.conf, f, indent=1)
        os.rename(self.conf_path + ".new", self.conf_path)

    def start(self, ready=True, timeout=30):
        self.starts += 1
        self.log_path = os.path.join(self.state, "log.%d" % self.starts)
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([*self.wrap, BINARY, "run", "-c", self.conf_path], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=dict(os.environ, **self.env))
        if ready:
            wait_until(lambda: self.logged("ready") or self.process.poll() is not None, "cordon to be ready", timeout)
            if self.process.poll() is not None:
                raise AssertionError("cordon ended at start: " + self.log()[-2000:])
        return self

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def logged(self, name):
        """The key=value texts of all log lines with that event id."""
        out = []
        for line in self.log().splitlines():
            parts = line.split(None, 3)
            if len(parts) >= 3 and parts[2] == name:
                out.append(parts[3] if len(parts) > 3 else " ")
        return out

    def address(self, name="reverse"):
        for text in self.logged("listen.open"):
            pairs = dict(p.split("=", 1) for p in text.split() if "=" in p)
            if pairs.get("name") == name:
                return pairs["address"]
        raise AssertionError("no listener %s in the log:\n%s" % (name, self.log()))

    def client(self, name="reverse", **kw):
        return Client(self.address(name), **kw)

    def ask(self, body=None, method="POST", path="/v1/chat/completions", headers=(), **kw):
        """One request on a connection of its own."""
        with self.client(timeout=kw.pop("timeout", 20.0)) as k:
            k.request(body, method, path, headers, **kw)
            return k.reply(method)

    def tls(self):
        context = ssl.create_default_context(cafile=os.path.join(self.state, "ca", "ca.pem"))
        context.verify_flags |= ssl.VERIFY_X509_STRICT | 0x80000      # PARTIAL_CHAIN
        return context

    def tunnel(self, target="api.openai.com:443", name="api.openai.com", **kw):
        """A client inside an intercepted CONNECT."""
        k = self.client("proxy", **kw)
        k.send(("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (target, target)).encode())
        r = k.reply("CONNECT")
        eq(r.status, 200, "CONNECT")
        k.start_tls(self.tls(), name)
        return k

    def admin(self, path):
        with Client(self.address("admin")) as k:
            k.send(("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (path, self.address("admin"))).encode())
            r = k.reply("GET")
            return r.status, r.body.decode()

    def metric(self, name):
        """Sum of a metric over its labels; or of the one series when the name has labels."""
        total = 0.0
        for line in self.admin("/metrics")[1].splitlines():
            if line.startswith("#") or " " not in line:
                continue
            series, value = line.rsplit(" ", 1)
            if series == name or ("{" not in name and series.split("{")[0] == name):
                total += float(value)
        return total

    # the ledger
    def ledger_lines(self):
        directory = self.conf["ledger"]["directory"]
        out = []
        for name in sorted(os.listdir(directory)):
            if not name.endswith(".jsonl"):
                continue
            with open(os.path.join(directory, name), "rb") as f:
                out.extend(f.read().split(b"\n"))
        return [l for l in out if l]

    def records(self, **want):
        """Records whose fields have these values, oldest first."""
        out = []
        for line in self.ledger_lines():
            try:
                r = json.loads(line)
            except ValueError:
                continue                      # a line that is being written, or torn: verify's business
            if all(r.get(k) == v for k, v in want.items()):
                out.append(r)
        return out

    def outcome(self, ident, n=1, timeout=5):
        """The n-th outcome record of an exchange; it is written after the reply, so wait for it."""
        return wait_until(lambda: self.records(kind="outcome", id=ident)[n - 1:n], "outcome record of " + str(ident),
                          timeout)[0]

    def intents(self, ident):
        return self.records(kind="intent", id=ident)

    def verify(self):
        return cordon("audit", "verify", self.conf["ledger"]["directory"])

    # the end
    def reload(self):
        before = len(self.logged("reload.ok")) + len(self.logged("reload.failed"))
        self.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(self.logged("reload.ok")) + len(self.logged("reload.failed")) > before or
                   self.process.poll() is not None, "a reload")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, timeout=20):
        """SIGTERM; gives the exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(timeout * SLOW)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("cordon did not end after SIGTERM:\n" + self.log()[-1500:]) from None

    def close(self):
        status = None
        try:
            if self.process and self.process.poll() is None:
                status = self.stop()
        finally:
            text = self.log() if self.process else ""
            if self.own_state:
                shutil.rmtree(self.state, ignore_errors=True)
        for sign in ("ERROR: AddressSanitizer", "runtime error:", "WARNING: ThreadSanitizer", "ERROR: LeakSanitizer"):
            if sign in text:
                raise AssertionError("sanitizer report:\n" + text[text.index(sign):][:3000])
        if status not in (None, 0):
            raise AssertionError("exit status %s:\n%s" % (status, text[-1500:]))


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# ------------------------------------------------------------------------------------- certificates for TLS upstreams
_pki = {}


def pki():
    """A directory with ca.pem and leaves: good (api.openai.com), other (wrong name), expired, and self (self-signed)."""
    if "dir" in _pki:
        return _pki["dir"]
    d = _pki["dir"] = scratch("cordon-pki-")

    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=d)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/O=test/CN=upstream CA",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("req", "-x509", *key, "-keyout", "self.key", "-out", "self.pem", "-days", "30", "-subj", "/CN=api.openai.com",
            "-addext", "subjectAltName=DNS:api.openai.com")
    # x509 -days cannot be negative everywhere, so the expired leaf is signed by `openssl ca`, which takes dates.
    open(os.path.join(d, "index.txt"), "w").close()
    with open(os.path.join(d, "ca.cnf"), "w", encoding="ascii") as f:
        f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\npolicy=p\ndefault_md=sha256\n"
                "unique_subject=no\ncopy_extensions=copy\n[p]\ncommonName=supplied\n")
    for name, host, end in (("good", "api.openai.com", "20991231000000Z"), ("other", "api.example.org", "20991231000000Z"),
                            ("expired", "api.openai.com", "20210101000000Z")):
        openssl("req", "-new", *key, "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + host,
                "-addext", "subjectAltName=DNS:" + host, "-addext", "extendedKeyUsage=serverAuth")
        openssl("ca", "-batch", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-in", name + ".csr",
                "-out", name + ".pem", "-notext", "-startdate", "20200101000000Z", "-enddate", end)
    return d


# ------------------------------------------------------------------------------------------------ scenarios and groups
SCENARIOS = []                # (name, function, group)


def module_of(f):
    name = f.__module__
    if name == "__main__":
        name = os.path.basename(sys.argv[0]).removesuffix(".py")
    return name.removeprefix("scn_")


def scenario(fn=None, *, group=""):
    """Marks a function as a scenario. Its arguments are given by name: `c` and `up` are the shared cordon and its
    upstream, which is reset before; one without arguments makes its own. `group` "engine" needs the real model."""
    def mark(f):
        SCENARIOS.append(("%s/%s" % (module_of(f), f.__name__.strip("_")), f, group))
        return f
    return mark(fn) if fn else mark


def each(cases, group=""):
    """One scenario a case: a dict of label to value, given as the argument `case`."""
    def mark(f):
        for label, value in cases.items():
            def run(f=f, value=value, **kw):
                return f(case=value, **kw)
            run.takes = [n for n in f.__code__.co_varnames[:f.__code__.co_argcount] if n != "case"]
            SCENARIOS.append(("%s/%s/%s" % (module_of(f), f.__name__, label), run, group))
        return f
    return mark


_shared = {}


def shared():
    """The cordon that scenarios without needs of their own share."""
    if "c" in _shared and _shared["c"].process.poll() is not None:
        dead = _shared.pop("c")
        dead.own_state = False
        raise AssertionError("the shared cordon died before this scenario; its state is in %s; log:\n%s"
                             % (dead.state, dead.log()[-2000:]))
    if "c" not in _shared:
        _shared["up"] = Upstream()
        _shared["c"] = Cordon(_shared["up"])
    _shared["up"].reset()
    return _shared


def keep(c):
    """A cordon that several scenarios of a file use: it is closed when all have run."""
    _kept.append(c)
    return c


_kept = []


def close_shared():
    if "c" in _shared:
        _kept.append(_shared.pop("c"))
    while _kept:
        _kept.pop().close()
