/* The real engine: llama.cpp, one context a model, its sequences decoded together (continuous batching).
 *
 * Each turn of the loop makes one batch: the next token of every answer that runs, and with the room that is left, a
 * piece of the oldest prompt that is not yet read. While somebody else is in the context, that piece is kept so small
 * that it takes about PROMPT_SLICE_US, so a long prompt neither stalls running answers nor hides a cancel. */
#include "core/clock.h"
#include "core/log.h"
#include "localmodel/engine_llama.h"
#include <llama.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH 512u                     /* tokens of a prompt decoded at once, when its job is alone */
#define PROMPT_SLICE_US 100000
#define PROMPT_SLICE_MIN 16u
#define BYTES_PER_TOKEN_MAX 64u        /* beyond it, a text surely has more tokens than the context */
#define TEMPLATE_BYTES_MAX (1u << 20)

struct seq {
    struct job *job;                   /* NULL: the place is free */
    struct answer answer;
    const int32_t *prompt;             /* the answer's reply's */
    uint32_t n_prompt, read;           /* its tokens; how many are decoded */
    int64_t left;                      /* tokens that may still be generated */
    uint64_t turn;                     /* in the order of arrival */
    int32_t next;                      /* the token to decode next, once the prompt is read */
    int32_t pos;                       /* where it goes */
    int32_t row;                       /* of this batch, whose logits are ours; -1: none */
    bool in_batch;
};

struct backend {
    const struct engine_model_conf *conf;
    struct engine_model_info *info;
    struct queue *jobs;
    struct llama_model *model;
    struct llama_context *context;
    struct llama_batch batch;
    struct chat *chat;
    float temperature, top_p;          /* when the request gives none */
    uint64_t turns, decode_us;         /* decode_us: of the last batch */
    double us_per_prompt_token;        /* a running mean */
    struct seq at[ENGINE_PARALLEL_MAX];
};

/* --- loading --- */

static bool read_template(const char *file, char **text, struct why *why)
{
    *text = NULL;
    if (file == NULL) return true;
    FILE *f = fopen(file, "re");
    char *buf = f ? malloc(TEMPLATE_BYTES_MAX + 1) : NULL;
    size_t n = buf ? fread(buf, 1, TEMPLATE_BYTES_MAX + 1, f) : 0;
    bool whole = buf && !ferror(f) && n > 0 && n <= TEMPLATE_BYTES_MAX;
    if (f) fclose(f);
    if (!whole) {
        why_set(why, "chat template %s cannot be read, is empty or is larger than 1 MiB; give a Jinja file", file);
        free(buf);
        return false;
    }
    buf[n] = '\0';
    *text = buf;
    return true;
}

/* Asked by ggml in the middle of a decode: whether nobody wants its result any more. */
static bool unwanted(void *arg)
{
    const struct backend *b = arg;
    if (queue_stopping(b->jobs)) return true;
    for (uint32_t i = 0; i < b->conf->parallel; i++)
        if (b->at[i].in_batch && !atomic_load(&b->at[i].job->cancelled)) return false;
    return true;
}

static bool load_weights(struct backend *b, struct why *why)
{
    struct llama_model_params params = llama_model_default_params();
    params.n_gpu_layers = 0;
    llama_listen();
    b->model = llama_model_load_from_file(b->conf->file, params);
    if (b->model == NULL)
        why_set(why, "model %s: llama.cpp cannot load %s (%s); if the family is newer than this build, take another model",
                b->conf->name, b->conf->file, llama_last_error());
    if (b->model && llama_model_has_encoder(b->model)) {
        why_set(why, "model %s: %s is an encoder model, which does not chat; take a decoder (instruct) model", b->conf->name,
                b->conf->file);
        return false;
    }
    return b->model != NULL;
}

static uint32_t context_of(const struct backend *b)
{
    uint32_t trained = b->info->context_trained ? b->info->context_trained : ENGINE_CONTEXT_MAX;
    uint32_t context = b->conf->context ? b->conf->context : trained < ENGINE_CONTEXT_MAX ? trained : ENGINE_CONTEXT_MAX;
    if (context > trained)
        LOG(WARN, "engine.context", "model=%s context=%u trained=%u: answers over the trained length degrade",
            b->conf->name, context, trained);
    return context;
}

