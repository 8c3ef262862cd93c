"""What is Google's own: a key in the query is a credential, uploads that go on at a URL of the reply, files by their URI."""
import os
import sys

from harness import KEEP, MARK, ROOT, each, eq, scenario, whole

sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))
import providers  # noqa: E402

HOST = providers.HOSTS["gemini"]
KEY = "AIza" "SyScenario0Key0Of0The0Client0-_x0123456"
ASK = {"contents": [{"parts": [{"text": "Hello there."}]}]}
GENERATE = "/v1beta/models/m:generateContent"


def keys_are_secrets(conf):
    conf["patterns"].append({"type": "TEST_KEY", "class": "marked", "regex": "AIza[0-9A-Za-z_-]{10,}", "score": 0.95})


def operators_key(conf):
    keys_are_secrets(conf)
    for up in conf["upstreams"]:
        if up["name"] == "gemini":
            up["credential"] = {"header": "x-goog-api-key", "prefix": "", "from_env": "E2E_AWS_SECRET"}


def unknown_is_refused(conf):
    conf["rules"][2:2] = [{"name": "unknown-state", "when": {"unknown_ids": True}, "action": "refuse"}]
    for up in conf["upstreams"]:
        up["baa"] = True


# ---------------------------------------------------------------------------------------------- a key in the query
@each({"alone": "?key=" + KEY, "before": "?key=" + KEY + "&alt=sse", "after": "?alt=sse&key=" + KEY, "token": "?access_token=" + KEY})
def a_key_in_the_query_is_a_credential(case):
    c, up = providers.gateway("keys", keys_are_secrets)
    r = c.ask(ASK, path=GENERATE + case, host=HOST, key=None)
    eq((r.status, r.header("x-cordon-action")), (200, "forward"), "status " + repr(r.body[:200]))
    eq(up.requests[-1].target, GENERATE + case, "the client's own goes up")
    intent = c.intents(r.header("x-cordon-id"))[0]
    eq(intent["coverage"]["path"], {"received": len(GENERATE + case), "inspected": len(GENERATE + case) - len(KEY), "opaque": len(KEY)}, "coverage")
    for name, text in (("ledger", b"\n".join(c.ledger_lines())), ("log", c.log().encode())):
        assert KEY.encode() not in text, "the key is in the " + name


@scenario
def the_ledger_knows_one_head_whatever_the_key():
    c, up = providers.gateway("keys", keys_are_secrets)
    ids = [c.ask(ASK, path=GENERATE + "?key=" + k, host=HOST, key=None).header("x-cordon-id") for k in (KEY, KEY[::-1])]
    digests = {c.intents(i)[0]["sent"]["head_sha256"] for i in ids}
    eq(len(digests), 1, "digests of the head without its credential")


@scenario
def the_operators_key_takes_its_place():
    c, up = providers.gateway("operator", operators_key)
    for query, left in (("?key=" + KEY, ""), ("?alt=sse&key=" + KEY + "&x=y", "?alt=sse&x=y")):
        r = c.ask(ASK, path=GENERATE + query, host=HOST, headers=["x-goog-api-key: of-the-client"], key=None)
        eq(r.header("x-cordon-action"), "forward", "action " + repr(r.body[:200]))
        eq((up.requests[-1].target, up.requests[-1].header("x-goog-api-key")), (GENERATE + left, providers.AWS_SECRET), "sent")
    assert KEY.encode() not in up.data, "the client's key went up"


@each({"beside": "?key=k&note=" + MARK, "text": "?key=see+" + MARK, "escaped": "?key=see%20" + MARK, "other_name": "?keys=" + MARK,
       "other_spelling": "?%6bey=" + MARK})
def what_is_no_key_is_inspected(case):
    c, up = providers.gateway("keys", keys_are_secrets)
    r = c.ask(ASK, path=GENERATE + case, host=HOST)
    eq((r.status, r.header("x-cordon-rule")), (400, "marked-is-refused"), "reply")
    up.untouched()


@scenario
def other_apis_take_no_key_there():
    c, up = providers.gateway("keys", keys_are_secrets)
    r = c.ask({"model": "m", "messages": [{"role": "user", "content": "hi"}]}, path="/v1/chat/completions?key=" + KEY)
    eq((r.status, r.header("x-cordon-rule")), (400, "marked-is-refused"), "reply")
    up.untouched()


