"""Start, check, reload, drain, admin."""
import os
import signal
import threading
import time

from harness import (DONE, LAST_CHUNK, MARK, STREAM_HEAD, Client, Cordon, Upstream, chat, chunk, cordon, each, eq, event,
                     scenario, wait_until, whole)


@scenario
def version_and_help():
    v = cordon("--version")
    eq(v.returncode, 0, "exit status")
    assert v.stdout.startswith(b"cordon "), v.stdout
    for args in (["--help"], ["run", "--help"], ["check", "--help"], ["explain", "--help"], ["ca", "--help"], ["audit", "--help"]):
        h = cordon(*args)
        eq(h.returncode, 0, "exit status of " + " ".join(args))
        assert b"cordon" in h.stdout, h.stdout


@each({"none": [], "unknown": ["frobnicate"], "run_without_file": ["run"], "bad_option": ["run", "--nope"],
       "ca_without_verb": ["ca"], "audit_unknown_verb": ["audit", "burn", "x"], "explain_bad_api": ["explain", "-c", "x", "--api", "zzz"]})
def usage_errors_are_2(case):
    got = cordon(*case)
    eq(got.returncode, 2, "exit status; " + got.stderr.decode())
    assert got.stderr, "no complaint"


@scenario
def check_of_a_good_file(c, up):
    got = cordon("check", "-c", c.conf_path)
    eq(got.returncode, 0, "exit status; " + got.stderr.decode() + got.stdout.decode())
    assert b"smollm2-135m" in got.stdout, got.stdout


@scenario
def check_tells_the_context_that_a_model_will_have():
    c = Cordon(Upstream(), lambda conf: conf["models"][0].pop("context"), start=False)
    got = cordon("check", "-c", c.conf_path)
    assert b"context 8192 of 8192 tokens trained" in got.stdout, got.stdout
    c.close()


@each({
    "unknown_key": (lambda t: t.replace('"rules"', '"rulez"'), b"rulez"),
    "unknown_class": (lambda t: t.replace('"marked"', '"markd"', 1).replace('"secret"', '"sekret"'), b"sekret"),
    "no_last_rule": (lambda t: t.replace('"name": "everything-else"', '"name": "everything-else", "when": {"classes": ["phi"]}'), b""),
    "bad_action": (lambda t: t.replace('"refuse"', '"refuze"', 1), b"`action`"),
    "bad_regex": (lambda t: t.replace("ZQ-[0-9]{8}", "ZQ-[0-9{8}"), b""),
    "no_yaml": (lambda t: t[:-20], b""),
    "plaintext_to_the_world": (lambda t: t.replace('"address": "127.0.0.1:%s"', ""), None),
})
def check_names_what_is_wrong(case):
    change, word = case
    c = Cordon(Upstream(), start=False)
    with open(c.conf_path, encoding="utf-8") as f:
        text = f.read()
    if word is None:
        up = c.conf["upstreams"][0]
        up["address"] = "192.0.2.1:80"
        c.write_conf()
        word = b"plaintext"
    else:
        with open(c.conf_path, "w", encoding="utf-8") as f:
            f.write(change(text))
    got = cordon("check", "-c", c.conf_path)
    run = cordon("run", "-c", c.conf_path)
    said = got.stdout + got.stderr
    c.close()
    eq((got.returncode, run.returncode), (3, 3), "exit status of check and run; " + said.decode())
    assert b"cordon.yaml" in said, said
    assert word in said, said


@scenario
def check_names_the_line():
    c = Cordon(Upstream(), start=False)
    with open(c.conf_path, encoding="utf-8") as f:
        lines = f.read().split("\n")
    at = next(i for i, l in enumerate(lines) if '"action"' in l)
    lines[at] = lines[at].replace('"action": "', '"action": "x')
    with open(c.conf_path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines))
    got = cordon("check", "-c", c.conf_path)
    c.close()
    assert b"cordon.yaml:" in got.stdout + got.stderr, got.stdout + got.stderr


@each({"missing": None, "not_a_model": b"this is no model file at all" * 100}, group="engine")
def broken_model_file_is_an_error_at_start(case):
    def change(conf):
        path = os.path.join(os.path.dirname(conf["ledger"]["directory"]), "model.gguf")
        if case:
            with open(path, "wb") as f:
                f.write(case)
        conf["models"][0]["file"] = path
    c = Cordon(Upstream(), change, start=False)
    got = cordon("run", "-c", c.conf_path)
    c.close()
    assert got.returncode in (1, 3), "exit status %d" % got.returncode
    assert b"model.gguf" in got.stderr, got.stderr[-400:]


