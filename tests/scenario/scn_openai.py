"""OpenAI's own corners: what the provider keeps and goes on from, what acts on an object without a body, text as token numbers,
and whose request it is where several APIs have the path."""
import json
import os
import sys

from harness import CHAT_REPLY, KEEP, ROOT, each, eq, scenario

sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
import providers  # noqa: E402
from providers import gateway  # noqa: E402

ASK = "The patient is " + KEEP + ". Say hello."
RESPONSES = "/v1/responses"


def ask(c, path, body=None, method="POST", headers=(), api="openai", **kw):
    return c.ask(body, method, path, list(headers), host=providers.HOSTS[api], **kw)


def answer(c, input, **more):
    r = ask(c, RESPONSES, dict({"model": "gpt-5", "input": input, "max_output_tokens": 12}, **more))
    eq((r.status, r.header("x-cordon-action")), (200, "local"), "answered here " + repr(r.body[:300]))
    return r.json()


def refused(r, status, code, param=None):
    eq((r.status, r.header("x-cordon-code"), r.json()["error"]["param"], r.header("x-should-retry")), (status, code, param, "false"), repr(r.body[:300]))


# ------------------------------------------------------------------------------------------- items by their own ids
def named(answer):
    """As clients do who take the API at its word that it keeps the items."""
    return [{"type": "item_reference", "id": i["id"]} for i in answer["output"]]


TOOL = {"type": "function", "name": "visit", "parameters": {"type": "object", "properties": {"reason": {"type": "string"}}, "required": ["reason"]}}


@scenario
def a_local_item_is_named_by_its_id():
    c, up = gateway()
    said = answer(c, ASK, reasoning={"summary": "auto"})
    called = answer(c, ASK, tools=[TOOL], tool_choice="required")
    call = called["output"][0]
    history = [{"role": "user", "content": ASK}, *said["output"], call]
    short = [{"role": "user", "content": ASK}, *named(said), *named(called)]
    result = [{"type": "function_call_output", "call_id": call["call_id"], "output": "done"}, {"role": "user", "content": "And?"}]
    want = answer(c, history + result)["usage"]["input_tokens"]
    eq(answer(c, short + result)["usage"]["input_tokens"], want, "the model reads the same, by its tokens")
    r = ask(c, RESPONSES + "/input_tokens", {"model": "gpt-5", "input": short + result})
    eq((r.header("x-cordon-action"), r.json()["input_tokens"]), ("local", want), "counted")
    on = answer(c, [*named(said), {"role": "user", "content": "More."}], previous_response_id=called["id"])
    assert on["usage"]["input_tokens"] > answer(c, [*named(said), {"role": "user", "content": "More."}])["usage"]["input_tokens"], on
    streamed = ask(c, RESPONSES, {"model": "gpt-5", "stream": True, "max_output_tokens": 16,
                                  "input": [*named(said), {"role": "user", "content": "More."}]})
    assert any(b"event: response." + end in streamed.body for end in (b"completed", b"incomplete")), streamed.body[-300:]
    up.untouched()


@scenario
def an_item_goes_with_its_answer():
    c, up = gateway()
    said, other = answer(c, ASK), answer(c, ASK)
    more = {"role": "user", "content": "More."}
    r = ask(c, RESPONSES, {"model": "gpt-5", "input": [*named(said), more]}, key="sk-of-another-client")
    refused(r, 404, "STATE_UNKNOWN")
    eq(ask(c, RESPONSES + "/" + said["id"], method="DELETE").json()["deleted"], True, "deleted")
    refused(ask(c, RESPONSES, {"model": "gpt-5", "input": [*named(said), more]}), 404, "STATE_UNKNOWN")
    answer(c, [*named(other), more])
    unkept = answer(c, ASK, store=False)
    refused(ask(c, RESPONSES, {"model": "gpt-5", "input": [*named(unkept), more]}), 404, "STATE_UNKNOWN")
    remote = {"type": "item_reference", "id": "msg_of_the_api"}
    refused(ask(c, RESPONSES, {"model": "gpt-5", "input": [remote, *named(other), {"role": "user", "content": ASK}]}), 400, "LOCAL_UNSUPPORTED",
            "input.item_reference")
    up.untouched()


