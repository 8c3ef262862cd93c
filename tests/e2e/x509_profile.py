#!/usr/bin/env python3
"""x509_profile.py - whether real TLS clients accept the certificates that cordon makes: Python in its strict mode, OpenSSL
with -x509_strict, curl, Go, Node and Java, each through the CONNECT listener of the real binary with a CA that
`cordon ca init` made (and one with an operator's own RSA CA).

  x509_profile.py [BUILD_DIR] [--only PATTERN] …      BUILD_DIR has the binary; else CORDON_BINARY, as for the scenarios."""
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile

if len(sys.argv) > 1 and os.path.isdir(sys.argv[1]):
    os.environ["CORDON_BINARY"] = os.path.join(os.path.abspath(sys.argv.pop(1)), "cordon")
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))
import run  # noqa: E402
from harness import SCRATCH, Cordon, Skip, Upstream, cordon, each, eq, scenario, whole  # noqa: E402

PARTIAL_CHAIN = 0x80000
LONG = "a-name-that-does-not-fit.the-sixty-four-characters.of-a-common-name.openai.com"
HOSTS = {"plain": "api.openai.com", "long": LONG, "idn": "xn--bcher-kva.example"}
BODY = b'{"object":"list","data":[]}'

_made = {}


def world():
    """A cordon that stands in for all of HOSTS; clients that ask for /v1/models get BODY from the upstream."""
    if "c" not in _made:
        up = Upstream()

        def change(conf):
            conf["upstreams"][0]["also"] = [LONG, "xn--bcher-kva.example"]
        _made["up"], _made["c"] = up, Cordon(up, change)
    _made["up"].reset()
    _made["up"].default = [whole(BODY)]
    return _made["c"], _made["up"]


def close_world():
    if "c" in _made:
        _made.pop("c").close()


def ca_file(c, name="ca.pem"):
    return os.path.join(c.state, "ca", name)


def strict(c, name="ca.pem"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca_file(c, name))
    context.verify_flags |= ssl.VERIFY_X509_STRICT | PARTIAL_CHAIN
    return context


def tunnel(c, host, context, name=None):
    k = c.client("proxy")
    k.send(("CONNECT %s:443 HTTP/1.1\r\nHost: %s:443\r\n\r\n" % (host, host)).encode())
    eq(k.reply("CONNECT").status, 200, "CONNECT")
    k.start_tls(context, name or host)
    return k


def leaf(c, host):
    with tunnel(c, host, strict(c)) as k:
        return ssl.DER_cert_to_PEM_cert(k.sock.getpeercert(True))


def have(program):
    path = shutil.which(program)
    if not path:
        raise Skip("there is no %s here" % program)
    return path


def output(args, env=None, stdin=b"", timeout=400):
    # What this machine has set for itself must not decide.
    clean = {k: v for k, v in os.environ.items() if not re.fullmatch(r"(?i)(https?|all|no)_proxy|SSL_CERT_(FILE|DIR)|NODE_.*", k)}
    got = subprocess.run(args, env=dict(clean, **(env or {})), input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         timeout=timeout, check=False)
    return got.returncode, got.stdout.decode(errors="replace")


def expect_body(got):
    status, text = got
    if status or BODY.decode() not in text:
        raise AssertionError("exit status %d: %s" % (status, text[-1500:]))


@each(HOSTS)
def python_strict(case):
    c, _ = world()
    with tunnel(c, case, strict(c)) as k:
        k.request(method="GET", path="/v1/models", host=case)
        eq(k.reply("GET").body, BODY, "body")


@scenario
def python_with_the_bundle():
    c, _ = world()
    with tunnel(c, "api.openai.com", strict(c, "bundle.pem")) as k:
        eq(dict(x[0] for x in k.sock.getpeercert()["subject"])["commonName"], "api.openai.com", "CN")


@scenario
def python_notices_another_name():
    c, up = world()
    try:
        tunnel(c, "api.openai.com", strict(c), name="xn--bcher-kva.example").close()
        raise AssertionError("a leaf for another name was accepted")
    except (ssl.SSLError, ConnectionError):
        up.untouched()


@scenario
def python_without_the_ca():
    c, up = world()
    try:
        tunnel(c, "api.openai.com", ssl.create_default_context()).close()
        raise AssertionError("an unknown CA was accepted")
    except ssl.SSLCertVerificationError as why:
        assert "unable to get local issuer" in str(why), str(why)
    up.untouched()


@each({"tls1_2": ssl.TLSVersion.TLSv1_2, "tls1_3": ssl.TLSVersion.TLSv1_3})
def versions(case):
    c, _ = world()
    context = strict(c)
    context.minimum_version = context.maximum_version = case
    with tunnel(c, "api.openai.com", context) as k:
        k.request(method="GET", path="/v1/models")
        eq(k.reply("GET").status, 200, "status")


