"""places.py - where text lives in a request, of every API: a table. A row is a piece of a body that is laid over the API's
smallest request; AT in it is where the text goes. scn_places.py makes its cases of it."""
import base64
import json
import re

AT = "$AT$"


class Inside:
    """JSON in a string: tool arguments and the like."""

    def __init__(self, value):
        self.value = value


class Coded:
    """A text in a coding of its own: `how` is base64, or a data URI's head."""

    def __init__(self, how, text=AT):
        self.how, self.text = how, text


def coded(how, text):
    data = base64.b64encode(text.encode()).decode()
    return data if how == "base64" else how + data


def fill(node, text):
    """The piece with `text` wherever AT stands, in keys as well."""
    if isinstance(node, str):
        return node.replace(AT, text)
    if isinstance(node, dict):
        return {fill(k, text): fill(v, text) for k, v in node.items()}
    if isinstance(node, list):
        return [fill(v, text) for v in node]
    if isinstance(node, Inside):
        return json.dumps(fill(node.value, text), ensure_ascii=False)
    return coded(node.how, fill(node.text, text)) if isinstance(node, Coded) else node


def where(node):
    """The path to AT: a place's name."""
    if isinstance(node, str):
        return "" if AT in node else None
    if isinstance(node, dict):
        for k, v in node.items():
            inner = "{key}" if AT in k else where(v)
            if inner is not None:
                return (inner if AT in k else k + ("." if inner[:1] not in ("", "[") else "") + inner)
    if isinstance(node, list):
        for v in node:
            inner = where(v)
            if inner is not None:
                return "[]" + ("." if inner[:1] not in ("", "[") else "") + inner
    if isinstance(node, Inside):
        return "(json)" + (where(node.value) or "")
    return "(%s)" % re.sub(r"\W+", "_", node.how).strip("_") if isinstance(node, Coded) else None


class Api:
    """`host` as in providers.HOSTS. `answers`: whether there is a local answer; without one a request is refused instead.
    `wrap` puts the whole body into a bigger one: a batch's row, a count's input."""

    def __init__(self, host, path, base, rows, answers=True, headers=(), wrap=None):
        self.host, self.path, self.base, self.answers, self.headers = host, path, base, answers, list(headers)
        self.wrap, self.rows = wrap, {}
        for row in rows:
            name = where(row)
            n = sum(1 for k in self.rows if k.split("#")[0] == name)
            self.rows[name + ("#%d" % (n + 1) if n else "")] = row

    def body(self, row, text):
        body = fill(dict(self.base, **row), text)
        return self.wrap(body) if self.wrap else body

    def over(self, **change):
        """The same rows at another API."""
        other = Api(self.host, self.path, self.base, [])
        other.__dict__.update(self.__dict__, **change)
        return other


SCHEMAS = [{"type": "object", "properties": {"who": {"type": "string", "description": AT}}},
           {"type": "object", "properties": {"who": {"type": "string", "enum": ["a", AT]}}},
           {"type": "object", "properties": {"who": {"type": "string", "default": AT}}},
           {"type": "object", "properties": {"who": {"const": AT}}}, {"type": "object", "title": AT},
           {"type": "object", "examples": [{"who": AT}]}, {"type": "object", "properties": {AT: {"type": "string"}}},
           {"type": "object", "required": [AT]}, {"type": "object", "$defs": {"x": {"anyOf": [{"pattern": AT}]}}}]
NEW = [{"x_new_field": AT}, {"x_new": {"deep": [[{"er": AT}]]}}, {"x_new": {AT: 1}}]
METADATA = [{"metadata": {"case": AT}}, {"metadata": {AT: "x"}}]
PLAIN_URI, JSON_URI, PDF_URI = "data:text/plain;base64,", "data:application/json;base64,", "data:application/pdf;base64,"


# ---- OpenAI chat, and those that speak like it
def turn(content, role="user", **more):
    return {"messages": [dict({"role": role, "content": content}, **more)]}


def part(**p):
    return turn([{"type": "text", "text": "look"}, p])


def called(**call):
    return {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None,
        "tool_calls": [dict(id="call_1", **call)]},
                         {"role": "tool", "tool_call_id": "call_1", "content": "done"}]}


def tool(**f):
    return {"tools": [{"type": "function", "function": dict({"name": "look_up"}, **f)}]}


CHAT = {"model": "m-1", "max_tokens": 6, "messages": [{"role": "user", "content": "hi"}]}
MESSAGES = [turn(AT, role) for role in ("user", "system", "developer", "assistant", "critic")] + [
    {"messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": AT},
        {"role": "assistant", "content": "ok"},
                  {"role": "user", "content": "go on"}]},
    part(type="text", text=AT), turn([{"type": "text", "text": AT}], "system"),
    turn([{"type": "refusal", "refusal": AT}], "assistant"),
    turn("hi", name=AT), turn("hi", "assistant", refusal=AT), turn("hi", "assistant", reasoning_content=AT),
    called(type="function", function={"name": "look_up", "arguments": Inside({"who": AT})}),
    called(type="function", function={"name": "look_up", "arguments": Inside({"a": [{"b": {AT: 1}}]})}),
    called(type="function", function={"name": "look_up", "arguments": "not json: " + AT}),
    called(type="function", function={"name": AT, "arguments": "{}"}),
    called(type="custom", custom={"name": "sql", "input": AT}),
    {"messages": [{"role": "user", "content": "hi"}, {"role": "tool", "tool_call_id": "call_1", "content": AT}]},
    {"messages": [{"role": "user", "content": "hi"}, {"role": "tool", "tool_call_id": "call_1",
        "content": [{"type": "text", "text": AT}]}]},
    part(type="image_url", image_url={"url": "https://pictures.example/" + AT}),
    part(type="image_url", image_url={"url": Coded(PLAIN_URI)}),
    part(type="x_unknown", x_unknown={"deep": [AT]})]
