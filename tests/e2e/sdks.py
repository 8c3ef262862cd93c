#!/usr/bin/env python3
"""sdks.py - the real Python SDKs of seven providers through the real binary: chat, streams, tools, structured output, vectors
and token counts; forwarded (the body at the provider is the SDK's own, byte for byte) and answered here; by base URL and, for
those that can, through CONNECT with the private CA; and the exception that a refusal raises, after one try. One table says
what each SDK does, one scenario a cell."""
import asyncio
import contextlib
import io
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "scenario"))
import run  # noqa: E402
from calls import NAME, SCHEMA, add, check_forwarded, check_local, sent_as_it_came, world  # noqa: E402
from harness import ENGINE, KEEP, MARK, Cordon, Upstream, eq, scenario, whole  # noqa: E402
from providers import AWS_SECRET, HOSTS, MOUNTS, SAID, every_dialect, reply  # noqa: E402

ABOUT = "Record a visit."


# ---------------------------------------------------------------------------------------------------- the set-up
@contextlib.contextmanager
def environment(**more):
    """Set for the time in which a client is made and used; what the SDKs read."""
    names = ("OPENAI_BASE_URL", "HTTPS_PROXY", "SSL_CERT_FILE", "AWS_CA_BUNDLE", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY",
             "GEMINI_API_KEY", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "OLLAMA_HOST", "CO_API_KEY")
    before = {n: os.environ.pop(n, None) for n in set(names) | set(more)}
    os.environ.update(more)
    try:
        yield
    finally:
        for n, v in before.items():
            os.environ.pop(n, None)
            if v is not None:
                os.environ[n] = v


def way(c, connect):
    if not connect:
        return {}
    bundle = os.path.join(c.state, "ca", "bundle.pem")
    return {"HTTPS_PROXY": "http://" + c.address("proxy"), "SSL_CERT_FILE": bundle, "AWS_CA_BUNDLE": bundle}


def base(c, api, connect, path=""):
    """The base URL, where the client is told one; None: the provider's own, through the proxy."""
    return None if connect else "http://" + c.address() + MOUNTS.get(api, "") + path


# --------------------------------------------------------------------------------------------------------- the SDKs
class OpenAIChat:
    api, vectors, counts = "openai.chat", True, False

    def __init__(self, c, connect):
        import openai
        self.refused = openai.BadRequestError
        self.k = openai.OpenAI(api_key="sk-e2e", base_url=base(c, "openai", connect, "/v1"), timeout=120, max_retries=2)

    def create(self, text, **more):
        return self.k.chat.completions.create(**dict({"model": "gpt-5", "messages": [{"role": "user", "content": text}], "max_tokens": 12}, **more))

    def chat(self, text):
        return self.create(text).choices[0].message.content

    def stream(self, text):
        return "".join(d.choices[0].delta.content or "" for d in self.create(text, stream=True) if d.choices)

    def tool(self, text):
        tools = [{"type": "function", "function": {"name": NAME, "description": ABOUT, "parameters": SCHEMA}}]
        call = self.create(text, tools=tools, tool_choice="required", max_tokens=120).choices[0].message.tool_calls[0]
        return call.function.name, json.loads(call.function.arguments)

    def structured(self, text):
        form = {"type": "json_schema", "json_schema": {"name": "visit", "strict": True, "schema": SCHEMA}}
        return json.loads(self.create(text, response_format=form, max_tokens=120).choices[0].message.content)

    def embed(self, text):
        return [d.embedding for d in self.k.embeddings.create(model="text-embedding-3-small", input=[text]).data]


class OpenAIResponses(OpenAIChat):
    api, vectors, counts = "openai.responses", False, True

    def create(self, said, **more):
        return self.k.responses.create(**dict({"model": "gpt-5", "input": said, "max_output_tokens": 12}, **more))

    def chat(self, text):
        return self.create(text).output_text

    def stream(self, text):
        with self.k.responses.stream(model="gpt-5", input=text, max_output_tokens=12) as s:
            said = "".join(e.delta for e in s if e.type == "response.output_text.delta")
            with contextlib.suppress(RuntimeError):
                eq(s.get_final_response().output_text, said, "the helper's text")
        return said

    def tool(self, text):
        tools = [{"type": "function", "name": NAME, "description": ABOUT, "parameters": SCHEMA, "strict": True}]
        r = self.create(text, tools=tools, tool_choice="required", max_output_tokens=120)
        call = next(i for i in r.output if i.type == "function_call")
        return call.name, json.loads(call.arguments)

    def structured(self, text):
        form = {"format": {"type": "json_schema", "name": "visit", "strict": True, "schema": SCHEMA}}
        return json.loads(self.create(text, text=form, max_output_tokens=120).output_text)

    def count(self, text):
        return self.k.responses.input_tokens.count(model="gpt-5", input=text).input_tokens