@each({"both": (["h2", "http/1.1"], "http/1.1"), "only_h2": (["h2"], None), "none": ([], None)})
def alpn(case):
    c, _ = world()
    context = strict(c)
    if case[0]:
        context.set_alpn_protocols(case[0])
    with tunnel(c, "api.openai.com", context) as k:
        eq(k.sock.selected_alpn_protocol(), case[1], "protocol")
        k.request(method="GET", path="/v1/models")
        eq(k.reply("GET").status, 200, "status")


@scenario
def a_ticket_is_for_one_host():
    c, _ = world()
    context = strict(c)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with tunnel(c, "api.openai.com", context) as k:
        session = k.sock.session
    for host, resumed in (("api.openai.com", True), (LONG, False)):
        k = c.client("proxy")
        k.send(("CONNECT %s:443 HTTP/1.1\r\nHost: %s:443\r\n\r\n" % (host, host)).encode())
        k.reply("CONNECT")
        k.sock = context.wrap_socket(k.sock, server_hostname=host, session=session)
        eq(k.sock.session_reused, resumed, "resumed for " + host)
        k.close()


def dates(text):
    begin, end = (subprocess.run(["openssl", "x509", "-noout", "-" + w], input=text.encode(), stdout=subprocess.PIPE,
                                 check=True).stdout.decode().split("=")[1].strip() for w in ("startdate", "enddate"))
    return ssl.cert_time_to_seconds(begin), ssl.cert_time_to_seconds(end)


@each(HOSTS)
def openssl_verify(case):
    c, _ = world()
    with tempfile.NamedTemporaryFile("w", suffix=".pem", dir=SCRATCH) as f:
        f.write(leaf(c, case))
        f.flush()
        status, text = output([have("openssl"), "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", case,
                               "-CAfile", ca_file(c), f.name])
        assert status == 0 and ": OK" in text, text
        text = output(["openssl", "x509", "-in", f.name, "-noout", "-text", "-nameopt", "oneline"])[1]
    begin, end = dates(leaf(c, case))
    assert 30 * 86400 <= end - begin <= 32 * 86400, "a life of %.1f days" % ((end - begin) / 86400)
    for wanted in ("DNS:%s\n" % case, "CA:FALSE", "Digital Signature\n", "TLS Web Server Authentication\n",
                   "X509v3 Subject Key Identifier", "X509v3 Authority Key Identifier", "NIST CURVE: P-256",
                   "Signature Algorithm: ecdsa-with-SHA256", "Version: 3 (0x2)"):
        assert wanted in text, "no %r in %s" % (wanted, text)
    eq(("Subject: CN = " + case) in text, len(case) <= 64, "a CN")
    eq("X509v3 Subject Alternative Name: critical" in text, len(case) > 64, "a critical SAN")


@scenario
def openssl_client_sees_one_certificate():
    c, _ = world()
    status, text = output([have("openssl"), "s_client", "-proxy", c.address("proxy"), "-connect", "api.openai.com:443", "-servername",
                           "api.openai.com", "-CAfile", ca_file(c), "-x509_strict", "-verify_return_error", "-verify_hostname",
                           "api.openai.com", "-showcerts"])
    assert status == 0 and "Verify return code: 0 (ok)" in text, text[-800:]
    eq(text.count("BEGIN CERTIFICATE"), 1, "certificates sent")


@scenario
def the_root_itself():
    c, _ = world()
    status, text = output([have("openssl"), "verify", "-x509_strict", "-check_ss_sig", "-CAfile", ca_file(c), ca_file(c)])
    assert status == 0, text
    text = cordon("ca", "show", os.path.join(c.state, "ca")).stdout.decode()
    fingerprint = output(["openssl", "x509", "-in", ca_file(c), "-noout", "-fingerprint", "-sha256"])[1].strip().split("=")[1]
    assert fingerprint in text, text
    eq(oct(os.stat(ca_file(c, "ca.key")).st_mode & 0o777), "0o600", "mode of ca.key")


@scenario
def curl():
    c, _ = world()
    expect_body(output([have("curl"), "-sS", "--proxy", "http://" + c.address("proxy"), "--cacert", ca_file(c),
                        "https://api.openai.com/v1/models"]))


GO = r"""package main
import ("fmt"; "io"; "net/http"; "os")
func main() {
	for _, host := range os.Args[1:] {
		r, err := http.Get("https://" + host + "/v1/models")
		if err != nil { fmt.Println(err); os.Exit(1) }
		b, _ := io.ReadAll(r.Body)
		fmt.Println(string(b), r.TLS.PeerCertificates[0].Subject)
	}
}
"""