TOOLS = [tool(description=AT), tool(name=AT)] + [tool(parameters=s) for s in SCHEMAS]
CHAT_ROWS = MESSAGES + TOOLS + METADATA + NEW + [
    part(type="input_audio", input_audio={"data": Coded("base64"), "format": "wav"}),
    part(type="file", file={"filename": AT, "file_data": "data:,x"}),
    part(type="file", file={"filename": "a", "file_data": Coded(PLAIN_URI)}),
    part(type="file", file={"filename": "a", "file_data": Coded(PDF_URI)}),
    part(type="file", file={"filename": "a", "file_data": "data:text/plain," + AT}), part(type="file", file={"file_id": AT}),
    {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": None,
        "function_call": {"name": "f", "arguments": Inside({"a": AT})}},
                  {"role": "function", "name": "f", "content": AT}]},
    {"messages": [{"role": "user", "content": "hi"}, {"role": "function", "name": "f", "content": AT}]},
    {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "audio": {"id": AT}}]},
    {"functions": [{"name": "f", "description": AT}]}, {"functions": [{"name": "f", "parameters": SCHEMAS[0]}]},
    {"tools": [{"type": "custom", "custom": {"name": "sql", "description": AT}}]},
    {"tools": [{"type": "custom", "custom": {"name": "sql", "format": {"type": "grammar",
        "grammar": {"syntax": "lark", "definition": AT}}}}]},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "s", "description": AT,
        "schema": {"type": "object"}}}},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": SCHEMAS[0]}}},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": SCHEMAS[6]}}},
    {"tool_choice": {"type": "function", "function": {"name": AT}}}, {"prediction": {"type": "content", "content": AT}},
    {"prediction": {"type": "content", "content": [{"type": "text", "text": AT}]}}, {"stop": AT}, {"stop": ["a", AT]},
    {"user": AT},
    {"safety_identifier": AT}, {"prompt_cache_key": AT}, {"model": AT}, {"service_tier": AT}, {"logit_bias": {AT: 1}},
    {"web_search_options": {"user_location": {"type": "approximate", "approximate": {"city": AT}}}}]


# ---- OpenAI Responses
def item(**i):
    return {"input": [{"role": "user", "content": "hi"}, i]}


def said(*parts, role="user"):
    return item(type="message", role=role, content=list(parts))


def outcome(kind, **fields):
    return item(type=kind, id="it_1", call_id="call_1", status="completed", **fields)


RESPONSES = {"model": "m-1", "input": "hi", "max_output_tokens": 24}
RESPONSES_ROWS = METADATA + NEW + [{"input": AT}, {"instructions": AT}, {"instructions": "be kind", "input": AT}] + [
    said({"type": "input_text", "text": AT}, role=r) for r in ("user", "system", "developer")] + [
    item(role="user", content=AT), said({"type": "output_text", "text": AT, "annotations": []}, role="assistant"),
    said({"type": "output_text", "text": "x", "annotations": [{"type": "url_citation", "title": AT, "url": "u",
        "start_index": 0, "end_index": 1}]}, role="assistant"),
    said({"type": "refusal", "refusal": AT}, role="assistant"), said({"type": "input_image", "image_url": Coded(PLAIN_URI)}),
    said({"type": "input_image", "image_url": "https://pictures.example/" + AT}),
    said({"type": "input_file", "filename": AT, "file_data": "data:,x"}),
    said({"type": "input_file", "file_data": Coded(PLAIN_URI)}),
    said({"type": "input_file", "file_data": Coded("base64"), "filename": "a.txt"}),
    said({"type": "input_file", "file_id": AT}),
    said({"type": "input_file", "file_url": "https://files.example/" + AT}),
    said({"type": "input_audio", "input_audio": {"data": Coded("base64")}}),
    outcome("function_call", name="f", arguments=Inside({"who": AT})), outcome("function_call", name=AT, arguments="{}"),
    outcome("function_call_output", output=AT), outcome("function_call_output", output=[{"type": "input_text", "text": AT}]),
    outcome("function_call_output", output=Inside({"rows": [{"name": AT}]})),
    outcome("custom_tool_call", name="sql", input=AT),
    outcome("custom_tool_call_output", output=AT), outcome("mcp_call", name="x", server_label="s",
        arguments=Inside({"q": AT})),
    outcome("mcp_call", name="x", server_label="s", arguments="{}", output=AT),
    outcome("mcp_call", name="x", server_label="s", arguments="{}", error=AT),
    outcome("mcp_list_tools", server_label="s", tools=[{"name": "t", "description": AT, "input_schema": {}}]),
    outcome("mcp_approval_request", name="x", server_label="s", arguments=Inside({"q": AT})),
    outcome("mcp_approval_response", approval_request_id="a", approve=True, reason=AT),
    outcome("local_shell_call", action={"type": "exec", "command": ["cat", AT], "env": {}}),
    outcome("local_shell_call", action={"type": "exec", "command": ["ls"], "env": {"WHO": AT}}),
    outcome("local_shell_call", action={"type": "exec", "command": ["ls"], "env": {}, "working_directory": AT}),
    outcome("local_shell_call_output", output=AT), outcome("shell_call", action={"commands": [AT]}),
    outcome("shell_call_output", output=[{"stdout": AT, "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}]),
    outcome("shell_call_output", output=[{"stdout": "", "stderr": AT, "outcome": {"type": "exit", "exit_code": 0}}]),
    outcome("apply_patch_call", operation={"type": "create_file", "path": AT, "diff": "+"}),
    outcome("apply_patch_call", operation={"type": "update_file", "path": "a", "diff": "@@\n+" + AT}),
    outcome("apply_patch_call_output", output=AT), outcome("computer_call", action={"type": "type", "text": AT}),
    outcome("computer_call", action={"type": "open", "url": "https://x.example/" + AT}),
    outcome("computer_call_output", output={"type": "computer_screenshot", "image_url": "https://x.example/" + AT}),
    outcome("code_interpreter_call", code=AT, container_id="c", outputs=[]),
    outcome("code_interpreter_call", code="1", container_id="c", outputs=[{"type": "logs", "logs": AT}]),
    outcome("file_search_call", queries=[AT]), outcome("file_search_call", queries=["a"], results=[{"text": AT}]),
    outcome("file_search_call", queries=["a"], results=[{"filename": AT}]),
    outcome("file_search_call", queries=["a"], results=[{"attributes": {"k": AT}}]),
    outcome("web_search_call", action={"type": "search", "query": AT}),
    outcome("image_generation_call", result=Coded("base64")),
    outcome("image_generation_call", result="aGk=", revised_prompt=AT),
    item(type="reasoning", id="rs_1", summary=[{"type": "summary_text", "text": AT}]),
    item(type="reasoning", id="rs_1", summary=[], content=[{"type": "reasoning_text", "text": AT}]),
    item(type="reasoning", id="rs_1", summary=[], encrypted_content=Coded("base64")),
    item(type="compaction", encrypted_content=Coded("base64")),
    item(type="x_new_item", x={"y": AT}), {"prompt": {"id": "pmpt_1", "variables": {"who": AT}}},
    {"prompt": {"id": "pmpt_1", "variables": {"who": {"type": "input_text", "text": AT}}}}, {"prompt": {"id": AT}},
    {"text": {"format": {"type": "json_schema", "name": "s", "schema": SCHEMAS[1]}}},
    {"text": {"format": {"type": "json_schema", "name": "s", "description": AT, "schema": {"type": "object"}}}},
    {"tools": [{"type": "function", "name": "f", "description": AT, "parameters": {}}]},
    {"tools": [{"type": "custom", "name": "c", "description": AT}]},
    {"tools": [{"type": "mcp", "server_label": "s", "server_url": "https://mcp.example/" + AT}]},
    {"tools": [{"type": "mcp", "server_label": "s", "server_description": AT}]},
    {"tools": [{"type": "mcp", "server_label": "s", "server_url": "https://mcp.example", "headers": {"X-Case": AT}}]},
    {"tools": [{"type": "mcp", "server_label": "s", "server_url": "https://mcp.example", "authorization": AT}]},
    {"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"], "filters": {"type": "eq", "key": "k", "value": AT}}]},
    {"tools": [{"type": "web_search", "user_location": {"type": "approximate", "city": AT}}]},
    {"user": AT}, {"safety_identifier": AT}, {"prompt_cache_key": AT},
    {"client_metadata": {"x-codex-turn-metadata": Inside({"workspaces": {AT: {}}})}},
    {"client_metadata": {"k": AT}}, {"conversation": AT}, {"previous_response_id": AT}, {"model": AT}] + [
    {"tools": [{"type": "function", "name": "f", "parameters": s}]} for s in SCHEMAS]

