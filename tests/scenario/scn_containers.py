"""What holds text, and what cannot be read: containers of every kind through the running gateway, opaque content by rule,
sealed reasoning, batches, and the account of every byte in the ledger."""
import base64
import gzip
import json
import os
import subprocess
import sys
import zlib

from harness import KEEP, MARK, ROOT, chat, each, eq, scenario, whole

sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
import providers  # noqa: E402
from providers import gateway  # noqa: E402

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4).decode()
PDF = base64.b64encode(b"%PDF-1.7\n" + bytes(range(256)) * 4).decode()
WAV = base64.b64encode(b"RIFF\x24\x08\x00\x00WAVEfmt " + bytes(range(256)) * 4).decode()
DOCX = base64.b64encode(b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00" + b"\x00" * 12 + b"\x13\x00\x08\x02[Content_Types].xml" + bytes(range(256)) * 4).decode()
SEALED = base64.b64encode(zlib.compress(bytes((i * 73 + i * i * 31) % 251 for i in range(900)))).decode()


def images_may_go(conf):
    conf["rules"].insert(0, {"name": "images-may-go", "when": {"opaque": ["image"]}, "action": "forward"})


def images_are_nothing(conf):
    conf["opaque"] = {"allow": ["image"]}


def openai_image(data="data:image/png;base64," + PNG):
    return chat([{"type": "text", "text": "what is it?"}, {"type": "image_url", "image_url": {"url": data}}])


def anthropic_block(block):
    return {"model": "claude", "max_tokens": 5, "messages": [{"role": "user", "content": [block, {"type": "text", "text": "what is it?"}]}]}


def source(kind, media, data):
    return anthropic_block({"type": kind, "source": {"type": "base64", "media_type": media, "data": data}})


OPAQUE = {
    "openai_image": ("openai", "/v1/chat/completions", openai_image(), "image"),
    "responses_image": ("openai", "/v1/responses", {"model": "m", "input": [{"role": "user", "content": [
        {"type": "input_image", "image_url": "data:image/png;base64," + PNG}]}]}, "image"),
    "openai_audio": ("openai", "/v1/chat/completions", chat([{"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}}]), "audio"),
    "openai_pdf": ("openai", "/v1/chat/completions", chat([{"type": "file", "file": {
        "filename": "a.pdf", "file_data": "data:application/pdf;base64," + PDF}}]), "document"),
    "openai_remote": ("openai", "/v1/chat/completions", openai_image("https://pictures.example/a.png"), "remote"),
    "anthropic_image": ("anthropic", "/v1/messages", source("image", "image/png", PNG), "image"),
    "anthropic_pdf": ("anthropic", "/v1/messages", source("document", "application/pdf", PDF), "document"),
    "anthropic_docx": ("anthropic", "/v1/messages", source("document", "application/x", DOCX), "document"),
    "anthropic_url": ("anthropic", "/v1/messages", anthropic_block({"type": "image", "source": {"type": "url", "url": "https://p.example/a.png"}}), "remote"),
    "gemini_image": ("gemini", "/v1beta/models/gemini:generateContent", {"contents": [{"role": "user", "parts": [
        {"inlineData": {"mimeType": "image/png", "data": PNG}}]}]}, "image"),
    "bedrock_image": ("bedrock", "/model/m/converse", {"messages": [{"role": "user", "content": [
        {"image": {"format": "png", "source": {"bytes": PNG}}}]}]}, "image"),
    "ollama_image": ("ollama", "/api/chat", {"model": "m", "messages": [{"role": "user", "content": "what?", "images": [PNG]}]}, "image"),
}


def ask(c, host, path, body, headers=(), **kw):
    return c.ask(body, path=path, host=providers.HOSTS[host], headers=headers, **kw)


@each(OPAQUE)
def what_cannot_be_read_counts_as_sensitive(case):
    host, path, body, kind = case
    c, up = gateway()
    r = ask(c, host, path, body)
    eq((r.status, r.header("x-cordon-action")), (400, "refuse"), "reply " + repr(r.body[:200]))
    record = c.intents(r.header("x-cordon-id"))[0]
    assert kind in record["opaque"], record
    up.untouched()


@each({k: v for k, v in OPAQUE.items() if v[3] == "image"})
def a_rule_may_let_a_kind_out(case):
    host, path, body, _ = case
    c, up = gateway("images", images_may_go)
    r = ask(c, host, path, body)
    eq((r.status, r.header("x-cordon-rule")), (200, "images-may-go"), "reply " + repr(r.body[:200]))
    eq(json.loads(up.requests[0].body), body, "what went up")


@scenario
def a_kind_may_count_for_nothing():
    c, up = gateway("allowed", images_are_nothing)
    r = ask(c, "openai", "/v1/chat/completions", openai_image())
    eq((r.status, r.header("x-cordon-rule")), (200, "everything-else"), "reply")
    eq(c.intents(r.header("x-cordon-id"))[0]["opaque"], ["image"], "the record still says so")
    r = ask(c, "anthropic", "/v1/messages", source("document", "application/pdf", PDF))
    eq(r.status, 400, "another kind")


@scenario
def text_in_a_picture_s_neighbourhood_is_still_read():
    c, up = gateway("allowed", images_are_nothing)
    body = openai_image()
    body["messages"][0]["content"][0]["text"] = MARK
    eq(ask(c, "openai", "/v1/chat/completions", body).header("x-cordon-rule"), "marked-is-refused", "rule")
    up.untouched()


# ---- sealed reasoning
def thinking_turn(signature):
    return {"model": "claude", "max_tokens": 5, "messages": [
        {"role": "user", "content": "Hello there."},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "They greet me.", "signature": signature}, {"type": "text", "text": "Hello."}]},
        {"role": "user", "content": "And now?"}]}


@scenario
def s26_sealed_reasoning_goes_back_where_it_came_from():
    c, up = gateway()
    eq(ask(c, "anthropic", "/v1/messages", thinking_turn(SEALED)).status, 400, "sealed content that nobody has seen made")
    events = [{"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "c",
                                                    "usage": {"input_tokens": 1, "output_tokens": 1}}},
              {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
              {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "They greet me."}},
              {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": SEALED}},
              {"type": "content_block_stop", "index": 0}, {"type": "message_stop"}]
    reply = providers.sse(*events, named=True)
    up.answer([reply[:len(reply) // 2], 0.02, reply[len(reply) // 2:]])
    first = {"model": "claude", "max_tokens": 5, "stream": True, "messages": [{"role": "user", "content": "Hello there."}]}
    eq(ask(c, "anthropic", "/v1/messages", first).status, 200, "the turn that makes it")
    raw = json.dumps(thinking_turn(SEALED), separators=(",", ":")).encode()
    r = ask(c, "anthropic", "/v1/messages", raw, headers=["Content-Type: application/json"])
    eq((r.status, r.header("x-cordon-action")), (200, "forward"), "the turn that has it " + repr(r.body[:200]))
    eq(up.requests[-1].body, raw, "bytes of the second turn")
    other = SEALED[:40] + ("A" if SEALED[40] != "A" else "B") + SEALED[41:]
    eq(ask(c, "anthropic", "/v1/messages", thinking_turn(other)).status, 400, "another one")


# ---- files and batches
def upload(data, filename="rows.jsonl", purpose="batch", boundary="bOuNd"):
    part = '--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n'
    return ((part % (boundary, "purpose", "")) + purpose + "\r\n" + (part % (boundary, "file", '; filename="%s"\r\nContent-Type: application/octet-stream' % filename))
            ).encode() + data + ("\r\n--%s--\r\n" % boundary).encode()


def row(text, n):
    return json.dumps({"custom_id": "r%d" % n, "method": "POST", "url": "/v1/chat/completions", "body": chat(text)}).encode()


FORM = ["Content-Type: multipart/form-data; boundary=bOuNd"]


@scenario
def a_batch_gets_a_verdict_for_each_row():
    c, up = gateway()
    clean = b"\n".join(row("question %d" % i, i) for i in range(6))
    r = ask(c, "openai", "/v1/files", upload(clean), FORM)
    eq((r.status, r.header("x-cordon-action")), (200, "forward"), "a clean batch")
    eq(c.intents(r.header("x-cordon-id"))[0]["rows"]["forward"], 6, "rows")
    up.reset()
    mixed = b"\n".join(row("patient " + KEEP if i == 3 else "question %d" % i, i) for i in range(6))
    r = ask(c, "openai", "/v1/files", upload(mixed), FORM)
    eq((r.status, r.header("x-cordon-rule")), (400, "patients-stay-here"), "one sensitive row")
    rows = c.intents(r.header("x-cordon-id"))[0]["rows"]
    eq((rows["forward"], sum(rows.values())), (5, 6), "rows %r" % rows)
    assert "request 4 of the batch" in r.json()["error"]["message"] and KEEP.encode() not in r.body, r.body
    up.untouched()


@each({"no_end": upload(b"x")[:-9], "other_boundary": upload(b"x", boundary="else"), "no_boundary": None})
def a_form_that_readers_may_disagree_on_is_refused(case):
    c, up = gateway()
    headers = FORM if case else ["Content-Type: multipart/form-data"]
    r = ask(c, "openai", "/v1/files", case or upload(b"x"), headers)
    eq(r.status, 400, "status")
    up.untouched()


@each({"text": b"The note says " + MARK.encode(), "bytes_then_text": bytes(range(128, 256)) * 3 + b" " + MARK.encode(),
       "utf16": ("\ufeffThe note says " + MARK).encode("utf-16-le"), "form": b"a=1&note=ZQ%2D48291377", "lines": b'{"a":1}\n{"b":"' + MARK.encode() + b'"}\n'})
def an_unknown_body_is_read_whatever_it_says_it_is(case):
    c, up = gateway("forwarding", lambda conf: conf.update(unknown_endpoint="forward", opaque={"allow": ["binary"]}))
    for ctype in ("application/octet-stream", "text/plain", "application/x-www-form-urlencoded", "image/png"):
        r = ask(c, "openai", "/v1/something/new", case, ["Content-Type: " + ctype])
        eq((r.status, r.header("x-cordon-rule")), (400, "marked-is-refused"), ctype)
    up.untouched()


# ---- a value cut in two, in every dialect that has parts
HALVES = ["The note says " + MARK[:6], MARK[6:] + " and no more."]


def parts(*texts, **more):
    return [dict(more, text=t) for t in texts]


def turns(texts):
    return [{"role": "user", "content": t} for t in texts]


SPLIT = {
    "openai": ("openai", "/v1/chat/completions", lambda t: chat(parts(*t, type="text"))),
    "openai_messages": ("openai", "/v1/chat/completions", lambda t: {"model": "m", "messages": turns(t)}),
    "responses": ("openai", "/v1/responses", lambda t: {"model": "m", "input": [{"role": "user", "content": parts(*t, type="input_text")}]}),
    "anthropic": ("anthropic", "/v1/messages", lambda t: dict(chat(parts(*t, type="text")), max_tokens=5)),
    "anthropic_system": ("anthropic", "/v1/messages", lambda t: dict(chat("hi"), max_tokens=5, system=parts(*t, type="text"))),
    "gemini": ("gemini", "/v1beta/models/m:generateContent", lambda t: {"contents": [{"role": "user", "parts": parts(*t)}]}),
    "bedrock": ("bedrock", "/model/m/converse", lambda t: {"messages": [{"role": "user", "content": parts(*t)}]}),
    "mistral": ("mistral", "/v1/chat/completions", lambda t: chat(parts(*t, type="text"))),
    "cohere": ("cohere", "/v2/chat", lambda t: chat(parts(*t, type="text"))),
    "ollama": ("ollama", "/api/chat", lambda t: {"model": "m", "stream": False, "messages": turns(t)}),
}


@each(SPLIT)
def a_value_over_two_parts_is_found(case):
    host, path, make = case
    c, up = gateway()
    path = providers.MOUNTS.get(host, "") + path
    eq(ask(c, host, path, make(HALVES)).header("x-cordon-rule"), "marked-is-refused", "cut in two")
    r = ask(c, host, path, make(["The patient has MRN:", "00482913"]))
    eq(r.header("x-cordon-action"), "local", "its name before it " + repr(r.body[:200]))
    up.untouched()
    eq(ask(c, host, path, make(["The note says ZQ-482 ", "91377 and no more."])).header("x-cordon-action"), "forward", "two things")


# ---- encodings
UTF7 = "+AFo-" + MARK[1:]
UTF7_URI = "data:text/plain;charset=utf-7;base64," + base64.b64encode(UTF7.encode()).decode()
JSON = "application/json"
CHARSETS = {
    "body": ("/v1/something/new", "text/plain; charset=utf-7", UTF7.encode()),
    "json": ("/v1/chat/completions", JSON + "; charset=utf-7", json.dumps(chat(UTF7)).encode()),
    "uri": ("/v1/chat/completions", JSON, json.dumps(chat(UTF7_URI)).encode()),
    "ebcdic": ("/v1/something/new", "text/plain", ("The note says " + MARK).encode("cp037")),
    "part": ("/v1/files", "multipart/form-data; boundary=bOuNd", upload(UTF7.encode()).replace(b"application/octet-stream", b"text/plain; charset=utf-7")),
}


@each(CHARSETS)
def text_in_a_charset_that_nobody_reads_is_opaque(case):
    path, ctype, raw = case
    c, up = gateway("unknown", lambda conf: conf.update(unknown_endpoint="forward"))
    r = ask(c, "openai", path, raw, ["Content-Type: " + ctype])
    assert r.header("x-cordon-action") in ("refuse", "local"), r.header("x-cordon-action")
    eq(c.intents(r.header("x-cordon-id"))[0]["opaque"], ["binary"], "the record")
    up.untouched()


# ---- content codings, for every dialect
def packed(data, coding):
    if coding == "gzip":
        return gzip.compress(data)
    if coding == "deflate":
        return zlib.compress(data)
    tool = {"br": ["brotli", "-c"], "zstd": ["zstd", "-c", "-q"]}[coding]
    return subprocess.run(tool, input=data, stdout=subprocess.PIPE, check=True).stdout


# Each with its API's own limit: what a local model answers without one is as long as its context.
CHATS = {
    "openai": ("/v1/chat/completions", lambda t: chat(t, max_completion_tokens=8)),
    "responses": ("/v1/responses", lambda t: {"model": "m", "input": t, "max_output_tokens": 16}),
    "anthropic": ("/v1/messages", lambda t: {"model": "m", "max_tokens": 8, "messages": [{"role": "user", "content": t}]}),
    "gemini": ("/v1beta/models/m:generateContent", lambda t: {"contents": [{"parts": [{"text": t}]}], "generationConfig": {"maxOutputTokens": 8}}),
    "bedrock": ("/model/m/converse", lambda t: {"messages": [{"role": "user", "content": [{"text": t}]}], "inferenceConfig": {"maxTokens": 8}}),
    "cohere": ("/v2/chat", lambda t: chat(t, max_tokens=8)),
    "ollama": ("/api/chat", lambda t: chat(t, stream=False, options={"num_predict": 8})),
}


@each({"%s/%s" % (api, coding): (api, coding) for api in CHATS for coding in ("gzip", "deflate", "br", "zstd")})
def d42_packed_bodies_are_read(case):
    api, coding = case
    host = "openai" if api == "responses" else api
    path, body = CHATS[api]
    c, up = gateway()
    headers = ["Content-Type: application/json", "Content-Encoding: " + coding]
    raw = packed(json.dumps(body("hello")).encode(), coding)
    up.default = [whole({"ok": True})]
    r = ask(c, host, path, raw, headers)
    eq((r.status, r.header("x-cordon-action")), (200, "forward"), "clean")
    sent = up.requests[0]
    if sent.header("content-encoding"):
        eq((sent.header("content-encoding"), sent.body), (coding, raw), "what went up, packed as it came")
    else:
        eq(json.loads(sent.body), body("hello"), "what went up, unpacked")
    up.reset()
    eq(ask(c, host, path, packed(json.dumps(body(MARK)).encode(), coding), headers).header("x-cordon-rule"), "marked-is-refused", "marked")
    eq(ask(c, host, path, packed(json.dumps(body("patient " + KEEP)).encode(), coding), headers).header("x-cordon-action"), "local", "kept")
    up.untouched()


# ---- the account
@scenario
def every_byte_is_accounted_for():
    c, _ = gateway("images", images_may_go)
    for case in list(OPAQUE.values()):
        ask(c, *case[:3])
    ask(c, "openai", "/v1/files", upload(b"\x00\x01" * 300 + b"text"), FORM)
    n = 0
    for record in c.records(kind="intent"):
        for part, sums in record["coverage"].items():
            n += 1
            eq(sums["inspected"] + sums["opaque"], sums["received"], "%s of %s" % (part, record["id"]))
    assert n > 30, n


@each({"a_key_twice": (b'{"a":1,"a":2}', []), "no_json": (b"{", []), "no_gzip": (b"nothing of the kind", ["Content-Encoding: gzip"])})
def what_nobody_could_read_is_opaque(case):
    raw, headers = case
    c, up = gateway()
    r = ask(c, "openai", "/v1/chat/completions", raw, ["Content-Type: application/json"] + headers)
    eq(r.status, 400, "status")
    eq(c.intents(r.header("x-cordon-id"))[0]["coverage"]["body"], {"received": len(raw), "inspected": 0, "opaque": len(raw)}, "the record")
    up.untouched()


@each({"uuid": "3f2b8c1e-9a4d-4f6b-8d2e-1c5a7b9e0f12", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
       "model": "ft:gpt-4o-2024-08-06:organisation:suffix:AbCdEfGh", "path": "/usr/lib/x86_64-linux-gnu/libcrypto.so.3/and/some/more/of/it",
       "word": "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft",
       "base64_word": base64.b64encode(b"nothing but a short note").decode(), "identifier": "getElementByAccessibilityIdentifierAndReturnItsFirstChildNode"})
def what_only_looks_coded_is_text(case):
    c, up = gateway()
    r = ask(c, "openai", "/v1/chat/completions", chat("see " + case + " for more"))
    eq((r.status, r.header("x-cordon-action"), c.intents(r.header("x-cordon-id"))[0].get("opaque", [])), (200, "forward", []), "reply")
