"""Every API through the gateway: local answers whole and streamed, in order and complete; errors in the provider's own shape;
paths, mounts and what is no plain request."""
import base64
import json
import os
import struct
import sys
import zlib

from harness import KEEP, MARK, ROOT, chat, each, eq, head, scenario, whole

sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
import providers  # noqa: E402
from providers import gateway  # noqa: E402

ASK = "The patient is " + KEEP + ". Say hello."
TOOL = {"type": "object", "properties": {"q": {"type": "string", "enum": ["a", "b"]}}, "required": ["q"]}


def ask(c, api, path, body=None, method="POST", headers=(), **kw):
    return c.ask(body, method, path, list(headers), host=providers.HOSTS[api], **kw)


# --------------------------------------------------------------------------- one reader for each way of streaming
def sse(r):
    """(event name or None, data) of each event."""
    out = []
    for block in r.body.replace(b"\r\n", b"\n").split(b"\n\n"):
        lines = [x for x in block.split(b"\n") if x]
        name = [x[7:].decode() for x in lines if x.startswith(b"event: ")]
        data = b"".join(x[6:] for x in lines if x.startswith(b"data: "))
        if data:
            out.append((name[0] if name else None, data if data == b"[DONE]" else json.loads(data)))
    return out


def frames(data):
    """(event type, payload) of each message of an eventstream, checksums checked."""
    out = []
    while data:
        total, head_n, crc = struct.unpack(">III", data[:12])
        eq(crc, zlib.crc32(data[:8]), "checksum of the prelude")
        eq(struct.unpack(">I", data[total - 4:total])[0], zlib.crc32(data[:total - 4]), "checksum of the message")
        raw, names = data[12:12 + head_n], {}
        while raw:
            n = raw[0]
            size = struct.unpack(">H", raw[2 + n:4 + n])[0]
            names[raw[1:1 + n].decode()] = raw[4 + n:4 + n + size].decode()
            raw = raw[4 + n + size:]
        out.append((names.get(":event-type") or names.get(":exception-type"), json.loads(data[12 + head_n:total - 4])))
        data = data[total:]
    return out


# ------------------------------------------------------------------- each API's request, and what its answers say
def says(text):
    return [{"role": "user", "content": text}]


class Chat:
    host, path = "openai", "/v1/chat/completions"

    def body(self, text, stream):
        return dict(chat(text, max_tokens=12), stream=stream)

    def whole(self, d):
        c = d["choices"][0]
        assert d["usage"]["total_tokens"] == d["usage"]["prompt_tokens"] + d["usage"]["completion_tokens"], d
        assert c["finish_reason"] in ("stop", "length"), c
        return c["message"]["content"]

    def streamed(self, r):
        events = [d for _, d in sse(r)]
        eq(events.pop(), b"[DONE]", "the end")
        eq(len({e["id"] for e in events}), 1, "ids")
        eq(events[0]["choices"][0]["delta"]["role"], "assistant", "the first delta")
        assert events[-1]["choices"][0]["finish_reason"] in ("stop", "length"), events[-1]
        return "".join(e["choices"][0]["delta"].get("content") or "" for e in events)


class Mistral(Chat):
    host, path = "mistral", "/v1/chat/completions"


class Responses:
    host, path = "openai", "/v1/responses"

    def body(self, text, stream):
        return {"model": "m", "input": text, "max_output_tokens": 12, "stream": stream}

    def whole(self, d):
        assert d["status"] in ("completed", "incomplete") and d["usage"]["output_tokens"] > 0, d
        return "".join(p["text"] for i in d["output"] if i["type"] == "message" for p in i["content"])

    def streamed(self, r):
        events = sse(r)
        for n, (name, d) in enumerate(events):
            eq((name, d["sequence_number"]), (d["type"], n), "event %d" % n)
        kinds = [n for n, _ in events]
        eq(kinds[:2], ["response.created", "response.in_progress"], "the begin")
        assert kinds[-1] in ("response.completed", "response.incomplete"), kinds
        order = ["response.output_item.added", "response.content_part.added", "response.output_text.delta", "response.output_text.done",
                 "response.content_part.done", "response.output_item.done"]
        eq([k for k in dict.fromkeys(kinds) if k in order], order, "order")
        text = "".join(d["delta"] for n, d in events if n == "response.output_text.delta")
        for name, at in (("response.output_text.done", lambda d: d["text"]), ("response.content_part.done", lambda d: d["part"]["text"]),
                         ("response.output_item.done", lambda d: d["item"]["content"][0]["text"])):
            eq(at(dict(events)[name]), text, name)
        eq(self.whole(events[-1][1]["response"]), text, "the whole at the end")
        return text


