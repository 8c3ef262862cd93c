"""What outlives a request: conversations that were sensitive stay inside, by id, by session and by what they repeat; local
answers are kept for their owner alone. In a file, and in a real Redis that two instances share."""
import base64
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time

from harness import KEEP, ROOT, SCRATCH, Cordon, Skip, chat, each, eq, scenario, wait_until, whole

RESPONSES = "/v1/responses"
LONG = "The harbour lights were counted twice that evening by the keeper and his dog."


def bearer(name):
    return ["Authorization: Bearer sk-" + name]


def respond(c, text, who="ann", path=RESPONSES, headers=(), **more):
    body = dict({"model": "gpt-4o-mini", "input": text, "max_output_tokens": 24}, **more)
    return c.ask(body, path=path, headers=bearer(who) + list(headers))


def action(r):
    return r.header("x-cordon-action")


def local_id(c, who="ann", **more):
    r = respond(c, "Patient " + KEEP + " asks for tea.", who, **more)
    eq((r.status, action(r)), (200, "local"), "first turn: " + repr(r.body[:300]))
    return r.json()["id"]


# ---------------------------------------------------------------------------------------------------- kept answers
@scenario
def a_local_answer_is_gone_on_from(c, up):
    first = local_id(c)
    assert re.fullmatch(r"resp_[0-9a-f]{40}", first), first
    r = respond(c, "And with milk?", previous_response_id=first)
    eq((r.status, action(r)), (200, "local"), "second turn: " + repr(r.body[:300]))
    eq(r.json()["previous_response_id"], first, "previous_response_id")
    third = respond(c, "Thanks.", previous_response_id=r.json()["id"])
    eq((third.status, action(third)), (200, "local"), "third turn")
    assert third.json()["usage"]["input_tokens"] > r.json()["usage"]["input_tokens"], "the history grows"
    up.untouched()


@scenario
def a_kept_answer_is_read_and_deleted_by_its_owner(c, up):
    ident = local_id(c)
    path = RESPONSES + "/" + ident
    r = c.ask(None, "GET", path, bearer("ann"))
    eq((r.status, action(r), r.json()["id"], r.json()["object"]), (200, "local", ident, "response"), "GET")
    r = c.ask(None, "GET", path + "/input_items", bearer("ann"))
    eq((r.status, r.json()["object"]), (200, "list"), "input items")
    assert KEEP in json.dumps(r.json()["data"]), r.json()
    r = c.ask(None, "DELETE", path, bearer("ann"))
    eq((r.status, r.json()["deleted"]), (200, True), "DELETE")
    for method in ("GET", "DELETE"):
        r = c.ask(None, method, path, bearer("ann"))
        eq((r.status, r.code), (404, "STATE_UNKNOWN"), method + " after DELETE")
    up.untouched()


@each({"get": "GET", "delete": "DELETE", "go_on": "POST"})
def another_clients_answer_is_not_there(c, up, case):
    ident = local_id(c)
    if case == "POST":
        r = respond(c, "go on", "eve", previous_response_id=ident)
    else:
        r = c.ask(None, case, RESPONSES + "/" + ident, bearer("eve"))
    eq((r.status, r.json()["error"]["code"]), (404, "state_unknown"), "reply")
    assert KEEP.encode() not in r.body, "the other's text"
    eq(c.ask(None, "GET", RESPONSES + "/" + ident, bearer("ann")).status, 200, "its owner's")
    up.untouched()


@scenario
def an_answer_that_is_not_to_be_stored_is_not(c, up):
    ident = local_id(c, store=False)
    eq(c.ask(None, "GET", RESPONSES + "/" + ident, bearer("ann")).status, 404, "GET")


@scenario
def a_streamed_answer_is_kept_too(c, up):
    r = respond(c, "Patient " + KEEP + " asks for tea.", stream=True)
    eq((r.status, action(r)), (200, "local"), "stream")
    last = json.loads(r.events[-1][1].split(b"data: ", 1)[1])
    assert last["type"] in ("response.completed", "response.incomplete"), last["type"]
    got = c.ask(None, "GET", RESPONSES + "/" + last["response"]["id"], bearer("ann"))
    eq((got.status, got.json()["output"]), (200, last["response"]["output"]), "what was kept")


# ---------------------------------------------------------------------------------------------------------- taint
def brief(text, **more):
    """A local answer without a limit is as long as the model's context."""
    return chat(text, max_tokens=4, **more)


