"""Answers by the local engine, in the provider's format."""
import json
import threading
import time

from harness import ENGINE, KEEP, SLOW, Cordon, Upstream, chat, each, eq, scenario, wait_until

ASK = "Patient " + KEEP + ". Say hello."


def local(c, **more):
    return c.ask(chat(ASK, **dict({"max_tokens": 8}, **more)))


@scenario
def plain_answer(c, up):
    r = local(c)
    eq((r.status, r.header("content-type").split(";")[0]), (200, "application/json"), "reply")
    d = r.json()
    eq((d["object"], d["model"]), ("chat.completion", "smollm2-135m"), "object and model")
    choice = d["choices"][0]
    eq((choice["index"], choice["message"]["role"]), (0, "assistant"), "choice")
    assert choice["message"]["content"], "an empty answer"
    assert choice["finish_reason"] in ("stop", "length"), choice["finish_reason"]
    u = d["usage"]
    assert u["prompt_tokens"] > 0 and 0 < u["completion_tokens"] <= 8, u
    eq(u["total_tokens"], u["prompt_tokens"] + u["completion_tokens"], "total")
    eq((r.header("x-cordon-action"), r.header("x-cordon-rule"), r.header("x-cordon-model")),
       ("local", "patients-stay-here", "smollm2-135m"), "headers")
    assert r.header("x-cordon-id"), "no x-cordon-id"
    out = c.outcome(r.header("x-cordon-id"))
    eq((out["answered_by"], out["tokens"]["completion"]), ("local", u["completion_tokens"]), "outcome")
    up.untouched()


@scenario
def streamed_answer(c, up):
    r = local(c, stream=True)
    eq((r.status, r.header("content-type").split(";")[0], r.whole), (200, "text/event-stream", True), "reply")
    data = [e.removeprefix(b"data: ") for _, e in r.events]
    eq(data[-1], b"[DONE]", "last event")
    chunks = [json.loads(d) for d in data[:-1]]
    eq({d["object"] for d in chunks}, {"chat.completion.chunk"}, "objects")
    eq(len({d["id"] for d in chunks}), 1, "ids")
    eq(chunks[0]["choices"][0]["delta"].get("role"), "assistant", "role in the first delta")
    assert "".join(d["choices"][0]["delta"].get("content") or "" for d in chunks), "an empty answer"
    eq([d["choices"][0]["finish_reason"] for d in chunks][-1] in ("stop", "length"), True, "finish_reason")
    assert all("usage" not in d or d["usage"] is None for d in chunks), "usage that was not asked for"
    up.untouched()


@scenario
def streamed_answer_with_usage(c, up):
    r = local(c, stream=True, stream_options={"include_usage": True})
    chunks = [json.loads(e.removeprefix(b"data: ")) for _, e in r.events[:-1]]
    eq(chunks[-1]["choices"], [], "choices of the usage chunk")
    assert chunks[-1]["usage"]["completion_tokens"] > 0, chunks[-1]
    assert all(d["usage"] is None for d in chunks[:-1]), "usage is null in the other chunks"


@scenario(group="engine")
def tokens_come_as_they_are_made(c, up):
    r = local(c, stream=True, max_tokens=40, seed=1)
    times = [t for t, _ in r.events]
    assert len(set(times)) > 3, "all events came at once"


@scenario(group="engine")
def streamed_and_whole_answers_say_the_same(c, up):
    whole = local(c, temperature=0, seed=7, max_tokens=16).json()["choices"][0]["message"]["content"]
    r = local(c, temperature=0, seed=7, max_tokens=16, stream=True)
    said = "".join(json.loads(e.removeprefix(b"data: "))["choices"][0]["delta"].get("content") or ""
                   for _, e in r.events[:-1])
    eq(said, whole, "text")


@scenario(group="engine")
def max_tokens_ends_with_length(c, up):
    d = local(c, max_tokens=3, temperature=0).json()
    eq((d["choices"][0]["finish_reason"], d["usage"]["completion_tokens"]), ("length", 3), "reason and tokens")


@scenario(group="engine")
def stop_sequence_is_honoured_and_left_out(c, up):
    text = local(c, max_tokens=24, temperature=0).json()["choices"][0]["message"]["content"]
    stop = text.split()[1]
    d = local(c, max_tokens=24, temperature=0, stop=[stop]).json()
    assert stop not in d["choices"][0]["message"]["content"], d
    eq(d["choices"][0]["finish_reason"], "stop", "finish_reason")


TOOL = {"type": "function", "function": {"name": "record_visit", "description": "Record a visit.", "parameters": {
    "type": "object", "properties": {"reason": {"type": "string", "enum": ["checkup", "emergency"]},
                                     "days": {"type": "integer"}}, "required": ["reason", "days"]}}}


