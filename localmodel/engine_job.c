#include "localmodel/engine_job.h"
#include "core/clock.h"
#include <stdlib.h>

/* --- letters --- */

void engine_letter_free(struct engine_letter *l)
{
    if (l == NULL) return;
    free(l->bytes);
    free(l);
}

/* With room for `n` bytes, and one more so that there are some. */
static struct engine_letter *letter_new(const struct engine_request *r, enum conv_event_kind kind, size_t n)
{
    struct engine_letter *l = calloc(1, sizeof *l);
    if (l) l->bytes = malloc(n + 1);
    if (l == NULL || l->bytes == NULL) {
        engine_letter_free(l);
        return NULL;
    }
    l->n_bytes = n;
    l->event = (struct conv_event){.kind = kind, .choice = r->choice};
    return l;
}

/* Where a copy has what `p` points at in the original. */
static const void *moved(const struct engine_letter *from, const struct engine_letter *to, const void *p)
{
    return p ? to->bytes + ((const char *)p - from->bytes) : NULL;
}

static struct engine_letter *letter_copy(const struct engine_letter *from)
{
    struct engine_letter *l = malloc(sizeof *l);
    if (l == NULL) return NULL;
    *l = *from;
    l->bytes = malloc(from->n_bytes + 1);
    if (l->bytes == NULL) {
        free(l);
        return NULL;
    }
    if (from->n_bytes) memcpy(l->bytes, from->bytes, from->n_bytes);
    l->event.text.p = moved(from, l, from->event.text.p);
    l->event.call_name.p = moved(from, l, from->event.call_name.p);
    l->event.vector = moved(from, l, from->event.vector);
    return l;
}

static void post(const struct asker *a, struct engine_letter *l)
{
    l->letter.deliver = a->deliver;
    l->to = a->to;
    mailbox_post(a->to.box, &l->letter);
}

/* --- askers --- */

static void asker_free(struct asker *a)
{
    if (a == NULL) return;
    engine_letter_free(a->last);
    free(a);
}

/* The last letter may have to name any of the stops. */
static size_t longest_stop(const struct engine_request *r)
{
    size_t most = 0;
    for (size_t i = 0; i < r->n_stops; i++)
        if (strlen(r->stops[i]) > most) most = strlen(r->stops[i]);
    return most;
}

static struct asker *asker_new(const struct engine_request *r, struct handle to, void (*deliver)(struct letter *, void *))
{
    struct asker *a = calloc(1, sizeof *a);
    if (a) a->last = letter_new(r, EV_END, longest_stop(r));
    if (a == NULL || a->last == NULL) {
        asker_free(a);
        return NULL;
    }
    a->to = to;
    a->deliver = deliver;
    return a;
}

/* Tells the asker of the end. */
static void post_last(struct asker *a, const struct conv_event *end, const struct job_usage *u)
{
    struct engine_letter *l = a->last;
    uint32_t choice = l->event.choice;
    a->last = NULL;
    l->event = *end;
    l->event.choice = choice;
    l->event.prompt_tokens = u->prompt_tokens;
    l->event.completion_tokens = u->completion_tokens;
    l->event.reasoning_tokens = u->reasoning_tokens;
    if (end->stop_string.n) {
        memcpy(l->bytes, end->stop_string.p, end->stop_string.n);
        l->event.stop_string.p = l->bytes;
    }
    post(a, l);
}

static bool has_twin_key(const struct engine_request *r)
{
    static const unsigned char none[sizeof r->twin];
    return memcmp(r->twin, none, sizeof none) != 0;
}

static bool same_request(const struct engine_request *a, const struct engine_request *b)
{
    return memcmp(a->twin, b->twin, sizeof a->twin) == 0 && a->kind == b->kind && a->choice == b->choice;
}

bool job_lock_for(struct job *j, const struct engine_request *r)
{
    if (!has_twin_key(r) || !same_request(j->request, r) || atomic_load(&j->cancelled)) return false;
    pthread_mutex_lock(&j->lock);
    if (!j->closed && !j->over) return true;
    pthread_mutex_unlock(&j->lock);
    return false;
}

