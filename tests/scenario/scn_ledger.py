"""The ledger: what is written, before what, and what an auditor can say of it afterwards."""
import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time

from harness import (KEEP, MARK, SCRATCH, SLOW, Client, Cordon, Skip, Upstream, chat, cordon, eq, scenario, scratch, sha256, wait_until,
                     whole)


@scenario
def intent_and_outcome_of_a_forward(c, up):
    body = json.dumps(chat("hi")).encode()
    r = c.ask(body)
    ident = r.header("x-cordon-id")
    i, o = c.intents(ident)[0], c.outcome(ident)
    eq((i["action"], i["rule"], i["api"]), ("forward", "everything-else", "openai.chat"), "intent")
    text = json.dumps(i)
    for needed in (sha256(body), "api.openai.com", "gpt-4o-mini", "127.0.0.1", "reverse"):
        assert needed in text, "the intent lacks %s: %s" % (needed, text)
    eq((o["status"], o["answered_by"]), (200, "upstream"), "outcome")
    assert o["bytes_out"] > len(body) and o["bytes_in"] > len(r.body), o
    assert sha256(r.body) in json.dumps(o), "the outcome lacks the digest of the reply: %r" % o


@scenario
def refused_and_local_requests_are_recorded_too(c, up):
    for body, action in ((chat(MARK), "refuse"), (chat(KEEP, max_tokens=2), "local")):
        ident = c.ask(body).header("x-cordon-id")
        i = c.intents(ident)[0]
        eq(i["action"], action, "action")
        c.outcome(ident)
        assert not i.get("sent"), "an intent to send what was not to be sent: %r" % i


@scenario
def same_value_has_the_same_keyed_hash_and_is_not_there(c, up):
    a = c.intents(c.ask(chat("first " + MARK)).header("x-cordon-id"))[0]
    b = c.intents(c.ask(chat("second " + MARK)).header("x-cordon-id"))[0]
    other = c.intents(c.ask(chat("third ZQ-11111111")).header("x-cordon-id"))[0]

    def hashes(intent):
        return set(w for w in json.dumps(intent).replace('"', " ").replace(",", " ").split() if len(w) == 32)
    both = hashes(a) & hashes(b)
    assert both - hashes(other), "no keyed hash that tells equal values: %r %r" % (a, b)