@each({"whole": False, "streamed": True}, group="engine")
def required_tool_call(c, up, case):
    r = local(c, tools=[TOOL], tool_choice="required", max_tokens=200, temperature=0, stream=case)
    eq(r.status, 200, "status")
    if case:
        name, arguments = None, ""
        for _, e in r.events[:-1]:
            for choice in json.loads(e.removeprefix(b"data: "))["choices"]:
                reason = choice["finish_reason"]
                for call in choice["delta"].get("tool_calls") or []:
                    eq(call["index"], 0, "index")
                    name = name or call["function"].get("name")
                    arguments += call["function"].get("arguments") or ""
    else:
        choice = r.json()["choices"][0]
        reason, call = choice["finish_reason"], choice["message"]["tool_calls"][0]
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        assert call["id"] and call["type"] == "function", call
    eq((name, reason), ("record_visit", "tool_calls"), "call")
    args = json.loads(arguments)
    assert args["reason"] in ("checkup", "emergency") and isinstance(args["days"], int), args
    up.untouched()


@each({"n": {"n": 100}, "logprobs": {"logprobs": True}, "audio": {"modalities": ["text", "audio"]},
       "image": {"messages": [{"role": "user", "content": [{"type": "text", "text": KEEP}, {"type": "file", "file": {"file_id": "file-1"}}]}]}})
def what_the_engine_cannot_do_is_refused(c, up, case):
    r = local(c, **case)
    eq((r.status, r.code), (400, "LOCAL_UNSUPPORTED"), "refusal")
    up.untouched()


@each({"image": [{"type": "text", "text": KEEP}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}],
       "file": [{"type": "text", "text": KEEP}, {"type": "file", "file": {"file_id": "file-1"}}]})
def what_the_engine_cannot_read_is_refused(c, up, case):
    r = c.ask(chat(case, max_tokens=4))
    eq((r.status, r.code), (400, "LOCAL_UNSUPPORTED"), "refusal")
    up.untouched()


@scenario
def n_of_one_and_text_format_are_fine(c, up):
    eq(local(c, n=1, response_format={"type": "text"}).status, 200, "status")


@scenario(group="engine")
def too_long_is_the_providers_own_error(c, up):
    r = c.ask(chat(KEEP + " word" * 6000))
    eq(r.status, 400, "status")
    eq(r.json()["error"]["code"], "context_length_exceeded", "code")
    eq(r.json()["error"]["type"], "invalid_request_error", "type")
    up.untouched()


@scenario(group="engine")
def too_long_streamed(c, up):
    r = c.ask(chat(KEEP + " word" * 6000, stream=True))
    eq((r.status, r.json()["error"]["code"]), (400, "context_length_exceeded"), "refusal before the stream")


@scenario(group="engine")
def stream_head_comes_before_a_slow_first_token(c, up):
    began = time.monotonic()
    with c.client() as k:
        k.request(chat(KEEP + " word" * 1200, stream=True, max_tokens=2))
        r = k.reply(head_only=True)
        took = time.monotonic() - began
        assert took < 1.0 * SLOW, "the head came after %.1f s" % took
        k.body(r)
    eq(r.whole, True, "wholeness")


@scenario(group="engine")
def s8_client_leaves_a_local_stream(c, up):
    k = c.client()
    k.request(chat(ASK, stream=True, max_tokens=1500, temperature=1))
    r = k.reply(head_only=True)
    while b"\n\n" not in k.buf:
        k.more()
    k.close()
    began = time.monotonic()
    out = c.outcome(r.header("x-cordon-id"), timeout=2)
    assert time.monotonic() - began < 1.0 * SLOW, "the outcome came late"
    assert out.get("client_abort"), out
    time.sleep(0.3)
    n = c.metric("cordon_engine_generated_tokens_total")
    time.sleep(0.5)
    eq(c.metric("cordon_engine_generated_tokens_total"), n, "tokens generated for nobody")


@scenario(group="engine")
def s8_client_leaves_a_local_answer_that_is_not_streamed(c, up):
    before = c.metric("cordon_client_aborts_total")
    k = c.client()
    k.request(chat(KEEP + " word" * 1200, max_tokens=1500))      # reading it takes seconds: the answer cannot be over yet
    time.sleep(0.3)
    k.reset()
    wait_until(lambda: c.metric("cordon_client_aborts_total") > before, "the abort in the metrics", 2)


@scenario
def several_at_once(c, up):
    got = []

    def work(i):
        r = local(c, stream=bool(i % 2))
        got.append((r.status, r.whole))
    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    eq(got, [(200, True)] * 6, "answers")
    up.untouched()