class Messages:
    host, path = "anthropic", "/v1/messages"

    def body(self, text, stream):
        return {"model": "m", "max_tokens": 12, "messages": says(text), "stream": stream}

    def whole(self, d):
        assert d["stop_reason"] in ("end_turn", "max_tokens") and d["usage"]["output_tokens"] > 0, d
        return d["content"][0]["text"]

    def streamed(self, r):
        events = sse(r)
        assert all(n == d["type"] for n, d in events), events
        kinds = [n for n, _ in events if n != "ping"]
        eq(kinds[0], "message_start", "the begin")
        eq(kinds[-2:], ["message_delta", "message_stop"], "the end")
        eq(list(dict.fromkeys(kinds))[1:4], ["content_block_start", "content_block_delta", "content_block_stop"], "blocks")
        eq({d["index"] for n, d in events if n.startswith("content_block")}, {0}, "indices")
        assert dict(events)["message_delta"]["usage"]["output_tokens"] > 0, events
        return "".join(d["delta"]["text"] for n, d in events if n == "content_block_delta")


class Gemini:
    host, path = "gemini", "/v1beta/models/m:generateContent"
    stream_path = "/v1beta/models/m:streamGenerateContent?alt=sse"

    def body(self, text, stream):
        return {"contents": [{"role": "user", "parts": [{"text": text}]}], "generationConfig": {"maxOutputTokens": 12}}

    def text(self, d):
        return "".join(p.get("text", "") for c in d["candidates"] for p in c.get("content", {}).get("parts", []))

    def whole(self, d):
        assert d["candidates"][0]["finishReason"] in ("STOP", "MAX_TOKENS") and d["usageMetadata"]["totalTokenCount"] > 0, d
        return self.text(d)

    def all(self, chunks):
        self.whole(chunks[-1])
        return "".join(self.text(d) for d in chunks)

    def streamed(self, r):
        return self.all([d for _, d in sse(r)])


class GeminiArray(Gemini):
    stream_path = "/v1beta/models/m:streamGenerateContent"

    def streamed(self, r):
        eq(r.header("content-type").split(";")[0], "application/json", "type")
        return self.all(r.json())


class Vertex(Gemini):
    host = "vertex"
    path = "/v1/projects/p/locations/us-central1/publishers/google/models/m:generateContent"
    stream_path = "/v1/projects/p/locations/us-central1/publishers/google/models/m:streamGenerateContent?alt=sse"


class Converse:
    host, path, stream_path = "bedrock", "/model/anthropic.claude-v3%3A0/converse", "/model/anthropic.claude-v3%3A0/converse-stream"

    def body(self, text, stream):
        return {"messages": [{"role": "user", "content": [{"text": text}]}], "inferenceConfig": {"maxTokens": 12}}

    def whole(self, d):
        assert d["stopReason"] in ("end_turn", "max_tokens") and d["usage"]["totalTokens"] > 0, d
        return d["output"]["message"]["content"][0]["text"]

    def streamed(self, r):
        eq(r.header("content-type"), "application/vnd.amazon.eventstream", "type")
        events = frames(r.body)
        kinds = list(dict.fromkeys(n for n, _ in events))
        eq([k for k in kinds if k != "contentBlockStart"], ["messageStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"], "order")
        return "".join(d["delta"]["text"] for n, d in events if n == "contentBlockDelta")


class Invoke(Messages):
    host, path = "bedrock", "/model/anthropic.claude-v3%3A0/invoke"
    stream_path = "/model/anthropic.claude-v3%3A0/invoke-with-response-stream"

    def body(self, text, stream):
        return {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 12, "messages": says(text)}

    def streamed(self, r):
        events = [json.loads(base64.b64decode(d["bytes"])) for n, d in frames(r.body)]
        eq((events[0]["type"], events[-1]["type"]), ("message_start", "message_stop"), "begin and end")
        return "".join(e["delta"]["text"] for e in events if e["type"] == "content_block_delta")