static bool make_context(struct backend *b, struct why *why)
{
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = b->info->context * b->conf->parallel;
    params.n_seq_max = b->conf->parallel;
    params.n_batch = BATCH + ENGINE_PARALLEL_MAX;
    params.n_ubatch = BATCH;
    params.n_threads = params.n_threads_batch = (int32_t)b->conf->threads;
    params.kv_unified = false;         /* each sequence has its own part of the memory: none can take another's */
    params.no_perf = true;
    params.abort_callback = unwanted;
    params.abort_callback_data = b;
    llama_listen();
    b->context = llama_init_from_model(b->model, params);
    if (b->context == NULL)
        why_set(why, "model %s: no memory for %u requests of %u tokens (%s); lower context or parallel", b->conf->name,
                b->conf->parallel, b->info->context, llama_last_error());
    return b->context != NULL;
}

static bool make_chat(struct backend *b, struct why *why)
{
    char *text, error[256];
    if (!b->info->has_template && b->conf->chat_template == NULL) {
        why_set(why, "model %s: %s has no chat template, so it is a base model; take its instruct variant, or give "
                     "chat_template", b->conf->name, b->conf->file);
        return false;
    }
    if (!read_template(b->conf->chat_template, &text, why)) return false;
    if (text) b->info->has_template = true, b->info->has_tool_template = strstr(text, "tools") != NULL;
    b->chat = chat_new(b->model, text, error, sizeof error);
    free(text);
    if (b->chat == NULL) why_set(why, "model %s: its chat template is not usable: %s", b->conf->name, error);
    return b->chat != NULL;
}

/* What the model's makers recommend in the file, or `otherwise`. */
static float recommended(const struct backend *b, enum llama_model_meta_key key, float otherwise)
{
    char text[32];
    if (llama_model_meta_val_str(b->model, llama_model_meta_key_str(key), text, sizeof text) <= 0) return otherwise;
    float value = strtof(text, NULL);
    return value >= 0 && value <= 2 ? value : otherwise;
}

struct backend *backend_open(const struct engine_model_conf *conf, struct engine_model_info *info, struct queue *jobs,
                             struct why *why)
{
    static bool initialised;           /* the boot thread alone comes here */
    if (!initialised) {
        setenv("GGML_NO_BACKTRACE", "1", 1);   /* its crash handler would fork a debugger */
        llama_backend_init();
    }
    initialised = true;
    struct backend *b = calloc(1, sizeof *b);
    if (b == NULL || engine_inspect(conf->file, info, why) != FAIL_OK) {
        free(b);
        return NULL;
    }
    *b = (struct backend){.conf = conf, .info = info, .jobs = jobs, .us_per_prompt_token = 2000};
    info->context = context_of(b);
    if (!load_weights(b, why) || !make_chat(b, why) || !make_context(b, why)) {
        backend_close(b);
        return NULL;
    }
    b->batch = llama_batch_init((int32_t)(BATCH + ENGINE_PARALLEL_MAX), 0, 1);
    b->temperature = recommended(b, LLAMA_MODEL_META_KEY_SAMPLING_TEMP, 0.7f);
    b->top_p = recommended(b, LLAMA_MODEL_META_KEY_SAMPLING_TOP_P, 0.95f);
    return b;
}

void backend_close(struct backend *b)
{
    if (b->batch.token) llama_batch_free(b->batch);
    chat_free(b->chat);
    if (b->context) llama_free(b->context);
    if (b->model) llama_model_free(b->model);
    free(b);
}

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

static enum fail begin_reply(const struct backend *b, const struct engine_request *r, struct chat_reply **reply)
{
    static const enum fail as[] = {[CHAT_OK] = FAIL_OK, [CHAT_UNSUPPORTED] = FAIL_LOCAL_UNSUPPORTED,
                                   [CHAT_FAILED] = FAIL_ENGINE_FAILED, [CHAT_NO_MEMORY] = FAIL_NO_MEMORY};
    struct chat_ask ask = {
        .messages = r->messages,
        .tools = r->tools,
        .tool_name = r->tool_choice == TOOLS_NAMED ? r->tool_name : NULL,
        .use_tools = tools_of(r),
        .parallel_tool_calls = r->parallel_tool_calls,
        .temperature = number_or(r->temperature, b->temperature, 0, 5),
        .top_p = number_or(r->top_p, b->top_p, 0, 1),
        .frequency_penalty = number_or(r->frequency_penalty, 0, -2, 2),
        .presence_penalty = number_or(r->presence_penalty, 0, -2, 2),
        .seed = seed_of(r),
        .penalty_tokens = (int32_t)b->info->context,
    };
    return as[chat_begin(b->chat, &ask, reply)];
}

