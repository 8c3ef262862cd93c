/* Vectors of texts. An encoder reads a text in one go and keeps nothing of it, so the inputs are done one by one; jobs
 * take turns, one input each, so that a client with thousands of them does not hold up the others. */
#include "localmodel/engine_llama.h"
#include <llama.h>
#include <math.h>

bool embed_is_unwanted(void *arg)
{
    const struct backend *b = arg;
    return queue_stopping(b->jobs) || (b->encoding && atomic_load(&b->encoding->cancelled));
}

bool embed_make_context(struct backend *b)
{
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = params.n_batch = params.n_ubatch = b->info->context;
    params.n_seq_max = 1;
    params.n_threads = params.n_threads_batch = (int32_t)b->conf->threads;
    params.embeddings = true;
    params.no_perf = true;
    params.abort_callback = embed_is_unwanted;
    params.abort_callback_data = b;
    llama_listen();
    b->context = llama_init_from_model(b->model, params);
    if (b->context == NULL || llama_pooling_type(b->context) != LLAMA_POOLING_TYPE_NONE) return b->context != NULL;
    llama_free(b->context);            /* the file does not say how: the mean, as most do */
    params.pooling_type = LLAMA_POOLING_TYPE_MEAN;
    b->context = llama_init_from_model(b->model, params);
    return b->context != NULL;
}

/* --- one input --- */

/* Into the batch; 0 when it has more tokens than the context, or cannot be read. */
static uint32_t tokenise(struct backend *b, struct span text, bool keep)
{
    uint32_t most = b->info->context;
    if (text.n / BYTES_PER_TOKEN_MAX > most) return 0;
    int32_t n = chat_tokenise(b->model, text.p, text.n, b->batch->token, (int32_t)most);
    if (n <= 0 || (uint32_t)n > most) return 0;
    b->batch->n_tokens = keep ? n : 0;
    for (int32_t i = 0; keep && i < n; i++) {
        b->batch->pos[i] = i;
        b->batch->n_seq_id[i] = 1;
        b->batch->seq_id[i][0] = 0;
        b->batch->logits[i] = 1;
    }
    return (uint32_t)n;
}

static struct span input_of(const struct job *j, size_t i)
{
    return (struct span){j->request->inputs[i], j->request->input_lengths[i]};
}

static void make_unit(float *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)v[i] * (double)v[i];
    float scale = sum > 0 ? (float)(1 / sqrt(sum)) : 0;
    for (size_t i = 0; i < n; i++) v[i] *= scale;
}

static enum fail do_input(struct backend *b, struct embedding *e)
{
    if (tokenise(b, input_of(e->job, e->input), true) == 0) return FAIL_CONTEXT_LENGTH;
    b->encoding = e->job;
    int failed = chat_embed(b->context, b->batch);
    b->encoding = NULL;
    if (atomic_load(&e->job->cancelled)) return FAIL_CLIENT_ABORT;
    float *v = failed ? NULL : llama_get_embeddings_seq(b->context, 0);
    if (v == NULL) {
        if (!queue_stopping(b->jobs)) log_decode_failure(b, failed);
        return FAIL_ENGINE_FAILED;
    }
    make_unit(v, b->info->dimensions);
    job_vector(e->job, e->input++, v, b->info->dimensions);
    return FAIL_OK;
}

/* --- the jobs --- */

/* All inputs are looked at before the first is done: a client gets all vectors or a refusal. */
static enum fail embedding_begin(struct backend *b, struct embedding *e, struct job *j)
{
    *e = (struct embedding){.job = j};
    for (size_t i = 0; i < j->request->n_inputs; i++) {
        uint32_t n = tokenise(b, input_of(j, i), false);
        if (n == 0) return FAIL_CONTEXT_LENGTH;
        j->usage.prompt_tokens += n;
    }
    return FAIL_OK;
}

static void embedding_over(struct backend *b, struct embedding *e)
{
    queue_finish(b->jobs, e->job);
    *e = (struct embedding){0};
}

static void embedding_fail(struct backend *b, struct embedding *e, enum fail f)
{
    job_fail(e->job, f);
    embedding_over(b, e);
}

static void embedding_step(struct backend *b, struct embedding *e)
{
    enum fail f = atomic_load(&e->job->cancelled) ? FAIL_CLIENT_ABORT : FAIL_OK;
    if (f == FAIL_OK && e->input < e->job->request->n_inputs) f = do_input(b, e);
    if (f != FAIL_OK) {
        embedding_fail(b, e, f);
    } else if (e->input == e->job->request->n_inputs) {
        job_end(e->job, STOP_END);
        embedding_over(b, e);
    }
}

static void fill(struct backend *b)
{
    bool wait = true;
    for (uint32_t i = 0; i < b->conf->parallel; i++) wait &= b->vectors[i].job == NULL;
    for (uint32_t i = 0; i < b->conf->parallel; i++) {
        if (b->vectors[i].job) continue;
        struct job *j = queue_take(b->jobs, QUEUE_ANY, wait);
        if (j == NULL) return;
        wait = false;
        enum fail f = embedding_begin(b, &b->vectors[i], j);
        if (f != FAIL_OK) embedding_fail(b, &b->vectors[i], f);
    }
}

void embed_run(struct backend *b)
{
    while (!queue_stopping(b->jobs)) {
        fill(b);
        for (uint32_t i = 0; i < b->conf->parallel; i++)
            if (b->vectors[i].job && !queue_stopping(b->jobs)) embedding_step(b, &b->vectors[i]);
    }
}
