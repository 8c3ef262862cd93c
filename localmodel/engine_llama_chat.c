/* Answers written together: one context, a sequence each, decoded in one batch (continuous batching).
 *
 * Each turn of the loop makes one batch: the next token of every answer that runs, and with the room that is left, a
 * piece of the oldest prompt that is not yet read. While somebody else is in the context, that piece is kept so small
 * that it takes about PROMPT_SLICE_US, so a long prompt neither stalls running answers nor hides a cancel; alone, about
 * PROMPT_ALONE_US, for who comes next and for who only counts. */
#include "core/clock.h"
#include "localmodel/engine_llama.h"
#include <llama.h>
#include <math.h>
#include <stdlib.h>

#define PROMPT_SLICE_US 100000
#define PROMPT_ALONE_US 3000000
#define PROMPT_SLICE_MIN 16u
#define COUNT_BYTES_MAX (8u << 20)     /* of a conversation that is only counted; it holds up the answers that run */
#define TOP_K 40                       /* when the request gives none: keeps small models from derailing */

/* --- a job comes --- */

static float number_or(double given, float otherwise, double low, double high)
{
    return isnan(given) ? otherwise : (float)fmin(fmax(given, low), high);
}

static uint32_t seed_of(const struct engine_request *r)
{
    if (!r->has_seed) return LLAMA_DEFAULT_SEED;   /* a random one */
    uint32_t seed = (uint32_t)((uint64_t)r->seed ^ (uint64_t)r->seed >> 32);
    return seed == LLAMA_DEFAULT_SEED ? 0 : seed;
}

static enum chat_tools tools_of(const struct engine_request *r)
{
    if (r->tools == NULL || r->tool_choice == TOOLS_NONE) return CHAT_TOOLS_NONE;
    return r->tool_choice == TOOLS_AUTO ? CHAT_TOOLS_AUTO : CHAT_TOOLS_FORCED;
}

static struct chat_ask ask_of(const struct backend *b, const struct engine_request *r, const char *tools)
{
    static const enum chat_format formats[] = {[FORMAT_TEXT] = CHAT_FORMAT_TEXT, [FORMAT_JSON] = CHAT_FORMAT_JSON,
                                               [FORMAT_SCHEMA] = CHAT_FORMAT_SCHEMA};
    return (struct chat_ask){
        .messages = r->messages,
        .tools = tools,
        .tool_name = r->tool_choice == TOOLS_NAMED ? r->tool_name : NULL,
        .use_tools = tools ? tools_of(r) : CHAT_TOOLS_NONE,
        .parallel_tool_calls = r->parallel_tool_calls,
        .format = formats[r->format],
        .schema = r->schema,
        .top_k = r->top_k < 0 ? TOP_K : r->top_k > INT32_MAX ? INT32_MAX : (int32_t)r->top_k,
        .temperature = number_or(r->temperature, b->temperature, 0, 5),
        .top_p = number_or(r->top_p, b->top_p, 0, 1),
        .frequency_penalty = number_or(r->frequency_penalty, 0, -2, 2),
        .presence_penalty = number_or(r->presence_penalty, 0, -2, 2),
        .seed = seed_of(r),
        .penalty_tokens = (int32_t)b->info->context,
    };
}

static const enum fail fail_of[] = {[CHAT_OK] = FAIL_OK, [CHAT_UNSUPPORTED] = FAIL_LOCAL_UNSUPPORTED,
                                    [CHAT_FAILED] = FAIL_ENGINE_FAILED, [CHAT_NO_MEMORY] = FAIL_NO_MEMORY};

/* A prompt, tried with one list of tools after the other. */
struct trial {
    struct backend *backend;
    const struct engine_request *request;
    uint32_t room;                     /* tokens that are to be left for the answer */
    struct chat_reply *reply;          /* the last one, owned */
    size_t tokens;
};

static enum fail try_tools(void *arg, const char *tools)
{
    struct trial *t = arg;
    struct chat_ask ask = ask_of(t->backend, t->request, tools);
    chat_reply_free(t->reply);
    t->reply = NULL;
    enum fail f = fail_of[chat_begin(t->backend->chat, &ask, &t->reply)];
    if (f != FAIL_OK) return f;
    (void)chat_prompt(t->reply, &t->tokens);
    return t->tokens + t->room > t->backend->info->context ? FAIL_CONTEXT_LENGTH : FAIL_OK;
}

