#!/usr/bin/env python3
"""sdk_leaves.py - every place where the SDKs' own request types take text: the same text there gets the same verdict. The
places are not written down anywhere: they are read from the types that the SDKs send (leaves.py)."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "scenario"))
import run  # noqa: E402
from calls import world  # noqa: E402
from harness import MARK, cordon, each, eq  # noqa: E402
from leaves import fill, of_shape, of_type, signature, struct  # noqa: E402

CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
VERTEX = "/v1/projects/p/locations/l/publishers/google/models/m:generateContent"


def openai_types():
    from openai.types import (batch_create_params, completion_create_params, conversations, embedding_create_params, image_generate_params,
                              moderation_create_params, responses, upload_create_params, vector_store_create_params)
    from openai.types.audio import speech_create_params
    from openai.types.chat import completion_create_params as chat
    from openai.types.responses import input_token_count_params, response_create_params
    said = {"model": "m", "input": "hi"}
    return {
        "chat": ("openai", "/v1/chat/completions", CHAT, chat.CompletionCreateParamsNonStreaming),
        "responses": ("openai", "/v1/responses", said, response_create_params.ResponseCreateParamsNonStreaming),
        "input_tokens": ("openai", "/v1/responses/input_tokens", said, input_token_count_params.InputTokenCountParams),
        "compact": ("openai", "/v1/responses/compact", said, responses.response_compact_params.ResponseCompactParams),
        "completions": ("openai", "/v1/completions", {"model": "m", "prompt": "hi"}, completion_create_params.CompletionCreateParamsNonStreaming),
        "embeddings": ("openai", "/v1/embeddings", said, embedding_create_params.EmbeddingCreateParams),
        "moderations": ("openai", "/v1/moderations", said, moderation_create_params.ModerationCreateParams),
        "images": ("openai", "/v1/images/generations", {"prompt": "hi"}, image_generate_params.ImageGenerateParamsNonStreaming),
        "speech": ("openai", "/v1/audio/speech", dict(said, voice="alloy"), speech_create_params.SpeechCreateParams),
        "batches": ("openai", "/v1/batches", {"input_file_id": "f", "endpoint": "/v1/responses", "completion_window": "24h"},
                    batch_create_params.BatchCreateParams),
        "uploads": ("openai", "/v1/uploads", {"filename": "f", "purpose": "batch", "bytes": 1, "mime_type": "text/jsonl"},
                    upload_create_params.UploadCreateParams),
        "conversation_items": ("openai", "/v1/conversations/conv_1/items", {"items": []}, conversations.item_create_params.ItemCreateParams),
        "vector_stores": ("openai", "/v1/vector_stores", {}, vector_store_create_params.VectorStoreCreateParams),
    }


def anthropic_types():
    from anthropic.types import message_count_tokens_params, message_create_params
    from anthropic.types.beta import message_create_params as beta
    from anthropic.types.messages import batch_create_params
    said = dict(CHAT, max_tokens=5)
    return {
        "messages": ("anthropic", "/v1/messages", said, message_create_params.MessageCreateParamsNonStreaming),
        "beta": ("anthropic", "/v1/messages?beta=true", said, beta.MessageCreateParamsNonStreaming),
        "count_tokens": ("anthropic", "/v1/messages/count_tokens", CHAT, message_count_tokens_params.MessageCountTokensParams),
        "batches": ("anthropic", "/v1/messages/batches", {"requests": []}, batch_create_params.BatchCreateParams),
    }


def google_types():
    from google.genai import types as t
    generate = struct("generate", contents=list[t.Content], systemInstruction=t.Content, tools=list[t.Tool], toolConfig=t.ToolConfig,
                      generationConfig=t.GenerationConfig, safetySettings=list[t.SafetySetting], labels=dict[str, str], cachedContent=str)
    embed = struct("embed", content=t.Content, title=str, taskType=str)
    said = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
    return {
        "generate": ("gemini", "/v1beta/models/m:generateContent", said, generate),
        "count": ("gemini", "/v1beta/models/m:countTokens", said, generate),
        "vertex": ("vertex", VERTEX, said, generate),
        "embed": ("gemini", "/v1beta/models/m:embedContent", {"content": said["contents"][0]}, embed),
    }


def mistral_types():
    from mistralai.client import models as m
    return {
        "chat": ("mistral", "/v1/chat/completions", CHAT, m.ChatCompletionRequest),
        "fim": ("mistral", "/v1/fim/completions", {"model": "m", "prompt": "hi"}, m.FIMCompletionRequest),
        "agents": ("mistral", "/v1/agents/completions", dict(CHAT, agent_id="ag"), m.AgentsCompletionRequest),
        "embeddings": ("mistral", "/v1/embeddings", {"model": "m", "input": "hi"}, m.EmbeddingRequest),
    }


def cohere_types():
    from cohere.v2.client import V2Client as k
    return {
        "chat": ("cohere", "/v2/chat", CHAT, signature(k.chat, "request_options")),
        "embed": ("cohere", "/v2/embed", {"model": "m", "texts": ["hi"], "input_type": "search_document", "embedding_types": ["float"]},
                  signature(k.embed, "request_options")),
        "rerank": ("cohere", "/v2/rerank", {"model": "m", "query": "q", "documents": ["d"]}, signature(k.rerank, "request_options")),
    }


def ollama_types():
    from ollama import _types as t
    return {
        "chat": ("ollama", "/api/chat", dict(CHAT, stream=False), t.ChatRequest),
        "generate": ("ollama", "/api/generate", {"model": "m", "prompt": "hi", "stream": False}, t.GenerateRequest),
        "embed": ("ollama", "/api/embed", {"model": "m", "input": "hi"}, t.EmbedRequest),
    }


def bedrock_types():
    import botocore.session
    model = botocore.session.get_session().get_service_model("bedrock-runtime")
    said = {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}
    rows = {"Converse": ("/model/m/converse", said), "ConverseStream": ("/model/m/converse-stream", said),
            "CountTokens": ("/model/m/count-tokens", {}), "ApplyGuardrail": ("/guardrail/g/version/1/apply", {"source": "INPUT", "content": []}),
            "StartAsyncInvoke": ("/async-invoke", {"modelId": "m"})}
    return {k: ("bedrock", path, base, model.operation_model(k).input_shape) for k, (path, base) in rows.items()}


SDKS = {"openai": openai_types, "anthropic": anthropic_types, "google": google_types, "mistral": mistral_types, "cohere": cohere_types,
        "ollama": ollama_types, "bedrock": bedrock_types}


def judged(c, host, path, bodies):
    lines = "".join(json.dumps({"id": k, "text": json.dumps(v)}) + "\n" for k, v in bodies.items())
    got = cordon("explain", "-c", c.conf_path, "--path", path, "--upstream", host, "--jsonl", stdin=lines)
    eq(got.returncode, 0, "exit status; " + got.stderr.decode()[-300:])
    return {d["id"]: d for d in map(json.loads, got.stdout.decode().splitlines())}


# A place that is no text but a whole request of another API: one that is none is refused as such.
WHOLE_REQUESTS = {"CountTokens .input.invokeModel.body"}


@each(SDKS)
def same_verdict(case):
    c, _ = world()
    wrong, places = [], 0
    for name, (host, path, base, kind) in case().items():
        leaves = list(of_shape(kind)) if hasattr(kind, "type_name") else of_type(kind)
        bodies = {"%d %s" % (i, at): dict(base, **fill(v, MARK)) for i, (at, v) in enumerate(leaves)}
        answers = judged(c, host, path, bodies)
        eq(len(answers), len(bodies), "answers of " + name)
        places += len(bodies)
        for at, d in answers.items():
            for part, n in ({} if "error" in d else d["coverage"]).items():
                eq(n["inspected"] + n["opaque"], n["received"], "coverage of %s of %s" % (part, at))
            if d["rule"] != "marked-is-refused" and "%s %s" % (name, at.split(" ")[1]) not in WHOLE_REQUESTS:
                wrong.append("%s %s: %s" % (name, at, d["error"] if "error" in d else d["rule"]))
    assert places > 20, places
    eq(wrong, [], "of %d places, those with another verdict" % places)


if __name__ == "__main__":
    sys.exit(run.main(load=lambda: None, prefix="e2e"))
