#include "wire/answer.h"

void answer_fini(struct answer *a)
{
    for (size_t i = 0; i < CONV_MAX_CHOICES; i++) {
        struct answer_choice *c = &a->choice[i];
        obuf_fini(&c->text);
        obuf_fini(&c->reasoning);
        obuf_fini(&c->calls);
        obuf_fini(&c->items);
    }
    obuf_fini(&a->body);
}

void answer_id_again(const struct answer *a, const char *prefix, uint32_t n, struct obuf *out)
{
    local_id_put(out, a->id_key, prefix, span_str(a->id), n, a->class_mask);
}

uint32_t answer_id(struct answer *a, const char *prefix, struct obuf *out)
{
    answer_id_again(a, prefix, a->ids, out);
    return a->ids++;
}

uint32_t answer_n_choices(const struct answer *a)
{
    uint32_t n = a->conv ? a->conv->n_choices : 1;
    return n == 0 ? 1 : n > CONV_MAX_CHOICES ? CONV_MAX_CHOICES : n;
}

struct answer_choice *answer_choice_of(struct answer *a, const struct conv_event *e)
{
    uint32_t n = answer_n_choices(a);
    return &a->choice[e->choice < n ? e->choice : n - 1];
}

/* An answer that was asked for as JSON would not be JSON with a notice before it. */
static const char *notice(const struct answer *a)
{
    return a->conv && a->conv->format != FORMAT_TEXT ? NULL : a->notice;
}

static struct span gathered(struct answer_choice *c, size_t from)
{
    return obuf_ok(&c->text) ? (struct span){c->text.p + from, c->text.n - from} : SPAN_NONE;
}

struct span answer_add_text(const struct answer *a, struct answer_choice *c, struct span text)
{
    size_t from = c->text.n;
    if (text.n == 0) return SPAN_NONE;
    if (from == 0 && notice(a)) {
        obuf_str(&c->text, notice(a));
        obuf_str(&c->text, "\n\n");
    } else if (c->notice_due) {
        obuf_str(&c->text, "\n\n");
    }
    c->notice_due = false;
    obuf_span_put(&c->text, text);
    return gathered(c, from);
}

struct span answer_notice_left(const struct answer *a, struct answer_choice *c)
{
    if (notice(a) == NULL || c->text.n) return SPAN_NONE;
    obuf_str(&c->text, notice(a));
    c->notice_due = true;   /* it stands alone so far: text that follows is set off */
    return gathered(c, 0);
}

bool answer_choice_ended(struct answer *a, const struct conv_event *e)
{
    struct answer_choice *c = answer_choice_of(a, e);
    if (c->ended) return false;
    c->ended = true;
    c->stop = e->stop;
    if (a->n_ended == 0) a->prompt_tokens = e->prompt_tokens;
    a->completion_tokens += e->completion_tokens;
    a->reasoning_tokens += e->reasoning_tokens;
    return ++a->n_ended == answer_n_choices(a);
}

bool answer_ok(const struct answer *a)
{
    bool ok = obuf_ok(&a->body);
    for (size_t i = 0; i < CONV_MAX_CHOICES; i++) {
        const struct answer_choice *c = &a->choice[i];
        ok = ok && obuf_ok(&c->text) && obuf_ok(&c->reasoning) && obuf_ok(&c->calls) && obuf_ok(&c->items);
    }
    return ok;
}