/* Writes the prompt; CONTEXT_LENGTH also leaves one in the trial. */
static enum fail write_prompt(struct trial *t, struct job *j)
{
    const struct engine_request *r = t->request;
    struct prune_count tools = {0};
    bool shown = tools_of(r) != CHAT_TOOLS_NONE;
    if (shown) tools.given = tools.kept = prune_count_tools(r);
    enum fail f = shown && r->prune_tools && tools.given ? prune_to_fit(r, try_tools, t, &tools) : try_tools(t, r->tools);
    j->tools_given = tools.given;
    j->tools_kept = tools.kept;
    return f;
}

static size_t bytes_of(const struct engine_request *r) { return strlen(r->messages) + (r->tools ? strlen(r->tools) : 0); }

/* What it counts may be larger than the context: that is what a client counts for. */
static void count(struct backend *b, struct job *j)
{
    struct trial t = {.backend = b, .request = j->request};
    enum fail f = bytes_of(j->request) > COUNT_BYTES_MAX ? FAIL_CONTEXT_LENGTH : try_tools(&t, j->request->tools);
    j->usage.prompt_tokens = (uint32_t)t.tokens;
    if (t.reply) job_end(j, STOP_END);
    else job_fail(j, f);
    chat_reply_free(t.reply);
    queue_finish(b->jobs, j);
}

static enum fail fitting_prompt(struct backend *b, struct job *j, struct chat_reply **out)
{
    const struct engine_request *r = j->request;
    struct trial t = {.backend = b, .request = r, .room = r->prune_tools ? prune_room(r, b->info->context) : 1};
    size_t bytes = r->prune_tools ? strlen(r->messages) : bytes_of(r);
    if (bytes / BYTES_PER_TOKEN_MAX > b->info->context) return FAIL_CONTEXT_LENGTH;
    enum fail f = write_prompt(&t, j);
    /* With less room than there should be, there is still an answer. */
    if (f == FAIL_CONTEXT_LENGTH && t.tokens + 1 <= b->info->context) f = FAIL_OK;
    if (f == FAIL_OK && t.tokens == 0) f = FAIL_LOCAL_UNSUPPORTED;
    *out = t.reply;
    return f;
}

/* The prompt and the sampler of a job: after this it can be answered, and the client has the answer's head before a long
 * prompt is read. */
static enum fail prepare(struct backend *b, struct job *j, struct chat_reply **out)
{
    struct chat_reply *reply = NULL;
    enum fail f = fitting_prompt(b, j, &reply);
    if (f == FAIL_OK) {
        struct chat_ask ask = ask_of(b, j->request, j->request->tools);
        f = fail_of[chat_ready(reply, &ask)];
    }
    if (f == FAIL_OK) {
        *out = reply;
        job_start(j);
    } else {
        chat_reply_free(reply);
    }
    return f;
}

/* Takes ownership of `reply`. */
static enum fail seq_begin(struct backend *b, struct seq *s, struct job *j, struct chat_reply *reply)
{
    const struct engine_request *r = j->request;
    size_t n;
    *s = (struct seq){.job = j, .turn = b->turns++, .row = -1};
    enum fail f = job_answer_init(&s->answer, j, reply);
    if (f != FAIL_OK) return f;
    s->prompt = chat_prompt(reply, &n);
    s->n_prompt = j->usage.prompt_tokens = (uint32_t)n;
    s->left = (int64_t)b->info->context - (int64_t)n;
    if (r->max_tokens >= 0 && r->max_tokens < s->left) s->left = r->max_tokens;
    return FAIL_OK;
}

/* The job has been told its end: its place is free again. */
static void seq_over(struct backend *b, struct seq *s)
{
    llama_memory_seq_rm(llama_get_memory(b->context), (llama_seq_id)(s - b->at), -1, -1);
    job_answer_fini(&s->answer);
    queue_finish(b->jobs, s->job);
    *s = (struct seq){0};
}

static void seq_fail(struct backend *b, struct seq *s, enum fail f)
{
    job_fail(s->job, f);
    seq_over(b, s);
}

static void seq_end(struct backend *b, struct seq *s, bool cut)
{
    job_answer_end(&s->answer, cut);
    seq_over(b, s);
}