@scenario
def retried_and_rejected_requests_have_records():
    up = Upstream()
    with Cordon(up) as c:
        with c.client() as k:
            k.send(b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 2\r\n\r\n{}")
            eq(k.reply().status, 400, "a bad head")
        eq(c.ask(b'{"a":1,"a":2}').status, 400, "bad JSON")
        wait_until(lambda: [l for l in c.ledger_lines() if b"JSON_DUP_KEY" in l], "a record of the refused JSON")
        up.untouched()
        eq(c.verify().returncode, 0, "verify")


@scenario
def verify_and_show_agree_with_a_live_ledger(c, up):
    for i in range(5):
        c.ask(chat("n %d" % i))
    v = c.verify()
    eq(v.returncode, 0, "exit status of verify: %s" % v.stdout.decode())
    s = cordon("audit", "show", c.conf["ledger"]["directory"])
    eq(s.returncode, 0, "exit status of show")
    assert b"everything-else" in s.stdout and b"forward" in s.stdout, s.stdout[-500:]


def copy_of(c):
    target = os.path.join(scratch("ledger-"), "ledger")
    shutil.copytree(c.conf["ledger"]["directory"], target)
    return target


def last_segment(directory):
    return os.path.join(directory, sorted(n for n in os.listdir(directory) if n.endswith(".jsonl"))[-1])


@scenario
def every_kind_of_damage_is_named(c, up):
    ids = [c.ask(chat("n %d" % i)).header("x-cordon-id") for i in range(4)]
    for i in ids:
        c.outcome(i)

    def damaged(change):
        directory = copy_of(c)
        path = last_segment(directory)
        with open(path, "rb") as f:
            lines = f.read().split(b"\n")[:-1]
        with open(path, "wb") as f:
            f.write(change(lines))
        got = cordon("audit", "verify", directory)
        shutil.rmtree(os.path.dirname(directory))
        return got

    def join(lines):
        return b"\n".join(lines) + b"\n"
    for name, change in {
        "bit": lambda l: join(l[:-3] + [l[-3].replace(b'"kind"', b'"kinD"', 1)] + l[-2:]),
        "value": lambda l: join(l[:-3] + [l[-3].replace(b"127.0.0.1", b"127.0.0.2", 1).replace(b"200", b"201", 1)] + l[-2:]),
        "missing": lambda l: join(l[:-3] + l[-2:]),
        "swapped": lambda l: join(l[:-2] + [l[-1], l[-2]]),
        "twice": lambda l: join(l + l[-1:]),
        "foreign": lambda l: join(l[:-2] + [b'{"kind":"x"}'] + l[-2:]),
    }.items():
        got = damaged(change)
        eq(got.returncode, 1, "exit status for " + name)
        text = (got.stdout + got.stderr).decode()
        assert "torn" not in text.lower(), name + " is called a torn tail: " + text
    got = damaged(lambda l: join(l)[:-20])
    assert b"torn" in (got.stdout + got.stderr).lower(), "a torn tail is not named: %r" % got.stdout


class Load:
    """Requests from several threads until told to stop; a connection that breaks is opened again."""

    def __init__(self, c, tag, threads=4):
        self.c, self.tag, self.stopping, self.sent = c, tag, False, 0
        self.address = c.address()
        self.threads = [threading.Thread(target=self.run, args=(i,), daemon=True) for i in range(threads)]
        for t in self.threads:
            t.start()

    def run(self, i):
        n = 0
        while not self.stopping:
            with contextlib.suppress(OSError, ValueError, IndexError):
                with Client(self.address, timeout=3) as k:
                    while not self.stopping:
                        n += 1
                        self.sent += 1
                        k.request(chat("%s thread %d request %d" % (self.tag, i, n)))
                        if k.reply().status != 200:
                            break
            time.sleep(0.005)

    def stop(self):
        self.stopping = True
        for t in self.threads:
            t.join(5)


@scenario
def kill_9_under_load_loses_no_intent():
    up = Upstream()
    seed = random.randrange(1 << 30)
    rng = random.Random(seed)
    total = 0
    c = Cordon(up, start=False)
    try:
        for turn in range(10):
            c.start()
            load = Load(c, "turn %d" % turn)
            time.sleep(0.15 + rng.random() * 0.25)
            c.kill()
            load.stop()
            v = c.verify()
            text = (v.stdout + v.stderr).decode()
            assert v.returncode == 0 or "torn" in text.lower(), "seed %d, turn %d: verify says %d: %s" % (
                seed, turn, v.returncode, text)
            durable = set(re.findall(rb"\b[0-9a-f]{64}\b", b"\n".join(c.ledger_lines())))
            missing = [q for q in up.requests if sha256(q.body).encode() not in durable]
            eq([q.body for q in missing], [], "requests without an intent (seed %d, turn %d)" % (seed, turn))
            total += len(up.requests)
            up.reset()
        assert total > 100, "only %d requests arrived in ten turns: the test proves little" % total
        c.start()
        eq(c.ask(chat("alive")).status, 200, "after the last start")
        eq(c.verify().returncode, 0, "verify after the last start")
    finally:
        c.close()


@scenario
def torn_tail_is_set_aside_at_the_start():
    up = Upstream()
    c = Cordon(up)
    try:
        eq(c.ask(chat("hi")).status, 200, "before")
        c.kill()
        with open(last_segment(c.conf["ledger"]["directory"]), "ab") as f:
            f.write(b'{"v":1,"seq":99,"time":"2026')
        assert b"torn" in c.verify().stdout.lower() + c.verify().stderr.lower(), "verify does not name the torn tail"
        c.start()
        eq(c.ask(chat("again")).status, 200, "after")
        eq(c.verify().returncode, 0, "verify after")
        assert any("torn" in n for n in os.listdir(c.conf["ledger"]["directory"])), "the torn bytes were thrown away"
    finally:
        c.close()


@scenario
def two_cordons_cannot_write_one_ledger(c, up):
    def same(conf):
        conf["ledger"]["directory"] = c.conf["ledger"]["directory"]
    d = Cordon(up, same, start=False)
    got = cordon("run", "-c", d.conf_path)
    d.close()
    assert got.returncode in (1, 3), "exit status %d: %s" % (got.returncode, got.stderr[-300:])


class Tmpfs:
    def __init__(self, size):
        self.path = tempfile.mkdtemp(prefix="cordon-tmpfs-", dir=SCRATCH)
        got = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", self.path], stderr=subprocess.PIPE)
        if got.returncode:
            os.rmdir(self.path)
            raise Skip("no right to mount a tmpfs: " + got.stderr.decode().strip())

    def fill(self, leave):
        """Until only `leave` bytes are free."""
        free = os.statvfs(self.path)
        n = free.f_bavail * free.f_bsize - leave
        with open(os.path.join(self.path, "filler"), "wb") as f:
            f.write(b"x" * n)

    def empty(self):
        os.unlink(os.path.join(self.path, "filler"))

    def close(self):
        for _ in range(20):
            if subprocess.run(["umount", self.path], stderr=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.1)
        os.rmdir(self.path)


def full_disk(leave):
    up, disk = Upstream(), Tmpfs("64m")
    try:
        def change(conf):
            conf["ledger"]["directory"] = os.path.join(disk.path, "ledger")
        with Cordon(up, change) as c:
            eq(c.ask(chat("before")).status, 200, "before")
            disk.fill(leave)
            up.reset()

            def refused():
                r = c.ask(chat("while it is full"))
                return r if r.status == 503 else None
            r = wait_until(refused, "a refusal", 10, every=0.05)
            eq(r.code, "LEDGER_DOWN", "code")
            assert r.json()["error"]["message"], r.body
            up.reset()
            eq(c.ask(chat("hi")).code, "LEDGER_DOWN", "a benign request")
            eq(c.ask(chat(KEEP, max_tokens=2)).code, "LEDGER_DOWN", "a local one")
            # Refused in any case: its own code or the ledger's.
            assert c.ask(chat(MARK)).status in (400, 503), "a refused one"
            up.untouched()
            eq(c.admin("/readyz")[0], 503, "/readyz")
            eq(c.admin("/healthz")[0], 200, "/healthz")
            disk.empty()
            wait_until(lambda: c.ask(chat("after")).status == 200, "recovery", 15, every=0.2)
            eq(c.admin("/readyz")[0], 200, "/readyz afterwards")
            v = c.verify()
            eq(v.returncode, 0, "verify: %s" % v.stdout.decode())
    finally:
        disk.close()


@scenario
def full_disk_refuses_and_recovers():
    full_disk(0)


@scenario
def nearly_full_disk_refuses_before_it_is_full():
    full_disk(4 << 20)


PHI = ["Zebulon Quackenbush", "94810-77231", "zebulon.q@patients.example", "1947-11-03", "617-555-0142", "Xylomandrine",
       "536-90-4417", "4556737586899855", "AKIAZ7Q2MM4KXW5TQJ3V", "hunter2-Uniq-Pa55phrase"]


@scenario
def d40_nothing_that_was_said_is_written_down():
    up = Upstream()
    up.default = [whole({"id": "x", "choices": [{"index": 0, "message": {"role": "assistant", "content": PHI[0]},
                                                 "finish_reason": "stop"}]})]

    def change(conf):
        conf["log"] = {"level": "debug"}
    state = tempfile.mkdtemp(prefix="cordon-phi-", dir=SCRATCH)
    try:
        with Cordon(up, change, state=state) as c:
            said = "Patient %s, MRN %s, %s, born %s, phone %s, takes %s, SSN %s, card %s" % tuple(PHI[:8])
            secret = "aws_access_key_id=%s password=%s" % tuple(PHI[8:])
            for body in (chat(said, max_tokens=4), chat(said, stream=True, max_tokens=4), chat(secret), chat(PHI[0]),
                         chat("hi", user=PHI[2], metadata={PHI[0]: PHI[1]}), b'{"a":"%s","a":1}' % said.encode(),
                         chat(said, n=3, max_tokens=4), chat("x " * 200 + said, max_tokens=4)):
                c.ask(body)
                c.ask(body, path="/v1/" + PHI[3] + "?q=" + PHI[6], headers=["X-Patient: " + said])
            with c.client() as k:
                k.send(b"POST /%s HTTP/1.1\r\nHost: %s\r\nX Y: %s\r\n\r\n" % (PHI[3].encode(), PHI[6].encode(), said.encode()))
                k.reply()
            up.answer([b"HTTP/1.1 200 %s\nX: %s\r\n\r\n" % (PHI[0].encode(), said.encode())])
            c.ask(chat("hello"))
            metrics = c.admin("/metrics")[1]
            shown = cordon("audit", "show", c.conf["ledger"]["directory"]).stdout.decode()
        found = []
        with open(os.path.join(state, "metrics"), "w", encoding="utf-8") as f:
            f.write(metrics + shown)
        for base, _, names in os.walk(state):
            for name in names:
                with open(os.path.join(base, name), "rb") as f:
                    data = f.read().lower()
                for phi in PHI:
                    if phi.lower().encode() in data:
                        found.append((os.path.join(base, name).removeprefix(state), phi))
        eq(found, [], "places where something said was written down")
    finally:
        shutil.rmtree(state, ignore_errors=True)


@scenario
def rotation_keeps_the_chain():
    up = Upstream()

    def change(conf):
        conf["ledger"]["segment"] = "64KiB"
    with Cordon(up, change) as c:
        with c.client() as k:
            for i in range(120):
                k.request(chat("n %d" % i))
                eq(k.reply().status, 200, "status")
        segments = [n for n in os.listdir(c.conf["ledger"]["directory"]) if n.endswith(".jsonl")]
        assert len(segments) >= 2, "no rotation: %r" % segments
        eq(c.verify().returncode, 0, "verify")


@scenario
def ledger_directory_is_private(c, up):
    d = c.conf["ledger"]["directory"]
    eq(oct(os.stat(d).st_mode & 0o777), "0o700", "mode of the directory")
    for name in os.listdir(d):
        eq(os.stat(os.path.join(d, name)).st_mode & 0o077, 0, "rights of others on " + name)


@scenario
def group_commit_shares_syncs(c, up):
    records, syncs = c.metric("cordon_ledger_records_total"), c.metric("cordon_ledger_syncs_total")
    load = Load(c, "group", threads=16)
    time.sleep(1.0 * min(SLOW, 2))
    load.stop()
    records, syncs = c.metric("cordon_ledger_records_total") - records, c.metric("cordon_ledger_syncs_total") - syncs
    assert records > 50, "only %d records" % records
    assert syncs < records, "%d syncs for %d records" % (syncs, records)


@scenario
def many_threads_and_sockets_end_clean():
    """A load with clients that leave at every moment; the sanitizers watch, and the chain must hold."""
    up = Upstream()

    def change(conf):
        conf["workers"] = 2
    with Cordon(up, change) as c:
        load = Load(c, "threads", threads=6)
        rng = random.Random(5)
        end = time.monotonic() + 2
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                k = c.client()
                k.request(rng.choice([chat("hi"), chat("hi", stream=True), chat(KEEP, stream=True, max_tokens=50), chat(MARK)]))
                time.sleep(rng.random() * 0.03)
                rng.choice([k.close, k.reset])()
            if rng.random() < 0.05:
                c.reload()
        load.stop()
        eq(c.ask(chat("alive")).status, 200, "afterwards")
        eq(c.verify().returncode, 0, "verify")