# --------------------------------------------------------------------------------------------------------- uploads
SESSION = "upload_id=AHVrFxNu93hfgSession0Of0This0Scenario&upload_protocol=resumable"
START = ["X-Goog-Upload-Protocol: resumable", "X-Goog-Upload-Command: start", "X-Goog-Upload-Header-Content-Type: text/plain"]
PIECE = ["X-Goog-Upload-Command: upload, finalize", "X-Goog-Upload-Offset: 0"]
FILE = {"file": {"name": "files/abc123", "uri": "https://%s/v1beta/files/abc123" % HOST, "mimeType": "text/plain"}}


def start(c, up, host, url="https://" + HOST + "/upload/v1beta/files?" + SESSION, path="/upload/v1beta/files", headers=()):
    up.answer([whole({}, "X-Goog-Upload-Status: active", *(["X-Goog-Upload-URL: " + url] if url else []))])
    return c.ask({"file": {"displayName": "notes"}}, path=path, headers=START + list(headers), host=host)


@scenario
def an_upload_goes_on_through_us():
    """A client that came by base URL would take its file past us to the API's own host."""
    c, up = providers.gateway("uploads", unknown_is_refused)
    url = "x-goog-upload-url"
    eq(start(c, up, "gateway.example:8080").header(url), "http://gateway.example:8080/upload/v1beta/files?" + SESSION, "by base URL")
    eq(start(c, up, "gateway.example", headers=["X-Forwarded-Proto: https"]).header(url), "https://gateway.example/upload/v1beta/files?" + SESSION,
       "behind a server that does TLS")
    eq(start(c, up, HOST).header(url), "https://" + HOST + "/upload/v1beta/files?" + SESSION, "by name")
    for other in ("https://elsewhere.example/x?" + SESSION, "https://" + HOST + ".example/x", "http://" + HOST + "/x", "https://" + HOST):
        eq(start(c, up, "gateway.example", other).header(url), None, other)


@each({"no_type": None, "json": "application/json", "text": "text/plain"})
def a_file_is_inspected_as_it_goes(case):
    """SDKs say of any file that it is JSON."""
    c, up = providers.gateway("uploads", unknown_is_refused)
    start(c, up, HOST)
    path = "/upload/v1beta/files?" + SESSION
    headers = PIECE + ["Content-Type: " + (case or "")]
    up.answer([whole(FILE, "X-Goog-Upload-Status: final")])
    r = c.ask(b"A note for nobody.", path=path, headers=headers, host=HOST)
    eq((r.status, r.header("x-cordon-action"), r.header("x-goog-upload-status")), (200, "forward", "final"), "clean " + repr(r.body[:200]))
    for body in (("The patient is " + KEEP).encode(), b'{"note": "' + MARK.encode() + b'"}', b'{"broken": "' + MARK.encode()):
        r = c.ask(body, path=path, headers=headers, host=HOST)
        eq((r.status, r.header("x-cordon-code")), (400, "POLICY_REFUSED"), repr(body))
        eq(r.header("x-goog-upload-status"), "final", "or SDKs send it three times more")


@scenario
def a_session_that_nobody_began_is_unknown():
    c, up = providers.gateway("uploads", unknown_is_refused)
    r = c.ask(b"A note.", path="/upload/v1beta/files?upload_id=AHVrFxNobody0Has0Begun0This0One", headers=PIECE + ["Content-Type: text/plain"], host=HOST)
    eq((r.status, r.header("x-cordon-rule")), (400, "unknown-state"), "reply")
    up.untouched()


def about(uri):
    return {"contents": [{"parts": [{"text": "Sum it up."}, {"fileData": {"mimeType": "text/plain", "fileUri": uri}}]}]}


@scenario
def a_file_of_the_apis_own_is_known_by_its_id():
    c, up = providers.gateway("uploads", unknown_is_refused)
    up.answer([whole(FILE, "X-Goog-Upload-Status: final")])
    c.ask(b"A note.", path="/upload/v1beta/files", headers=["X-Goog-Upload-Protocol: raw", "Content-Type: text/plain"], host=HOST)
    r = c.ask(about(FILE["file"]["uri"]), path=GENERATE, host=HOST)
    eq((r.status, r.header("x-cordon-action")), (200, "forward"), "known, and was clean " + repr(r.body[:200]))
    up.reset()
    r = c.ask(about("https://" + HOST + "/v1beta/files/nobody0s"), path=GENERATE, host=HOST)
    eq((r.status, r.header("x-cordon-rule")), (400, "unknown-state"), "unknown")
    for uri in ("https://elsewhere.example/v1beta/files/abc123", "https://%s.example/v1beta/files/abc123" % HOST, "gs://bucket/abc123"):
        r = c.ask(about(uri), path=GENERATE, host=HOST)
        assert r.header("x-cordon-action") != "forward", uri
    up.untouched()