# ---------------------------------------------------------------------------------------------- stored chats, responses
@scenario
def a_chat_that_is_to_be_stored_is_kept_here():
    c, up = gateway()
    path = "/v1/chat/completions"
    asked = {"model": "m", "messages": [{"role": "user", "content": ASK}], "max_tokens": 12, "store": True, "metadata": {"a": "b"}}
    d = ask(c, path, asked).json()
    mine = path + "/" + d["id"]
    eq(ask(c, mine, method="GET").json(), dict(d, metadata={"a": "b"}), "asked for again")
    refused(ask(c, mine, method="GET", key="sk-of-another-client"), 404, "STATE_UNKNOWN")
    eq([(m["role"], m["content"]) for m in ask(c, mine + "/messages", method="GET").json()["data"]], [("user", ASK)], "its messages")
    events = [json.loads(e[6:]) for e in ask(c, path, dict(asked, stream=True)).body.split(b"\n\n") if e.startswith(b"data: {")]
    said = "".join(k["delta"].get("content") or "" for e in events for k in e["choices"])
    again = ask(c, path + "/" + events[0]["id"], method="GET").json()
    eq((again["id"], again["object"], again["choices"][0]["message"]["content"]), (events[0]["id"], "chat.completion", said), "of a stream")
    eq(ask(c, mine, method="DELETE").json(), {"id": d["id"], "object": "chat.completion.deleted", "deleted": True}, "deleted")
    refused(ask(c, mine, method="GET"), 404, "STATE_UNKNOWN")
    unkept = ask(c, path, dict(asked, store=False)).json()["id"]
    refused(ask(c, path + "/" + unkept, method="GET"), 404, "STATE_UNKNOWN")
    up.untouched()


def unknown_is_refused(conf):
    conf["rules"].insert(0, {"name": "seen-here-only", "when": {"unknown_ids": True}, "action": "refuse"})


@scenario
def the_id_of_a_chat_that_the_provider_stores_is_known():
    c, up = gateway("strict about ids", unknown_is_refused)
    ids = []
    for more in ({"store": True}, {"store": True, "stream": True}, {}):
        ids.append("chatcmpl-of-the-provider-%d" % len(ids))
        up.answer([providers.whole(dict(CHAT_REPLY, id=ids[-1]))])
        r = ask(c, "/v1/chat/completions", dict({"model": "m", "messages": [{"role": "user", "content": "hi"}]}, **more))
        eq(r.header("x-cordon-action"), "forward", "sent " + repr(r.body[:200]))
    for path in ("/v1/chat/completions/" + i for i in ids[:2]):
        eq(ask(c, path, method="GET").header("x-cordon-action"), "forward", "known: " + path)
        eq(ask(c, path + "/messages", method="GET").header("x-cordon-action"), "forward", "known: " + path)
    refused(ask(c, "/v1/chat/completions/" + ids[2], method="GET"), 400, "POLICY_REFUSED")


@scenario
def an_answer_in_the_background_is_there_at_once():
    c, up = gateway()
    d = answer(c, ASK, background=True)
    eq((d["background"], d["status"] in ("completed", "incomplete")), (True, True), "reply")
    eq(ask(c, RESPONSES + "/" + d["id"], method="GET").json(), d, "asked for")
    eq(ask(c, RESPONSES + "/" + d["id"] + "/cancel", headers=["Content-Type: application/json", "Content-Length: 0"]).json(), d, "cancelled")
    refused(ask(c, RESPONSES + "/" + d["id"] + "?stream=true", method="GET"), 400, "LOCAL_UNSUPPORTED", "stream")
    up.untouched()


@scenario
def input_items_come_in_the_order_that_is_asked_for():
    c, up = gateway()
    d = answer(c, [{"role": "user", "content": ASK}, {"role": "assistant", "content": "Yes."}, {"role": "user", "content": "And?"}])
    path = RESPONSES + "/" + d["id"] + "/input_items"
    newest = ask(c, path, method="GET").json()
    eq([x["content"][0]["text"] for x in newest["data"]], ["And?", "Yes.", ASK], "as the API has it")
    oldest = ask(c, path + "?limit=20&order=asc", method="GET").json()
    eq(oldest["data"], newest["data"][::-1], "from the first")
    eq((oldest["first_id"], oldest["last_id"]), (newest["last_id"], newest["first_id"]), "ends")
    up.untouched()


# ------------------------------------------------------------------------------------------------ no body, no text
ACTIONS = {"response": "/v1/responses/resp_1/cancel", "batch": "/v1/batches/batch_1/cancel", "upload": "/v1/uploads/upload_1/cancel",
           "tuning": "/v1/fine_tuning/jobs/ftjob-1/pause", "run": "/v1/threads/thread_1/runs/run_1/cancel",
           "files": "/v1/vector_stores/vs_1/file_batches/vsfb_1/cancel"}