class AzureOpenAI(OpenAIChat):
    def __init__(self, c, connect):
        import openai
        self.refused = openai.BadRequestError
        endpoint = base(c, "azure", connect) or "https://" + HOSTS["azure"]
        self.k = openai.AzureOpenAI(api_key="azure-e2e", azure_endpoint=endpoint, api_version="2024-10-21", timeout=120, max_retries=2)


class Groq(OpenAIChat):
    """A host that speaks OpenAI's dialect on a path of its own."""
    vectors = False

    def __init__(self, c, connect):
        import openai
        self.refused = openai.BadRequestError
        self.k = openai.OpenAI(api_key="gsk-e2e", base_url=base(c, "groq", connect, "/openai/v1") or "https://api.groq.com/openai/v1", timeout=120)


class DeepSeek(OpenAIChat):
    vectors = False

    def __init__(self, c, connect):
        import openai
        self.refused = openai.BadRequestError
        self.k = openai.OpenAI(api_key="sk-e2e", base_url=base(c, "deepseek", connect) or "https://api.deepseek.com", timeout=120)


class Anthropic:
    api, vectors, counts = "anthropic.messages", False, True

    def __init__(self, c, connect):
        import anthropic
        self.refused = anthropic.BadRequestError
        self.k = anthropic.Anthropic(api_key="sk-ant-e2e", base_url=base(c, "anthropic", connect), timeout=120, max_retries=2)

    def create(self, text, **more):
        return self.k.messages.create(**dict({"model": "claude-up", "messages": [{"role": "user", "content": text}], "max_tokens": 12}, **more))

    def chat(self, text):
        return self.create(text).content[0].text

    def stream(self, text):
        with self.k.messages.stream(model="claude-up", messages=[{"role": "user", "content": text}], max_tokens=12) as s:
            said = "".join(s.text_stream)
            eq(s.get_final_message().content[0].text, said, "the helper's text")
        return said

    def tool(self, text):
        r = self.create(text, tools=[{"name": NAME, "description": ABOUT, "input_schema": SCHEMA}], tool_choice={"type": "any"}, max_tokens=120)
        eq(r.stop_reason, "tool_use", "stop_reason")
        call = next(b for b in r.content if b.type == "tool_use")
        return call.name, call.input

    def structured(self, text):
        return json.loads(self.create(text, output_config={"format": {"type": "json_schema", "schema": SCHEMA}}, max_tokens=120).content[0].text)

    def count(self, text):
        return self.k.messages.count_tokens(model="claude-up", messages=[{"role": "user", "content": text}]).input_tokens


class Gemini:
    api, vectors, counts = "gemini.generate", True, True

    def __init__(self, c, connect):
        from google import genai
        from google.genai import errors, types
        self.types, self.refused = types, errors.ClientError
        self.k = genai.Client(api_key="e2e-key", http_options=types.HttpOptions(base_url=base(c, "gemini", connect)))

    def config(self, **more):
        return self.types.GenerateContentConfig(**dict({"max_output_tokens": 12, "automatic_function_calling": {"disable": True}}, **more))

    def create(self, text, **more):
        return self.k.models.generate_content(model="gemini-up", contents=text, config=self.config(**more))

    def chat(self, text):
        return self.create(text).text

    def stream(self, text):
        return "".join(d.text or "" for d in self.k.models.generate_content_stream(model="gemini-up", contents=text, config=self.config()))

    def tool(self, text):
        declared = self.types.FunctionDeclaration(name=NAME, description=ABOUT, parameters_json_schema=SCHEMA)
        r = self.create(text, tools=[self.types.Tool(function_declarations=[declared])], max_output_tokens=120,
                        tool_config={"function_calling_config": {"mode": "ANY"}})
        return r.function_calls[0].name, dict(r.function_calls[0].args)

    def structured(self, text):
        return json.loads(self.create(text, response_mime_type="application/json", response_json_schema=SCHEMA, max_output_tokens=120).text)

    def embed(self, text):
        return [e.values for e in self.k.models.embed_content(model="embed-up", contents=text).embeddings]

    def count(self, text):
        return self.k.models.count_tokens(model="gemini-up", contents=text).total_tokens


