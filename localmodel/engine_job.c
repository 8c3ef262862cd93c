#include "localmodel/engine_job.h"
#include "core/clock.h"
#include <stdlib.h>
#include <sys/random.h>

static struct engine_letter *letter_new(const struct job *j)
{
    struct engine_letter *l = calloc(1, sizeof *l);
    if (l == NULL) return NULL;
    l->letter.deliver = j->deliver;
    l->to = j->to;
    return l;
}

void engine_letter_free(struct engine_letter *l)
{
    if (l == NULL) return;
    free(l->bytes);
    free(l);
}

static void post(struct job *j, struct engine_letter *l)
{
    j->posted_us = clock_mono_us();
    mailbox_post(j->to.box, &l->letter);
}

struct job *job_new(struct engine_request *r, struct handle to, void (*deliver)(struct letter *, void *))
{
    struct job *j = calloc(1, sizeof *j);
    if (j == NULL) {
        engine_request_free(r);
        return NULL;
    }
    j->request = r;
    j->to = to;
    j->deliver = deliver;
    atomic_init(&j->cancelled, false);
    j->last = letter_new(j);
    if (j->last == NULL) {
        job_free(j);
        return NULL;
    }
    return j;
}

void job_free(struct job *j)
{
    if (j == NULL) return;
    engine_request_free(j->request);
    engine_letter_free(j->last);
    obuf_fini(&j->pending);
    free(j);
}

/* A letter with `bytes` copied; NULL marks the job as broken. */
static struct engine_letter *letter_with(struct job *j, enum conv_event_kind kind, struct span bytes)
{
    struct engine_letter *l = letter_new(j);
    if (l) l->bytes = malloc(bytes.n + 1);
    if (l == NULL || l->bytes == NULL) {
        engine_letter_free(l);
        j->broken = true;
        return NULL;
    }
    if (bytes.n) memcpy(l->bytes, bytes.p, bytes.n);
    l->event.kind = kind;
    l->event.text = (struct span){l->bytes, bytes.n};
    return l;
}

void job_start(struct job *j)
{
    if (j->started) return;
    j->started = true;
    struct engine_letter *l = letter_with(j, EV_START, SPAN_NONE);
    if (l) post(j, l);
}

static void flush_now(struct job *j)
{
    if (j->pending.n == 0) return;
    if (!obuf_ok(&j->pending)) {
        j->broken = true;
        return;
    }
    struct engine_letter *l = letter_with(j, j->pending_kind, obuf_span(&j->pending));
    if (l == NULL) return;
    l->event.call_index = j->pending_index;
    obuf_reset(&j->pending);
    post(j, l);
}

void job_flush(struct job *j, uint64_t ahead_us)
{
    if (j->pending.n && clock_mono_us() + ahead_us >= j->posted_us + JOB_BATCH_US) flush_now(j);
}

static void gather(struct job *j, enum conv_event_kind kind, uint32_t index, struct span text)
{
    if (text.n == 0) return;
    job_start(j);
    if (j->pending.n && (j->pending_kind != kind || j->pending_index != index)) flush_now(j);
    j->pending_kind = kind;
    j->pending_index = index;
    obuf_span_put(&j->pending, text);
}

void job_text(struct job *j, struct span text) { gather(j, EV_TEXT, 0, text); }
void job_call_args(struct job *j, uint32_t index, struct span text) { gather(j, EV_CALL_ARGS, index, text); }

void job_call(struct job *j, uint32_t index, struct span id, struct span name)
{
    job_start(j);
    flush_now(j);
    struct obuf both = {0};
    obuf_span_put(&both, id);
    obuf_span_put(&both, name);
    struct engine_letter *l = obuf_ok(&both) ? letter_with(j, EV_CALL, obuf_span(&both)) : NULL;
    obuf_fini(&both);
    if (l == NULL) {
        j->broken = true;
        return;
    }
    l->event.text = SPAN_NONE;
    l->event.call_index = index;
    l->event.call_id = (struct span){l->bytes, id.n};
    l->event.call_name = (struct span){l->bytes + id.n, name.n};
    post(j, l);
}

void job_call_id(char out[JOB_CALL_ID_LEN + 1])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    unsigned char dice[24] = {0};
    ssize_t got = getrandom(dice, sizeof dice, 0);   /* never short below 256 bytes */
    memcpy(out, "call_", 5);
    for (size_t i = 0; i < sizeof dice; i++)
        out[5 + i] = alphabet[(got == (ssize_t)sizeof dice ? dice[i] : i) % (sizeof alphabet - 1)];
    out[JOB_CALL_ID_LEN] = '\0';
}

static void post_last(struct job *j, enum conv_event_kind kind)
{
    struct engine_letter *l = j->last;
    j->last = NULL;
    l->event.kind = kind;
    l->event.prompt_tokens = j->prompt_tokens;
    l->event.completion_tokens = j->completion_tokens;
    post(j, l);
}

void job_end(struct job *j, enum conv_stop stop)
{
    job_start(j);
    flush_now(j);
    if (j->broken) {
        job_fail(j, FAIL_NO_MEMORY);
        return;
    }
    j->last->event.stop = stop;
    post_last(j, EV_END);
}

void job_fail(struct job *j, enum fail why)
{
    j->last->event.fail = j->broken ? FAIL_NO_MEMORY : why;
    post_last(j, EV_ERROR);
}