@scenario
def reload_changes_the_verdict():
    up = Upstream()
    with Cordon(up) as c:
        with c.client() as k:
            k.request(chat("about zeppelins"))
            eq(k.reply().status, 200, "before")
            c.conf["patterns"].append({"type": "AIRSHIP", "class": "marked", "regex": "zeppelin", "score": 0.9})
            c.write_conf()
            c.reload()
            eq(len(c.logged("reload.ok")), 1, "successful reloads")
            wait_until(lambda: (k.request(chat("about zeppelins")), k.reply().status)[1] == 400,
                       "the new verdict on the old connection")
        r = c.ask(chat("about zeppelins"))
        eq(r.code, "POLICY_REFUSED", "on a new connection")
        digests = {i["policy"] for i in c.records(kind="intent")}
        eq(len(digests), 2, "policy digests in the ledger")


@scenario
def bad_reload_keeps_the_old_policy():
    up = Upstream()
    with Cordon(up) as c:
        good = dict(c.conf)
        c.conf = dict(c.conf, rules=[{"name": "x", "action": "forwrad"}])
        c.write_conf()
        c.conf = good
        c.reload()
        eq(len(c.logged("reload.failed")), 1, "failed reloads in the log")
        assert "cordon.yaml" in c.logged("reload.failed")[0], c.logged("reload.failed")
        eq(c.ask(chat("hi")).status, 200, "benign")
        eq(c.ask(chat(MARK)).code, "POLICY_REFUSED", "marked")
        eq(c.metric('cordon_reloads_total{result="failed"}'), 1.0, "metric")


@scenario
def sigterm_drains_a_running_stream():
    up = Upstream()
    c = Cordon(up)
    try:
        idle = c.client()
        idle.request(chat("idle"))
        eq(idle.reply().status, 200, "the idle client's request")
        up.answer([STREAM_HEAD, chunk(event("a")), 0.8, chunk(event("b")), chunk(DONE), LAST_CHUNK])
        with c.client() as k:
            k.request(chat("hi", stream=True))
            r = k.reply(head_only=True)
            address = c.address()
            c.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            try:
                Client(address, timeout=1).close()
                raise AssertionError("still accepting while it drains")
            except OSError:
                pass
            k.body(r)
        eq((r.whole, r.body.endswith(DONE)), (True, True), "the stream over the drain")
        eq(c.process.wait(10), 0, "exit status")
        eq(c.verify().returncode, 0, "verify")
    finally:
        c.close()


@scenario
def sigterm_when_idle_ends_at_once():
    c = Cordon(Upstream())
    k = c.client()
    k.request(chat("hi"))
    k.reply()
    began = time.monotonic()
    eq(c.stop(), 0, "exit status")
    assert time.monotonic() - began < 3, "an idle connection held it for %.1f s" % (time.monotonic() - began)
    c.close()


@scenario
def restart_uses_the_same_ledger_and_port():
    up = Upstream()
    c = Cordon(up)
    address = c.address()
    c.ask(chat("hi"))
    c.stop()
    c.conf["listeners"][0]["address"] = address
    c.write_conf()
    c.start()
    eq(c.address(), address, "address")
    eq(c.ask(chat("hi")).status, 200, "after")
    eq(c.verify().returncode, 0, "verify")
    c.close()


@scenario
def admin_endpoints(c, up):
    eq(c.admin("/healthz")[0], 200, "/healthz")
    eq(c.admin("/readyz")[0], 200, "/readyz")
    c.ask(chat("hi"))
    status, text = c.admin("/metrics")
    eq(status, 200, "/metrics")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            float(line.rsplit(" ", 1)[1])
    for name in ("cordon_requests_total", "cordon_ledger_records_total", "cordon_upstream_connections_total"):
        assert "# TYPE %s counter" % name in text, name + " has no TYPE line"
    assert c.metric('cordon_requests_total{action="forward"}') >= 1, text
    eq(c.admin("/nothing")[0], 404, "unknown path")


@scenario
def admin_survives_rubbish(c, up):
    for raw in (b"\0\0\0\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n", b"POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n",
                b"GET /../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", b""):
        with Client(c.address("admin")) as k:
            try:
                k.send(raw)
                k.sock.shutdown(1)
                k.more()
            except OSError:
                pass
    eq(c.admin("/healthz")[0], 200, "/healthz")