static void admit(struct backend *b, struct seq *s, struct job *j, struct chat_reply *reply)
{
    enum fail f = seq_begin(b, s, j, reply);
    if (f != FAIL_OK) seq_fail(b, s, f);
    else if (s->left == 0) seq_end(b, s, true);
}

/* --- jobs that wait for a place --- */

static void refuse_job(struct backend *b, struct job *j, enum fail f)
{
    job_fail(j, f);
    queue_finish(b->jobs, j);
}

/* A job is prepared though there is no place yet: that it cannot be answered is said at once, and not after the client has
 * been kept alive with the head of an answer. */
static void read_ahead(struct backend *b, struct job *j)
{
    struct ready *r = calloc(1, sizeof *r), **end = &b->ready;
    enum fail f = r ? prepare(b, j, &r->reply) : FAIL_NO_MEMORY;
    if (f != FAIL_OK) {
        free(r);
        refuse_job(b, j, f);
        return;
    }
    r->job = j;
    while (*end) end = &(*end)->next;
    *end = r;
}

static struct chat_reply *take_ready(struct ready **at, struct job **j)
{
    struct ready *r = *at;
    struct chat_reply *reply = r->reply;
    *at = r->next;
    *j = r->job;
    free(r);
    return reply;
}

static void drop_ready(struct backend *b, bool all)
{
    struct job *j;
    for (struct ready **at = &b->ready; *at;) {
        bool cancelled = atomic_load(&(*at)->job->cancelled);
        if (!cancelled && !all) {
            at = &(*at)->next;
            continue;
        }
        chat_reply_free(take_ready(at, &j));
        if (!all) refuse_job(b, j, FAIL_CLIENT_ABORT);
    }
}

static uint32_t busy(const struct backend *b)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->conf->parallel; i++) n += b->at[i].job != NULL;
    return n;
}

static struct seq *free_place(struct backend *b)
{
    for (uint32_t i = 0; i < b->conf->parallel; i++)
        if (b->at[i].job == NULL) return &b->at[i];
    return NULL;
}

/* The next for the place: who waited with a prompt written, else who comes. False when there is nobody. */
static bool fill_place(struct backend *b, struct seq *place)
{
    struct chat_reply *reply;
    struct job *j;
    if (b->ready) {
        reply = take_ready(&b->ready, &j);
        admit(b, place, j, reply);
        return true;
    }
    j = queue_take(b->jobs, QUEUE_ANY, busy(b) == 0);
    if (j == NULL) return false;
    enum fail f = FAIL_OK;
    if (j->request->kind == CONV_COUNT) count(b, j);
    else if ((f = prepare(b, j, &reply)) == FAIL_OK) admit(b, place, j, reply);
    else refuse_job(b, j, f);
    return true;
}

/* Fills the free places; waits for a job when all are free. With none free, counts are done, which need no place, and one
 * job is prepared: the answers that run are not to wait for more. */
static void fill(struct backend *b)
{
    struct seq *place;
    while ((place = free_place(b)) != NULL)
        if (!fill_place(b, place)) return;
    for (struct job *j; (j = queue_take(b->jobs, QUEUE_ANY, false)) != NULL;) {
        if (j->request->kind != CONV_COUNT) {
            read_ahead(b, j);
            return;
        }
        count(b, j);
    }
}

static void drop_cancelled(struct backend *b)
{
    for (uint32_t i = 0; i < b->conf->parallel; i++)
        if (b->at[i].job && atomic_load(&b->at[i].job->cancelled)) seq_fail(b, &b->at[i], FAIL_CLIENT_ABORT);
    drop_ready(b, false);
}

bool chat_is_unwanted(void *arg)
{
    const struct backend *b = arg;
    if (queue_stopping(b->jobs)) return true;
    for (uint32_t i = 0; i < b->conf->parallel; i++)
        if (b->at[i].in_batch && !atomic_load(&b->at[i].job->cancelled)) return false;
    return true;
}

/* --- one batch --- */

static int32_t add(struct backend *b, struct seq *s, int32_t token, int32_t pos, bool logits)
{
    int32_t row = b->batch->n_tokens++;
    b->batch->token[row] = token;
    b->batch->pos[row] = pos;
    b->batch->n_seq_id[row] = 1;
    b->batch->seq_id[row][0] = (llama_seq_id)(s - b->at);
    b->batch->logits[row] = logits;
    s->in_batch = true;
    return row;
}

