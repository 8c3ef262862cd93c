#!/usr/bin/env python3
"""tiny_gguf.py - makes a very small model of a real architecture (llama) that says a given text, or calls a given tool,
whatever it is asked, with a context long enough for the prompts of coding agents.

    tiny_gguf.py --tokenizer SmolLM2.gguf --say TEXT --out tiny.gguf
    tiny_gguf.py --tokenizer SmolLM2.gguf --call NAME --arguments JSON [--say TEXT] --out tiny.gguf

With --call and --say it calls the tool, and says the text once the tool's result is the last message. With --call alone it
says "done." then. --think TEXT is what it thinks before the first of them.

How: the one layer adds nothing (its weights are zero), so the next token depends on the last one alone, and each token's
output row points where the embedding of the one before it points. A token can thus be said once only; a word that comes
again is said together with its neighbours, as a token that is added to the vocabulary and that no merge reaches, so that a
prompt never has it. The tokenizer is another GGUF's; the chat template is ours. Nothing but Python's library is used; same
input, same bytes."""
import argparse
import json
import os
import random
import re
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy"))
import gguf_file as gguf  # noqa: E402

WIDTH = 64          # numbers of an embedding: each is 1 or -1
ALIKE = 28          # two embeddings share at most this many signs more than they differ in
HEAD = 32           # of the one attention head, which reads nothing; small, so that long prompts are read fast
AFTER_TOOL = "<|after_tool|>"
NORMAL, CONTROL = 1, 3

TEMPLATE = r"""{%- macro call_of(c) -%}
<tool_call>
{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}
</tool_call>
{%- endmacro -%}
{%- if tools -%}
<|im_start|>system
{% if messages[0].role == 'system' %}{{ messages[0].content }}

{% endif %}These tools are there. To use one, answer with its name and arguments in the marks <tool_call> and </tool_call>:
<tools>
{%- for t in tools %}
{{ t | tojson }}
{%- endfor %}
</tools><|im_end|>
{% endif -%}
{%- for m in messages -%}
{%- if not (tools and loop.first and m.role == 'system') -%}
<|im_start|>{{ 'user' if m.role == 'tool' else m.role }}
{% if m.reasoning_content %}<think>
{{ m.reasoning_content }}
</think>

{% endif %}{% if m.role == 'tool' %}<tool_response>
{{ m.content }}
</tool_response>{% else %}{{ m.content or '' }}{% endif %}
{%- for c in m.tool_calls or [] %}{% if m.content or not loop.first %}
{% endif %}{{ call_of(c) }}{% endfor -%}
<|im_end|>
{% endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
<|im_start|>assistant
{% if messages[-1].role == 'tool' %}<|after_tool|>{% endif -%}
{%- endif -%}
"""


def byte_letters():
    """GPT-2's way to write any byte as a letter: what byte-level vocabularies are written in."""
    plain = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    letters, extra = {}, 0
    for b in range(256):
        letters[b] = chr(b) if b in plain else chr(256 + extra)
        extra += b not in plain
    return letters


def spelled(text):
    letters = byte_letters()
    return "".join(letters[b] for b in text.encode())


class Model:
    def __init__(self, tokenizer):
        source = gguf.Reader(tokenizer).pairs
        if source["tokenizer.ggml.model"][1] != "gpt2":
            sys.exit("tiny_gguf: %s has no byte-level BPE vocabulary" % tokenizer)
        self.source = source
        self.tokens = list(source["tokenizer.ggml.tokens"][1][1])
        self.kinds = list(source["tokenizer.ggml.token_type"][1][1])
        self.number = {t: i for i, t in enumerate(self.tokens)}
        self.end = self.number["<|im_end|>"]
        self.said = {spelled("\n")}   # no answer may end as a prompt does
        self.embeddings = {}      # of the tokens that have one of their own
        self.outputs = {self.end: [0] * WIDTH}
        self.dice = random.Random(1)
        self.common = self.embedding(None)
        self.after_tool = self.token(AFTER_TOOL, CONTROL)

    def token(self, text, kind):
        self.tokens.append(text)
        self.kinds.append(kind)
        self.embedding(len(self.tokens) - 1)
        return len(self.tokens) - 1

    def embedding(self, token):
        """A direction that is unlike the others."""
        for _ in range(10000):
            one = [self.dice.choice((-1, 1)) for _ in range(WIDTH)]
            if all(abs(sum(a * b for a, b in zip(one, other))) <= ALIKE for other in self.embeddings.values()):
                self.embeddings[token] = one
                return one
        sys.exit("tiny_gguf: the text has too many words for a model of this width")

    def pieces(self, text):
        """The text in pieces that were not said yet: words with the blanks before them, joined where they come again."""
        words, out, piece = re.findall(r"\s*\S+|\s+$", text), [], ""
        for word in words:
            piece += word
            if spelled(piece) not in self.said:
                out.append(piece)
                self.said.add(spelled(piece))
                piece = ""
        while piece and spelled(piece) in self.said:
            if not out:
                sys.exit("tiny_gguf: the text is part of another that the model says; make them differ")
            piece = out.pop() + piece
        self.said.add(spelled(piece))
        return out + [piece] if piece else out

    def script(self, start, text):
        """After `start` (None: after any token that is not one of the texts') comes the text, then the end."""
        at = start
        for piece in map(spelled, self.pieces(text)):
            if piece in self.number:
                token = self.number[piece]
                self.embedding(token)
            else:
                token = self.token(piece, NORMAL)
            self.outputs[token] = self.embeddings[at]
            at = token
        self.outputs[self.end] = [a + b for a, b in zip(self.outputs[self.end], self.embeddings[at])]

    def vocabulary(self, w):
        for key, (kind, value) in self.source.items():
            if key.startswith("tokenizer.") and key != "tokenizer.chat_template":
                w.add(key, kind, value)
        for i, (key, kind, value) in enumerate(w.pairs):
            if key == "tokenizer.ggml.tokens":
                w.pairs[i] = (key, kind, (value[0], self.tokens))
            elif key == "tokenizer.ggml.token_type":
                w.pairs[i] = (key, kind, (value[0], self.kinds))
        w.add("tokenizer.chat_template", gguf.STRING, TEMPLATE)

    def rows(self, special, common):
        n = len(self.tokens)
        return b"".join(q8(special.get(t, common)) for t in range(n))