class Mistral:
    api, vectors, counts = "mistral.chat", True, False

    def __init__(self, c, connect):
        try:
            from mistralai.client import Mistral as Client
            from mistralai.client import errors
        except ImportError:
            from mistralai import Mistral as Client
            from mistralai import models as errors
        self.refused = errors.SDKError
        more = {} if connect else {"server_url": base(c, "mistral", connect)}
        self.k = Client(api_key="e2e", timeout_ms=120000, **more)

    def ask(self, text, **more):
        return dict({"model": "mistral-up", "messages": [{"role": "user", "content": text}], "max_tokens": 12}, **more)

    def create(self, text, **more):
        return self.k.chat.complete(**self.ask(text, **more))

    def chat(self, text):
        return self.create(text).choices[0].message.content

    def stream(self, text):
        return "".join(d.data.choices[0].delta.content or "" for d in self.k.chat.stream(**self.ask(text)))

    def tool(self, text):
        tools = [{"type": "function", "function": {"name": NAME, "description": ABOUT, "parameters": SCHEMA}}]
        call = self.create(text, tools=tools, tool_choice="any", max_tokens=120).choices[0].message.tool_calls[0]
        return call.function.name, json.loads(call.function.arguments)

    def structured(self, text):
        form = {"type": "json_schema", "json_schema": {"name": "visit", "strict": True, "schema": SCHEMA}}
        return json.loads(self.create(text, response_format=form, max_tokens=120).choices[0].message.content)

    def embed(self, text):
        return [d.embedding for d in self.k.embeddings.create(model="mistral-embed", inputs=[text]).data]


class Bedrock:
    api, vectors, counts = "bedrock.converse", False, True
    model = "anthropic.claude-3-5-sonnet-20240620-v1:0"

    def __init__(self, c, connect):
        import boto3
        from botocore.config import Config
        from botocore.exceptions import ClientError
        self.refused = ClientError
        self.k = boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=base(c, "bedrock", connect), aws_access_key_id="AKIDCLIENT0000000000",
                              aws_secret_access_key="client-secret", config=Config(read_timeout=120))

    def create(self, text, n=12, **more):
        return self.k.converse(modelId=self.model, messages=[{"role": "user", "content": [{"text": text}]}], inferenceConfig={"maxTokens": n}, **more)

    def chat(self, text):
        return self.create(text)["output"]["message"]["content"][0]["text"]

    def stream(self, text):
        r = self.k.converse_stream(modelId=self.model, messages=[{"role": "user", "content": [{"text": text}]}], inferenceConfig={"maxTokens": 12})
        events = list(r["stream"])
        assert any("messageStop" in e for e in events) and any("metadata" in e for e in events), events
        return "".join(e["contentBlockDelta"]["delta"].get("text", "") for e in events if "contentBlockDelta" in e)

    def tool(self, text):
        tool = {"toolSpec": {"name": NAME, "description": ABOUT, "inputSchema": {"json": SCHEMA}}}
        r = self.create(text, 120, toolConfig={"tools": [tool], "toolChoice": {"any": {}}})
        call = next(b["toolUse"] for b in r["output"]["message"]["content"] if "toolUse" in b)
        return call["name"], call["input"]

    structured = None

    def count(self, text):
        return self.k.count_tokens(modelId=self.model, input={"converse": {"messages": [{"role": "user", "content": [{"text": text}]}]}})["inputTokens"]


class BedrockInvoke(Bedrock):
    api, counts, tool = "bedrock.invoke", False, None

    def body(self, text):
        return json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 12, "messages": [{"role": "user", "content": text}]})

    def chat(self, text):
        return json.loads(self.k.invoke_model(modelId=self.model, body=self.body(text))["body"].read())["content"][0]["text"]

    def stream(self, text):
        r = self.k.invoke_model_with_response_stream(modelId=self.model, body=self.body(text))
        events = [json.loads(e["chunk"]["bytes"]) for e in r["body"]]
        return "".join(e["delta"].get("text", "") for e in events if e["type"] == "content_block_delta")


