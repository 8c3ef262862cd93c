#!/usr/bin/env python3
"""agents.py - Claude Code and the Codex CLI, unmodified, through the real binary: a one-prompt session with a clean prompt
(forwarded), one about a patient (answered by the local engine; nothing of it leaves), and a turn with a tool.
CORDON_AGENTS_DIR is the folder in which tests/e2e/agents/package.json's packages are installed. The local answers come from a
tiny model of a real architecture with a long context (tiny_gguf.py): the wire is judged, not the wit."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "scenario"))
import run  # noqa: E402
from harness import KEEP, SCRATCH, SLOW, Cordon, Upstream, eq, keep, scenario, whole  # noqa: E402

AGENTS = os.environ["CORDON_AGENTS_DIR"]
SAID = "Everything is in order here."
UP_SAID = "Hello from the provider."
PATIENT = "Patient %s asks whether tea is allowed. Answer in one sentence." % KEEP


# -------------------------------------------------------------------------------------------- the provider's answers
def sse(events):
    body = b"".join(b"event: %s\ndata: %s\n\n" % (e["type"].encode(), json.dumps(e).encode()) for e in events)
    return whole(body, ctype="text/event-stream")


def anthropic_events(blocks, stop):
    message = {"id": "msg_up", "type": "message", "role": "assistant", "model": "claude-up", "content": [], "stop_reason": None,
               "stop_sequence": None, "usage": {"input_tokens": 5, "output_tokens": 1}}
    out = [{"type": "message_start", "message": message}]
    for i, (start, delta) in enumerate(blocks):
        out += [{"type": "content_block_start", "index": i, "content_block": start},
                {"type": "content_block_delta", "index": i, "delta": delta}, {"type": "content_block_stop", "index": i}]
    return out + [{"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": {"output_tokens": 7}},
                  {"type": "message_stop"}]


def anthropic_text(text):
    return anthropic_events([({"type": "text", "text": ""}, {"type": "text_delta", "text": text})], "end_turn")


def anthropic_tool(name, arguments):
    return anthropic_events([({"type": "tool_use", "id": "toolu_up1", "name": name, "input": {}},
                              {"type": "input_json_delta", "partial_json": json.dumps(arguments)})], "tool_use")


def anthropic_whole(events):
    message = dict(events[0]["message"], stop_reason="end_turn",
                   content=[{"type": "text", "text": e["delta"]["text"]} for e in events if e.get("delta", {}).get("type") == "text_delta"])
    return whole(message)


def anthropic_reply(request, tool=None):
    """What the provider says: a tool call first, where the request has that tool and no result yet."""
    if request.method != "POST":
        return whole(b"", status=200)
    body = json.loads(request.body)
    names = [t.get("name") for t in body.get("tools", [])]
    events = anthropic_text(UP_SAID)
    if tool and tool[0] in names and b'"tool_result"' not in request.body:
        events = anthropic_tool(*tool)
    return sse(events) if body.get("stream") else anthropic_whole(events)


def responses_events(item):
    response = {"id": "resp_up", "object": "response", "created_at": 1700000000, "model": "gpt-up", "status": "in_progress", "output": []}
    done = dict(response, status="completed", output=[item], usage={
        "input_tokens": 5, "output_tokens": 7, "total_tokens": 12, "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0}})
    events = [{"type": "response.created", "response": response}, {"type": "response.output_item.added", "output_index": 0, "item": item},
              {"type": "response.output_item.done", "output_index": 0, "item": item}, {"type": "response.completed", "response": done}]
    return [dict(e, sequence_number=i) for i, e in enumerate(events)]


def responses_reply(request, tool=None):
    if request.method != "POST":
        return whole({"data": [], "models": []})
    body = json.loads(request.body)
    item = {"id": "msg_up", "type": "message", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": UP_SAID, "annotations": []}]}
    if tool and b"function_call_output" not in request.body and "local_shell_call_output" not in request.body.decode():
        item = {"id": "fc_up", "type": "function_call", "call_id": "call_up", "status": "completed", "name": tool[0],
                "arguments": json.dumps(tool[1])}
    return sse(responses_events(item)) if body.get("stream") else whole(dict(responses_events(item)[-1]["response"]))


# ------------------------------------------------------------------------------------------------------- the gateway
_models = {}


def tiny_model(**say):
    """A model that says one thing. Made once a thing."""
    key = json.dumps(say, sort_keys=True)
    if key not in _models:
        path = os.path.join(SCRATCH, "tiny-%d.gguf" % len(_models))
        words = [x for k, v in say.items() for x in ("--" + k, v)]
        cache = os.environ.get("CORDON_CACHE", os.path.expanduser("~/.cache/cordon"))
        subprocess.run([sys.executable, os.path.join(HERE, "tiny_gguf.py"), "--tokenizer",
                        os.path.join(cache, "models", "SmolLM2-135M-Instruct.Q4_1.gguf"), *words, "--out", path], check=True)
        _models[key] = path
    return _models[key]


def model(name, **say):
    return {"name": name, "file": tiny_model(**say), "context": 65536, "parallel": 2, "threads": 1}


def gateway(up, call=None, say=SAID):
    """With `call`, the model calls that tool until a result is there; what tells that is a pattern of the operator's."""
    def change(conf):
        conf["upstreams"] = [dict(conf["upstreams"][0]), dict(conf["upstreams"][0], name="anthropic", api="anthropic",
                                                             host="api.anthropic.com")]
        conf["models"] = [model("says", say=say)]
        if call:
            conf["models"].insert(0, model("calls", call=call[0], arguments=json.dumps(call[1])))
            conf["patterns"].append({"type": "TEST_RESULT", "class": "phi", "regex": "second shelf", "score": 0.95})
            conf["rules"].insert(0, {"name": "result-is-there", "when": {"types": ["TEST_RESULT"]}, "action": "local", "model": "says"})
        conf["limits"] = {"head": "64KiB"}
    return Cordon(up, change=change)