@each(ACTIONS)
def what_acts_on_an_object_needs_no_body(case):
    c, up = gateway()
    r = ask(c, case, headers=["Content-Type: application/json", "Content-Length: 0"])
    eq((r.header("x-cordon-action"), len(up.requests)), ("forward", 1), repr(r.body[:200]))
    eq((up.requests[0].target, up.requests[0].body, up.requests[0].header("content-length")), (case, b"", "0"), "at the provider")
    up.reset()
    refused(ask(c, case, b"cancel it"), 400, "JSON_SYNTAX")
    refused(ask(c, RESPONSES, headers=["Content-Type: application/json", "Content-Length: 0"]), 400, "JSON_SYNTAX")
    up.untouched()


# ------------------------------------------------------------------------------------------------- text as numbers
TOKENS = {"embeddings": ("openai", "/v1/embeddings", {"model": "m", "input": [3923, 374]}),
          "embeddings_many": ("openai", "/v1/embeddings", {"model": "m", "input": [[3923, 374], [279]]}),
          "completions": ("openai", "/v1/completions", {"model": "m", "prompt": [3923, 374]}),
          "azure": ("azure", "/openai/deployments/d/embeddings?api-version=2024-10-21", {"model": "d", "input": [3923, 374]}),
          "ollama": ("ollama", "/api/generate", {"model": "m", "prompt": "hi", "context": [128006, 882]})}


def only_patients(conf):
    conf["opaque"] = {"classes": ["phi"]}


@each(TOKENS)
def token_numbers_are_nothing_that_was_read(case):
    api, path, body = case
    c, up = gateway("tokens", only_patients)
    r = ask(c, path, body, api=api)
    eq((r.status, r.header("x-cordon-rule")), (400, "patients-stay-here"), repr(r.body[:300]))
    up.untouched()
    c, up = gateway("tokens allowed", lambda conf: conf.update(opaque={"allow": ["tokens"]}))
    eq(ask(c, path, body, api=api).header("x-cordon-action"), "forward", "where the operator says so")
    eq(json.loads(up.requests[0].body), body, "as it came")


@scenario
def token_numbers_in_a_batch_are_found_by_row():
    c, up = gateway("tokens", only_patients)
    rows = [{"custom_id": str(n), "method": "POST", "url": "/v1/embeddings", "body": {"model": "m", "input": i}} for n, i in enumerate(["hi", [3923]])]
    form = b"--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b\r\n" \
           b"Content-Disposition: form-data; name=\"file\"; filename=\"b.jsonl\"\r\n\r\n" + "\n".join(map(json.dumps, rows)).encode() + b"\r\n--b--\r\n"
    r = ask(c, "/v1/files", form, headers=["Content-Type: multipart/form-data; boundary=b"])
    eq((r.status, r.header("x-cordon-rule")), (400, "patients-stay-here"), repr(r.body[:300]))
    assert "request 2 of the batch" in r.json()["error"]["message"], r.body
    up.untouched()


# ------------------------------------------------------------------------------------------------- whose request it is
@scenario
def azures_key_says_that_it_is_azures():
    """Groq and Bedrock have the path /openai/v1 too."""
    c, up = gateway()
    for path in ("/openai/v1/chat/completions?api-version=preview", "/openai/deployments/d/chat/completions?api-version=2024-10-21"):
        up.reset()
        up.default = [providers.reply]
        r = c.ask({"model": "d", "messages": [{"role": "user", "content": "hi"}]}, path=path, headers=["api-key: k"], host="gateway.example", key=None)
        eq((r.status, up.requests[0].header("host"), up.requests[0].target), (200, providers.HOSTS["azure"], path), "forwarded")


# ---------------------------------------------------------------------------------------------------- tool_choice
@each({"chat": ("/v1/chat/completions", {"messages": [{"role": "user", "content": ASK}]}, lambda t: {"type": "function", "function": t},
                lambda mode, t: {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": t}},
                lambda d: d["choices"][0]["message"]["tool_calls"][0]["function"]["name"]),
       "responses": ("/v1/responses", {"input": ASK}, lambda t: dict(t, type="function"), lambda mode, t: {"type": "allowed_tools", "mode": mode, "tools": t},
                     lambda d: d["output"][0]["name"])})
def only_the_allowed_tools_are_called(case):
    path, body, tool, choice, called = case
    tools = [tool({"name": n, "parameters": TOOL["parameters"]}) for n in ("first", "second")]
    c, up = gateway()
    r = ask(c, path, dict(body, model="m", tools=tools, tool_choice=choice("required", [tool({"name": "second"})])))
    eq((r.status, called(r.json())), (200, "second"), repr(r.body[:300]))
    refused(ask(c, path, dict(body, model="m", tools=tools, tool_choice=choice("required", [tool({"name": "third"})]))), 400, "LOCAL_UNSUPPORTED",
            "tool_choice")
    up.untouched()