@scenario(group="engine")
def busy_engine_is_503_and_never_a_forward():
    up = Upstream()

    def change(conf):
        conf["models"][0].update(parallel=1, queue=1)
    with Cordon(up, change) as c:
        clients = [c.client() for _ in range(5)]
        for k in clients:
            k.request(chat(ASK, stream=True, max_tokens=1500, temperature=1))
            time.sleep(0.05)
        # The first two run and wait; the others are refused at once.
        r = clients[4].reply()
        eq((r.status, r.code), (503, "ENGINE_BUSY"), "refusal")
        assert r.json()["error"]["message"], r.body
        for k in clients:
            k.close()
        up.untouched(0.2)
        eq(wait_until(lambda: c.ask(chat(ASK, max_tokens=2)).status == 200, "room again"), True, "afterwards")


def with_rule(**rule):
    up = Upstream()

    def change(conf):
        for r in conf["rules"]:
            if r["name"] == "patients-stay-here":
                r.update(rule)
    return Cordon(up, change), up


@scenario
def small_model_is_refused_where_the_rule_asks_for_more():
    c, up = with_rule(min_parameters="7B")
    with c:
        r = local(c)
        eq((r.status, r.code), (400, "MODEL_TOO_SMALL"), "refusal")
        up.untouched()


@scenario(group="engine")
def large_enough_model_answers():
    c, up = with_rule(min_parameters="100M")
    with c:
        eq(local(c).status, 200, "status")
        up.untouched()


@each({"whole": False, "streamed": True})
def notice_stands_at_the_head(case):
    notice = "Answered inside the hospital by a small model."
    c, _ = with_rule(notice=notice)
    with c:
        r = local(c, stream=case)
        if case:
            text = "".join(json.loads(e.removeprefix(b"data: "))["choices"][0]["delta"].get("content") or ""
                           for _, e in r.events[:-1])
        else:
            text = r.json()["choices"][0]["message"]["content"]
        assert text.startswith(notice) and len(text) > len(notice), text[:200]


@scenario
def no_model_is_503_and_never_a_forward():
    up = Upstream()

    def change(conf):
        del conf["models"]
    try:
        c = Cordon(up, change)
    except AssertionError:
        return                      # refusing to start with a rule that needs a model is right as well
    with c:
        r = local(c)
        eq((r.status, r.code, r.header("x-should-retry")), (503, "ENGINE_MISSING", "false"), "refusal")
        up.untouched()


@scenario
def no_model_for_vectors_is_said(c, up):
    """The shared gateway has a model that chats only."""
    r = c.ask({"model": "text-embedding-3-small", "input": KEEP}, path="/v1/embeddings")
    eq((r.status, r.code, r.header("x-should-retry")), (503, "ENGINE_MISSING", "false"), "refusal")
    assert "embeddings" in r.json()["error"]["message"], r.body
    up.untouched()


@scenario(group="engine")
def what_cannot_be_answered_does_not_wait_for_a_place(c, up):
    """Two long answers take both places. A third request that no place would help is told so in the provider's own shape, and
    not after it has been kept alive with the head of an answer."""
    long_form = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "array", "items": {"type": "integer"}, "minItems": 400}}}
    with c.client() as a, c.client() as b:
        for k, text in ((a, ASK), (b, ASK + " Please.")):        # the same text twice would be one answer
            k.request(chat(text, stream=True, response_format=long_form))
            eq(k.reply(head_only=True).status, 200, "status of a long answer")
        for body in (chat(KEEP + " word" * 4000), chat(KEEP + " word" * 4000, stream=True)):
            began = time.monotonic()
            r = c.ask(body)
            eq((r.status, r.json()["error"]["code"], r.header("x-should-retry")), (400, "context_length_exceeded", "false"), "refusal")
            assert time.monotonic() - began < 2 * SLOW, "it waited"


@scenario(group="engine")
def a_schema_that_is_no_grammar_is_named(c, up):
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"$ref": "#/$defs/nowhere"}}}
    r = local(c, response_format=form)
    eq((r.status, r.code, r.json()["error"]["param"]), (400, "LOCAL_UNSUPPORTED", "schema"), "refusal")


@scenario
def answer_is_not_cut_by_a_reload(c, up):
    if ENGINE != "llama":
        eq(local(c).status, 200, "status")
        return
    with c.client() as k:
        k.request(chat(ASK, stream=True, max_tokens=60, temperature=0))
        r = k.reply(head_only=True)
        c.reload()
        k.body(r)
    eq((r.whole, r.body.rstrip().endswith(b"[DONE]")), (True, True), "the stream over the reload")
