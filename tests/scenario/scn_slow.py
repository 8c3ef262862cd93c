"""Local answers that are slow in coming, and requests that come twice. The stand-in engine says a word every 0.2 ms, so a long
message of its own keeps it busy for as long as is wanted; these are only run with it."""
import json
import os
import sys
import threading
import time

from harness import ENGINE, KEEP, ROOT, Cordon, Upstream, chat, eq, scenario

sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
import providers  # noqa: E402

SECONDS = 12


def slow_gateway(up):
    def change(conf):
        providers.every_dialect(up)(conf)
        conf["models"][0].update(context=400000, parallel=1)
    return Cordon(up, change, env={"E2E_AWS_SECRET": providers.AWS_SECRET})


def message(words):
    return "The patient is " + KEEP + "." + " word" * words


def timed(c, host, path, body, out, name):
    with c.client() as k:
        start = time.monotonic()
        k.request(body, path=path, host=providers.HOSTS[host])
        r = k.reply()
    out[name] = (r, [(t - start, d) for t, d in r.pieces], time.monotonic() - start, r.head_at - start)


SLOW_ONES = {
    "chat": ("openai", "/v1/chat/completions", dict(chat(message(3)), stream=True), b"\n"),
    "responses": ("openai", "/v1/responses", {"model": "m", "input": message(3), "stream": True}, b"event: keepalive"),
    "messages": ("anthropic", "/v1/messages", {"model": "m", "max_tokens": 50, "stream": True, "messages": [{"role": "user", "content": message(3)}]}, b"event: ping"),
    "gemini": ("gemini", "/v1beta/models/m:streamGenerateContent?alt=sse", {"contents": [{"parts": [{"text": message(3)}]}]}, b"\n"),
    "cohere": ("cohere", "/v2/chat", dict(chat(message(3)), stream=True), b"\n"),
    "ollama": ("ollama", "/api/chat", dict(chat(message(3)), stream=True), None),
    "converse": ("bedrock", "/model/m/converse-stream", {"messages": [{"role": "user", "content": [{"text": message(3)}]}]}, None),
    "whole": ("openai", "/v1/chat/completions", chat(message(3)), b" "),
}


def s3_slow_answers_are_kept_alive():
    """One long answer is before all the others in the queue; each of them is kept alive in its own way."""
    up, got = Upstream(), {}
    with slow_gateway(up) as c:
        first = threading.Thread(target=timed, args=(c, "openai", "/v1/chat/completions", chat(message(SECONDS * 4200)), got, "first"))
        first.start()
        time.sleep(0.5)
        rest = [threading.Thread(target=timed, args=(c, h, p, b, got, n)) for n, (h, p, b, _) in SLOW_ONES.items()]
        for t in rest:
            t.start()
        for t in [first, *rest]:
            t.join()
    assert got["first"][2] > 11, "the first answer took %.1f s only" % got["first"][2]
    for name, (_, _, _, filler) in SLOW_ONES.items():
        r, pieces, took, head_at = got[name]
        eq((r.status, r.whole), (200, True), name + " " + repr(r.body[:200]))
        assert took > 10, "%s did not wait: %.1f s" % (name, took)
        if filler:
            assert any(filler in d and 9 < t < 11.9 for t, d in pieces), "%s: no filler in %r" % (name, [(t, d[:60]) for t, d in pieces])
        if name != "whole":
            assert head_at < 3, "%s: head after %.1f s" % (name, head_at)
    json.loads(got["whole"][0].body)
    up.close()


def s28_the_same_request_runs_once():
    up, got = Upstream(), {}
    with slow_gateway(up) as c:
        body = chat(message(4000))
        threads = [threading.Thread(target=timed, args=(c, "openai", "/v1/chat/completions", body, got, n)) for n in range(3)]
        for t in threads:
            t.start()
            time.sleep(0.1)
        for t in threads:
            t.join()
        texts = {got[n][0].json()["choices"][0]["message"]["content"] for n in range(3)}
        eq(len(texts), 1, "answers")
        records = c.records(kind="intent")
        eq((len(records), len({r["received"]["sha256"] for r in records})), (3, 1), "records, and what they are of")
        eq(c.metric("cordon_engine_jobs_total"), 1, "jobs of the engine")
    up.close()


if ENGINE == "standin":
    scenario(s3_slow_answers_are_kept_alive)
    scenario(s28_the_same_request_runs_once)