COMPLETIONS = [{"prompt": AT}, {"prompt": ["a", AT]}, {"suffix": AT}, {"stop": [AT]}, {"user": AT},
    {"logit_bias": {AT: 1}}] + NEW
EMBEDDINGS = [{"input": AT}, {"input": ["a", AT]}, {"user": AT}] + NEW


# ---- Anthropic
def block(**b):
    return turn([{"type": "text", "text": "look"}, b])


def result(content, **more):
    return {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant",
        "content": [{"type": "tool_use", "id": "toolu_1", "name": "f", "input": {}}]},
                         {"role": "user", "content": [dict({"type": "tool_result", "tool_use_id": "toolu_1",
                             "content": content}, **more)]}]}


def reply(**b):
    return {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": [b]},
        {"role": "user", "content": "go on"}]}


def document(source, **more):
    return block(type="document", source=source, **more)


ANTHROPIC = {"model": "m-1", "max_tokens": 6, "messages": [{"role": "user", "content": "hi"}]}
ANTHROPIC_ROWS = METADATA + NEW + [turn(AT, r) for r in ("user", "assistant", "system", "critic")] + [
    {"system": AT}, {"system": [{"type": "text", "text": "be kind"},
        {"type": "text", "text": AT, "cache_control": {"type": "ephemeral"}}]},
    block(type="text", text=AT), document({"type": "text", "media_type": "text/plain", "data": AT}),
    document({"type": "base64", "media_type": "text/plain", "data": Coded("base64")}),
    document({"type": "base64", "media_type": "application/pdf", "data": Coded("base64")}),
    document({"type": "content", "content": AT}), document({"type": "content", "content": [{"type": "text", "text": AT}]}),
    document({"type": "url", "url": "https://files.example/" + AT}), document({"type": "file", "file_id": AT}),
    document({"type": "text", "media_type": "text/plain", "data": "x"}, title=AT),
    document({"type": "text", "media_type": "text/plain", "data": "x"}, context=AT),
    block(type="image", source={"type": "url", "url": "https://pictures.example/" + AT}),
    block(type="image", source={"type": "base64", "media_type": "image/png", "data": Coded("base64")}),
    block(type="search_result", source="s", title=AT, content=[]),
    block(type="search_result", source=AT, title="t", content=[]),
    block(type="search_result", source="s", title="t", content=[{"type": "text", "text": AT}]),
    block(type="container_upload", file_id=AT),
    reply(type="tool_use", id="toolu_1", name="f", input={"who": AT}),
    reply(type="tool_use", id="toolu_1", name="f", input={"a": [{AT: 1}]}),
    reply(type="tool_use", id="toolu_1", name=AT, input={}), result(AT), result([{"type": "text", "text": AT}]),
    result([{"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": AT}]}]),
    result([{"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": AT}}]),
    result(AT, is_error=True),
    reply(type="thinking", thinking=AT, signature="c2lnbmVk"),
    reply(type="thinking", thinking="hm", signature=Coded("base64")),
    reply(type="redacted_thinking", data=Coded("base64")), reply(type="server_tool_use", id="srvtoolu_1", name="web_search",
        input={"query": AT}),
    reply(type="mcp_tool_use", id="mcptoolu_1", name="x", server_name="s", input={"q": AT}),
    reply(type="mcp_tool_result", tool_use_id="mcptoolu_1", content=[{"type": "text", "text": AT}]),
    reply(type="web_search_tool_result", tool_use_id="srvtoolu_1",
        content=[{"type": "web_search_result", "title": AT, "url": "u", "encrypted_content": "eA=="}]),
    reply(type="bash_code_execution_tool_result", tool_use_id="srvtoolu_1",
        content={"type": "bash_code_execution_result", "stdout": AT, "stderr": "", "content": []}),
    reply(type="bash_code_execution_tool_result", tool_use_id="srvtoolu_1",
        content={"type": "bash_code_execution_result", "stdout": "", "stderr": AT, "content": []}),
    reply(type="text_editor_code_execution_tool_result", tool_use_id="srvtoolu_1",
        content={"type": "text_editor_code_execution_view_result", "content": "x", "lines": [AT]}),
    reply(type="text", text="x", citations=[{"type": "char_location", "cited_text": AT, "document_index": 0}]),
    reply(type="text", text="x", citations=[{"type": "char_location", "cited_text": "x", "document_title": AT}]),
    reply(type="x_new_block", x={"y": AT}),
    {"tools": [{"name": AT, "input_schema": {}}]}, {"tools": [{"name": "f", "description": AT, "input_schema": {}}]},
    {"tools": [{"name": "f", "input_schema": {"type": "object"}, "input_examples": [{"who": AT}]}]},
    {"tools": [{"type": "web_search_20260209", "name": "web_search", "allowed_domains": [AT]}]},
    {"output_config": {"format": {"type": "json_schema", "schema": SCHEMAS[1]}}},
    {"metadata": {"user_id": Inside({"session_id": AT, "device_id": "d"})}},
    {"stop_sequences": [AT]}, {"mcp_servers": [{"type": "url", "name": "s", "url": "https://mcp.example/" + AT}]},
    {"mcp_servers": [{"type": "url", "name": "s", "url": "https://mcp.example", "authorization_token": AT}]},
    {"container": AT},
    {"container": {"skills": [{"type": "custom", "skill_id": AT}]}}, {"tool_choice": {"type": "tool", "name": AT}},
    {"model": AT}] + [
    {"tools": [{"name": "f", "input_schema": s}]} for s in SCHEMAS]


