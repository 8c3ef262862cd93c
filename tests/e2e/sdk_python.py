#!/usr/bin/env python3
"""sdk_python.py - the real openai SDK for Python through the real binary: by base URL, and through CONNECT with the
private CA, as a user would set it up. Run with the Python of the environment that requirements.txt makes."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenario"))
import openai  # noqa: E402
import run  # noqa: E402
from harness import (DONE, KEEP, LAST_CHUNK, MARK, STREAM_HEAD, chat, chunk, each, eq, event, scenario,  # noqa: E402
                     whole)

WAYS = {"base_url": False, "connect": True}


def client(c, connect=False, **more):
    """The SDK set up by nothing but the environment variables that the README names."""
    names = ("OPENAI_BASE_URL", "HTTPS_PROXY", "SSL_CERT_FILE", "OPENAI_API_KEY")
    before = {n: os.environ.pop(n, None) for n in names}
    os.environ["OPENAI_API_KEY"] = "sk-e2e"
    if connect:
        os.environ["HTTPS_PROXY"] = "http://" + c.address("proxy")
        os.environ["SSL_CERT_FILE"] = os.path.join(c.state, "ca", "bundle.pem")
    else:
        os.environ["OPENAI_BASE_URL"] = "http://%s/v1" % c.address()
    try:
        return openai.OpenAI(timeout=60, **more)
    finally:
        for n in names:
            os.environ.pop(n, None)
            if before[n] is not None:
                os.environ[n] = before[n]


def create(k, text, **more):
    return k.chat.completions.create(**dict({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}]}, **more))


@each(WAYS)
def forwarded(c, up, case):
    r = client(c, case).chat.completions.with_raw_response.create(**chat("hi"))
    eq(r.parse().choices[0].message.content, "from upstream", "content")
    eq(r.headers["x-cordon-action"], "forward", "x-cordon-action")
    eq(json.loads(up.requests[0].body), chat("hi"), "body at the upstream")


@each(WAYS)
def forwarded_stream(c, up, case):
    up.answer([STREAM_HEAD, chunk(event("one ")), 0.02, chunk(event("two")), chunk(event(None, "stop")), chunk(DONE), LAST_CHUNK])
    got = [d.choices[0].delta.content or "" for d in create(client(c, case), "hi", stream=True)]
    eq("".join(got), "one two", "text")


@each(WAYS)
def local(c, up, case):
    r = client(c, case).chat.completions.with_raw_response.create(**chat("patient " + KEEP, max_tokens=8))
    d = r.parse()
    eq((d.model, d.object), ("smollm2-135m", "chat.completion"), "model and object")
    assert d.choices[0].message.content and d.usage.completion_tokens > 0, d
    eq((r.headers["x-cordon-action"], r.headers["x-cordon-rule"], r.headers["x-cordon-model"]),
       ("local", "patients-stay-here", "smollm2-135m"), "headers")
    assert r.headers["x-cordon-id"], "no id"
    up.untouched()


@each(WAYS)
def local_stream_with_usage(c, up, case):
    stream = create(client(c, case), "patient " + KEEP, max_tokens=8, stream=True, stream_options={"include_usage": True})
    chunks = list(stream)
    assert "".join(d.choices[0].delta.content or "" for d in chunks if d.choices), "no text"
    eq(chunks[-1].choices, [], "choices of the last chunk")
    assert chunks[-1].usage.total_tokens > 0, chunks[-1]
    eq({d.model for d in chunks}, {"smollm2-135m"}, "models")
    up.untouched()


@scenario
def the_stream_helper_takes_a_local_answer(c, up):
    with client(c).chat.completions.stream(**chat("patient " + KEEP, max_tokens=8)) as stream:
        for _ in stream:
            pass
        try:
            done = stream.get_final_completion()
        except openai.LengthFinishReasonError as cut:         # the model had more to say: the SDK's own word for it
            done = cut.completion
    assert done.choices[0].message.content, done


TOOL = {"type": "function", "function": {"name": "record_visit", "description": "Record a visit.", "parameters": {
    "type": "object", "properties": {"reason": {"type": "string", "enum": ["checkup", "emergency"]}}, "required": ["reason"]}}}


@each({"whole": False, "streamed": True})
def local_tool_call(c, up, case):
    more = dict(tools=[TOOL], tool_choice="required", max_tokens=120, temperature=0)
    if case:
        with client(c).chat.completions.stream(**chat("patient " + KEEP, **more)) as stream:
            for _ in stream:
                pass
            d = stream.get_final_completion()
    else:
        d = create(client(c), "patient " + KEEP, **more)
    eq(d.choices[0].finish_reason, "tool_calls", "finish_reason")
    call = d.choices[0].message.tool_calls[0]
    eq(call.function.name, "record_visit", "name")
    assert json.loads(call.function.arguments)["reason"] in ("checkup", "emergency"), call
    up.untouched()


@scenario
def a_tool_result_can_be_told_back(c, up):
    k = client(c)
    d = k.chat.completions.create(model="m", max_tokens=8, tools=[TOOL], messages=[
        {"role": "user", "content": "patient " + KEEP},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "record_visit", "arguments": "{\"reason\":\"checkup\"}"}}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "done"}])
    assert d.choices[0].finish_reason, d
    up.untouched()


@each(WAYS)
def refusal_raises_bad_request_once(c, up, case):
    before = len(c.records(kind="intent"))
    try:
        create(client(c, case, max_retries=2), MARK)
        raise AssertionError("no exception")
    except openai.BadRequestError as e:
        eq((e.status_code, e.code, e.type), (400, "policy_refused", "invalid_request_error"), "error")
        assert MARK not in str(e), "the refusal echoes the prompt"
        eq(e.response.headers["x-cordon-rule"], "marked-is-refused", "rule")
    eq(len(c.records(kind="intent")) - before, 1, "requests that the SDK made")
    up.untouched()


@scenario
def refusal_of_a_stream_raises_before_the_first_event(c, up):
    try:
        create(client(c), MARK, stream=True)
        raise AssertionError("no exception")
    except openai.BadRequestError:
        pass


@scenario
def context_length_is_the_sdks_own_error(c, up):
    try:
        create(client(c), KEEP + " word" * 6000)
        raise AssertionError("no exception")
    except openai.BadRequestError as e:
        eq(e.code, "context_length_exceeded", "code")


@scenario
def errors_of_the_api_keep_their_types(c, up):
    for status, kind in ((401, openai.AuthenticationError), (404, openai.NotFoundError), (429, openai.RateLimitError),
                         (500, openai.InternalServerError)):
        up.answer([whole({"error": {"message": "m", "type": "t", "param": None, "code": "c"}}, status=status)])
        try:
            create(client(c, max_retries=0), "hi")
            raise AssertionError("no exception for %d" % status)
        except kind as e:
            eq(e.code, "c", "code")


@scenario
def models_list_is_forwarded(c, up):
    up.answer([whole({"object": "list", "data": [{"id": "gpt-up", "object": "model", "created": 1, "owned_by": "x"}]})])
    eq([m.id for m in client(c).models.list()], ["gpt-up"], "models")


@scenario
def an_unknown_endpoint_raises_bad_request(c, up):
    try:
        client(c, max_retries=2).post("/agents/sessions", cast_to=object, body={"input": "hi"})
        raise AssertionError("no exception")
    except openai.BadRequestError as e:
        eq(e.code, "endpoint_unknown", "code")
    up.untouched()


@scenario
def two_hundred_calls_over_one_client(c, up):
    k = client(c)
    for i in range(200):
        eq(create(k, "n %d" % i).choices[0].message.content, "from upstream", "call %d" % i)
    assert len(up.opened) <= 2, "%d upstream connections" % len(up.opened)


@scenario
def without_the_ca_the_sdk_fails_and_nothing_leaves(c, up):
    code = ("import openai\ntry:\n openai.OpenAI(max_retries=0,timeout=10).chat.completions.create(model='m',messages=[])\n"
            "except openai.APIConnectionError: print('connection error')\n")
    env = {k: v for k, v in os.environ.items() if k != "SSL_CERT_FILE"}
    env.update(HTTPS_PROXY="http://" + c.address("proxy"), OPENAI_API_KEY="sk-e2e")
    got = subprocess.run([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    eq(got.stdout.strip(), b"connection error", "outcome; " + got.stderr.decode()[-300:])
    up.untouched()


@scenario
def asynchronous_client(c, up):
    import asyncio

    async def go():
        async with openai.AsyncOpenAI(base_url="http://%s/v1" % c.address(), api_key="sk-e2e") as k:
            return await asyncio.gather(*[k.chat.completions.create(**chat("patient %s %d" % (KEEP, i) if i % 4 == 0 else "n %d" % i,
                                                                    max_tokens=4)) for i in range(12)])
    got = asyncio.run(go())
    eq([d.model for d in got], ["smollm2-135m" if i % 4 == 0 else "gpt-up" for i in range(12)], "models")


if __name__ == "__main__":
    sys.exit(run.main(load=lambda: None, prefix="e2e"))
