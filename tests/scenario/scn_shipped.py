"""The shipped configurations do what their comments say: what agents need and what they report, and that no request gets a
freer way because there is more in it."""
import itertools
import json
import os

from harness import ROOT, cordon, each, eq

TEXTS = {
    "phi": "Patient MRN: 00482913 presents with chest pain.",
    "pii": "Write to jane.roe@example.org, SSN 536-22-1478.",
    "financial": "Wire it to IBAN DE89370400440532013000 today.",
    "privileged": "PRIVILEGED AND CONFIDENTIAL. ATTORNEY-CLIENT COMMUNICATION: my advice to you is to settle.",
    "secret": "The password: hunter2Correct! for it.",
}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
# The operator's own class of each, and who asks for what.
SHIPPED = {
    "hospital": ("project Larch", ["openai-us", "openai-eu", "anthropic", "vllm"], [None, "wards", "research"]),
    "law-firm": ("Halvorsen Maritime", ["openai", "anthropic", "azure-eu"], [None, "deal-team", "litigation"]),
    "bank": ("Project Osprey", ["openai", "gemini", "bedrock-eu", "vllm"], [None, "trading"]),
}
STRICTER = ["forward", "redact", "local", "refuse"]


def explain(name, data, *args):
    got = cordon("explain", "-c", os.path.join(ROOT, "conf", name + ".yaml"), *args, stdin=data)
    eq(got.returncode, 0, "status, " + got.stderr.decode())
    return [json.loads(line) for line in got.stdout.splitlines()]


WAYS = {"-".join((name, upstream, client or "anybody")): (name, upstream, client)
        for name, (_, upstreams, clients) in SHIPPED.items() for upstream in upstreams for client in clients}


@each(WAYS)
def more_in_a_request_lets_it_out_no_easier(case):
    name, upstream, client = case
    texts = dict(TEXTS, own=SHIPPED[name][0], nothing="What is the capital of France?")
    sets = [(k,) for k in texts] + list(itertools.combinations(texts, 2))
    lines = [json.dumps({"id": "+".join(s), "text": " ".join(texts[k] for k in s)}) for s in sets]
    args = ["--api", "text", "--jsonl", "--upstream", upstream] + (["--client", client] if client else [])
    got = {d["id"]: STRICTER.index(d["action"]) for d in explain(name, "\n".join(lines) + "\n", *args)}
    eq(got["secret"], STRICTER.index("refuse"), "a secret")
    eq(got["nothing"], STRICTER.index("forward"), "a clean text")
    for s in sets:
        for one in s:
            assert got["+".join(s)] >= got[one], "%s: %s, and %s alone: %s" % (
                "+".join(s), STRICTER[got["+".join(s)]], one, STRICTER[got[one]])


AGENTS = {
    "/api/claude_code/settings": ("anthropic", "forward"),
    "/api/claude_code/policy_limits": ("anthropic", "forward"),
    "/api/claude_cli/bootstrap": ("anthropic", "forward"),
    "/api/event_logging/v2/batch": ("anthropic", "refuse"),
    "/api/eval/sdk-abc123": ("anthropic", "refuse"),
    "/api/claude_code/organizations/metrics_enabled": ("anthropic", "refuse"),
    "/api/claude_code_penguin_mode": ("anthropic", "refuse"),
    "/mcp-registry/v0/servers": ("anthropic", "refuse"),
    "/otlp/v1/metrics": ("openai-us", "refuse"),
    "/backend-api/plugins/export/curated": ("openai-us", "refuse"),
}


@each({path: path for path in AGENTS})
def agents_get_what_they_need_and_report_nothing(case):
    upstream, action = AGENTS[case]
    got = explain("hospital", "", "--path", case, "--upstream", upstream)[0]
    eq((got["action"], got["rule"]), (action, "agents-need" if action == "forward" else "agents-report"), "what becomes of it")


@each({name: name for name in SHIPPED})
def a_picture_is_kept_in_by_a_rule_that_says_so(case):
    """What cannot be read counts as sensitive, but is not told to be what only the operator's own words are."""
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PIXEL}}
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": [picture]}]})
    got = explain(case, body)[0]
    eq(got["action"], "local", "action")
    eq(got["opaque"], ["image"], "what could not be read")