# ---- Gemini
def gparts(*parts, role="user"):
    return {"contents": [{"role": "user", "parts": [{"text": "look"}]}, {"role": role, "parts": list(parts)}]}


GEMINI = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}], "generationConfig": {"maxOutputTokens": 6}}
GEMINI_ROWS = NEW + [gparts({"text": AT}, role=r) for r in ("user", "model", "critic")] + [
    gparts({"text": AT, "thought": True}, role="model"), gparts({"text": "x", "thoughtSignature": Coded("base64")},
        role="model"),
    gparts({"inlineData": {"mimeType": "text/plain", "data": Coded("base64")}}),
    gparts({"inline_data": {"mime_type": "text/plain", "data": Coded("base64")}}),
    gparts({"inlineData": {"mimeType": "image/png", "data": Coded("base64")}}),
    gparts({"inlineData": {"mimeType": "text/plain", "data": "eA==", "displayName": AT}}),
    gparts({"fileData": {"mimeType": "text/plain", "fileUri": "gs://bucket/" + AT}}),
    gparts({"file_data": {"file_uri": "https://files.example/" + AT}}),
    gparts({"functionCall": {"name": "f", "args": {"who": AT}}}, role="model"),
    gparts({"function_call": {"name": "f", "args": {AT: 1}}}, role="model"),
    gparts({"functionCall": {"name": AT, "args": {}}}, role="model"),
    gparts({"functionResponse": {"name": "f", "response": {"result": AT}}}),
    gparts({"function_response": {"name": "f", "response": {"rows": [{"who": AT}]}}}),
    gparts({"functionResponse": {"name": "f", "response": {},
        "parts": [{"inlineData": {"mimeType": "text/plain", "data": Coded("base64")}}]}}),
    gparts({"executableCode": {"language": "PYTHON", "code": AT}}, role="model"),
    gparts({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": AT}}, role="model"),
    gparts({"text": "x", "partMetadata": {"k": AT}}), gparts({"x_new_part": {"y": [AT]}}),
    {"systemInstruction": {"parts": [{"text": AT}]}}, {"system_instruction": {"parts": [{"text": AT}]}},
    {"systemInstruction": AT}, {"tools": [{"functionDeclarations": [{"name": "f", "description": AT}]}]},
    {"tools": [{"function_declarations": [{"name": AT}]}]},
    {"tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": SCHEMAS[1]}]}]},
    {"toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": [AT]}}},
    {"generationConfig": {"stopSequences": [AT]}}, {"generationConfig": {"responseMimeType": "application/json",
        "responseSchema": {"type": "OBJECT", "description": AT}}},
    {"generation_config": {"response_json_schema": SCHEMAS[0]}},
    {"generationConfig": {"speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": AT}}}}},
    {"labels": {"team": AT}}, {"labels": {AT: "x"}}, {"cachedContent": "cachedContents/" + AT},
    {"safetySettings": [{"category": AT, "threshold": "x"}]}, {"model": AT}] + [
    {"tools": [{"functionDeclarations": [{"name": "f", "parameters": s}]}]} for s in SCHEMAS]
G_EMBED = [{"content": {"parts": [{"text": AT}]}}, {"content": {"parts": [{"text": "a"}, {"text": AT}]}}, {"title": AT},
    {"taskType": AT}, {"model": "models/" + AT}] + NEW


# ---- Bedrock
def converse(*content, role="user"):
    return {"messages": [{"role": "user", "content": [{"text": "look"}]}, {"role": role, "content": list(content)}]}


def source(kind, **more):
    return {kind: dict({"format": "txt", "source": {"bytes": "eA=="}}, **more)}


CONVERSE = {"messages": [{"role": "user", "content": [{"text": "hi"}]}], "inferenceConfig": {"maxTokens": 6}}
CONVERSE_ROWS = NEW + [converse({"text": AT}, role=r) for r in ("user", "assistant", "critic")] + [
    {"system": [{"text": AT}]}, {"system": [{"text": "x"}, {"guardContent": {"text": {"text": AT}}}]},
    converse(source("document", name=AT)), converse(source("document", name="d", context=AT)),
    converse(source("document", name="d", source={"text": AT})),
    converse(source("document", name="d", source={"bytes": Coded("base64")})),
    converse(source("document", name="d", format="pdf", source={"bytes": Coded("base64")})),
    converse(source("document", name="d", source={"content": [{"text": AT}]})),
    converse(source("document", name="d", source={"s3Location": {"uri": "s3://b/" + AT}})),
    converse(source("image", format="png", source={"bytes": Coded("base64")})),
    converse(source("video", format="mp4", source={"s3Location": {"uri": "s3://b/" + AT}})),
    converse(source("audio", format="wav", source={"bytes": Coded("base64")})),
    converse({"toolUse": {"toolUseId": "t1", "name": "f", "input": {"who": AT}}}, role="assistant"),
    converse({"toolUse": {"toolUseId": "t1", "name": "f", "input": {AT: 1}}}, role="assistant"),
    converse({"toolResult": {"toolUseId": "t1", "content": [{"text": AT}]}}),
    converse({"toolResult": {"toolUseId": "t1", "content": [{"json": {"rows": [{"who": AT}]}}]}}),
    converse({"toolResult": {"toolUseId": "t1", "content": [source("document", name="d",
        source={"bytes": Coded("base64")})]}}),
    converse({"guardContent": {"text": {"text": AT}}}), converse({"reasoningContent": {"reasoningText": {"text": AT}}},
        role="assistant"),
    converse({"reasoningContent": {"reasoningText": {"text": "x", "signature": AT}}}, role="assistant"),
    converse({"reasoningContent": {"redactedContent": Coded("base64")}}, role="assistant"),
    converse({"searchResult": {"source": "s", "title": AT, "content": [{"text": "x"}]}}),
    converse({"searchResult": {"source": "s", "title": "t", "content": [{"text": AT}]}}),
    converse({"citationsContent": {"content": [{"text": AT}], "citations": []}}, role="assistant"),
    converse({"citationsContent": {"content": [{"text": "x"}],
        "citations": [{"title": AT, "sourceContent": [{"text": "x"}]}]}}, role="assistant"),
    converse({"x_new_block": {"y": AT}}), {"toolConfig": {"tools": [{"toolSpec": {"name": AT,
        "inputSchema": {"json": {}}}}]}}, {"toolConfig": {"tools": [{"toolSpec": {"name": "f", "description": AT,
            "inputSchema": {"json": {}}}}]}},
    {"promptVariables": {"who": {"text": AT}}}, {"additionalModelRequestFields": {"x": {"y": AT}}},
    {"additionalModelResponseFieldPaths": ["/" + AT]}, {"requestMetadata": {"k": AT}}, {"requestMetadata": {AT: "v"}},
    {"guardrailConfig": {"guardrailIdentifier": AT, "guardrailVersion": "1"}}, {"inferenceConfig": {"stopSequences": [AT]}},
    {"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": Inside(SCHEMAS[0]),
        "name": "s"}}}}}] + [
    {"toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": s}}}]}} for s in SCHEMAS]