class Cohere:
    api, vectors, counts = "cohere.chat", True, False

    def __init__(self, c, connect):
        import cohere
        self.refused = cohere.BadRequestError
        self.k = cohere.ClientV2(api_key="e2e", base_url=base(c, "cohere", connect), timeout=120)

    def ask(self, text, **more):
        return dict({"model": "command-up", "messages": [{"role": "user", "content": text}], "max_tokens": 12}, **more)

    def chat(self, text):
        return self.k.chat(**self.ask(text)).message.content[0].text

    def stream(self, text):
        return "".join(e.delta.message.content.text for e in self.k.chat_stream(**self.ask(text)) if e.type == "content-delta")

    def tool(self, text):
        tools = [{"type": "function", "function": {"name": NAME, "description": ABOUT, "parameters": SCHEMA}}]
        call = self.k.chat(**self.ask(text, tools=tools, tool_choice="REQUIRED", max_tokens=120)).message.tool_calls[0]
        return call.function.name, json.loads(call.function.arguments)

    def structured(self, text):
        form = {"type": "json_object", "schema": SCHEMA}
        return json.loads(self.k.chat(**self.ask(text, response_format=form, max_tokens=120)).message.content[0].text)

    def embed(self, text):
        return self.k.embed(model="embed-up", texts=[text], input_type="search_query", embedding_types=["float"]).embeddings.float_


class CohereFirst(Cohere):
    """Of the first version of the API, whose tools have no local answer."""
    api = "cohere.v1_chat"
    tool = structured = None

    def __init__(self, c, connect):
        import cohere
        self.refused = cohere.BadRequestError
        self.k = cohere.Client(api_key="e2e", base_url=base(c, "cohere", connect), timeout=120)

    def chat(self, text):
        return self.k.chat(message=text, max_tokens=12).text

    def stream(self, text):
        events = list(self.k.chat_stream(message=text, max_tokens=12))
        said = "".join(e.text for e in events if e.event_type == "text-generation")
        eq((events[-1].event_type, events[-1].response.text), ("stream-end", said), "the end")
        return said

    def embed(self, text):
        return self.k.embed(model="embed-up", texts=[text], input_type="search_query").embeddings


class Ollama:
    api, vectors, counts, connects = "ollama.chat", True, False, False

    def __init__(self, c, connect):
        import ollama
        self.refused = ollama.ResponseError
        self.k = ollama.Client(host=base(c, "ollama", connect), timeout=120)

    def ask(self, text, n=12, **more):
        return dict({"model": "llama-up", "messages": [{"role": "user", "content": text}], "options": {"num_predict": n}}, **more)

    def chat(self, text):
        return self.k.chat(**self.ask(text)).message.content

    def stream(self, text):
        parts = list(self.k.chat(**self.ask(text, stream=True)))
        assert parts[-1].done, parts[-1]
        return "".join(p.message.content or "" for p in parts)

    tool = None     # Ollama's API cannot ask that a tool be used

    def structured(self, text):
        return json.loads(self.k.chat(**self.ask(text, 120, format=SCHEMA)).message.content)

    def embed(self, text):
        return [list(v) for v in self.k.embed(model="embed-up", input=text).embeddings]


SDKS = {"openai_chat": OpenAIChat, "openai_responses": OpenAIResponses, "azure": AzureOpenAI, "groq": Groq, "deepseek": DeepSeek,
        "anthropic": Anthropic, "gemini": Gemini, "mistral": Mistral, "bedrock": Bedrock, "bedrock_invoke": BedrockInvoke,
        "cohere": Cohere, "cohere_first": CohereFirst, "ollama": Ollama}


# ---------------------------------------------------------------------------------------------------- the scenarios
def does(sdk, what):
    if what == "embed":
        return sdk.vectors
    if what == "count":
        return sdk.counts
    return getattr(sdk, what, None) is not None


def use(name, what, connect, text, check, after):
    c, up = world()
    with environment(**way(c, connect)):
        check(what, getattr(SDKS[name](c, connect), what)(text))
    after(c, up)


def refusal(name, connect):
    c, up = world()
    before = len(c.records(kind="intent"))
    with environment(**way(c, connect)):
        k = SDKS[name](c, connect)
        try:
            k.chat("This is " + MARK + " and nothing else.")
        except k.refused as e:
            assert MARK not in str(e), "the refusal echoes the prompt"
            assert "POLICY_REFUSED" in str(e), "the message names no code: %s" % e
        else:
            raise AssertionError("no exception")
    eq(len(c.records(kind="intent")) - before, 1, "tries")
    up.untouched()