DISGUISES = {
    "text": lambda i: json.dumps(brief("see " + i + " now")),
    "an escape in a text": lambda i: json.dumps(brief("see @ now")).replace("@", i[:20] + "\\u%04x" % ord(i[20]) + i[21:]),
    "JSON in a string": lambda i: json.dumps(brief(json.dumps({"a": {"b": i}}))),
    "JSON in a string with an escape": lambda i: json.dumps(brief('{"a":"%s\\u%04x%s"}' % (i[:20], ord(i[20]), i[21:]))),
    "base64": lambda i: json.dumps(brief(base64.b64encode(("look at " + i + " for me").encode()).decode())),
    "a data URI": lambda i: json.dumps(brief("data:text/plain;base64," + base64.b64encode(("look at " + i).encode()).decode())),
    "percent": lambda i: json.dumps(brief("https://h.example/?q=" + "".join("%%%02x" % ord(x) for x in i))),
    "glued": lambda i: json.dumps(brief("xx-" + i + "yy")),
    "upper case": lambda i: json.dumps(brief(i.upper())),
    "a key": lambda i: json.dumps(brief("hi", metadata={i: "x"})),
    "a header": lambda i: (json.dumps(brief("hi")), ["Idempotency-Key: " + i]),
    "another header": lambda i: (json.dumps(brief("hi")), ["OpenAI-Beta: " + i]),
    "a session's name": lambda i: (json.dumps(brief("hi")), ["session_id: " + i]),
}


@each(DISGUISES)
def a_local_id_never_goes_up(c, up, case):
    ident = local_id(c)
    body, headers = case(ident) if isinstance(case(ident), tuple) else (case(ident), [])
    up.reset()
    r = c.ask(body.encode(), headers=bearer("bob") + headers)
    eq((r.status, action(r)), (200, "local"), "reply: " + repr(r.body[:200]))
    up.untouched()


@scenario
def a_kept_answer_that_is_cancelled_is_told_as_it_is(c, up):
    ident = local_id(c)
    path = RESPONSES + "/" + ident + "/cancel"
    r = c.ask(b"", "POST", path, bearer("ann"))
    eq((r.status, r.json()["id"], r.json()["object"]), (200, ident, "response"), "its owner's")
    eq(c.ask(b"", "POST", path, bearer("eve")).status, 404, "another client's")
    up.untouched()


@each({"header": ["X-Claude-Code-Session-Id: 6a1c0f52-1b1e-4a50-9d07-1f2f8e0f3c11"],
       "codex": ["session_id: 0199aa00-77aa-7b00-8f00-2b00aa00bb00"]})
def a_session_with_a_unique_name_stays_inside_whatever_its_key(c, up, case):
    """Tokens run out, and an agent may speak to two APIs with two keys: the session is the same."""
    eq(action(c.ask(chat("patient " + KEEP, max_tokens=4), key="sk-before", headers=case)), "local", "the sensitive turn")
    up.reset()
    eq(action(c.ask(chat("and what now?", max_tokens=4), key="sk-after", headers=case)), "local", "with another key")
    up.untouched()
    other = [case[0].rsplit(" ", 1)[0] + " 7b7b7b7b-0000-4000-8000-77777777abcd"]
    eq(action(c.ask(chat("and what now?"), key="sk-after", headers=other)), "forward", "another session")


@each({"header": ["X-Session-Id: my-application"], "codex": ["session_id: the-ward-desk"]})
def a_session_stays_inside(c, up, case):
    other = [case[0].rsplit(" ", 1)[0] + " another-application"]
    eq(action(c.ask(chat("hi"), headers=bearer("sess") + case)), "forward", "before")
    eq(action(c.ask(chat("patient " + KEEP, max_tokens=4), headers=bearer("sess") + case)), "local", "the sensitive turn")
    up.reset()
    eq(action(c.ask(chat("and what now?", max_tokens=4), headers=bearer("sess") + case)), "local", "the same session")
    up.untouched()
    eq(action(c.ask(chat("and what now?"), headers=bearer("sess") + other)), "forward", "another session")
    eq(action(c.ask(chat("and what now?"), headers=bearer("other") + case)), "forward", "another client, same name")


@scenario
def sessions_do_not_count_when_they_are_switched_off(up):
    def change(conf):
        conf["state"] = {"sessions": False}
    with Cordon(up, change=change) as own:
        session = ["X-Session-Id: a-session-that-is-none"]
        eq(action(own.ask(chat("patient " + KEEP, max_tokens=4), headers=bearer("off") + session)), "local", "the sensitive turn")
        eq(action(own.ask(chat("and what now?"), headers=bearer("off") + session)), "forward", "the same session")


