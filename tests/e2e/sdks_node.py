#!/usr/bin/env python3
"""sdks_node.py - the real Node SDKs of OpenAI (Responses), Anthropic and Google through the real binary: what sdks.py does with
the Python ones. The calls themselves are in sdks.mjs. CORDON_NODE_DIR has package.json's packages."""
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "scenario"))
sys.path.insert(0, HERE)
import run  # noqa: E402
from harness import KEEP, MARK, SLOW, eq  # noqa: E402
from calls import add, check_forwarded, check_local, sent_as_it_came, world  # noqa: E402

NODE_DIR = os.environ["CORDON_NODE_DIR"]
DOES = {"openai_responses": ("chat", "stream", "tool", "structured", "embed", "count"),
        "anthropic": ("chat", "stream", "tool", "structured", "count"),
        "gemini": ("chat", "stream", "tool", "structured", "embed", "count")}
REFUSED = {"openai_responses": "BadRequestError", "anthropic": "BadRequestError", "gemini": "ApiError"}
CONNECTS = ("openai_responses", "anthropic")     # Google's takes no agent


def node(c, sdk, case, prompt, connect):
    script = os.path.join(NODE_DIR, "sdks.mjs")
    shutil.copy(os.path.join(HERE, "sdks.mjs"), script)       # so that it finds its packages
    env = {k: v for k, v in os.environ.items() if not k.upper().endswith(("_PROXY", "_BASE_URL", "_API_KEY"))}
    env.update(SDK=sdk, CASE=case, PROMPT=prompt)
    if connect:
        env.update(PROXY="http://" + c.address("proxy"), NODE_EXTRA_CA_CERTS=os.path.join(c.state, "ca", "ca.pem"))
    else:
        env["BASE_URL"] = "http://" + c.address()
    got = subprocess.run(["node", script], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120 * SLOW)
    try:
        return json.loads(got.stdout)
    except ValueError:
        raise AssertionError("node said %r %r" % (got.stdout[-300:], got.stderr[-1500:])) from None


def use(c, sdk, case, connect, text, check):
    d = node(c, sdk, case, text, connect)
    assert "got" in d, d
    check(case, tuple(d["got"]) if case == "tool" else d["got"])


def forwarded(sdk, case, connect):
    c, up = world()
    use(c, sdk, case, connect, "Hello there.", check_forwarded)
    sent_as_it_came(c, up)


def local(sdk, case, connect):
    c, up = world()
    use(c, sdk, case, connect, "The patient is " + KEEP + ". Hello.", check_local)
    up.untouched()


def refusal(sdk, connect):
    c, up = world()
    before = len(c.records(kind="intent"))
    d = node(c, sdk, "chat", "This is " + MARK + " and nothing else.", connect)
    eq((d.get("error"), d.get("status")), (REFUSED[sdk], 400), "error %r" % d)
    assert "POLICY_REFUSED" in d["message"] and MARK not in d["message"], d
    eq(len(c.records(kind="intent")) - before, 1, "tries")
    up.untouched()


def build():
    for sdk, cases in DOES.items():
        for connect in ([False, True] if sdk in CONNECTS else [False]):
            how = "connect" if connect else "base_url"
            for case in cases if not connect else ("chat", "stream"):
                add("%s/%s/forwarded/%s" % (sdk, case, how), lambda s=sdk, w=case, x=connect: forwarded(s, w, x))
                add("%s/%s/local/%s" % (sdk, case, how), lambda s=sdk, w=case, x=connect: local(s, w, x))
            add("%s/refusal/%s" % (sdk, how), lambda s=sdk, x=connect: refusal(s, x))


if __name__ == "__main__":
    build()
    sys.exit(run.main(load=lambda: None, prefix="e2e"))