class Cohere:
    host, path = "cohere", "/v2/chat"

    def body(self, text, stream):
        return {"model": "m", "messages": says(text), "max_tokens": 12, "stream": stream}

    def whole(self, d):
        assert d["finish_reason"] in ("COMPLETE", "MAX_TOKENS"), d
        return d["message"]["content"][0]["text"]

    def streamed(self, r):
        events = sse(r)
        kinds = list(dict.fromkeys(d["type"] for _, d in events))
        eq(kinds, ["message-start", "content-start", "content-delta", "content-end", "message-end"], "order")
        return "".join(d["delta"]["message"]["content"]["text"] for _, d in events if d["type"] == "content-delta")


class Ollama:
    host, path = "ollama", "/api/chat"

    def body(self, text, stream):
        return {"model": "m", "messages": says(text), "options": {"num_predict": 12}, "stream": stream}

    def whole(self, d):
        assert d["done"] and d["done_reason"] in ("stop", "length") and d["eval_count"] > 0, d
        return d["message"]["content"]

    def streamed(self, r):
        eq(r.header("content-type"), "application/x-ndjson", "type")
        lines = [json.loads(x) for x in r.body.splitlines()]
        eq([d["done"] for d in lines], [False] * (len(lines) - 1) + [True], "done")
        return "".join(d["message"]["content"] for d in lines)


APIS = {"chat": Chat(), "mistral": Mistral(), "responses": Responses(), "messages": Messages(), "gemini": Gemini(), "gemini_array": GeminiArray(),
        "vertex": Vertex(), "converse": Converse(), "invoke": Invoke(), "cohere": Cohere(), "ollama": Ollama()}


def path_of(api, stream):
    return getattr(api, "stream_path", api.path) if stream else api.path


@each(APIS)
def a_local_answer_whole_and_streamed(case):
    c, up = gateway()
    r = ask(c, case.host, path_of(case, False), case.body(ASK, False))
    eq((r.status, r.header("x-cordon-action")), (200, "local"), "whole " + repr(r.body[:200]))
    assert case.whole(r.json()), "it says nothing"
    r = ask(c, case.host, path_of(case, True), case.body(ASK, True))
    eq((r.status, r.header("x-cordon-action"), r.whole), (200, "local", True), "streamed " + repr(r.body[:200]))
    assert case.streamed(r), "it says nothing"
    up.untouched()


@each(APIS)
def a_notice_stands_at_the_head(case):
    notice = "Answered inside."
    c, up = gateway("notice", lambda conf: next(r for r in conf["rules"] if r["name"] == "patients-stay-here").update(notice=notice))
    text = case.whole(ask(c, case.host, path_of(case, False), case.body(ASK, False)).json())
    assert text.startswith(notice + "\n\n") and len(text) > len(notice) + 2, text
    text = case.streamed(ask(c, case.host, path_of(case, True), case.body(ASK, True)))
    assert text.startswith(notice + "\n\n") and len(text) > len(notice) + 2, text


# ---------------------------------------------------------------------------------------------------------- errors
def message_of(api, d):
    host = api.host
    if host in ("openai", "azure"):
        eq(sorted(d["error"]), ["code", "message", "param", "type"], "error")
        return d["error"]["message"]
    if host == "anthropic":
        eq((d["type"], sorted(d["error"])), ("error", ["message", "type"]), "error")
        return d["error"]["message"]
    if host in ("gemini", "vertex"):
        assert isinstance(d["error"]["code"], int) and d["error"]["status"].isupper(), d
        return d["error"]["message"]
    if host == "ollama":
        return d["error"]
    return d["message"]


def check_error(api, r, status, code):
    eq(r.status, status, "status " + repr(r.body[:200]))
    eq(r.header("x-cordon-code"), code, "code")
    if status == 400:
        eq(r.header("x-should-retry"), "false", "x-should-retry")
    if api.host == "bedrock":
        assert r.header("x-amzn-errortype").endswith("Exception"), r.headers
    return message_of(api, r.json())