@scenario
def a_session_named_in_the_body_stays_inside(c, up):
    def ask(text):
        return c.ask({"model": "gpt-5", "input": text, "prompt_cache_key": "cache-key-11223344", "max_output_tokens": 4},
                     path=RESPONSES, headers=bearer("cachekey"))
    eq(action(ask("patient " + KEEP)), "local", "the sensitive turn")
    up.reset()
    eq(action(ask("and then?")), "local", "the same key")
    up.untouched()


def assistant_turn(c, who):
    """What the local model said to a request whose own text is about nothing."""
    r = c.ask({"model": "gpt-4o-mini", "max_tokens": 48, "messages": [
        {"role": "system", "content": "You help with patient " + KEEP + "."}, {"role": "user", "content": LONG}]},
        headers=bearer(who))
    eq(action(r), "local", "the sensitive turn")
    return r.json()["choices"][0]["message"]["content"]


def with_history(said, system="You are helpful."):
    return {"model": "gpt-4o-mini", "max_tokens": 4, "messages": [
        {"role": "system", "content": system}, {"role": "user", "content": "Hello there."},
        {"role": "assistant", "content": said}, {"role": "user", "content": "And then?"}]}


@scenario
def a_local_turn_that_is_repeated_taints(c, up):
    said = assistant_turn(c, "dig")
    if len(" ".join(said.split())) < 32:
        raise Skip("the model said less than counts: %r" % said)
    up.reset()
    for name, body in {
            "as it was": with_history(said),
            "as parts, with cache_control": with_history([{"type": "text", "text": said, "cache_control": {"type": "ephemeral"}}]),
            "in two parts": with_history([{"type": "text", "text": said[:20]}, {"type": "text", "text": said[20:]}]),
            "in JSON in a string": with_history(json.dumps({"answer": said})),
            "with other white space": with_history("  " + said.replace(" ", "  ") + "\n"),
    }.items():
        r = c.ask(body, headers=bearer("dig"))
        eq(action(r), "local", name)
    up.untouched()
    eq(action(c.ask(with_history(said), headers=bearer("someone-else"))), "forward", "another client")
    eq(action(c.ask(with_history("Something else was said here, of the same length or so."), headers=bearer("dig"))),
       "forward", "another text")


@scenario
def a_shared_system_prompt_taints_nobody(c, up):
    system = "You are the ward's assistant. Answer in one short sentence and never guess a dose."
    body = with_history("Good morning, how can I help you today?", system)
    body["messages"][1]["content"] = "patient " + KEEP
    eq(action(c.ask(body, headers=bearer("sys"))), "local", "the sensitive turn")
    up.reset()
    eq(action(c.ask(with_history("Good evening to you, what is it now then?", system), headers=bearer("sys"))), "forward",
       "the system prompt alone")


@scenario
def a_message_that_was_sensitive_taints_by_its_text(c, up):
    """Also when what made it sensitive is found no more: here, because the operator has switched the pattern off."""
    with Cordon(up) as own:
        text = "The person whom we speak of is " + KEEP + " and lives by the sea."
        eq(action(own.ask(chat(text, max_tokens=4), headers=bearer("a"))), "local", "the sensitive turn")
        own.conf["disabled_types"] = []
        own.conf["patterns"] = own.conf["patterns"][:1]
        own.write_conf()
        own.reload()
        up.reset()
        eq(action(own.ask(chat(text, max_tokens=4), headers=bearer("a"))), "local", "the same text again")
        up.untouched()
        eq(action(own.ask(chat("The person whom we speak of is " + KEEP + "."), headers=bearer("a"))), "forward", "another text")