static bool reads(const struct seq *s) { return s->job && s->read < s->n_prompt; }

/* The oldest whose prompt is not read and who is not yet in this batch. */
static struct seq *next_reader(struct backend *b)
{
    struct seq *first = NULL;
    for (uint32_t i = 0; i < b->conf->parallel; i++)
        if (reads(&b->at[i]) && !b->at[i].in_batch && (first == NULL || b->at[i].turn < first->turn)) first = &b->at[i];
    return first;
}

static uint32_t prompt_room(const struct backend *b)
{
    double n = (busy(b) == 1 ? PROMPT_ALONE_US : PROMPT_SLICE_US) / b->us_per_prompt_token;
    return n > BATCH ? BATCH : n < PROMPT_SLICE_MIN ? PROMPT_SLICE_MIN : (uint32_t)n;
}

static void add_answers(struct backend *b)
{
    b->batch->n_tokens = 0;
    for (uint32_t i = 0; i < b->conf->parallel; i++) {
        struct seq *s = &b->at[i];
        s->in_batch = false;
        s->row = -1;
        if (s->job && !reads(s)) s->row = add(b, s, s->next, s->pos++, true);
    }
}

/* Returns how many tokens of prompts are in the batch. */
static uint32_t add_prompts(struct backend *b)
{
    uint32_t room = prompt_room(b), added = 0;
    for (struct seq *s; added < room && (s = next_reader(b)) != NULL;) {
        while (added < room && s->read < s->n_prompt) {
            bool last = s->read + 1 == s->n_prompt;
            int32_t row = add(b, s, s->prompt[s->read], (int32_t)s->read, last);
            if (last) s->row = row;
            s->read++;
            added++;
        }
        s->pos = (int32_t)s->read;
    }
    return added;
}

static void learn_speed(struct backend *b, uint32_t prompt_tokens)
{
    if (prompt_tokens < PROMPT_SLICE_MIN) return;
    b->us_per_prompt_token += 0.3 * ((double)b->decode_us / prompt_tokens - b->us_per_prompt_token);
}

static void fail_batch(struct backend *b)
{
    for (uint32_t i = 0; i < b->conf->parallel; i++)
        if (b->at[i].job && b->at[i].in_batch) seq_fail(b, &b->at[i], FAIL_ENGINE_FAILED);
}

/* One token for an answer whose logits are there. */
static void advance(struct backend *b, struct seq *s)
{
    bool end;
    enum chat_result r = chat_sample(s->answer.reply, b->context, s->row, &s->next, &end);
    if (r != CHAT_OK) {
        seq_fail(b, s, r == CHAT_NO_MEMORY ? FAIL_NO_MEMORY : FAIL_ENGINE_FAILED);
        return;
    }
    if (!end) {
        s->left--;
        s->job->usage.completion_tokens++;
        end = job_answer_token(&s->answer, s->next);
    }
    if (end || s->left == 0) seq_end(b, s, !end);
    else job_flush(s->job, b->decode_us);
}

static void turn(struct backend *b)
{
    add_answers(b);
    uint32_t prompt_tokens = add_prompts(b);
    if (b->batch->n_tokens == 0) return;
    uint64_t from = clock_mono_us();
    int failed = chat_decode(b->context, b->batch);
    b->decode_us = clock_mono_us() - from;
    if (failed == 2) return;           /* unwanted: all in it are cancelled, or the engine stops */
    if (failed) {
        log_decode_failure(b, failed);
        fail_batch(b);
        return;
    }
    learn_speed(b, prompt_tokens);
    for (uint32_t i = 0; i < b->conf->parallel; i++)
        if (b->at[i].job && b->at[i].row >= 0) advance(b, &b->at[i]);
}

void chat_run(struct backend *b)
{
    while (!queue_stopping(b->jobs)) {
        fill(b);
        drop_cancelled(b);
        turn(b);
    }
    for (uint32_t i = 0; i < b->conf->parallel; i++)
        if (b->at[i].job) job_answer_fini(&b->at[i].answer);   /* the jobs are failed with the queue's others */
    drop_ready(b, true);
}
