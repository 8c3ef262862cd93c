"""providers.py - what the closed APIs answer to a clean request, as little as their real SDKs take. It stands for the APIs,
which cannot be reached from a test; what is under test is between it and the real SDKs. Also a configuration that has every
dialect."""
import base64
import json
import os
import struct
import zlib

from harness import ENGINE, SCRATCH, Cordon, Upstream, keep, whole

SAID = "from upstream"
VECTOR = [0.25, -0.5, 0.125]


def sse(*events, named=False, end=b"", eol=b"\n"):
    out = b""
    for e in events:
        if named:
            out += b"event: " + e["type"].encode() + eol
        out += b"data: " + json.dumps(e).encode() + eol + eol
    return whole(out + end, ctype="text/event-stream")


# ---- OpenAI and those that speak like it
def chat(request, body):
    tools = body.get("tools")
    message = {"role": "assistant", "content": SAID, "refusal": None}
    if tools:
        message = {"role": "assistant", "content": None, "tool_calls": [{"id": "call_up12345", "type": "function", "index": 0, "function": {
            "name": tools[0]["function"]["name"], "arguments": '{"reason":"checkup"}'}}]}
    elif body.get("response_format"):
        message["content"] = '{"reason": "checkup"}'
    finish = "tool_calls" if tools else "stop"
    base = {"id": "chatcmpl-up", "created": 1700000000, "model": body["model"]}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    if not body.get("stream"):
        return whole(dict(base, object="chat.completion", usage=usage, choices=[
            {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}]))
    deltas = [(message, None), ({}, finish)]
    return sse(*[dict(base, object="chat.completion.chunk", choices=[{"index": 0, "delta": d, "finish_reason": f}]) for d, f in deltas],
               end=b"data: [DONE]\n\n")


def responses(request, body):
    item = {"id": "msg_up", "type": "message", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": SAID, "annotations": [], "logprobs": []}]}
    if body.get("tools"):
        item = {"id": "fc_up", "type": "function_call", "call_id": "call_up", "status": "completed", "name": body["tools"][0]["name"],
                "arguments": '{"reason":"checkup"}'}
    elif body.get("text"):
        item["content"][0]["text"] = '{"reason": "checkup"}'
    r = {"id": "resp_up00112233445566778899", "object": "response", "created_at": 1700000000, "model": "gpt-up", "status": "in_progress",
         "output": [], "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "error": None, "incomplete_details": None,
         "instructions": None, "metadata": {}, "temperature": 1, "top_p": 1}
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
             "output_tokens_details": {"reasoning_tokens": 0}}
    done = dict(r, status="completed", output=[item], usage=usage)
    if not body.get("stream"):
        return whole(done)
    empty = dict(item, status="in_progress", **({"content": []} if "content" in item else {"arguments": ""}))
    events = [{"type": "response.created", "response": r}, {"type": "response.in_progress", "response": r},
              {"type": "response.output_item.added", "output_index": 0, "item": empty}]
    if "content" in item:
        part, text = item["content"][0], item["content"][0]["text"]
        at = {"item_id": "msg_up", "output_index": 0, "content_index": 0}
        events += [dict(at, type="response.content_part.added", part=dict(part, text="")),
                   dict(at, type="response.output_text.delta", delta=text, logprobs=[]),
                   dict(at, type="response.output_text.done", text=text, logprobs=[]),
                   dict(at, type="response.content_part.done", part=part)]
    else:
        at = {"item_id": "fc_up", "output_index": 0}
        events += [dict(at, type="response.function_call_arguments.delta", delta=item["arguments"]),
                   dict(at, type="response.function_call_arguments.done", arguments=item["arguments"], name=item["name"])]
    events += [{"type": "response.output_item.done", "output_index": 0, "item": item}, {"type": "response.completed", "response": done}]
    return sse(*[dict(e, sequence_number=i) for i, e in enumerate(events)], named=True)