static enum fail seq_begin(struct backend *b, struct seq *s, struct job *j)
{
    const struct engine_request *r = j->request;
    struct chat_reply *reply;
    size_t n, bytes = strlen(r->messages) + (r->tools ? strlen(r->tools) : 0);
    *s = (struct seq){.job = j, .turn = b->turns++, .row = -1};
    if (bytes / BYTES_PER_TOKEN_MAX > b->info->context) return FAIL_CONTEXT_LENGTH;
    enum fail f = begin_reply(b, r, &reply);
    if (f != FAIL_OK) return f;
    f = job_answer_init(&s->answer, j, reply);
    if (f != FAIL_OK) return f;
    s->prompt = chat_prompt(reply, &n);
    if (n == 0) return FAIL_LOCAL_UNSUPPORTED;
    if (n + 1 > b->info->context) return FAIL_CONTEXT_LENGTH;
    s->n_prompt = j->prompt_tokens = (uint32_t)n;
    s->left = (int64_t)b->info->context - (int64_t)n;
    if (r->max_tokens >= 0 && r->max_tokens < s->left) s->left = r->max_tokens;
    job_start(j);   /* it fits: the client has its head before a long prompt is read */
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

/* True when a job was there and has its place or its refusal. */
static bool admit(struct backend *b, struct seq *s, bool wait)
{
    struct job *j = queue_take(b->jobs, wait);
    if (j == NULL) return false;
    enum fail f = seq_begin(b, s, j);
    if (f != FAIL_OK) {
        seq_fail(b, s, f);
        return true;
    }
    job_start(j);              /* it fits: a client that streams has its head before a long prompt has been read */
    if (s->left == 0) seq_end(b, s, true);
    return true;
}

static uint32_t busy(const struct backend *b)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < b->conf->parallel; i++) n += b->at[i].job != NULL;
    return n;
}

/* Jobs for the free places; waits for one when all are free. */
static void fill(struct backend *b)
{
    bool wait = busy(b) == 0;
    for (uint32_t i = 0; i < b->conf->parallel; i++) {
        if (b->at[i].job) continue;
        if (!admit(b, &b->at[i], wait)) return;
        wait = false;
    }
}

static void drop_cancelled(struct backend *b)
{
    for (uint32_t i = 0; i < b->conf->parallel; i++)
        if (b->at[i].job && atomic_load(&b->at[i].job->cancelled)) seq_fail(b, &b->at[i], FAIL_CLIENT_ABORT);
}

/* --- one batch --- */

static int32_t add(struct backend *b, struct seq *s, int32_t token, int32_t pos, bool logits)
{
    int32_t row = b->batch.n_tokens++;
    b->batch.token[row] = token;
    b->batch.pos[row] = pos;
    b->batch.n_seq_id[row] = 1;
    b->batch.seq_id[row][0] = (llama_seq_id)(s - b->at);
    b->batch.logits[row] = logits;
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
    if (busy(b) == 1) return BATCH;
    double n = PROMPT_SLICE_US / b->us_per_prompt_token;
    return n > BATCH ? BATCH : n < PROMPT_SLICE_MIN ? PROMPT_SLICE_MIN : (uint32_t)n;
}

static void add_answers(struct backend *b)
{
    b->batch.n_tokens = 0;
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
        s->job->completion_tokens++;
        end = job_answer_token(&s->answer, s->next);
    }
    if (end || s->left == 0) seq_end(b, s, !end);
    else job_flush(s->job, b->decode_us);
}

static void turn(struct backend *b)
{
    add_answers(b);
    uint32_t prompt_tokens = add_prompts(b);
    if (b->batch.n_tokens == 0) return;
    uint64_t from = clock_mono_us();
    int failed = chat_decode(b->context, &b->batch);
    b->decode_us = clock_mono_us() - from;
    if (failed == 2) return;           /* unwanted: all in it are cancelled, or the engine stops */
    if (failed) {
        const char *name;
        int n = llama_error_source(&name);
        LOG(ERROR, "engine.decode", "model=%s code=%d from=%.*s", b->conf->name, failed, n, name);
        fail_batch(b);
        return;
    }
    learn_speed(b, prompt_tokens);
    for (uint32_t i = 0; i < b->conf->parallel; i++)
        if (b->at[i].job && b->at[i].row >= 0) advance(b, &b->at[i]);
}

void backend_run(struct backend *b)
{
    while (!queue_stopping(b->jobs)) {
        fill(b);
        drop_cancelled(b);
        turn(b);
    }
    for (uint32_t i = 0; i < b->conf->parallel; i++)
        if (b->at[i].job) job_answer_fini(&b->at[i].answer);   /* the jobs are failed with the queue's others */
}