INVOKE = dict(ANTHROPIC, anthropic_version="bedrock-2023-05-31")
INVOKE.pop("model")
NOVA = {"messages": [{"role": "user", "content": [{"text": "hi"}]}], "inferenceConfig": {"maxTokens": 6}}

# ---- Cohere, Ollama
COHERE_ROWS = [turn(AT, r) for r in ("user", "system", "assistant")] + TOOLS + NEW + [
    part(type="text", text=AT), part(type="image_url", image_url={"url": Coded(PLAIN_URI)}), {"documents": [AT]},
    {"documents": [{"id": "d", "data": {"text": AT}}]},
    {"documents": [{"id": "d", "data": {AT: "x"}}]}, turn([{"type": "document",
        "document": {"id": "d", "data": {"title": AT}}}]), {"messages": [{"role": "user", "content": "hi"},
            {"role": "assistant", "tool_plan": AT, "tool_calls": []}]},
    called(type="function", function={"name": "look_up", "arguments": Inside({"who": AT})}),
    {"messages": [{"role": "user", "content": "hi"}, {"role": "tool", "tool_call_id": "call_1",
        "content": [{"type": "document", "document": {"data": AT}}]}]},
    {"messages": [{"role": "user", "content": "hi"}, {"role": "tool", "tool_call_id": "call_1", "content": AT}]},
    {"messages": [{"role": "assistant", "content": "x", "citations": [{"start": 0, "end": 1, "text": AT}]},
        {"role": "user", "content": "hi"}]},
    {"response_format": {"type": "json_object", "json_schema": SCHEMAS[0]}}, {"stop_sequences": [AT]}, {"model": AT}]
OLLAMA_ROWS = [turn(AT, r) for r in ("user", "system", "assistant", "tool")] + TOOLS + NEW + [
    turn("hi", images=[Coded("base64")]), turn("hi", "assistant", thinking=AT),
    turn("hi", "assistant", tool_calls=[{"function": {"name": "f", "arguments": {"who": AT}}}]),
    {"messages": [{"role": "user", "content": "hi"}, {"role": "tool", "tool_name": AT, "content": "x"}]},
    {"format": SCHEMAS[0]}, {"options": {"stop": [AT]}}, {"model": AT}]

VERSION = ("anthropic-version: 2023-06-01",)
AZURE_QUERY = "?api-version=2024-10-21"
VERTEX = "/v1/projects/p-1/locations/us-central1/publishers/"
FEW = [turn(AT), {"system": AT}, {"x_new": {"deep": [[{"er": AT}]]}},
    {"x_new": {AT: 1}}]      # where an API's rows are another's

chat_at = Api("openai", "/v1/chat/completions", CHAT, CHAT_ROWS)
anthropic_at = Api("anthropic", "/v1/messages", ANTHROPIC, ANTHROPIC_ROWS, headers=VERSION)
gemini_at = Api("gemini", "/v1beta/models/gemini-3:generateContent", GEMINI, GEMINI_ROWS)
converse_at = Api("bedrock", "/model/anthropic.claude-v3%3A0/converse", CONVERSE, CONVERSE_ROWS)