@each(APIS)
def a_refusal_is_the_providers_own(case):
    c, up = gateway()
    for stream in (False, True):
        message = check_error(case, ask(c, case.host, path_of(case, stream), case.body("it is " + MARK, stream)), 400, "POLICY_REFUSED")
        assert MARK not in message and "marked-is-refused" in message, message
    up.untouched()


@each(APIS)
def too_long_for_the_model_is_the_providers_own(case):
    c, up = gateway()
    words = {"chat": "maximum context length", "messages": "prompt is too long", "converse": "Input is too long"}
    message = check_error(case, ask(c, case.host, path_of(case, False), case.body(ASK + " word" * 9000, False)), 400, "CONTEXT_LENGTH")
    for name, want in words.items():
        if APIS[name] is case:
            assert want in message, message
    up.untouched()


@each(APIS)
def s6_too_large_is_said_before_all_is_read(case):
    c, _ = gateway()
    with c.client() as k:
        k.send(("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n"
                % (path_of(case, False), providers.HOSTS[case.host])).encode() + b'{"a":"')
        r = k.reply()
    check_error(case, r, 413, "BODY_TOO_LARGE")


@each({k: v for k, v in APIS.items() if k != "vertex"})
def an_unknown_path_is_refused(case):
    c, up = gateway()
    path = {"ollama": "/api/nothing", "cohere": "/v2/nothing", "gemini": "/v1beta/nothing", "bedrock": "/model/m/nothing"}.get(case.host, "/v1/nothing")
    check_error(case, ask(c, case.host, path, case.body("hi", False)), 400, "ENDPOINT_UNKNOWN")
    up.untouched()


@each({"chat": Chat(), "messages": Messages(), "gemini": Gemini(), "converse": Converse()})
def s23_a_redirect_is_no_answer(case):
    c, up = gateway()
    up.answer([head(302, "Location: https://elsewhere.example/", "Content-Length: 0", reason="Found")])
    r = ask(c, case.host, path_of(case, False), case.body("hi", False))
    # Amazon's SDKs read no x-should-retry and try again after every 502.
    check_error(case, r, 424 if case.host == "bedrock" else 502, "UPSTREAM_REDIRECT")
    assert r.header("location") is None, r.headers
    eq(len(up.requests), 1, "requests")


# ------------------------------------------------------------------------------------------- what is asked for more
@scenario
def several_choices_are_told_apart():
    c, up = gateway()
    d = ask(c, "openai", "/v1/chat/completions", chat(ASK, n=3, max_tokens=6)).json()
    eq([x["index"] for x in d["choices"]], [0, 1, 2], "indices")
    assert all(x["message"]["content"] for x in d["choices"]), d
    events = [e for _, e in sse(ask(c, "openai", "/v1/chat/completions", chat(ASK, n=3, max_tokens=6, stream=True,
                                                                                    stream_options={"include_usage": True})))]
    eq(events.pop(), b"[DONE]", "the end")
    eq((events[-1]["choices"], events[-1]["usage"]["total_tokens"] > 0), ([], True), "usage, once, at the end")
    for i in range(3):
        mine = [x for e in events for x in e["choices"] if x["index"] == i]
        assert "".join(x["delta"].get("content") or "" for x in mine), "choice %d says nothing" % i
        assert mine[-1]["finish_reason"] and not any(x["finish_reason"] for x in mine[:-1]), mine
    g = ask(c, "gemini", "/v1beta/models/m:generateContent", {"contents": [{"parts": [{"text": ASK}]}],
                                                              "generationConfig": {"candidateCount": 2, "maxOutputTokens": 6}}).json()
    eq([x["index"] for x in g["candidates"]], [0, 1], "candidates")
    up.untouched()


@scenario
def a_stop_string_ends_the_answer():
    c, _ = gateway()
    full = ask(c, "openai", "/v1/chat/completions", chat(ASK, max_tokens=30, temperature=0)).json()["choices"][0]["message"]["content"]
    stop = full.split()[2]
    cut = ask(c, "openai", "/v1/chat/completions", chat(ASK, max_tokens=30, temperature=0, stop=stop)).json()["choices"][0]
    eq((cut["message"]["content"], cut["finish_reason"]), (full[:full.index(stop)], "stop"), "cut")
    d = ask(c, "anthropic", "/v1/messages", {"model": "m", "max_tokens": 30, "temperature": 0, "messages": says(ASK), "stop_sequences": [stop]}).json()
    eq((d["stop_reason"], d["stop_sequence"]), ("stop_sequence", stop), "Anthropic says which")