static void letters_free(struct engine_letter *l)
{
    while (l) {
        struct engine_letter *next = (struct engine_letter *)l->letter.next;
        engine_letter_free(l);
        l = next;
    }
}

/* All that was told, copied before any of it is posted: who is refused hears nothing. */
static bool copy_told(const struct engine_letter *told, struct engine_letter **out)
{
    struct engine_letter **tail = out;
    *out = NULL;
    for (; told; told = (const struct engine_letter *)told->letter.next) {
        struct engine_letter *l = letter_copy(told);
        if (l == NULL) {
            letters_free(*out);
            return false;
        }
        l->letter.next = NULL;
        *tail = l;
        tail = (struct engine_letter **)&l->letter.next;
    }
    return true;
}

enum fail job_join(struct job *j, struct job *from)
{
    struct engine_letter *l;
    bool whole = copy_told(j->told, &l);
    if (whole) {
        struct asker *a = from->askers;
        from->askers = NULL;
        a->next = j->askers;
        j->askers = a;
        while (l) {
            struct engine_letter *next = (struct engine_letter *)l->letter.next;
            post(a, l);
            l = next;
        }
    }
    pthread_mutex_unlock(&j->lock);
    job_free(from);
    return whole ? FAIL_OK : FAIL_NO_MEMORY;
}

enum job_leaving job_leave(struct job *j, uint64_t id)
{
    enum job_leaving how = JOB_NOT_ASKED;
    pthread_mutex_lock(&j->lock);
    for (struct asker **at = &j->askers; *at; at = &(*at)->next) {
        struct asker *a = *at;
        if (a->id != id || j->over) continue;
        how = a == j->askers && a->next == NULL ? JOB_WAS_LAST : JOB_LEFT;
        if (how == JOB_WAS_LAST) break;
        *at = a->next;
        post_last(a, &(struct conv_event){.kind = EV_ERROR, .fail = FAIL_CLIENT_ABORT}, &j->told_usage);
        asker_free(a);
        break;
    }
    pthread_mutex_unlock(&j->lock);
    return how;
}

size_t job_askers(struct job *j)
{
    size_t n = 0;
    pthread_mutex_lock(&j->lock);
    for (const struct asker *a = j->askers; a; a = a->next) n++;
    pthread_mutex_unlock(&j->lock);
    return n;
}

/* --- the job --- */

struct job *job_new(struct engine_request *r, struct handle to, void (*deliver)(struct letter *, void *))
{
    struct job *j = calloc(1, sizeof *j);
    if (j == NULL || pthread_mutex_init(&j->lock, NULL) != 0) {
        engine_request_free(r);
        free(j);
        return NULL;
    }
    j->request = r;
    j->told_tail = &j->told;
    atomic_init(&j->cancelled, false);
    j->askers = asker_new(r, to, deliver);
    if (j->askers == NULL) {
        job_free(j);
        return NULL;
    }
    return j;
}