def embeddings(request, body):
    packed = base64.b64encode(struct.pack("<%df" % len(VECTOR), *VECTOR)).decode()
    vector = packed if body.get("encoding_format") == "base64" else VECTOR
    n = 1 if isinstance(body["input"], str) else len(body["input"])
    return whole({"object": "list", "model": body["model"], "usage": {"prompt_tokens": 2, "total_tokens": 2, "completion_tokens": 0},
                  "id": "emb", "data": [{"object": "embedding", "index": i, "embedding": vector} for i in range(n)]})


# ---- Anthropic
def anthropic_parts(body):
    if body.get("tools"):
        return ({"type": "tool_use", "id": "toolu_up", "name": body["tools"][0]["name"], "input": {}},
                {"type": "input_json_delta", "partial_json": '{"reason":"checkup"}'}, "tool_use")
    structured = (body.get("output_config") or {}).get("format")
    return ({"type": "text", "text": ""}, {"type": "text_delta", "text": '{"reason": "checkup"}' if structured else SAID}, "end_turn")


def anthropic_message(body):
    start, delta, stop = anthropic_parts(body)
    block = dict(start, input=json.loads(delta["partial_json"])) if "input" in start else dict(start, text=delta["text"])
    return {"id": "msg_up", "type": "message", "role": "assistant", "model": body.get("model", "claude-up"), "content": [block],
            "stop_reason": stop, "stop_sequence": None, "usage": {"input_tokens": 3, "output_tokens": 2}}


def anthropic_events(body):
    start, delta, stop = anthropic_parts(body)
    message = dict(anthropic_message(body), content=[], stop_reason=None)
    return [{"type": "message_start", "message": message}, {"type": "content_block_start", "index": 0, "content_block": start},
            {"type": "content_block_delta", "index": 0, "delta": delta}, {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": {"output_tokens": 2}},
            {"type": "message_stop"}]


def messages(request, body):
    return sse(*anthropic_events(body), named=True) if body.get("stream") else whole(anthropic_message(body))


# ---- Gemini
def gemini(request, body):
    part = {"text": SAID}
    config = body.get("generationConfig") or {}
    if body.get("tools"):
        part = {"functionCall": {"name": body["tools"][0]["functionDeclarations"][0]["name"], "args": {"reason": "checkup"}}}
    elif config.get("responseSchema") or config.get("responseJsonSchema"):
        part = {"text": '{"reason": "checkup"}'}
    out = {"candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0, "finishReason": "STOP"}], "modelVersion": "gemini-up",
           "responseId": "r-up", "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}}
    if "streamGenerateContent" in request.target:
        return sse(out, eol=b"\r\n")
    return whole(out)


# ---- Bedrock
def frame(kind, payload, message="event", content="application/json"):
    head = b""
    for k, v in ((":event-type", kind), (":content-type", content), (":message-type", message)):
        head += bytes([len(k)]) + k.encode() + b"\x07" + struct.pack(">H", len(v)) + v.encode()
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(head) + len(body), len(head))
    out = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + body
    return out + struct.pack(">I", zlib.crc32(out))


def converse_blocks(body):
    if body.get("toolConfig"):
        name = body["toolConfig"]["tools"][0]["toolSpec"]["name"]
        return {"toolUse": {"toolUseId": "tooluse_up", "name": name, "input": {"reason": "checkup"}}}, "tool_use"
    return {"text": SAID}, "end_turn"


def bedrock(request, body):
    path = request.target.split("?")[0]
    usage = {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}
    if path.endswith("/converse"):
        block, stop = converse_blocks(body)
        return whole({"output": {"message": {"role": "assistant", "content": [block]}}, "stopReason": stop, "usage": usage,
                      "metrics": {"latencyMs": 1}})
    if path.endswith("/converse-stream"):
        block, stop = converse_blocks(body)
        events = [("messageStart", {"role": "assistant"})]
        if "toolUse" in block:
            tool = block["toolUse"]
            events += [("contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": tool["toolUseId"], "name": tool["name"]}}}),
                       ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"toolUse": {"input": json.dumps(tool["input"])}}})]
        else:
            events += [("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": SAID}})]
        events += [("contentBlockStop", {"contentBlockIndex": 0}), ("messageStop", {"stopReason": stop}),
                   ("metadata", {"usage": usage, "metrics": {"latencyMs": 1}})]
        return whole(b"".join(frame(k, p) for k, p in events), ctype="application/vnd.amazon.eventstream")
    if path.endswith("/invoke-with-response-stream"):
        chunks = [{"bytes": base64.b64encode(json.dumps(e).encode()).decode()} for e in anthropic_events(body)]
        return whole(b"".join(frame("chunk", p) for p in chunks), ctype="application/vnd.amazon.eventstream")
    if path.endswith("/count-tokens"):
        return whole({"inputTokens": 3})
    return whole(anthropic_message(body))