@scenario
def tools_that_do_not_fit_are_pruned_and_that_is_told():
    c, up = gateway()
    tools = [{"type": "function", "function": {"name": "tool_%d" % i, "description": "Does. " + "Something else besides it. " * 40, "parameters": TOOL}}
             for i in range(60)]
    r = ask(c, "openai", "/v1/chat/completions", chat(ASK, tools=tools, max_tokens=6))
    eq(r.status, 200, "status " + repr(r.body[:200]))
    kept, given = map(int, (r.header("x-cordon-tools") or "60/60").split("/"))
    eq(given, 60, "given")
    assert kept <= 60, kept
    up.untouched()


# ------------------------------------------------------------------------------------- what is no plain request
@each({"openai": "/v1/models", "anthropic": "/v1/models", "gemini": "/v1beta/models", "ollama": "/api/tags"})
def s10_small_requests_pass(case):
    api = next(k for k, v in {"openai": "/v1/models", "anthropic": "/v1/models", "gemini": "/v1beta/models", "ollama": "/api/tags"}.items() if v == case)
    c, up = gateway()
    eq(ask(c, api, case, None, "GET").header("x-cordon-action"), "forward", "GET")
    up.answer([head(200, "Content-Length: 5")])
    r = ask(c, api, "/", None, "HEAD")
    eq((r.status, r.body), (200, b""), "HEAD")
    r = ask(c, api, case, None, "OPTIONS", ["Origin: https://a.example", "Access-Control-Request-Method: POST"])
    eq(r.header("x-cordon-action"), "forward", "OPTIONS")


@each({"responses": "/v1/responses", "realtime": "/v1/realtime?model=m"})
def s11_websockets_are_sent_to_plain_requests(case):
    c, up = gateway()
    r = ask(c, "openai", case, None, "GET", ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                                             "Sec-WebSocket-Version: 13", "OpenAI-Beta: responses_websockets=2026-02-06"])
    eq((r.status, r.json()["error"]["code"]), (426, "http_upgrade"), "reply")
    up.untouched()