def bare_env(home, **more):
    """Nothing of this machine's: no keys, no proxies, no settings."""
    env = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "LC_ALL", "TMPDIR")}
    return dict(env, HOME=home, TERM="dumb", **more)


def run_agent(argv, env, home, timeout=150):
    got = subprocess.run(argv, env=env, cwd=home, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=timeout * SLOW)
    return got.returncode, got.stdout.decode(errors="replace"), got.stderr.decode(errors="replace")


class Home:
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="agent-", dir=SCRATCH)
        subprocess.run(["git", "init", "-q", self.path], check=False)
        with open(os.path.join(self.path, "note.txt"), "w", encoding="utf-8") as f:
            f.write("The kettle is on the second shelf.\n")
        return self.path

    def __exit__(self, *a):
        shutil.rmtree(self.path, ignore_errors=True)


def claude_at(home, c, *arguments, quiet=True):
    """`quiet` leaves out what Claude Code asks and reports beside the conversation: a title, its version, telemetry."""
    more = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "CLAUDE_CODE_MAX_RETRIES": "0"} if quiet else {}
    env = bare_env(home, ANTHROPIC_BASE_URL="http://" + c.address(), ANTHROPIC_API_KEY="sk-ant-e2e", IS_SANDBOX="1",
                   DISABLE_AUTOUPDATER="1", **more)
    return run_agent([os.path.join(AGENTS, "node_modules", "@anthropic-ai", "claude-code-linux-x64", "claude"), "-p", *arguments], env, home)


def claude(c, prompt, *more, quiet=True):
    with Home() as home:
        return claude_at(home, c, prompt, "--output-format", "text", *more, quiet=quiet)


def codex_at(home, c, verbs, *arguments):
    env = bare_env(home, CODEX_HOME=os.path.join(home, ".codex"), CORDON_E2E_KEY="sk-e2e")
    os.makedirs(env["CODEX_HOME"], exist_ok=True)
    provider = 'model_providers.gw={name="gw", base_url="http://%s/v1", env_key="CORDON_E2E_KEY", wire_api="responses"}' % c.address()
    argv = ["node", os.path.join(AGENTS, "node_modules", "@openai", "codex", "bin", "codex.js"), "exec", *verbs, "--skip-git-repo-check",
            "-c", provider, "-c", 'model_provider="gw"', "-c", 'model="gpt-5"', "-c", "analytics.enabled=false",
            "-c", "model_providers.gw.request_max_retries=0", "-c", "model_providers.gw.stream_max_retries=0", *arguments]
    return run_agent(argv, env, home)


def codex(c, prompt, *more):
    with Home() as home:
        return codex_at(home, c, [], *more, prompt)


def ended_well(got, said, what):
    code, out, err = got
    assert code == 0 and said in out, "%s: exit %d, said %r, errors %r" % (what, code, out[-600:], err[-1500:])


def nothing_of_it_left(up):
    for data in [up.data if isinstance(up.data, bytes) else b"".join(up.data)]:
        assert KEEP.encode() not in data and b"tea is allowed" not in data, "the recorder saw the prompt"


def actions(c, api):
    return {r["verdict"]["action"] if isinstance(r.get("verdict"), dict) else r.get("action")
            for r in c.records(kind="intent") if r.get("api") == api}


# ------------------------------------------------------------------------------------------------------- Claude Code
@scenario
def claude_code_clean():
    up = Upstream()
    up.default = [anthropic_reply]
    with gateway(up) as c:
        ended_well(claude(c, "hi, say hello"), UP_SAID, "claude")
        assert any(b"say hello" in r.body for r in up.requests), "it was not forwarded"
        eq(actions(c, "anthropic.messages"), {"forward"}, "actions")
    up.close()


