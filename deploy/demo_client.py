#!/usr/bin/env python3
"""demo_client.py - four prompts through cordon with the real openai SDK; prints what became of each.

    demo_client.py BASE_URL [NAME OF THE API]

The SDK takes its key from OPENAI_API_KEY; quickstart sets a harmless one when there is none."""
import os
import sys
import textwrap
import time

import openai

PROMPTS = [
    ("a benign prompt", False, "In one sentence: why is the sky blue?"),
    ("a prompt about a patient, streamed", True,
     "Write a short discharge note for the patient Maria Delgado, MRN: 00482913, DOB 03/14/1962, SSN 536-22-8914, who was "
     "treated for type 2 diabetes (E11.9) with metformin 500 mg."),
    ("a privileged prompt", False,
     "PRIVILEGED AND CONFIDENTIAL - ATTORNEY-CLIENT COMMUNICATION. Matter No. 2024-01187: summarize our advice to the client "
     "on the settlement offer."),
    ("a prompt with a secret", False,
     "Why does this fail? aws_access_key_id = AKIAQX7TPLM4ZN3R5WKD  aws_secret_access_key = "
     "q9Zt4LwX2cVb7NmK8pRsT1uYhGfDjE3aQo5iUy6W"),
]
WHAT = {"forward": "forwarded, untouched, to %s", "redact": "forwarded to %s with the sensitive parts masked",
        "local": "answered here, inside cordon; nothing left", "refuse": "refused; nothing left"}


def ask(client, text, stream):
    """Answer text, the model it names, and the reply's headers."""
    messages = [{"role": "user", "content": text}]
    if not stream:
        raw = client.chat.completions.with_raw_response.create(model="gpt-4o-mini", messages=messages, max_tokens=60)
        done = raw.parse()
        return done.choices[0].message.content, done.model, raw.headers
    said, model = [], None
    with client.chat.completions.with_streaming_response.create(
            model="gpt-4o-mini", messages=messages, max_tokens=60, stream=True) as raw:
        for chunk in raw.parse():
            model = model or chunk.model
            if chunk.choices and chunk.choices[0].delta.content:
                said.append(chunk.choices[0].delta.content)
        return "".join(said), model, raw.headers


def show(title, text):
    print(textwrap.indent(textwrap.fill("%-9s%s" % (title, text), 108, subsequent_indent=" " * 9), "   "))


def main():
    client = openai.OpenAI(base_url=sys.argv[1], api_key=os.environ["OPENAI_API_KEY"], max_retries=0)
    api, seen = "".join(sys.argv[2:]) or "the closed API", []
    for what, stream, prompt in PROMPTS:
        print("\n== " + what)
        show("prompt", prompt)
        began = time.monotonic()
        try:
            answer, model, headers = ask(client, prompt, stream)
        except openai.APIStatusError as refused:
            answer, model, headers = str(refused), None, refused.response.headers
            kind = type(refused).__name__
        else:
            kind = None
        took = time.monotonic() - began
        action = headers.get("x-cordon-action", "(no x-cordon-action header)")
        seen.append(action)
        show("decided", "%s: %s" % (action, WHAT.get(action, "").replace("%s", api)))
        show("rule", headers.get("x-cordon-rule", "-"))
        who = "the local model " + headers["x-cordon-model"] if action == "local" else "cordon" if action == "refuse" else api
        show("by", who + (" (model %s)" % model if model else "") + (" (the SDK raised %s)" % kind if kind else ""))
        show("answer", " ".join(answer.split()))
        show("took", "%.0f ms; record %s" % (took * 1000, headers.get("x-cordon-id", "-")))
    print()
    if seen != ["forward", "local", "local", "refuse"]:
        print("the verdicts are not those that conf/demo.yaml is meant to give: %s" % ", ".join(seen))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