def build():
    for name, sdk in SDKS.items():
        for how in ("base_url", "connect"):
            connect = how == "connect"
            if connect and not getattr(sdk, "connects", True):
                continue
            for what in ("chat", "stream", "tool", "structured", "embed", "count"):
                if not does(sdk, what) or (connect and what in ("structured", "embed", "count")):
                    continue
                add("%s/%s/forwarded/%s" % (name, what, how),
                    lambda n=name, w=what, x=connect: use(n, w, x, "Hello there.", check_forwarded, sent_as_it_came))
                add("%s/%s/local/%s" % (name, what, how),
                    lambda n=name, w=what, x=connect: use(n, w, x, "The patient is " + KEEP + ". Hello.", check_local, lambda c, up: up.untouched()))
            add("%s/refusal/%s" % (name, how), lambda n=name, x=connect: refusal(n, x))


# ---- what is OpenAI's own
def openai_client(c, **more):
    import openai
    return openai.OpenAI(api_key="sk-e2e", base_url=base(c, "openai", False, "/v1"), timeout=120, **more)


def openai_helpers(k, text):
    """What the SDK's helpers make of a chat and of a response: (parsed, streamed and parsed, raw, read line by line)."""
    from pydantic import create_model
    from typing import Literal
    visit = create_model("Visit", reason=(Literal["checkup", "emergency"], ...))
    ask = {"model": "gpt-5", "messages": [{"role": "user", "content": text}]}
    yield k.chat.completions.parse(response_format=visit, **ask).choices[0].message.parsed.reason
    with k.chat.completions.stream(response_format=visit, **ask) as s:
        kinds = [e.type for e in s]
        yield s.get_final_completion().choices[0].message.parsed.reason
    eq((kinds[0], kinds[-1]), ("chunk", "content.done"), "events")
    ask = {"model": "gpt-5", "input": text, "text_format": visit}
    yield k.responses.parse(**ask).output_parsed.reason
    with k.responses.stream(**ask) as s:
        kinds = [e.type for e in s]
        yield s.get_final_response().output_parsed.reason
    eq((kinds[0], kinds[-1]), ("response.created", "response.completed"), "events")


def openai_raw(k, text):
    ask = {"model": "gpt-5", "messages": [{"role": "user", "content": text}]}
    raw = k.chat.completions.with_raw_response.create(**ask)
    eq(raw.retries_taken, 0, "retries")
    yield raw.parse().choices[0].message.content
    with k.chat.completions.with_streaming_response.create(stream=True, **ask) as r:
        lines = [x for x in r.iter_lines() if x]
    eq(lines[-1], "data: [DONE]", "the last line")
    yield "".join(json.loads(x[6:])["choices"][0]["delta"].get("content") or "" for x in lines[:-1])


