#!/usr/bin/env python3
"""sdk_node.py - the real openai SDK for Node through the real binary. CORDON_NODE_DIR is a folder in which package.json's
packages are installed; the calls themselves are in sdk.mjs."""
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "scenario"))
import run  # noqa: E402
from harness import DONE, KEEP, LAST_CHUNK, MARK, STREAM_HEAD, chunk, each, eq, event, scenario, whole  # noqa: E402

WAYS = {"base_url": False, "connect": True}
NODE_DIR = os.environ["CORDON_NODE_DIR"]


def node(c, case, prompt, connect=False):
    script = os.path.join(NODE_DIR, "sdk.mjs")
    shutil.copy(os.path.join(HERE, "sdk.mjs"), script)       # so that it finds its packages
    env = dict(os.environ, CASE=case, PROMPT=prompt)
    for name in ("OPENAI_BASE_URL", "HTTPS_PROXY", "NODE_EXTRA_CA_CERTS"):
        env.pop(name, None)
    if connect:
        env.update(PROXY="http://" + c.address("proxy"), NODE_EXTRA_CA_CERTS=os.path.join(c.state, "ca", "ca.pem"))
    else:
        env["BASE_URL"] = "http://%s/v1" % c.address()
    got = subprocess.run(["node", script], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    try:
        return json.loads(got.stdout)
    except ValueError:
        raise AssertionError("node said %r %r" % (got.stdout[-300:], got.stderr[-1500:])) from None


@each(WAYS)
def forwarded(c, up, case):
    d = node(c, "plain", "hi", case)
    eq((d.get("content"), d.get("action")), ("from upstream", "forward"), "answer %r" % d)


@each(WAYS)
def forwarded_stream(c, up, case):
    up.answer([STREAM_HEAD, chunk(event("one ")), chunk(event("two")), chunk(event(None, "stop")), chunk(DONE), LAST_CHUNK])
    eq(node(c, "stream", "hi", case).get("content"), "one two", "text")


@each(WAYS)
def local(c, up, case):
    d = node(c, "plain", "patient " + KEEP, case)
    eq((d.get("model"), d.get("action"), d.get("rule")), ("smollm2-135m", "local", "patients-stay-here"), "answer %r" % d)
    assert d["content"] and d["usage"]["completion_tokens"] > 0, d
    up.untouched()


@each(WAYS)
def local_stream(c, up, case):
    d = node(c, "stream", "patient " + KEEP, case)
    eq((d.get("model"), d.get("action")), ("smollm2-135m", "local"), "answer %r" % d)
    assert d["content"] and d["finish"] and d["usage"]["total_tokens"] > 0, d
    up.untouched()


@each({"whole": "tools", "streamed": "tools_stream"})
def local_tool_call(c, up, case):
    d = node(c, case, "patient " + KEEP)
    eq(d.get("finish"), "tool_calls", "finish_reason of %r" % d)
    call = d["calls"][0]["function"]
    eq(call["name"], "record_visit", "name")
    assert json.loads(call["arguments"])["reason"] in ("checkup", "emergency"), call
    up.untouched()


@each(WAYS)
def refusal_is_one_bad_request(c, up, case):
    before = len(c.records(kind="intent"))
    d = node(c, "retry", MARK, case)
    eq((d.get("error"), d.get("status"), d.get("code")), ("BadRequestError", 400, "policy_refused"), "error %r" % d)
    assert MARK not in d["message"], "the refusal echoes the prompt"
    eq(len(c.records(kind="intent")) - before, 1, "requests that the SDK made")
    up.untouched()


@scenario
def context_length(c, up):
    d = node(c, "plain", KEEP + " word" * 6000)
    eq((d.get("error"), d.get("code")), ("BadRequestError", "context_length_exceeded"), "error %r" % d)


@scenario
def models_list(c, up):
    up.answer([whole({"object": "list", "data": [{"id": "gpt-up", "object": "model", "created": 1, "owned_by": "x"}]})])
    eq(node(c, "models", "").get("models"), ["gpt-up"], "models")


if __name__ == "__main__":
    sys.exit(run.main(load=lambda: None, prefix="e2e"))