void job_free(struct job *j)
{
    if (j == NULL) return;
    while (j->askers) {
        struct asker *next = j->askers->next;
        asker_free(j->askers);
        j->askers = next;
    }
    letters_free(j->told);
    engine_request_free(j->request);
    obuf_fini(&j->pending);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

/* --- telling --- */

/* Keeps the letter for those who may join; when that is too much, or nobody can, lets it go. */
static void keep(struct job *j, struct engine_letter *l)
{
    j->told_bytes += sizeof *l + l->n_bytes;
    if (j->told_bytes > JOB_TOLD_MAX) {
        letters_free(j->told);
        j->told = NULL;
        j->told_tail = &j->told;
        j->closed = true;
        engine_letter_free(l);
        return;
    }
    l->letter.next = NULL;
    *j->told_tail = l;
    j->told_tail = (struct engine_letter **)&l->letter.next;
}

/* Posts the letter, or a copy, to each asker. NULL, or no memory for a copy: the job is broken. */
static void tell(struct job *j, struct engine_letter *l)
{
    if (l == NULL) {
        j->broken = true;
        return;
    }
    j->posted_us = clock_mono_us();
    pthread_mutex_lock(&j->lock);
    j->told_usage = j->usage;
    bool kept = has_twin_key(j->request) && !j->closed;
    const struct asker *a = j->askers;
    for (; a && (kept || a->next); a = a->next) {
        struct engine_letter *copy = letter_copy(l);
        if (copy) post(a, copy);
        else j->broken = true;
    }
    if (a) post(a, l);
    else if (kept) keep(j, l);
    else engine_letter_free(l);
    pthread_mutex_unlock(&j->lock);
}

/* A letter with `bytes` as its text; NULL when out of memory. */
static struct engine_letter *text_letter(const struct job *j, enum conv_event_kind kind, struct span bytes)
{
    struct engine_letter *l = letter_new(j->request, kind, bytes.n);
    if (l == NULL) return NULL;
    if (bytes.n) memcpy(l->bytes, bytes.p, bytes.n);
    l->event.text = (struct span){l->bytes, bytes.n};
    return l;
}

void job_start(struct job *j)
{
    if (j->started) return;
    j->started = true;
    struct engine_letter *l = text_letter(j, EV_START, SPAN_NONE);
    if (l) {
        l->event.tools_given = j->tools_given;
        l->event.tools_kept = j->tools_kept;
    }
    tell(j, l);
}

static void flush_now(struct job *j)
{
    if (j->pending.n == 0) return;
    struct engine_letter *l = obuf_ok(&j->pending) ? text_letter(j, j->pending_kind, obuf_span(&j->pending)) : NULL;
    if (l) l->event.call_index = j->pending_index;
    obuf_reset(&j->pending);
    tell(j, l);
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

void job_reasoning(struct job *j, struct span text)
{
    if (j->request->show_reasoning) gather(j, EV_REASONING, 0, text);
}

void job_call(struct job *j, uint32_t index, struct span name)
{
    job_start(j);
    flush_now(j);
    struct engine_letter *l = text_letter(j, EV_CALL, name);
    if (l) {
        l->event.call_name = l->event.text;
        l->event.text = SPAN_NONE;
        l->event.call_index = index;
    }
    tell(j, l);
}

void job_vector(struct job *j, uint32_t index, const float *vector, size_t n)
{
    struct engine_letter *l = letter_new(j->request, EV_VECTOR, n * sizeof *vector);
    if (l) {
        memcpy(l->bytes, vector, n * sizeof *vector);
        l->event.index = index;
        l->event.vector = (const float *)(const void *)l->bytes;
        l->event.n_vector = n;
    }
    tell(j, l);
}

/* --- the end --- */

static void finish(struct job *j, const struct conv_event *end)
{
    pthread_mutex_lock(&j->lock);
    for (struct asker *a = j->askers; a; a = a->next) post_last(a, end, &j->usage);
    j->over = true;
    pthread_mutex_unlock(&j->lock);
}

static void end(struct job *j, enum conv_stop stop, struct span hit)
{
    if (j->request->kind != CONV_COUNT && j->request->kind != CONV_EMBED) job_start(j);
    flush_now(j);
    if (j->broken) job_fail(j, FAIL_NO_MEMORY);
    else finish(j, &(struct conv_event){.kind = EV_END, .stop = stop, .stop_string = hit});
}

void job_end(struct job *j, enum conv_stop stop) { end(j, stop, SPAN_NONE); }
void job_end_at(struct job *j, const char *hit) { end(j, STOP_STRING, span_str(hit)); }

void job_fail(struct job *j, enum fail why)
{
    finish(j, &(struct conv_event){.kind = EV_ERROR, .fail = j->broken ? FAIL_NO_MEMORY : why});
}