async def openai_async(c, text):
    import openai
    async with openai.AsyncOpenAI(api_key="sk-e2e", base_url=base(c, "openai", False, "/v1"), timeout=120) as k:
        yield (await k.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": text}], max_tokens=12)).choices[0].message.content
        async with k.responses.stream(model="gpt-5", input=text, max_output_tokens=12) as s:
            yield "".join([e.delta async for e in s if e.type == "response.output_text.delta"])


async def gathered(answers):
    return [x async for x in answers]


@scenario
def openai_helpers_raw_answers_and_the_async_client():
    c, up = world()
    about = "The patient is " + KEEP + ". Hello."
    with environment():
        k = openai_client(c)
        eq(list(openai_helpers(k, "Hello there.")), ["checkup"] * 4, "forwarded")
        eq(list(openai_raw(k, "Hello there.")) + asyncio.run(gathered(openai_async(c, "Hello there."))), [SAID] * 4, "forwarded")
        sent = len(up.requests)
        assert all(x in ("checkup", "emergency") for x in openai_helpers(k, about)), "parsed"
        said = list(openai_raw(k, about)) + asyncio.run(gathered(openai_async(c, about)))
    assert all(said) and SAID not in said, said
    eq(len(up.requests), sent, "requests at the provider")


def validated(got):
    """The SDK itself takes whatever comes; its types say what has to be there."""
    type(got).model_validate(json.loads(got.to_json(warnings=False)), strict=False)
    return got


@scenario
def openai_local_answers_have_all_that_the_types_ask_for():
    c, up = world()
    about = "The patient is " + KEEP + ". Hello."
    tool = {"name": NAME, "description": ABOUT, "parameters": SCHEMA, "strict": True}
    chat = {"model": "gpt-5", "messages": [{"role": "user", "content": about}], "max_tokens": 60}
    ask = {"model": "gpt-5", "input": about, "max_output_tokens": 60}
    with environment():
        k = openai_client(c)
        for more in ({}, {"n": 2}, {"tools": [{"type": "function", "function": tool}], "tool_choice": "required"}):
            d = validated(k.chat.completions.create(**chat, **more))
            assert d.usage.prompt_tokens_details.cached_tokens == 0 and d.usage.completion_tokens_details.reasoning_tokens is not None, d.usage
            for chunk in k.chat.completions.create(stream=True, stream_options={"include_usage": True}, **chat, **more):
                validated(chunk)
        for more in ({}, {"reasoning": {"summary": "auto"}}, {"tools": [dict(tool, type="function")], "tool_choice": "required"},
                     {"tools": [{"type": "custom", "name": NAME}], "tool_choice": "required"}):
            d = validated(k.responses.create(**ask, **more))
            eq(validated(k.responses.retrieve(d.id)), d, "asked for again")
            for e in k.responses.create(stream=True, **ask, **more):
                validated(e)
        validated(k.responses.input_tokens.count(model="gpt-5", input=about))
        validated(k.completions.create(model="gpt-5", prompt=about))
        validated(k.embeddings.create(model="text-embedding-3-small", input=[about]))
    up.untouched()


# ---- what is Anthropic's own
def answers_of(thread, *texts):
    return [thread.send({"role": "user", "content": t}).content[0].text for t in texts]


@scenario
def anthropic_threads_stay_inside_once_they_are_about_a_patient():
    """A thread is kept by the provider and gone on from by an id. When it is about a patient the SDK has to send all of it again,
    and its user notices nothing."""
    c, up = world()
    with environment():
        thread = Anthropic(c, False).k.beta.messages.thread(model="claude-up", max_tokens=12)
        eq(answers_of(thread, "Hello there.", "And again."), [SAID, SAID], "forwarded")
        eq([json.loads(r.body)["thread"]["type"] for r in up.requests], ["create", "continue"], "kept by the provider")
        sent = len(up.requests)
        said = answers_of(thread, "The patient is " + KEEP + ".", "What else is there?")
    assert all(said) and SAID not in said, said
    eq(len(up.requests), sent, "requests at the provider")


@scenario
def anthropic_tool_runner():
    import anthropic
    called = []

    @anthropic.beta_tool
    def record_visit(**reason: str) -> str:
        """Record a visit."""
        called.append(reason)
        return "recorded"
    c, up = world()

    def run_tools(text):
        runner = Anthropic(c, False).k.beta.messages.tool_runner(model="claude-up", max_tokens=120, tools=[record_visit], max_iterations=2,
                                                                 tool_choice={"type": "any"}, messages=[{"role": "user", "content": text}])
        return [m.stop_reason for m in runner]
    with environment():
        eq(run_tools("The patient is " + KEEP + ".")[0], "tool_use", "answered here")
        up.untouched()
        eq(run_tools("Hello there.")[0], "tool_use", "forwarded")
    assert len(called) >= 2, called


# ---- what is Bedrock's own
@scenario
def bedrock_final_errors_are_tried_once():
    """botocore tries again after every 500, 502, 503 and 504, whatever headers say."""
    c, up = world()
    redirect = [b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n"]
    up.answer(*[redirect] * 6)
    with environment():
        k = Bedrock(c, False)
        try:
            k.chat("Hello there.")
            raise AssertionError("no exception")
        except k.k.exceptions.ModelErrorException as e:
            assert "UPSTREAM_REDIRECT" in str(e), e
    eq(len(up.requests), 1, "tries")


@scenario
def bedrock_requests_are_signed_anew():
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    c, up = world()
    with environment():
        Bedrock(c, False).chat("Hello there.")
    got = up.requests[-1]
    authorization = got.header("authorization")
    assert "Credential=AKIDE2EOPERATOR00000/" in authorization, authorization
    names = authorization.split("SignedHeaders=")[1].split(",")[0].split(";")
    request = AWSRequest(got.method, "https://" + HOSTS["bedrock"] + got.target, data=got.body, headers={n: got.header(n) for n in names if n != "host"})
    request.context["timestamp"] = got.header("x-amz-date")
    auth = SigV4Auth(Credentials("AKIDE2EOPERATOR00000", AWS_SECRET), "bedrock", "us-east-1")
    canonical = auth.canonical_request(request)
    eq(authorization.split("Signature=")[1], auth.signature(auth.string_to_sign(request, canonical), request), "signature")


@scenario
def bedrock_without_a_credential_of_ours():
    """Through CONNECT nothing is changed, so the client's signature holds; by base URL it cannot, and that is said."""
    up = Upstream()
    up.default = [reply]
    with Cordon(up, change=every_dialect(up, aws=None)) as c:
        with environment(**way(c, True)):
            eq(Bedrock(c, True).chat("Hello there."), SAID, "through CONNECT")
        assert "Credential=AKIDCLIENT0000000000/" in up.requests[-1].header("authorization"), up.requests[-1].headers
        up.reset()
        with environment():
            k = Bedrock(c, False)
            try:
                k.chat("Hello there.")
                raise AssertionError("no exception")
            except k.refused as e:
                eq(e.response["Error"]["Code"], "ValidationException", "error")
                assert "SIGNATURE_MISSING" in str(e), e
            check_local("chat", k.chat("The patient is " + KEEP + "."))
        up.untouched()
    up.close()


# ---- what is Google's own
def uploads(request):
    command = request.header("x-goog-upload-command") or ""
    if "start" in command:
        return whole({}, "X-Goog-Upload-Status: active", "X-Goog-Upload-URL: https://%s/upload/v1beta/files?upload_id=E2E0Session0Of0This0Upload" % HOSTS["gemini"])
    if "finalize" in command:
        return whole({"file": {"name": "files/e2e123", "uri": "https://%s/v1beta/files/e2e123" % HOSTS["gemini"], "mimeType": "text/plain"}},
                     "X-Goog-Upload-Status: final")
    return reply(request)


@scenario
def gemini_uploads_come_this_way():
    """The SDK takes the URL for its file from the reply: it has to lead here too."""
    for connect in (False, True):
        c, up = world()
        up.default = [uploads]
        with environment(**way(c, connect)):
            g = Gemini(c, connect)
            file = g.k.files.upload(file=io.BytesIO(b"A note for nobody."), config={"mime_type": "text/plain"})
            eq([r.body for r in up.requests][1:], [b"A note for nobody."], "the file")
            eq(g.k.models.generate_content(model="gemini-up", contents=["Sum it up.", file]).text, SAID, "its use")
            up.reset()
            up.default = [uploads]
            try:
                g.k.files.upload(file=io.BytesIO(("The patient is " + KEEP).encode()), config={"mime_type": "text/plain"})
                raise AssertionError("no exception")
            except g.refused as e:
                assert "POLICY_REFUSED" in str(e), e
            eq(len(up.requests), 1, "the start, and nothing of the file")
            eq(len(c.records(kind="intent", action="refuse", operation="files.upload")), 2 if connect else 1, "tries")


@scenario
def gemini_chats_and_calls_functions_by_itself():
    c, up = world()

    def record_visit(told: str) -> str:
        """Records a visit."""
        return "recorded"
    with environment():
        g = Gemini(c, False)
        talk = g.k.chats.create(model="gemini-up")
        for text in ("The patient is " + KEEP + ". Hello.", "And again?"):
            assert talk.send_message(text, config=g.config()).text, "nothing said to " + text
        eq([m.role for m in talk.get_history()], ["user", "model"] * 2, "history")
        if ENGINE == "standin":
            r = g.create("The patient is " + KEEP + ". Record it.", tools=[record_visit], automatic_function_calling={"maximum_remote_calls": 2},
                         tool_config={"function_calling_config": {"mode": "ANY"}}, max_output_tokens=60)
            eq(r.automatic_function_calling_history[-1].parts[0].function_response.response, {"result": "recorded"}, "what it was told")
    up.untouched()


build()
if __name__ == "__main__":
    sys.exit(run.main(load=lambda: None, prefix="e2e"))