APIS = {
    "openai.chat": chat_at,
    "openai.responses": Api("openai", "/v1/responses", RESPONSES, RESPONSES_ROWS),
    "openai.responses_input_tokens": Api("openai", "/v1/responses/input_tokens", RESPONSES, RESPONSES_ROWS),
    "openai.responses_compact": Api("openai", "/v1/responses/compact", RESPONSES, RESPONSES_ROWS),
    "openai.codex_login": Api("openai", "/backend-api/codex/responses", RESPONSES, RESPONSES_ROWS),
    "openai.completions": Api("openai", "/v1/completions", {"model": "m-1", "prompt": "hi", "max_tokens": 6}, COMPLETIONS),
    "openai.embeddings": Api("openai", "/v1/embeddings", {"model": "m-1", "input": "hi"}, EMBEDDINGS),
    "openai.moderations": Api("openai", "/v1/moderations", {"model": "m-1", "input": "hi"}, EMBEDDINGS[:2] + [
        {"input": [{"type": "text", "text": AT}]}, {"input": [{"type": "image_url",
            "image_url": {"url": "https://x.example/" + AT}}]}] + NEW, answers=False),
    "openai.speech": Api("openai", "/v1/audio/speech", {"model": "m-1", "voice": "v", "input": "hi"},
        [{"input": AT}, {"instructions": AT}] + NEW, answers=False),
    "openai.images": Api("openai", "/v1/images/generations", {"model": "m-1", "prompt": "a"},
        [{"prompt": AT}, {"user": AT}] + NEW, answers=False),
    "openai.videos": Api("openai", "/v1/videos", {"model": "m-1", "prompt": "a"}, [{"prompt": AT}] + NEW, answers=False),
    "openai.conversations": Api("openai", "/v1/conversations", {"items": []},
        [{"items": [{"type": "message", "role": "user", "content": AT}]}] + METADATA, answers=False),
    "openai.conversation_items": Api("openai", "/v1/conversations/conv_1/items", {"items": []},
        [{"items": [{"role": "user", "content": [{"type": "input_text", "text": AT}]}]}], answers=False),
    "openai.batches": Api("openai", "/v1/batches", {"input_file_id": "file-1", "endpoint": "/v1/responses",
        "completion_window": "24h"}, METADATA + [{"input_file_id": AT}], answers=False),
    "openai.vector_stores": Api("openai", "/v1/vector_stores", {"name": "v"}, [{"name": AT}] + METADATA, answers=False),
    "openai.vector_search": Api("openai", "/v1/vector_stores/vs_1/search", {"query": "q"},
        [{"query": AT}, {"query": ["a", AT]}, {"filters": {"type": "eq", "key": "k", "value": AT}}], answers=False),
    "openai.assistants": Api("openai", "/v1/assistants", {"model": "m-1"},
        [{"instructions": AT}, {"name": AT}, {"description": AT}] + TOOLS + METADATA, answers=False),
    "openai.threads": Api("openai", "/v1/threads", {"messages": []},
        [turn(AT), turn([{"type": "text", "text": AT}])] + METADATA, answers=False),
    "openai.thread_messages": Api("openai", "/v1/threads/thread_1/messages", {"role": "user", "content": "hi"},
        [{"content": AT}, {"content": [{"type": "text", "text": AT}]}] + METADATA, answers=False),
    "openai.runs": Api("openai", "/v1/threads/thread_1/runs", {"assistant_id": "asst_1"},
        [{"instructions": AT}, {"additional_messages": [{"role": "user", "content": AT}]}] + METADATA, answers=False),
    "openai.tool_outputs": Api("openai", "/v1/threads/thread_1/runs/run_1/submit_tool_outputs", {"tool_outputs": []},
        [{"tool_outputs": [{"tool_call_id": "c", "output": AT}]}], answers=False),
    "openai.evals": Api("openai", "/v1/evals", {"name": "e"},
        [{"name": AT}, {"testing_criteria": [{"type": "label_model",
            "input": [{"role": "user", "content": AT}]}]}] + METADATA, answers=False),
    "openai.fine_tuning": Api("openai", "/v1/fine_tuning/jobs", {"model": "m-1", "training_file": "file-1"},
        [{"suffix": AT}] + METADATA, answers=False),
    "openai.containers": Api("openai", "/v1/containers", {"name": "c"}, [{"name": AT}], answers=False),
    "openai.uploads": Api("openai", "/v1/uploads", {"filename": "f", "purpose": "batch", "bytes": 1,
        "mime_type": "text/jsonl"}, [{"filename": AT}], answers=False),
    "openai.chatkit": Api("openai", "/v1/chatkit/sessions", {"user": "u", "workflow": {"id": "w"}},
        [{"user": AT}, {"workflow": {"id": "w", "state_variables": {"who": AT}}}], answers=False),
    "openai.stored_chat": Api("openai", "/v1/chat/completions/chatcmpl-1", {"metadata": {}}, METADATA, answers=False),
    "azure.deployment": chat_at.over(host="azure", path="/openai/deployments/dep-1/chat/completions" + AZURE_QUERY),
    "azure.v1_responses": Api("azure", "/openai/v1/responses", RESPONSES, RESPONSES_ROWS),
    "azure.embeddings": Api("azure", "/openai/deployments/dep-1/embeddings" + AZURE_QUERY, {"input": "hi"}, EMBEDDINGS),
    "groq.chat": chat_at.over(host="groq", path="/openai/v1/chat/completions"),
    "deepseek.chat": chat_at.over(host="deepseek", path="/chat/completions"),
    "anthropic.messages": anthropic_at,
    "anthropic.beta": anthropic_at.over(path="/v1/messages?beta=true"),
    "anthropic.count_tokens": anthropic_at.over(path="/v1/messages/count_tokens"),
    "anthropic.complete": Api("anthropic", "/v1/complete", {"model": "m-1", "prompt": "hi", "max_tokens_to_sample": 3},
        [{"prompt": AT}, {"stop_sequences": [AT]}] + NEW, answers=False, headers=VERSION),
    "anthropic.batches": anthropic_at.over(path="/v1/messages/batches", answers=False,
        wrap=lambda b: {"requests": [{"custom_id": "a", "params": ANTHROPIC}, {"custom_id": "b", "params": b}]}),
    "anthropic.sessions": Api("anthropic", "/v1/sessions/sess_1/events", {"events": []},
        [{"events": [{"type": "user", "content": [{"type": "text", "text": AT}]}]}], answers=False, headers=VERSION),
    "gemini.generate": gemini_at,
    "gemini.v1": gemini_at.over(path="/v1/models/gemini-3:generateContent"),
    "gemini.stream": gemini_at.over(path="/v1beta/models/gemini-3:streamGenerateContent?alt=sse"),
    "gemini.count": Api("gemini", "/v1beta/models/gemini-3:countTokens", {"contents": GEMINI["contents"]}, GEMINI_ROWS),
    "gemini.count_whole": gemini_at.over(path="/v1beta/models/gemini-3:countTokens",
        wrap=lambda b: {"generateContentRequest": dict({"model": "models/gemini-3"}, **b)}),
    "gemini.embed": Api("gemini", "/v1beta/models/embed-1:embedContent", {"content": {"parts": [{"text": "hi"}]}}, G_EMBED),
    "gemini.embed_many": Api("gemini", "/v1beta/models/embed-1:batchEmbedContents",
        {"content": {"parts": [{"text": "hi"}]}, "model": "models/e"}, G_EMBED, wrap=lambda b: {"requests": [b]}),
    "gemini.batch": gemini_at.over(path="/v1beta/models/gemini-3:batchGenerateContent", answers=False,
        wrap=lambda b: {"batch": {"displayName": "b", "inputConfig": {"requests": {"requests": [{"request": b}]}}}}),
    "gemini.cache": Api("gemini", "/v1beta/cachedContents", dict(GEMINI, model="models/m"),
        GEMINI_ROWS + [{"displayName": AT}, {"ttl": AT}], answers=False),
    "gemini.predict": Api("gemini", "/v1beta/models/imagen:predict", {"instances": []},
        [{"instances": [{"prompt": AT}]}, {"parameters": {"x": AT}}], answers=False),
    "gemini.interactions": Api("gemini", "/v1beta/interactions", {"model": "m", "input": "hi"},
        [{"input": AT}, {"system_instruction": AT}] + NEW, answers=False),
    "gemini.openai": chat_at.over(host="gemini", path="/v1beta/openai/chat/completions"),
    "vertex.generate": gemini_at.over(host="vertex", path=VERTEX + "google/models/gemini-3:generateContent"),
    "vertex.claude": Api("vertex", VERTEX + "anthropic/models/claude-4:rawPredict",
        dict(INVOKE, anthropic_version="vertex-2023-10-16"), ANTHROPIC_ROWS),
    "vertex.count": anthropic_at.over(host="vertex", path=VERTEX + "anthropic/models/count-tokens:rawPredict"),
    "vertex.embed": Api("vertex", VERTEX + "google/models/text-embedding:predict", {"instances": [{"content": "hi"}]},
        [{"instances": [{"content": AT}]}, {"instances": [{"content": "x", "title": AT}]}] + NEW),
    "mistral.chat": Api("mistral", "/v1/chat/completions", CHAT, MESSAGES[:4] + MESSAGES[5:] + TOOLS + NEW + [
        part(type="image_url", image_url=Coded(PLAIN_URI)), part(type="document_url",
            document_url="https://x.example/" + AT), part(type="document_url", document_name=AT, document_url="data:,x"),
        turn([{"type": "thinking", "thinking": [{"type": "text", "text": AT}]}], "assistant"), {"stop": [AT]},
            {"prediction": {"type": "content", "content": AT}}, {"model": AT}]),
    "mistral.fim": Api("mistral", "/v1/fim/completions", {"model": "m", "prompt": "hi"},
        [{"prompt": AT}, {"suffix": AT}] + NEW),
    "mistral.agents": Api("mistral", "/v1/agents/completions", dict(CHAT, agent_id="ag"), [turn(AT)] + NEW),
    "mistral.embed": Api("mistral", "/v1/embeddings", {"model": "m", "input": "hi"}, EMBEDDINGS),
    "mistral.moderations": Api("mistral", "/v1/chat/moderations", {"model": "m", "input": []},
        [{"input": [{"role": "user", "content": AT}]}], answers=False),
    "mistral.ocr": Api("mistral", "/v1/ocr", {"model": "m", "document": {"type": "document_url", "document_url": "data:,x"}},
        [{"document": {"type": "document_url", "document_url": "https://x.example/" + AT}},
                                                                                                                                   {"document": {"type": "document_url", "document_url": Coded(PLAIN_URI)}}], answers=False),
    "mistral.conversations": Api("mistral", "/v1/conversations", {"model": "m", "inputs": "hi"},
        [{"inputs": AT}, {"inputs": [{"role": "user", "content": AT}]}, {"instructions": AT}] + NEW, answers=False),
    "mistral.batch": Api("mistral", "/v1/batch/jobs", {"model": "m", "endpoint": "/v1/chat/completions"},
        [{"requests": [{"custom_id": "a", "body": turn("hi")}, {"custom_id": "b", "body": turn(AT)}]}] + METADATA,
            answers=False),
    "bedrock.converse": converse_at,
    "bedrock.converse_stream": converse_at.over(path="/model/anthropic.claude-v3%3A0/converse-stream"),
    "bedrock.claude": Api("bedrock", "/model/anthropic.claude-v3%3A0/invoke", INVOKE, ANTHROPIC_ROWS),
    "bedrock.claude_stream": Api("bedrock", "/model/us.anthropic.claude-v3%3A0/invoke-with-response-stream", INVOKE,
        ANTHROPIC_ROWS),
    "bedrock.nova": Api("bedrock", "/model/amazon.nova-lite-v1%3A0/invoke", NOVA, CONVERSE_ROWS[:8]),
    "bedrock.llama": Api("bedrock", "/model/meta.llama3-8b-instruct-v1%3A0/invoke", {"prompt": "hi", "max_gen_len": 6},
        [{"prompt": AT}] + NEW),
    "bedrock.titan": Api("bedrock", "/model/amazon.titan-text-lite-v1/invoke", {"inputText": "hi"},
        [{"inputText": AT}, {"textGenerationConfig": {"stopSequences": [AT]}}] + NEW),
    "bedrock.titan_embed": Api("bedrock", "/model/amazon.titan-embed-text-v2%3A0/invoke", {"inputText": "hi"},
        [{"inputText": AT}] + NEW),
    "bedrock.cohere_embed": Api("bedrock", "/model/cohere.embed-english-v3/invoke",
        {"texts": ["hi"], "input_type": "search_document"}, [{"texts": ["a", AT]}] + NEW),
    "bedrock.mistral": Api("bedrock", "/model/mistral.mistral-7b-instruct-v0%3A2/invoke", {"prompt": "hi", "max_tokens": 6},
        [{"prompt": AT}, {"stop": [AT]}] + NEW),
    "bedrock.count": converse_at.over(path="/model/anthropic.claude-v3%3A0/count-tokens",
        wrap=lambda b: {"input": {"converse": b}}),
    "bedrock.count_invoke": Api("bedrock", "/model/anthropic.claude-v3%3A0/count-tokens", {},
        [{"input": {"invokeModel": {"body": Coded("base64", Inside(dict(INVOKE, system=AT)))}}}]),
    "bedrock.guardrail": Api("bedrock", "/guardrail/g1/version/1/apply", {"source": "INPUT", "content": []},
        [{"content": [{"text": {"text": AT}}]}], answers=False),
    "bedrock.async": Api("bedrock", "/async-invoke", {"modelId": "m", "outputDataConfig": {}},
        [{"modelInput": {"text": AT}}, {"tags": [{"key": "k", "value": AT}]}], answers=False),
    "cohere.chat": Api("cohere", "/v2/chat", CHAT, COHERE_ROWS),
    "cohere.embed": Api("cohere", "/v2/embed", {"model": "m", "texts": ["hi"], "input_type": "search_document",
        "embedding_types": ["float"]}, [{"texts": ["a", AT]},
            {"inputs": [{"content": [{"type": "text", "text": AT}]}]}] + NEW),
    "cohere.rerank": Api("cohere", "/v2/rerank", {"model": "m", "query": "q", "documents": ["d"]},
        [{"query": AT}, {"documents": ["a", AT]}], answers=False),
    "cohere.v1_chat": Api("cohere", "/v1/chat", {"message": "hi", "max_tokens": 6},
        [{"message": AT}, {"preamble": AT}, {"chat_history": [{"role": "USER", "message": AT}]}, {"documents": [{"t": AT}]}]),
    "cohere.v1_embed": Api("cohere", "/v1/embed", {"texts": ["hi"]}, [{"texts": ["a", AT]}]),
    "ollama.chat": Api("ollama", "/api/chat", {"model": "m", "stream": False,
        "messages": [{"role": "user", "content": "hi"}], "options": {"num_predict": 6}}, OLLAMA_ROWS),
    "ollama.generate": Api("ollama", "/api/generate", {"model": "m", "stream": False, "prompt": "hi",
        "options": {"num_predict": 6}}, [
        {"prompt": AT}, {"suffix": AT}, {"system": AT}, {"template": AT}, {"images": [Coded("base64")]},
            {"format": SCHEMAS[0]}, {"options": {"stop": [AT]}}] + NEW),
    "ollama.embed": Api("ollama", "/api/embed", {"model": "m", "input": "hi"}, [{"input": AT}, {"input": ["a", AT]}] + NEW),
    "ollama.embeddings": Api("ollama", "/api/embeddings", {"model": "m", "prompt": "hi"}, [{"prompt": AT}] + NEW),
    "ollama.create": Api("ollama", "/api/create", {"model": "m", "from": "b"},
        [{"system": AT}, {"template": AT}, {"messages": [{"role": "user", "content": AT}]}], answers=False),
}