@scenario
def claude_code_about_a_patient():
    up = Upstream()
    up.default = [anthropic_reply]
    with gateway(up) as c:
        ended_well(claude(c, PATIENT), SAID, "claude")
        nothing_of_it_left(up)
        assert "local" in actions(c, "anthropic.messages"), actions(c, "anthropic.messages")
    up.close()


@scenario
def claude_code_with_all_that_it_asks_beside():
    up = Upstream()
    up.default = [anthropic_reply]
    with gateway(up) as c:
        ended_well(claude(c, PATIENT, quiet=False), SAID, "claude")
        nothing_of_it_left(up)
        assert len([r for r in c.records(kind="intent") if r["action"] == "local"]) > 1, "it asked for no title"
    up.close()


@scenario
def claude_code_uses_a_tool():
    up = Upstream()
    up.default = [lambda r: anthropic_reply(r, ("Read", {"file_path": "note.txt"}))]
    with gateway(up) as c:
        ended_well(claude(c, "what is in note.txt?", "--allowedTools", "Read"), UP_SAID, "claude")
        results = [r for r in up.requests if b"second shelf" in r.body]
        assert results, "the tool's result never came back"
    up.close()


@scenario
def claude_code_uses_a_tool_of_a_local_answer():
    up = Upstream()
    up.default = [anthropic_reply]
    with gateway(up, call=("Read", {"file_path": "note.txt"})) as c:
        ended_well(claude(c, PATIENT + " It is written in note.txt.", "--allowedTools", "Read"), SAID, "claude")
        nothing_of_it_left(up)
        assert any(r["rule"] == "result-is-there" for r in c.records(kind="intent")), "the tool's result never came back"
    up.close()


@scenario
def claude_code_goes_on_with_a_conversation():
    """What was said about a patient stays inside when the conversation is taken up again in words that tell nothing."""
    up = Upstream()
    up.default = [anthropic_reply]
    with gateway(up) as c, Home() as home:
        ended_well(claude_at(home, c, "hi, say hello"), UP_SAID, "a clean turn")
        ended_well(claude_at(home, c, "--continue", PATIENT), SAID, "one about a patient")
        sent = len([r for r in up.requests if r.method == "POST"])
        got = claude_at(home, c, "--continue", "Thanks. And what next?", "--output-format", "stream-json", "--verbose")
        ended_well(got, SAID, "the next")
        eq(json.loads(got[1].strip().splitlines()[-1])["subtype"], "success", "the last line")
        eq(len([r for r in up.requests if r.method == "POST"]), sent, "requests at the provider")
        nothing_of_it_left(up)
    up.close()


# -------------------------------------------------------------------------------------------------------------- Codex
@scenario
def codex_goes_on_with_a_conversation():
    up = Upstream()
    up.default = [responses_reply]
    with gateway(up) as c, Home() as home:
        ended_well(codex_at(home, c, [], PATIENT), SAID, "a turn about a patient")
        got = codex_at(home, c, ["resume", "--last"], "--json", "Thanks. And what next?")
        ended_well(got, SAID, "the next")
        eq(json.loads(got[1].strip().splitlines()[-1])["type"], "turn.completed", "the last line")
        nothing_of_it_left(up)
        eq(actions(c, "openai.responses"), {"local"}, "actions")
    up.close()


@scenario
def codex_clean():
    up = Upstream()
    up.default = [responses_reply]
    with gateway(up) as c:
        ended_well(codex(c, "hi, say hello"), UP_SAID, "codex")
        assert any(b"say hello" in r.body for r in up.requests), "it was not forwarded"
        eq(actions(c, "openai.responses"), {"forward"}, "actions")
    up.close()


@scenario
def codex_uses_a_tool():
    up = Upstream()
    up.default = [lambda r: responses_reply(r, ("exec_command", {"cmd": "cat note.txt"}))]
    with gateway(up) as c:
        ended_well(codex(c, "what is in note.txt?", "--sandbox", "danger-full-access"), UP_SAID, "codex")
        assert any(b"second shelf" in r.body for r in up.requests), "the tool's result never came back"
    up.close()


@scenario
def codex_uses_a_tool_of_a_local_answer():
    up = Upstream()
    up.default = [responses_reply]
    with gateway(up, call=("exec_command", {"cmd": "cat note.txt"})) as c:
        ended_well(codex(c, PATIENT + " It is written in note.txt.", "--sandbox", "danger-full-access"), SAID, "codex")
        nothing_of_it_left(up)
        assert any(r["rule"] == "result-is-there" for r in c.records(kind="intent")), "the tool's result never came back"
    up.close()


@scenario
def codex_about_a_patient():
    up = Upstream()
    up.default = [responses_reply]
    with gateway(up) as c:
        ended_well(codex(c, PATIENT), SAID, "codex")
        nothing_of_it_left(up)
        eq(actions(c, "openai.responses"), {"local"}, "actions")
    up.close()


if __name__ == "__main__":
    sys.exit(run.main(load=lambda: None, prefix="e2e"))