@scenario
def go():
    c, _ = world()
    have("go")
    with tempfile.TemporaryDirectory(dir=SCRATCH) as d:
        with open(os.path.join(d, "main.go"), "w", encoding="ascii") as f:
            f.write(GO)
        env = {"GO111MODULE": "off", "GOTOOLCHAIN": "local", "HTTPS_PROXY": "http://" + c.address("proxy"),
               "SSL_CERT_FILE": ca_file(c), "SSL_CERT_DIR": d, "GOPATH": d}
        expect_body(output(["go", "run", os.path.join(d, "main.go"), *HOSTS.values()], env))


NODE = r"""
const [proxyHost, proxyPort, ...hosts] = process.argv.slice(2), http = require('http'), tls = require('tls');
for (const host of hosts) {
  const target = host + ':443';
  http.request({host: proxyHost, port: proxyPort, method: 'CONNECT', path: target, headers: {host: target}}).on('connect', (_, raw) => {
    const s = tls.connect({socket: raw, servername: host}, () =>
      s.write(`GET /v1/models HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`));
    s.on('data', d => process.stdout.write(d)).on('error', e => { console.log(String(e)); process.exit(1); });
  }).end();
}
"""


@scenario
def node():
    c, _ = world()
    host, port = c.address("proxy").rsplit(":", 1)
    with tempfile.NamedTemporaryFile("w", suffix=".cjs", dir=SCRATCH) as f:
        f.write(NODE)
        f.flush()
        got = output([have("node"), f.name, host, port, *HOSTS.values()], {"NODE_EXTRA_CA_CERTS": ca_file(c)})
    expect_body(got)
    eq(got[1].count(BODY.decode()), len(HOSTS), "answers")


JAVA = r"""
import java.io.*; import java.net.*;
class Probe {
  public static void main(String[] hosts) throws Exception {
    for (String host : hosts)
      try (InputStream in = new URL("https://" + host + "/v1/models").openConnection().getInputStream()) {
        System.out.println(new String(in.readAllBytes()));
      }
  }
}
"""


@scenario
def java():
    c, _ = world()
    have("java")
    host, port = c.address("proxy").rsplit(":", 1)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as d:
        store = os.path.join(d, "store.p12")
        status, text = output([have("keytool"), "-importcert", "-noprompt", "-alias", "cordon", "-file", ca_file(c), "-keystore", store,
                               "-storetype", "PKCS12", "-storepass", "changeit"])
        assert status == 0, text
        with open(os.path.join(d, "Probe.java"), "w", encoding="ascii") as f:
            f.write(JAVA)
        got = output(["java", "-Djavax.net.ssl.trustStore=" + store, "-Djavax.net.ssl.trustStorePassword=changeit",
                      "-Dhttps.proxyHost=" + host, "-Dhttps.proxyPort=" + port, os.path.join(d, "Probe.java"), *HOSTS.values()])
    expect_body(got)
    eq(got[1].count(BODY.decode()), len(HOSTS), "answers")


def own_ca(directory, *key, days="30"):
    """An operator's own CA, as openssl makes it."""
    os.makedirs(directory, mode=0o700)
    subprocess.run(["openssl", "req", "-x509", "-newkey", *key, "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", days, "-subj",
                    "/O=Clinic/CN=Clinic CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign"],
                   check=True, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.chmod(os.path.join(directory, "ca.key"), 0o600)


@each({"rsa_3072": ["rsa:3072"], "p384": ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]})
def an_own_ca(case):
    state = tempfile.mkdtemp(prefix="cordon-", dir=SCRATCH)
    try:
        own_ca(os.path.join(state, "ca"), *case)
        up = Upstream()
        with Cordon(up, state=state) as c, tunnel(c, "api.openai.com", strict(c)) as k:
            k.request(method="GET", path="/v1/models")
            eq(k.reply("GET").status, 200, "status")
    finally:
        shutil.rmtree(state, ignore_errors=True)


def spoil_key(directory):
    with open(os.path.join(directory, "ca.key"), "w", encoding="ascii") as f:
        f.write("nothing\n")


@each({"key_readable_by_all": (lambda d: os.chmod(os.path.join(d, "ca.key"), 0o644), "chmod 600"),
       "key_missing": (lambda d: os.remove(os.path.join(d, "ca.key")), "ca.key"),
       "key_spoilt": (spoil_key, "no private key")})
def cordon_does_not_start_with(case):
    spoil, complaint = case
    state = tempfile.mkdtemp(prefix="cordon-", dir=SCRATCH)
    try:
        own_ca(os.path.join(state, "ca"), "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        spoil(os.path.join(state, "ca"))
        c = Cordon(Upstream(), state=state, start=False).start(ready=False)
        assert c.process.wait(30) not in (0, None), "it started"
        assert complaint in c.log(), c.log()
    finally:
        shutil.rmtree(state, ignore_errors=True)


@scenario
def close():
    """Last: the shared cordon ends in order."""
    close_world()


if __name__ == "__main__":
    sys.exit(run.main(load=lambda: None, prefix="e2e"))