@scenario
def a_local_call_id_keeps_the_conversation_inside(c, up):
    tool = {"type": "function", "function": {"name": "look_up", "description": "Looks up.", "parameters": {
        "type": "object", "properties": {"q": {"type": "string", "enum": ["a", "b"]}}, "required": ["q"]}}}
    r = c.ask(chat("patient " + KEEP, tools=[tool], tool_choice="required", max_tokens=100, temperature=0), headers=bearer("call"))
    call = r.json()["choices"][0]["message"]["tool_calls"][0]
    assert re.fullmatch(r"call_[0-9a-f]{40}", call["id"]), call
    call["function"]["arguments"] = '{"q":"a"}'      # whatever the model made of the prompt: the id alone is in question
    up.reset()
    body = {"model": "gpt-4o-mini", "max_tokens": 4, "tools": [tool], "messages": [
        {"role": "user", "content": "look it up"}, {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": "done"}]}
    eq(action(c.ask(body, headers=bearer("somebody"))), "local", "by the id alone, whoever sends it")
    forged = json.loads(json.dumps(body).replace(call["id"], call["id"][:-1] + ("0" if call["id"][-1] != "0" else "1")))
    r = c.ask(forged, headers=bearer("nobody"))
    eq((action(r), c.intents(r.header("x-cordon-id"))[0]["found"]), ("forward", []), "an id that only looks like one")


# --------------------------------------------------------------------------------------- what the provider keeps
def strict(conf):
    conf["rules"][2:2] = [{"name": "unknown-state", "when": {"unknown_ids": True}, "action": "refuse"}]
    conf["upstreams"][0].update(baa=True)


UP_RESPONSE = {"id": "resp_0f3a5b6c7d8e9f00112233445566778899aabbccddeeff00", "object": "response", "status": "completed", "output": []}


@each({"previous_response_id": {"previous_response_id": UP_RESPONSE["id"]},
       "conversation": {"conversation": "conv_0f3a5b6c7d8e9f0011223344"},
       "conversation_object": {"conversation": {"id": "conv_0f3a5b6c7d8e9f0011223344"}},
       "file_id": {"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "file-abc123DEF456ghi789"}]}]},
       "item_reference": {"input": [{"type": "item_reference", "id": "msg_0f3a5b6c7d8e9f001122334455"}]},
       "prompt": {"prompt": {"id": "pmpt_0f3a5b6c7d8e9f001122334455"}}})
def an_unknown_id_is_refused_in_the_strict_profile(c, up, case):
    with Cordon(up, change=strict) as own:
        r = respond(own, "go on", **case)
        eq((r.status, r.header("x-cordon-rule")), (400, "unknown-state"), "reply")
        up.untouched()


@scenario
def an_id_that_was_made_through_us_is_known(c, up):
    with Cordon(up, change=strict) as own:
        up.answer([whole(UP_RESPONSE)])
        eq(action(respond(own, "hi")), "forward", "first turn")
        up.answer([whole(dict(UP_RESPONSE, id="resp_11"))])
        r = respond(own, "go on", previous_response_id=UP_RESPONSE["id"])
        eq((r.status, action(r)), (200, "forward"), "second turn")
        own.stop()
        own.start()
        up.answer([whole(UP_RESPONSE)])
        eq(action(respond(own, "go on", previous_response_id=UP_RESPONSE["id"])), "forward", "after a restart")


@scenario
def an_id_of_something_sensitive_is_sensitive(c, up):
    """A request about a patient may go to the one API, and what it made there is known to be about a patient elsewhere."""
    def change(conf):
        conf["rules"][2:2] = [{"name": "agreement", "when": {"classes": ["phi"], "clients": ["clinic"]}, "action": "forward"}]
        conf["clients"] = [{"name": "clinic", "networks": ["127.0.0.9/32"]}]
    with Cordon(up, change=change) as own:
        up.answer([whole(UP_RESPONSE)])
        with own.client(source=("127.0.0.9", 0)) as k:
            k.request({"model": "m", "input": "patient " + KEEP, "max_output_tokens": 16}, path=RESPONSES)
            eq(action(k.reply()), "forward", "the clinic's turn")
        up.reset()
        r = respond(own, "go on", previous_response_id=UP_RESPONSE["id"])
        eq((r.status, r.header("x-cordon-action"), r.code), (400, "refuse", "STATE_REMOTE"), "somebody else's turn")
        up.untouched()


@each({"responses": (RESPONSES, {"model": "m", "input": "hi"}, False), "responses_true": (RESPONSES, {"model": "m", "input": "hi", "store": True}, False),
       "responses_false": (RESPONSES, {"model": "m", "store": False, "input": "hi"}, False),
       "chat_true": ("/v1/chat/completions", chat("hi", store=True), False),
       "chat": ("/v1/chat/completions", chat("hi"), None)})
def store_is_forced_to_false(c, up, case):
    path, body, want = case

    def change(conf):
        conf["rules"][-1]["no_store"] = True
    with Cordon(up, change=change) as own:
        eq(action(own.ask(body, path=path)), "forward", "action")
        sent = json.loads(up.requests[0].body)
        eq(sent.get("store"), want, "store as sent")
        sent.pop("store", None)
        eq(sent, {k: v for k, v in body.items() if k != "store"}, "the rest")


# ---------------------------------------------------------------------------------------------------- file and Redis
@scenario
def a_restart_forgets_nothing(up):
    own = Cordon(up)
    try:
        session = ["X-Session-Id: restart-session-1"]
        ident = local_id(own, headers=session)
        own.stop()
        own.start()
        eq(own.ask(None, "GET", RESPONSES + "/" + ident, bearer("ann")).status, 200, "the kept answer")
        eq(action(respond(own, "go on", previous_response_id=ident)), "local", "the conversation")
        eq(action(own.ask(chat("hm", max_tokens=4), headers=bearer("ann") + session)), "local", "the session")
        own.kill()
        own.start()
        eq(own.ask(None, "GET", RESPONSES + "/" + ident, bearer("ann")).status, 200, "after kill -9")
    finally:
        own.close()


@scenario
def nothing_can_be_read_from_the_files(up):
    with Cordon(up) as own:
        ident = local_id(own, headers=["X-Session-Id: a-readable-session-name"])
        own.stop()
        for folder, _, files in os.walk(os.path.join(own.state, "state")):
            for name in files:
                with open(os.path.join(folder, name), "rb") as f:
                    data = f.read()
                for secret in (KEEP, ident, "readable-session", "sk-ann", "asks for tea"):
                    assert secret.encode() not in data, "%s holds %s" % (name, secret)


class Redis:
    def __init__(self):
        if shutil.which("redis-server") is None:
            raise Skip("redis-server is not installed")
        self.dir, self.password, self.process = tempfile.mkdtemp(prefix="redis-", dir=SCRATCH), "hunter2-" + secrets.token_hex(8), None
        for _ in range(5):
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                self.port = s.getsockname()[1]
            if self.start():
                return
        raise AssertionError("redis-server found no free port")

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.dir, "--appendonly", "yes",
             "--requirepass", self.password, "--save", ""], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        wait_until(lambda: self.command("PING") == b"+PONG\r\n" or self.process.poll() is not None, "redis to answer", 10)
        return self.process.poll() is None      # not when somebody else took the port meanwhile

    def command(self, *words):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
                for w in (("AUTH", self.password), words):
                    s.sendall(b"*%d\r\n" % len(w) + b"".join(b"$%d\r\n%s\r\n" % (len(x.encode()), x.encode()) for x in w))
                    time.sleep(0.02)
                    got = s.recv(1 << 20)
                return got
        except OSError:
            return None

    def stop(self):
        self.process.terminate()
        self.process.wait(20)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(20)
        shutil.rmtree(self.dir, ignore_errors=True)

    def change(self, key_file):
        def change(conf):
            conf["state"] = {"directory": os.path.join(os.path.dirname(conf["ledger"]["directory"]), "state"), "key_file": key_file,
                             "redis": {"address": "127.0.0.1:%d" % self.port, "password_from_env": "REDIS_PASSWORD", "timeout_ms": 500}}
        return change

    def cordon(self, up, **more):
        key = os.path.join(self.dir, "key")
        if not os.path.exists(key):
            with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f:
                f.write(os.urandom(32))

        def change(conf):
            self.change(key)(conf)
            conf["state"]["redis"].update(more)
        return Cordon(up, change=change, env={"REDIS_PASSWORD": self.password, "USER_PASSWORD": "user-pass-1"})


@scenario
def two_instances_share_a_redis(up):
    redis = Redis()
    try:
        with redis.cordon(up) as one, redis.cordon(up) as two:
            session = ["X-Session-Id: shared-session-1"]
            ident = local_id(one, headers=session)
            eq(two.ask(None, "GET", RESPONSES + "/" + ident, bearer("ann")).json()["id"], ident, "read from the other")
            eq(action(respond(two, "go on", previous_response_id=ident)), "local", "gone on from at the other")
            eq(action(two.ask(chat("hm", max_tokens=4), headers=bearer("ann") + session)), "local", "the session at the other")
            eq(two.ask(None, "GET", RESPONSES + "/" + ident, bearer("eve")).status, 404, "another client")
            up.answer([whole(UP_RESPONSE)])
            eq(action(respond(one, "hi")), "forward", "a clean turn")
        for folder, _, files in os.walk(redis.dir):
            for name in files:
                if name == "key":
                    continue
                with open(os.path.join(folder, name), "rb") as f:
                    data = f.read()
                for secret in (KEEP, ident, "shared-session", "sk-ann", "asks for tea", UP_RESPONSE["id"]):
                    assert secret.encode() not in data, "redis holds %s in %s" % (secret, name)
    finally:
        redis.close()


@scenario
def without_redis_nothing_leaves_and_it_recovers(up):
    redis = Redis()
    try:
        with redis.cordon(up) as own:
            session = ["X-Session-Id: gone-session-1"]
            ident = local_id(own, headers=session)
            redis.stop()
            up.reset()
            for name, r in {"session": own.ask(chat("hm"), headers=bearer("ann") + session),
                            "id": respond(own, "go on", previous_response_id=ident),
                            "nothing to ask for": own.ask(chat("hm"), headers=bearer("ann")),
                            "object": own.ask(None, "GET", RESPONSES + "/" + ident, bearer("ann"))}.items():
                eq((r.status, r.code), (503, "STATE_DOWN"), name)
                assert r.header("x-should-retry") != "false", "it may be tried again"
            eq(own.admin("/readyz")[0], 503, "/readyz")
            up.untouched()
            redis.start()
            wait_until(lambda: own.ask(None, "GET", RESPONSES + "/" + ident, bearer("ann")).status == 200, "recovery", 15)
            eq(action(own.ask(chat("hm", max_tokens=4), headers=bearer("ann") + session)), "local", "the session is still known")
    finally:
        redis.close()


@each({"a replica": ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"), "out of memory": ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0")})
def a_redis_that_cannot_be_written_to_is_no_redis(up, case):
    breaks, mends = (words.split(" ") for words in case)
    redis = Redis()
    try:
        with redis.cordon(up) as own:
            session = ["X-Session-Id: no-write-session-1"]
            eq(action(own.ask(chat("patient " + KEEP, max_tokens=4), headers=bearer("ann") + session)), "local", "before")
            redis.command(*breaks)
            wait_until(lambda: own.admin("/readyz")[0] == 503, "/readyz to tell", 15)
            up.reset()
            for text in ("hm", "patient " + KEEP):
                r = own.ask(brief(text), headers=bearer("ann"))
                eq((r.status, r.code), (503, "STATE_DOWN"), text)
            up.untouched()
            redis.command(*mends)
            wait_until(lambda: own.admin("/readyz")[0] == 200, "recovery", 20)
            eq(action(own.ask(chat("hm", max_tokens=4), headers=bearer("ann") + session)), "local", "the session is still known")
    finally:
        redis.close()


@scenario
def a_redis_user_needs_no_more_than_the_manual_says(up):
    with open(os.path.join(ROOT, "docs", "STATE.md"), encoding="utf-8") as f:
        line = re.search(r"^ACL SETUSER .*$", f.read(), re.M).group(0)
    redis = Redis()
    try:
        assert redis.command(*line.replace("PASSWORD", "user-pass-1").split()).endswith(b"+OK\r\n"), "the manual's user"
        with redis.cordon(up, username="cordon", password_from_env="USER_PASSWORD", database=0) as own:
            ident = local_id(own, headers=["X-Session-Id: user-session-1"])
            eq(action(own.ask(chat("hm", max_tokens=4), headers=bearer("ann") + ["X-Session-Id: user-session-1"])), "local", "session")
            eq(own.ask(None, "GET", RESPONSES + "/" + ident, bearer("ann")).status, 200, "read")
            eq(own.ask(None, "DELETE", RESPONSES + "/" + ident, bearer("ann")).status, 200, "deleted")
    finally:
        redis.close()


@scenario
def a_redis_that_was_emptied_is_told_of(up):
    redis = Redis()
    try:
        with redis.cordon(up) as own:
            wait_until(lambda: own.admin("/readyz")[0] == 200, "start", 15)
            redis.command("FLUSHALL")
            wait_until(lambda: own.logged("state.emptied"), "the log to tell", 15)
    finally:
        redis.close()


@scenario
def a_start_without_redis_refuses_until_it_is_there(up):
    redis = Redis()
    redis.stop()
    try:
        with redis.cordon(up) as own:
            r = respond(own, "Patient " + KEEP, headers=["X-Session-Id: early-session-1"])
            eq((r.status, r.code), (503, "STATE_DOWN"), "before")
            redis.start()
            wait_until(lambda: respond(own, "Patient " + KEEP).status == 200, "recovery", 15)
            up.untouched()
    finally:
        redis.close()