# ---- Cohere, Ollama
def cohere(request, body):
    usage = {"billed_units": {"input_tokens": 3, "output_tokens": 2}, "tokens": {"input_tokens": 3, "output_tokens": 2}}
    text = '{"reason": "checkup"}' if body.get("response_format") else SAID
    message = {"role": "assistant", "content": [{"type": "text", "text": text}]}
    finish = "COMPLETE"
    if body.get("tools"):
        finish = "TOOL_CALL"
        message = {"role": "assistant", "tool_calls": [{"id": "up0", "type": "function", "function": {
            "name": body["tools"][0]["function"]["name"], "arguments": '{"reason":"checkup"}'}}]}
    if not body.get("stream"):
        return whole({"id": "up", "finish_reason": finish, "message": message, "usage": usage})
    events = [{"id": "up", "type": "message-start", "delta": {"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}}}]
    if body.get("tools"):
        call = message["tool_calls"][0]
        events += [{"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": dict(call, function=dict(call["function"], arguments=""))}}},
                   {"type": "tool-call-delta", "index": 0, "delta": {"message": {"tool_calls": {"function": {"arguments": call["function"]["arguments"]}}}}},
                   {"type": "tool-call-end", "index": 0}]
    else:
        events += [{"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
                   {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": text}}}}, {"type": "content-end", "index": 0}]
    return sse(*events, {"type": "message-end", "delta": {"finish_reason": finish, "usage": usage}}, named=True)


def cohere_first(request, body):
    answer = {"response_id": "up", "generation_id": "up", "text": SAID, "finish_reason": "COMPLETE"}
    if not body.get("stream"):
        return whole(answer)
    lines = [{"is_finished": False, "event_type": "stream-start", "generation_id": "up"},
             {"is_finished": False, "event_type": "text-generation", "text": SAID},
             {"is_finished": True, "event_type": "stream-end", "finish_reason": "COMPLETE", "response": answer}]
    return whole(b"".join(json.dumps(x).encode() + b"\n" for x in lines), ctype="application/stream+json")


def ollama(request, body):
    message = {"role": "assistant", "content": '{"reason": "checkup"}' if body.get("format") else SAID}
    if body.get("tools"):
        message = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": body["tools"][0]["function"]["name"], "arguments": {"reason": "checkup"}}}]}
    base = {"model": body["model"], "created_at": "2026-01-01T00:00:00Z"}
    said = {"message": message} if request.target == "/api/chat" else {"response": SAID}
    last = dict(base, done=True, done_reason="stop", prompt_eval_count=3, eval_count=2, total_duration=1, **(
        {"message": {"role": "assistant", "content": ""}} if request.target == "/api/chat" else {"response": ""}))
    if body.get("stream", True):
        return whole(b"".join(json.dumps(x).encode() + b"\n" for x in (dict(base, done=False, **said), last)), ctype="application/x-ndjson")
    return whole(dict(last, **said))


# ---- all of it
def reply(request):
    path = request.target.split("?")[0]
    if request.method != "POST":
        return whole({"object": "list", "data": [{"id": "model-up", "object": "model", "created": 1, "owned_by": "up", "type": "model",
                                                  "display_name": "up", "created_at": "2026-01-01T00:00:00Z"}],
                      "models": [{"name": "models/gemini-up"}], "has_more": False})
    body = json.loads(request.body) if request.body[:1] in (b"{", b"[") else {}
    for end, answer in {
            "/chat/completions": chat, "/responses": responses, "/v1/embeddings": embeddings, "/embeddings": embeddings,
            "/v1/messages": messages, ":generateContent": gemini, ":streamGenerateContent": gemini, "/v2/chat": cohere, "/v1/chat": cohere_first,
            "/api/chat": ollama, "/api/generate": ollama}.items():
        if path.endswith(end):
            return answer(request, body)
    fixed = {"/v1/responses/input_tokens": {"object": "response.input_tokens", "input_tokens": 3}, "/v1/messages/count_tokens": {"input_tokens": 3},
             ":countTokens": {"totalTokens": 3}, ":embedContent": {"embedding": {"values": VECTOR}},
             ":batchEmbedContents": {"embeddings": [{"values": VECTOR}]},
             "/v2/embed": {"id": "up", "embeddings": {"float": [VECTOR]}, "texts": ["x"], "response_type": "embeddings_by_type"},
             "/v1/embed": {"id": "up", "embeddings": [VECTOR], "texts": ["x"], "response_type": "embeddings_floats", "meta": {"api_version": {"version": "1"}}},
             "/api/embed": {"model": "m", "embeddings": [VECTOR]},
             "/v1/moderations": {"id": "modr-up", "model": "m", "results": []},
             "/v1/files": {"id": "file-up00112233445566", "object": "file", "bytes": 1, "created_at": 1, "filename": "f", "purpose": "batch", "status": "processed"}}
    for end, answer in fixed.items():
        if path.endswith(end):
            return whole(answer)
    if path.startswith("/model/"):
        return bedrock(request, body)
    return whole({"error": {"message": "no such path: " + path}}, status=404)


HOSTS = {"openai": "api.openai.com", "anthropic": "api.anthropic.com", "gemini": "generativelanguage.googleapis.com",
         "mistral": "api.mistral.ai", "bedrock": "bedrock-runtime.us-east-1.amazonaws.com", "cohere": "api.cohere.com",
         "ollama": "ollama.example", "azure": "e2e.openai.azure.com", "groq": "api.groq.com", "deepseek": "api.deepseek.com",
         "vertex": "us-central1-aiplatform.googleapis.com"}
MOUNTS = {"mistral": "/mistral", "groq": "/groq", "deepseek": "/deepseek"}
AWS = {"access_key_id": "AKIDE2EOPERATOR00000", "secret_from_env": "E2E_AWS_SECRET", "region": "us-east-1"}
AWS_SECRET = "operator-secret-of-the-end-to-end-test"


def embedder_file():
    if ENGINE == "standin":
        path = os.path.join(SCRATCH, "standin-embed-22m.gguf")
        if not os.path.exists(path):
            with open(path, "wb") as f:
                f.write(b"GGUF stand-in\n")
        return path
    cache = os.environ.get("CORDON_CACHE", os.path.expanduser("~/.cache/cordon"))
    return os.path.join(cache, "models", "all-MiniLM-L6-v2.F16.gguf")


def every_dialect(up, aws=AWS):
    """A change of harness.base_conf: every API at one stand-in, and a model for vectors."""
    def change(conf):
        conf["upstreams"] = []
        for api, host in HOSTS.items():
            one = {"name": api, "api": api, "host": host, "address": up.address, "plaintext": True}
            if api in MOUNTS:
                one["mount"] = MOUNTS[api]
            if api == "bedrock" and aws:
                one["aws"] = aws
            conf["upstreams"].append(one)
        conf["models"].append({"name": "minilm", "file": embedder_file(), "context": 512})
        conf["models"][0]["context"] = 4096
    return change


_gateways = {}


def gateway(name="plain", change=None):
    """A cordon with every dialect and its upstream, shared by the scenarios of one file that ask for that name."""
    if name not in _gateways:
        up = Upstream()

        def all_of_it(conf):
            every_dialect(up)(conf)
            conf["cache"] = {"directory": os.path.join(os.path.dirname(conf["ledger"]["directory"]), "cache")}
            if change:
                change(conf)
        _gateways[name] = keep(Cordon(up, all_of_it, env={"E2E_AWS_SECRET": AWS_SECRET})), up
    c, up = _gateways[name]
    up.reset()
    up.default = [reply]
    return c, up