def q8(numbers):
    """One row in the format Q8_0: for each 32 numbers a scale (16 bit) and 32 bytes. Equal rows are made once."""
    key = tuple(numbers)
    if key not in q8.made:
        out = b""
        for i in range(0, len(numbers), 32):
            block = numbers[i:i + 32]
            most = max(abs(x) for x in block)
            scale = most / 127
            out += struct.pack("<e32b", scale, *(round(x / scale) if scale else 0 for x in block))
        q8.made[key] = out
    return q8.made[key]


q8.made = {}


def floats(n, value):
    return struct.pack("<f", value) * n


def build(m, context, name):
    w = gguf.Writer("llama")
    w.add("general.name", gguf.STRING, name)
    w.add("general.license", gguf.STRING, "apache-2.0")
    w.add(".context_length", gguf.U32, context)
    w.add(".embedding_length", gguf.U32, WIDTH)
    w.add(".feed_forward_length", gguf.U32, 32)
    w.add(".block_count", gguf.U32, 1)
    w.add(".attention.head_count", gguf.U32, 1)
    w.add(".attention.head_count_kv", gguf.U32, 1)
    w.add(".attention.key_length", gguf.U32, HEAD)
    w.add(".attention.value_length", gguf.U32, HEAD)
    w.add(".attention.layer_norm_rms_epsilon", gguf.F32, 1e-5)
    w.add(".rope.dimension_count", gguf.U32, HEAD)
    w.add(".vocab_size", gguf.U32, len(m.tokens))
    m.vocabulary(w)
    n, zero = len(m.tokens), [0] * WIDTH
    w.tensor("token_embd.weight", (WIDTH, n), gguf.TENSOR_Q8_0, m.rows(m.embeddings, m.common))
    w.tensor("output.weight", (WIDTH, n), gguf.TENSOR_Q8_0, m.rows(m.outputs, zero))
    w.tensor("output_norm.weight", (WIDTH,), gguf.TENSOR_F32, floats(WIDTH, 1))
    for norm in ("attn_norm", "ffn_norm"):
        w.tensor("blk.0.%s.weight" % norm, (WIDTH,), gguf.TENSOR_F32, floats(WIDTH, 1))
    for part in ("attn_q", "attn_k", "attn_v"):
        w.tensor("blk.0.%s.weight" % part, (WIDTH, HEAD), gguf.TENSOR_F32, floats(WIDTH * HEAD, 0))
    w.tensor("blk.0.attn_output.weight", (HEAD, WIDTH), gguf.TENSOR_F32, floats(WIDTH * HEAD, 0))
    for part, shape in (("ffn_gate", (WIDTH, 32)), ("ffn_up", (WIDTH, 32)), ("ffn_down", (32, WIDTH))):
        w.tensor("blk.0.%s.weight" % part, shape, gguf.TENSOR_F32, floats(WIDTH * 32, 0))
    return w


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    args.add_argument("--tokenizer", required=True, help="a GGUF file whose vocabulary is taken")
    args.add_argument("--say")
    args.add_argument("--think", metavar="TEXT")
    args.add_argument("--call", metavar="NAME")
    args.add_argument("--arguments", default="{}", metavar="JSON")
    args.add_argument("--context", type=int, default=131072)
    args.add_argument("--out", required=True)
    a = args.parse_args()
    if not (a.say or a.call):
        args.error("--say or --call has to be given")
    m = Model(a.tokenizer)
    thought = "<think>\n%s\n</think>\n\n" % a.think if a.think else ""
    if a.call:
        arguments = json.dumps(json.loads(a.arguments), ensure_ascii=False)
        call = '{"name": %s, "arguments": %s}' % (json.dumps(a.call), arguments)
        m.script(None, thought + "<tool_call>\n" + call + "\n</tool_call>")
        m.script(m.after_tool, a.say or "done.")
    else:
        m.embeddings[m.after_tool] = m.common
        m.script(None, thought + a.say)
    build(m, a.context, os.path.basename(a.out).removesuffix(".gguf")).write(a.out)


if __name__ == "__main__":
    main()