@scenario
def admin_off_loopback_is_a_configuration_error():
    def change(conf):
        conf["admin"]["address"] = "0.0.0.0:0"
    c = Cordon(Upstream(), change, start=False)
    got = cordon("check", "-c", c.conf_path)
    c.close()
    eq(got.returncode, 3, "exit status; " + (got.stdout + got.stderr).decode())


@scenario
def observing_rule_reports_and_changes_nothing():
    up = Upstream()

    def change(conf):
        conf["rules"].insert(0, {"name": "watch-weather", "when": {"classes": ["weather"]}, "action": "refuse", "observe": True})
        conf["classes"].append({"name": "weather", "threshold": 0.5})
        conf["patterns"].append({"type": "WEATHER", "class": "weather", "regex": "thunderstorm", "score": 0.9})
    with Cordon(up, change) as c:
        body = chat("a thunderstorm tonight")
        r = c.ask(body)
        eq((r.status, r.header("x-cordon-action"), r.header("x-cordon-rule")), (200, "forward", "everything-else"), "reply")
        i = c.intents(r.header("x-cordon-id"))[0]
        assert "watch-weather" in str(i), "the ledger does not tell of the observing rule: %r" % i


@scenario
def redact_masks_and_changes_nothing_else():
    up = Upstream()

    def change(conf):
        for r in conf["rules"]:
            if r["name"] == "marked-is-refused":
                r["action"] = "redact"
    with Cordon(up, change) as c:
        body = (b'{"model":"gpt-4o-mini", "seed":9007199254740993,"x":1e400, "messages":[{"role":"user",'
                b'"content":"\\u00e9 case ZQ-\\u003448291377 and ZQ-11112222, end"}],"user":"ZQ-48291377"}')
        body = body.replace(b"ZQ-\\u003448291377", b"ZQ-\\u00348291377")
        r = c.ask(body)
        eq((r.status, r.header("x-cordon-action")), (200, "redact"), "reply")
        want = body.replace(b"ZQ-\\u00348291377", b"[TEST_MARK]").replace(b"ZQ-11112222", b"[TEST_MARK]").replace(
            b"ZQ-48291377", b"[TEST_MARK]")
        eq(up.requests[0].body, want, "body at the upstream")


@scenario
def clients_are_told_apart_by_address():
    up = Upstream()

    def change(conf):
        conf["clients"] = [{"name": "research", "networks": ["127.0.0.2/32"]}]
        conf["rules"].insert(0, {"name": "research-is-refused", "when": {"clients": ["research"]}, "action": "refuse"})
    with Cordon(up, change) as c:
        eq(c.ask(chat("hi")).status, 200, "another client")
        with c.client(source=("127.0.0.2", 0)) as k:
            k.request(chat("hi"))
            r = k.reply()
            eq((r.status, r.header("x-cordon-rule")), (400, "research-is-refused"), "research")
        eq(c.intents(r.header("x-cordon-id"))[0]["client"], {"address": "127.0.0.2", "name": "research"}, "client in the ledger")


@scenario
def reverse_listener_with_tls():
    up = Upstream()

    def change(conf):
        conf["listeners"][0]["tls"] = {"from_ca": True}
    with Cordon(up, change) as c:
        with Client(c.address(), tls=c.tls(), name="gateway.hospital.example") as k:
            k.request(chat("hi"), host="gateway.hospital.example")
            eq(k.reply().status, 200, "status")
        context = c.tls()
        context.check_hostname = False              # a client that sends no server name gets the leaf of localhost
        with Client(c.address(), tls=context) as k:
            k.request(chat("hi"), host="localhost")
            eq(k.reply().status, 200, "status without a server name")


@scenario
def idle_connections_do_not_stop_others(c, up):
    idle = [c.client() for _ in range(200)]
    done = []
    t = threading.Thread(target=lambda: done.append(c.ask(chat("hi")).status))
    t.start()
    t.join(5)
    eq(done, [200], "a request beside 200 idle connections")
    for k in idle:
        k.close()


@scenario
def descriptors_are_given_back():
    # With an upstream of its own: what it reads late of a client that has gone must not take another scenario's answer.
    with Cordon(Upstream()) as c:
        def count():
            return len(os.listdir("/proc/%d/fd" % c.process.pid))
        c.ask(chat("warm"))
        before, accepted = count(), c.metric("cordon_connections_total")
        for _ in range(100):
            k = c.client()
            k.request(chat("hi"))
            k.reset()
        wait_until(lambda: c.metric("cordon_connections_total") >= accepted + 100, "the connections to be accepted")
        wait_until(lambda: count() <= before + 12, "descriptors to be closed (%d before)" % before, 5, every=0.1)
