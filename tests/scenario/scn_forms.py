"""The same identifier written in other ways: full-width, look-alikes, invisible characters, references, quoted-printable,
spaced out, and these in one another. The verdict is the same, and what a redaction replaces is what stood there."""
import base64
import itertools
import json
import quopri
import urllib.parse

from harness import KEEP, MARK, chat, cordon, each, eq, scenario
from scn_explain import explain

DIGITS = "0123456789"


def digits(first):
    return str.maketrans(DIGITS, "".join(chr(first + i) for i in range(10)))


def between(text, *marks):
    return "".join(c + m for c, m in zip(text, itertools.cycle(marks)))


FORMS = {
    "full_width": lambda t: "".join(chr(ord(c) + 0xFEE0) for c in t),
    "mathematical": lambda t: t.replace("Z", "\U0001d419").replace("P", "\U0001d40f").replace("Q", "\U0001d410").translate(digits(0x1d7ce)),
    "circled": lambda t: t.replace("Z", "Ⓩ").replace("P", "Ⓟ").replace("Q", "Ⓠ"),
    "look_alikes": lambda t: t.replace("P", "Р").replace("Q", "Ԛ"),
    "arabic_digits": lambda t: t.translate(digits(0x660)),
    "devanagari_digits": lambda t: t.translate(digits(0x966)),
    "zero_width": lambda t: between(t, "\u200b", "\u200c", "\u200d", "\ufeff", "\u2060"),
    "soft_hyphens": lambda t: between(t, "\u00ad"),
    "bidirectional": lambda t: "\u202e" + between(t, "", "\u2066", "\u2069") + "\u202c",
    "combining": lambda t: between(t, "\u0307", "\u0323"),
    "variation_selectors": lambda t: between(t, "\ufe0f", "\U000e0100"),
    "tags": lambda t: between(t, "\U000e0041"),
    "dashes": lambda t: t.replace("-", "\u2011") if t[1] == "P" else t.replace("-", "\u00ad-\u2060"),
    "references": lambda t: "".join("&#%d;" % ord(c) for c in t),
    "hex_references": lambda t: "".join("&#x%X;" % ord(c) for c in t),
    "named_reference": lambda t: t.replace("-", "&shy;-&zwj;"),
    "percent": lambda t: "".join("%%%02X" % ord(c) for c in t),
    "quoted_printable": lambda t: "".join("=%02X" % ord(c) for c in t),
    "soft_line_breaks": lambda t: t[:5] + "=\r\n" + t[5:],
    "backslashes": lambda t: "".join("\\u%04x" % ord(c) for c in t),
    "spaced": lambda t: " ".join(t),
    "base64": lambda t: base64.b64encode(("note: " + t).encode()).decode(),
    "full_width_in_base64": lambda t: base64.b64encode(FORMS["full_width"]("note: " + t).encode()).decode(),
    "references_of_full_width": lambda t: "".join("&#%d;" % (ord(c) + 0xFEE0) for c in t),
    "percent_of_zero_width": lambda t: urllib.parse.quote(FORMS["zero_width"](t)),
    "quoted_printable_of_zero_width": lambda t: quopri.encodestring(FORMS["zero_width"](t).encode(), quotetabs=True).decode(),
    "spaced_and_full_width": lambda t: " ".join(FORMS["full_width"](t)),
}


_judged = {}


def judged(c):
    """What explain says of every form in a short text and in a long one, by (form, length, value): one run for all."""
    if not _judged:
        cases = list(itertools.product(FORMS, (0, 9000), (MARK, KEEP)))
        texts = []
        for form, n, value in cases:
            filler = "Nothing of note was said here, twice. " * (n // 38)
            texts.append(filler + "The note says " + FORMS[form](value) + " and ends. " + filler)
        rows = "".join(json.dumps({"id": str(i), "text": t}) + "\n" for i, t in enumerate(texts))
        got = cordon("explain", "-c", c.conf_path, "--api", "text", "--jsonl", stdin=rows, timeout=120)
        for line in got.stdout.splitlines():
            d = json.loads(line)
            _judged[cases[int(d["id"])]] = d, texts[int(d["id"])].encode()
    return _judged


@each({"%s/%s" % (f, "short" if n == 0 else "long"): (f, n) for f in FORMS for n in (0, 9000)})
def a_value_in_another_form_is_found(c, up, case):
    form, n = case
    for value, action in ((MARK, "refuse"), (KEEP, "local")):
        d, raw = judged(c)[(form, n, value)]
        eq(d["action"], action, "verdict on " + form)
        for f in d["findings"]:
            place = raw[f["start"]:f["end"]].decode()
            assert len(place) <= len(FORMS[form](value)) + 2, "the range of %s: %r" % (form, place)


@scenario
def through_the_gateway_too(c, up):
    for form in FORMS:
        r = c.ask(chat("The note says " + FORMS[form](MARK) + "."))
        eq((r.status, r.header("x-cordon-rule")), (400, "marked-is-refused"), form)
    up.untouched()


@each({"accents": "Renée’s café — “très bon” … naïve façade", "russian": "Привет, мир: как дела? Отчёт готов.", "greek": "Καλημέρα κόσμε",
       "chinese": "你好，世界。一二三", "emoji": "👍🏽 👩‍⚕️ ok ☺️", "code": "a = b & c; x == 1; y &= 2; s = 'a&b;c'", "query": "?a=12&b=34&id=2024",
       "list": "a b c d e f g", "counting": "1 2 3 4 5 6 7 8 9 10"})
def ordinary_text_stays_ordinary(c, up, case):
    d = explain(c, json.dumps(chat(case)).encode(), "--api", "openai.chat")
    eq((d["action"], d["findings"]), ("forward", []), "verdict")
