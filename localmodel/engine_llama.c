/* The real engine: llama.cpp, one context a model. This file loads a model and makes its context; what is done with it
 * is in engine_llama_chat.c and engine_llama_embed.c. */
#include "core/log.h"
#include "localmodel/engine_llama.h"
#include <llama.h>
#include <stdio.h>
#include <stdlib.h>

#define TEMPLATE_BYTES_MAX (1u << 20)

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
        why_set(why, "model %s: %s rewrites whole texts (T5), and neither chats nor makes vectors; take a decoder "
                     "(instruct) model, or an embedding model", b->conf->name, b->conf->file);
        return false;
    }
    if (b->model && b->info->embeds) b->info->dimensions = (uint32_t)llama_model_n_embd_out(b->model);
    return b->model != NULL;
}

static uint32_t context_of(const struct backend *b)
{
    uint32_t context = b->conf->context ? b->conf->context : b->info->context;
    uint32_t trained = b->info->context_trained ? b->info->context_trained : b->info->context;
    if (context > trained && b->info->embeds) context = trained;   /* an encoder has no positions beyond */
    if (context > trained)
        LOG(WARN, "engine.context", "model=%s context=%u trained=%u: answers over the trained length degrade",
            b->conf->name, context, trained);
    return context;
}

static bool chat_make_context(struct backend *b)
{
    struct llama_context_params params = llama_context_default_params();
    params.n_ctx = b->info->context * b->conf->parallel;
    params.n_seq_max = b->conf->parallel;
    params.n_batch = BATCH + ENGINE_PARALLEL_MAX;
    params.n_ubatch = BATCH;
    params.n_threads = params.n_threads_batch = (int32_t)b->conf->threads;
    params.kv_unified = false;         /* each sequence has its own part of the memory: none can take another's */
    params.no_perf = true;
    params.abort_callback = chat_is_unwanted;
    params.abort_callback_data = b;
    llama_listen();
    b->context = llama_init_from_model(b->model, params);
    return b->context != NULL;
}

static bool make_context(struct backend *b, struct why *why)
{
    bool made = b->info->embeds ? embed_make_context(b) : chat_make_context(b);
    if (!made)
        why_set(why, "model %s: no memory for %u requests of %u tokens (%s); lower context or parallel", b->conf->name,
                b->info->embeds ? 1 : b->conf->parallel, b->info->context, llama_last_error());
    return made;
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

static bool make_batch(struct backend *b, struct why *why)
{
    uint32_t tokens = b->info->embeds ? b->info->context : BATCH + ENGINE_PARALLEL_MAX;
    b->batch = calloc(1, sizeof *b->batch);
    if (b->batch) *b->batch = llama_batch_init((int32_t)tokens, 0, 1);
    if (b->batch && b->batch->token) return true;
    why_set(why, "model %s: out of memory", b->conf->name);
    return false;
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
    if (!load_weights(b, why) || (!info->embeds && !make_chat(b, why)) || !make_context(b, why) || !make_batch(b, why)) {
        backend_close(b);
        return NULL;
    }
    b->temperature = recommended(b, LLAMA_MODEL_META_KEY_SAMPLING_TEMP, 0.7f);
    b->top_p = recommended(b, LLAMA_MODEL_META_KEY_SAMPLING_TOP_P, 0.95f);
    return b;
}

void backend_close(struct backend *b)
{
    if (b->batch && b->batch->token) llama_batch_free(*b->batch);
    free(b->batch);
    chat_free(b->chat);
    if (b->context) llama_free(b->context);
    if (b->model) llama_model_free(b->model);
    free(b);
}

void backend_run(struct backend *b)
{
    if (b->info->embeds) embed_run(b);
    else chat_run(b);
}

void log_decode_failure(const struct backend *b, int code)
{
    const char *name;
    int n = llama_error_source(&name);
    LOG(ERROR, "engine.decode", "model=%s code=%d from=%.*s", b->conf->name, code, n, name);
}