# ---- bodies that are no JSON: bytes of a text
BOUNDARY = "fRoNtIeR-7"


def multipart(*parts, boundary=BOUNDARY):
    """Each part: (header lines, bytes)."""
    out = b""
    for lines, body in parts:
        out += ("--%s\r\n" % boundary).encode() + b"".join(l.encode() + b"\r\n" for l in lines) + b"\r\n" + body + b"\r\n"
    return out + ("--%s--\r\n" % boundary).encode()


def field(name, value):
    return ['Content-Disposition: form-data; name="%s"' % name], value.encode()


def upload(data, name="a.txt", ctype="text/plain", part="file", extra=()):
    return ['Content-Disposition: form-data; name="%s"; filename="%s"' % (part, name), "Content-Type: " + ctype,
    *extra], data


def row(n, body, **more):
    return json.dumps(dict({"custom_id": "r%d" % n, "method": "POST", "url": "/v1/chat/completions", "body": body}, **more))


def jsonl(text):
    return "\n".join([row(1, dict(CHAT)), row(2, fill(dict(CHAT, **turn(AT)), text)), row(3, dict(CHAT))]) + "\n"


FORM = "multipart/form-data; boundary=" + BOUNDARY
# label: (host, path, content type, text to bytes)
RAW = {
    "file": ("openai", "/v1/files", FORM, lambda t: multipart(field("purpose", "assistants"),
        upload(b"note: " + t.encode()))),
    "file_of_json": ("openai", "/v1/files", FORM, lambda t: multipart(field("purpose", "assistants"),
        upload(json.dumps({"a": [t]}).encode(), "a.json", "application/json"))),
    "file_without_type": ("openai", "/v1/files", FORM, lambda t: multipart(field("purpose", "assistants"),
        (['Content-Disposition: form-data; name="file"; filename="x"'], t.encode()))),
    "file_as_bytes": ("openai", "/v1/files", FORM, lambda t: multipart(field("purpose", "assistants"),
        upload(t.encode(), "x", "application/octet-stream"))),
    "file_in_base64": ("openai", "/v1/files", FORM, lambda t: multipart(upload(base64.b64encode(t.encode()),
        extra=["Content-Transfer-Encoding: base64"]))),
    "file_in_quoted_printable": ("openai", "/v1/files", FORM,
        lambda t: multipart(upload("".join("=%02X" % b for b in t.encode()).encode(),
            extra=["Content-Transfer-Encoding: quoted-printable"]))),
    "file_in_utf16": ("openai", "/v1/files", FORM, lambda t: multipart(upload(t.encode("utf-16")))),
    "file_name": ("openai", "/v1/files", FORM, lambda t: multipart(upload(b"x", t + ".txt"))),
    "part_name": ("openai", "/v1/files", FORM, lambda t: multipart(upload(b"x"), field(t, "x"))),
    "field_value": ("openai", "/v1/files", FORM, lambda t: multipart(upload(b"x"), field("purpose", t))),
    "part_header": ("openai", "/v1/files", FORM, lambda t: multipart(upload(b"x", extra=["X-Note: " + t]))),
    "part_type": ("openai", "/v1/files", FORM, lambda t: multipart(upload(b"x", ctype="text/plain; note=\"%s\"" % t))),
    "rows_of_a_batch": ("openai", "/v1/files", FORM, lambda t: multipart(field("purpose", "batch"),
        upload(jsonl(t).encode(), "b.jsonl", "application/jsonl"))),
    "custom_id_of_a_row": ("openai", "/v1/files", FORM, lambda t: multipart(field("purpose", "batch"),
        upload((row(1, CHAT, custom_id=t) + "\n").encode(), "b.jsonl"))),
    "upload_part": ("openai", "/v1/uploads/upload_1/parts", FORM, lambda t: multipart(upload(t.encode(), part="data"))),
    "transcription_prompt": ("openai", "/v1/audio/transcriptions", FORM,
        lambda t: multipart(field("model", "w"), field("prompt", t))),
    "image_edit_prompt": ("openai", "/v1/images/edits", FORM, lambda t: multipart(field("model", "w"), field("prompt", t))),
    "anthropic_file": ("anthropic", "/v1/files", FORM, lambda t: multipart(upload(t.encode()))),
    "mistral_file": ("mistral", "/v1/files", FORM, lambda t: multipart(field("purpose", "batch"),
        upload(jsonl(t).encode(), "b.jsonl"))),
    "gemini_upload": ("gemini", "/upload/v1beta/files", "text/plain", lambda t: t.encode()),
    "gemini_upload_related": ("gemini", "/upload/v1beta/files", "multipart/related; boundary=" + BOUNDARY,
                              lambda t: multipart((["Content-Type: application/json"],
                                  json.dumps({"file": {"displayName": t}}).encode()), (["Content-Type: text/plain"], b"x"))),
    "nested_multipart": ("openai", "/v1/files", FORM, lambda t: multipart((['Content-Disposition: form-data; name="files"',
        "Content-Type: multipart/mixed; boundary=in"],
                                                                          multipart(upload(t.encode()), boundary="in")))),
}
