/* Prompts that are written in a model's own template, as the InvokeModel of Llama, Mistral and DeepSeek has them, back to
 * messages: a local model has another template, and would take the marks for text. */
#include "wire/bedrock_invoke.h"

struct marks {
    const char *open, *close, *end;   /* OPEN role CLOSE text END */
};

static const char *find(struct span s, const char *word) { return s.p && s.n ? memmem(s.p, s.n, word, strlen(word)) : NULL; }

static struct span upto(struct span s, const char *end) { return (struct span){s.p, end ? (size_t)(end - s.p) : s.n}; }

static struct span after(struct span s, const char *mark, const char *word)
{
    return span_from(s, (size_t)(mark - s.p) + strlen(word));
}

static struct span strip(struct span s)
{
    while (s.n && strchr(" \t\r\n", s.p[0]) && s.p[0]) s = span_from(s, 1);
    while (s.n && strchr(" \t\r\n", s.p[s.n - 1]) && s.p[s.n - 1]) s.n--;
    return s;
}

static void push(struct reader *r, enum conv_role role, struct span text)
{
    r->conv->msgs[r->conv->n_msgs++] = (struct conv_msg){.role = role, .text = text};
}

/* Room for `per` messages at each mark and one more; false when it is not to be had. */
static bool room(struct reader *r, struct span prompt, const char *mark, size_t per)
{
    size_t n = 1;
    for (const char *m; n <= READER_MAX_MESSAGES && (m = find(prompt, mark)); prompt = after(prompt, m, mark)) n += per;
    if (n > READER_MAX_MESSAGES) reader_unsupported(r, "prompt");
    else r->conv->msgs = reader_array(r, n, sizeof *r->conv->msgs);
    return r->conv->msgs != NULL;
}

static enum conv_role role_named(struct span name)
{
    if (span_is(name, "system")) return ROLE_SYSTEM;
    if (span_is(name, "assistant")) return ROLE_ASSISTANT;
    return span_is(name, "ipython") || span_is(name, "tool") ? ROLE_TOOL : ROLE_USER;
}

/* The assistant's turn that is left open at the end asks for the answer and is no message. */
static void read_headers(struct reader *r, struct span prompt, const struct marks *m)
{
    const char *open = find(prompt, m->open);
    if (!room(r, prompt, m->open, 1)) return;
    while (open) {
        prompt = after(prompt, open, m->open);
        const char *close = find(prompt, m->close);
        if (close == NULL) break;
        struct span role = strip(upto(prompt, close)), text = after(prompt, close, m->close);
        open = find(text, m->open);
        prompt = text;
        text = upto(text, open);
        text = strip(upto(text, find(text, m->end)));
        if (open || text.n) push(r, role_named(role), text);
    }
}

/* "<s>[INST] <<SYS>> … <</SYS>> question [/INST] answer </s>[INST] …" */
static void read_instructions(struct reader *r, struct span prompt)
{
    const char *open = find(prompt, "[INST]");
    if (!room(r, prompt, "[INST]", 3)) return;
    while (open) {
        prompt = after(prompt, open, "[INST]");
        const char *close = find(prompt, "[/INST]");
        struct span question = strip(upto(prompt, close)), answer = close ? after(prompt, close, "[/INST]") : SPAN_NONE;
        const char *system_ends = span_starts(question, SPAN("<<SYS>>")) ? find(question, "<</SYS>>") : NULL;
        if (system_ends) {
            push(r, ROLE_SYSTEM, strip(span_from(upto(question, system_ends), 7)));
            question = strip(after(question, system_ends, "<</SYS>>"));
        }
        push(r, ROLE_USER, question);
        open = find(answer, "[INST]");
        prompt = answer;
        answer = upto(answer, open);
        answer = strip(upto(answer, find(answer, "</s>")));
        if (answer.n) push(r, ROLE_ASSISTANT, answer);
    }
}

/* ---- DeepSeek's ---- */

#define BAR "\xef\xbd\x9c"     /* U+FF5C, and U+2581 between words */
#define MARK(words) "<" BAR words BAR ">"
#define OF_SENTENCE "\xe2\x96\x81of\xe2\x96\x81sentence"

static const struct speaker {
    const char *mark;
    enum conv_role role;
} speakers[] = {{MARK("begin" OF_SENTENCE), ROLE_SYSTEM}, {MARK("User"), ROLE_USER}, {MARK("Assistant"), ROLE_ASSISTANT},
                {MARK("end" OF_SENTENCE), ROLE_TOOL}};   /* the last: nobody's */

/* The first mark at or after `from`, in `*at`, and whose text follows it; NULL when there is none. */
static const struct speaker *next_speaker(struct span prompt, const char *from, const char **at)
{
    struct span rest = span_from(prompt, (size_t)(from - prompt.p));
    while ((*at = find(rest, "<" BAR)) != NULL) {
        rest = span_from(rest, (size_t)(*at - rest.p));
        for (size_t i = 0; i < COUNT(speakers); i++)
            if (span_starts(rest, span_str(speakers[i].mark))) return &speakers[i];
        rest = span_from(rest, 1);
    }
    return NULL;
}

/* "BEGIN system USER question ASSISTANT answer END USER … ASSISTANT <think>": what is open at the end asks for the
 * answer. */
static void read_speakers(struct reader *r, struct span prompt)
{
    const char *at, *next;
    const struct speaker *s = next_speaker(prompt, prompt.p, &at);
    if (s == NULL || !room(r, prompt, "<" BAR, 1)) return;
    while (s) {
        const char *begin = at + strlen(s->mark);
        const struct speaker *other = next_speaker(prompt, begin, &next);
        struct span text = strip((struct span){begin, (size_t)((other ? next : prompt.p + prompt.n) - begin)});
        bool asks = other == NULL && s->role == ROLE_ASSISTANT && (text.n == 0 || span_is(text, "<think>"));
        if (text.n && !asks && s->role != ROLE_TOOL) push(r, s->role, text);
        s = other;
        at = next;
    }
}

/* ---- any ---- */

static void read_marked(struct reader *r, struct span prompt)
{
    static const struct marks headers[] = {
        {"<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"}, {"<|header_start|>", "<|header_end|>", "<|eot|>"}};
    size_t i = 0;
    while (i < COUNT(headers) && find(prompt, headers[i].open) == NULL) i++;
    if (i < COUNT(headers)) read_headers(r, prompt, &headers[i]);
    else if (find(prompt, "[INST]")) read_instructions(r, prompt);
    else read_speakers(r, prompt);
}

void bedrock_template(struct reader *r, enum bedrock_family family, struct span prompt)
{
    if (family == FAMILY_LLAMA || family == FAMILY_MISTRAL || family == FAMILY_DEEPSEEK) read_marked(r, prompt);
    if (r->conv->n_msgs) return;
    r->conv->msgs = reader_array(r, 1, sizeof *r->conv->msgs);
    if (r->conv->msgs) push(r, ROLE_USER, prompt);
}