@scenario
def s11_media_that_does_not_pass_here_is_refused():
    c, up = gateway("open", lambda conf: conf.update(unknown_endpoint="forward", opaque={"allow": ["binary"]}))
    r = ask(c, "openai", "/v1/realtime/calls", b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n", headers=["Content-Type: application/sdp"])
    eq((r.status, r.code), (400, "ENDPOINT_UNKNOWN"), "reply")
    up.untouched()


@each({"groq": ("/groq/openai/v1/chat/completions", "/openai/v1/chat/completions"), "groq_usual": ("/groq/v1/chat/completions", "/openai/v1/chat/completions"),
       "deepseek": ("/deepseek/chat/completions", "/chat/completions"), "mistral": ("/mistral/v1/chat/completions", "/v1/chat/completions")})
def mounts_and_base_paths(case):
    path, sent = case
    c, up = gateway()
    r = c.ask(chat("hi"), path=path, host="gateway.example")
    eq((r.status, r.header("x-cordon-action"), up.requests[0].target), (200, "forward", sent), "forwarded " + repr(r.body[:100]))
    eq(up.requests[0].header("host"), providers.HOSTS[path.split("/")[1]], "host")
    up.reset()
    eq(c.ask(chat(ASK, max_tokens=4), path=path, host="gateway.example").header("x-cordon-action"), "local", "local")
    up.untouched()


@scenario
def a_header_tells_whose_models_are_meant():
    c, up = gateway()
    c.ask(None, "GET", "/v1/models", ["anthropic-version: 2023-06-01", "x-api-key: k"], host="gateway.example")
    eq(up.requests[-1].header("host"), providers.HOSTS["anthropic"], "with Anthropic's header")
    up.reset()
    up.default = [providers.reply]
    c.ask(None, "GET", "/v1/models", ["Authorization: Bearer k"], host="gateway.example")
    eq(up.requests[-1].header("host"), providers.HOSTS["openai"], "without")


@scenario
def s4_no_coding_that_nobody_asked_for():
    c, up = gateway()
    for path, body in (("/v1/chat/completions", chat("hi")), ("/v1/responses", {"model": "m", "input": "hi"})):
        up.reset()
        up.default = [providers.reply]
        ask(c, "openai", path, body)
        eq(up.requests[0].header("accept-encoding"), "identity", path)


@scenario
def s17_side_calls_get_the_verdict_of_their_text():
    c, up = gateway()
    for host, path, body in (("openai", "/v1/moderations", {"input": ASK}), ("cohere", "/v2/rerank", {"model": "m", "query": ASK, "documents": ["a"]}),
                             ("mistral", "/v1/moderations", {"model": "m", "input": ASK})):
        r = ask(c, host, path, body)
        eq((r.status, r.header("x-cordon-rule")), (400, "patients-stay-here"), path)
    for host, path, body in (("openai", "/v1/embeddings", {"model": "m", "input": ASK}), ("anthropic", "/v1/messages/count_tokens", {"model": "m", "messages": says(ASK)})):
        eq(ask(c, host, path, body).header("x-cordon-action"), "local", path)
    up.untouched()


# ------------------------------------------------------------------------------------------------- Bedrock's families
def invoked(model, body):
    path = "/model/" + model.replace(":", "%3A").replace("/", "%2F")
    return path + "/invoke", path + "/invoke-with-response-stream", body


def openai_text(d):
    return d["choices"][0].get("message", d["choices"][0].get("delta", {})).get("content") or ""


# What is asked, and where an answer says its text: whole, and in a chunk.
FAMILIES = {
    "llama": (invoked("meta.llama3-1-8b-instruct-v1:0", {"prompt": ASK, "max_gen_len": 12}), lambda d: d["generation"]),
    "mistral": (invoked("mistral.mistral-7b-instruct-v0:2", {"prompt": "<s>[INST] " + ASK + " [/INST]", "max_tokens": 12}), lambda d: d["outputs"][0]["text"]),
    "titan": (invoked("amazon.titan-text-express-v1", {"inputText": ASK}), lambda d: d["results"][0]["outputText"] if "results" in d else d["outputText"]),
    "cohere": (invoked("cohere.command-r-v1:0", {"message": ASK, "max_tokens": 12}), lambda d: d.get("text", "")),
    "deepseek": (invoked("us.deepseek.r1-v1:0", {"prompt": ASK, "max_tokens": 12}), lambda d: d["choices"][0]["text"]),
    "openai": (invoked("openai.gpt-oss-120b-1:0", {"messages": says(ASK), "max_completion_tokens": 12}), openai_text),
    "mistral_chat": (invoked("mistral.mistral-large-2407-v1:0", {"messages": says(ASK), "max_tokens": 12}), openai_text),
    "later": (invoked("maker.model-of-tomorrow-v1:0", {"messages": says(ASK), "max_tokens": 12}), openai_text),
    "profile": (invoked("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc", {"messages": says(ASK)}), openai_text),
}


@each(FAMILIES)
def s25_every_family_of_invoke_model_is_answered(case):
    (path, stream_path, body), text = case
    c, up = gateway()
    r = ask(c, "bedrock", path, body)
    eq((r.status, r.header("x-cordon-action")), (200, "local"), "whole " + repr(r.body[:200]))
    assert text(r.json()), r.json()
    r = ask(c, "bedrock", stream_path, body)
    eq((r.status, r.header("content-type"), r.whole), (200, "application/vnd.amazon.eventstream", True), "streamed")
    eq(r.header("x-amzn-bedrock-content-type"), "application/json", "what the chunks are")
    chunks = [json.loads(base64.b64decode(d["bytes"])) for _, d in frames(r.body)]
    assert "".join(text(d) for d in chunks if "amazon-bedrock-invocationMetrics" not in d), chunks
    eq(["amazon-bedrock-invocationMetrics" in d for d in chunks], [False] * (len(chunks) - 1) + [True], "what it cost, at the end")
    up.untouched()


# ------------------------------------------------------------------------------------------------------- signatures
SCOPE = "Credential=AKIDCLIENT/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + "a" * 64
SIGNED = {"plain": ("", ["Authorization: AWS4-HMAC-SHA256 " + SCOPE]),
          "second": ("", ["Authorization: Bearer x", "Authorization: AWS4-HMAC-SHA256 " + SCOPE]),
          "unreadable": ("", ["Authorization: AWS4-HMAC-SHA256 Signature=zz"]),
          "another_version": ("", ["Authorization: AWS4-ECDSA-P256-SHA256 " + SCOPE]),
          "presigned": ("?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=60&X-Amz-Signature=" + "0a" * 32, [])}


def masks_and_signs_nothing(conf):
    conf["rules"].insert(0, {"name": "mask", "when": {"types": ["TEST_KEEP"]}, "action": "redact"})
    for u in conf["upstreams"]:
        u.pop("aws", None)


@each(SIGNED)
def d48_a_stale_signature_never_goes_up(case):
    query, headers = case
    c, up = gateway("masks", masks_and_signs_nothing)
    path = Converse.path + query
    r = ask(c, "bedrock", path, Converse().body("hi", False), headers=headers, key=None)
    eq((r.status, len(up.requests), up.requests[0].target if up.requests else r.body), (200, 1, path), "unchanged, it holds")
    up.reset()
    r = ask(c, "bedrock", path, Converse().body(ASK, False), headers=headers, key=None)
    eq((r.status, r.header("x-cordon-code"), r.header("x-amzn-errortype")), (400, "SIGNATURE_MISSING", "ValidationException"), "masked")
    up.untouched()


# --------------------------------------------------------------------------------------------- thoughts that are sealed
SEALED = "ErUBCkYIBxgCIkD" + "Q" * 49
THOUGHT = [{"type": "thinking", "thinking": "", "signature": SEALED}]
SEALED_BY = {
    "invoke": ("bedrock", Invoke.path, lambda: whole({"id": "msg_up", "content": THOUGHT})),
    "invoke_stream": ("bedrock", Invoke.stream_path, lambda: whole(providers.frame("chunk", {"bytes": base64.b64encode(json.dumps(
        {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": SEALED}}).encode()).decode()}),
        ctype="application/vnd.amazon.eventstream")),
    "messages": ("anthropic", "/v1/messages", lambda: whole({"id": "msg_up", "content": THOUGHT}))}


@each(SEALED_BY)
def s26_what_was_sealed_in_a_clean_conversation_is_clean(case):
    host, path, reply = case
    c, up = gateway("sealed-" + path)
    body = {"model": "m", "anthropic_version": "x", "max_tokens": 12, "messages": says("hi")}
    again = dict(body, messages=says("hi") + [{"role": "assistant", "content": THOUGHT + [{"type": "text", "text": "yes"}]}] + says("more"))
    r = ask(c, host, path, again)
    assert r.header("x-cordon-action") in ("local", "refuse"), "nobody has seen it yet: " + repr(r.headers)
    up.answer([reply()])
    eq(ask(c, host, path, body).header("x-cordon-action"), "forward", "the first turn")
    eq(ask(c, host, path, again).header("x-cordon-action"), "forward", "the second")
    eq(json.loads(up.requests[-1].body), again, "as it came")


# ------------------------------------------------------------------------------------------------ Anthropic's threads
@scenario
def a_thread_that_is_not_kept_here_is_told_again():
    """The SDKs' tool runners keep their conversation at the provider, and send all of it again when it is not found there."""
    c, up = gateway()
    body = {"model": "m", "max_tokens": 12, "messages": says(ASK), "thread": {"type": "create"}}
    r = ask(c, "anthropic", "/v1/messages?beta=true", body)
    eq((r.status, r.header("x-cordon-action")), (200, "local"), "begun here " + repr(r.body[:200]))
    for previous in (r.json()["id"], "msg_of_the_provider"):
        r = ask(c, "anthropic", "/v1/messages?beta=true", dict(body, thread={"type": "continue", "previous_message_id": previous}))
        eq((r.json()["error"].get("details"), r.header("x-should-retry")), ({"error_code": "thread_not_found"}, "false"), previous)
        assert r.header("x-cordon-code") in ("STATE_UNKNOWN", "STATE_REMOTE"), r.headers
    up.untouched()


@scenario
def d26_threads_that_were_begun_through_here_are_known():
    def strict(conf):
        conf["rules"].insert(0, {"name": "unknown-state", "when": {"unknown_ids": True}, "action": "refuse"})
    c, up = gateway("strict", strict)

    def tell(thread):
        return ask(c, "anthropic", "/v1/messages?beta=true", {"model": "m", "max_tokens": 12, "messages": says("hi"), "thread": thread})
    eq(tell({"type": "continue", "previous_message_id": "msg_of_somebody"}).header("x-cordon-rule"), "unknown-state", "not seen here")
    up.untouched()
    first = tell({"type": "create"})
    eq((first.status, first.header("x-cordon-action")), (200, "forward"), "begun at the provider")
    r = tell({"type": "continue", "previous_message_id": first.json()["id"]})
    eq((r.status, r.header("x-cordon-action")), (200, "forward"), "gone on from " + repr(r.body[:200]))


# ------------------------------------------------------------------------------- what Ollama serves of others' APIs
@each({"chat": ("/v1/chat/completions", chat(ASK, max_tokens=6)), "completions": ("/v1/completions", {"model": "m", "prompt": ASK, "max_tokens": 6}),
       "responses": ("/v1/responses", {"model": "m", "input": ASK, "max_output_tokens": 6}), "embeddings": ("/v1/embeddings", {"model": "m", "input": ASK}),
       "messages": ("/v1/messages", {"model": "m", "max_tokens": 6, "messages": says(ASK)}),
       "count": ("/v1/messages/count_tokens", {"model": "m", "messages": says(ASK)})})
def ollama_speaks_others_dialects(case):
    path, body = case
    c, up = gateway()
    r = ask(c, "ollama", path, body)
    eq((r.status, r.header("x-cordon-action")), (200, "local"), "answered here " + repr(r.body[:200]))
    refused = json.loads(json.dumps(body).replace(ASK, "it is " + MARK))
    r = ask(c, "ollama", path, refused)
    eq((r.status, r.header("x-cordon-code"), sorted(r.json()["error"])),
       (400, "POLICY_REFUSED", ["message", "type"] if "messages" in path else ["code", "message", "param", "type"]), "refused in that API's shape")
    up.untouched()
    ask(c, "ollama", path, json.loads(json.dumps(body).replace(ASK, "hello")))
    eq(up.requests[-1].target, path, "forwarded")


@each({"tags": ("HEAD", "/api/tags"), "version": ("HEAD", "/api/version"), "models": ("GET", "/v1/models")})
def ollama_is_asked_whether_it_runs(case):
    method, path = case
    c, up = gateway()
    eq(ask(c, "ollama", path, None, method).header("x-cordon-action"), "forward", "action")


# ---------------------------------------------------------------------------------------------- Cohere's kinds of vectors
# A kind, and how many numbers of a vector are in one of its own; base64 is of four bytes a number.
@each({"int8": ("int8", 1), "uint8": ("uint8", 1), "binary": ("binary", 8), "ubinary": ("ubinary", 8), "base64": ("base64", 0.25)})
def cohere_vectors_of_each_kind(case):
    kind, packed = case
    c, up = gateway()
    r = ask(c, "cohere", "/v2/embed", {"model": "m", "texts": [ASK, "x"], "input_type": "search_query", "embedding_types": ["float", kind]})
    eq((r.status, r.header("x-cordon-action")), (200, "local"), "status " + repr(r.body[:200]))
    vectors = r.json()["embeddings"]
    eq(sorted(vectors), sorted(["float", kind]), "kinds")
    sizes = [len(base64.b64decode(v) if kind == "base64" else v) for v in vectors[kind]]
    eq([n * packed for n in sizes], [len(v) for v in vectors["float"]], "sizes")
    up.untouched()


@scenario
def cohere_vectors_of_the_first_version():
    c, up = gateway()
    r = ask(c, "cohere", "/v1/embed", {"texts": [ASK, "x"]})
    eq((r.status, r.header("x-cordon-action")), (200, "local"), "status " + repr(r.body[:200]))
    d = r.json()
    eq((d["response_type"], len(d["embeddings"]), d["texts"], d["meta"]["api_version"]["version"]), ("embeddings_floats", 2, [ASK, "x"], "1"), "answer")
    up.untouched()
