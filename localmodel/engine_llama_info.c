/* What a GGUF file says of itself, read without its weights; and where llama.cpp's own messages go. */
#include "localmodel/engine_llama.h"
#include <errno.h>
#include <fcntl.h>
#include <gguf.h>
#include <inttypes.h>
#include <llama.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- llama.cpp's messages --- */

/* An error may quote a request, so the text is only kept: it goes to the operator when a file could not be read, at
 * boot, and later no more of it is logged than the name of the function it comes from. */
static _Thread_local char last_error[256];

static void on_llama_log(enum ggml_log_level level, const char *text, void *arg)
{
    (void)arg;
    if (level == GGML_LOG_LEVEL_ERROR) snprintf(last_error, sizeof last_error, "%.*s", (int)strcspn(text, "\r\n"), text);
}

void llama_listen(void)
{
    llama_log_set(on_llama_log, NULL);
    last_error[0] = '\0';
}

const char *llama_last_error(void) { return last_error[0] ? last_error : "no reason was given"; }

int llama_error_source(const char **name)
{
    *name = last_error;
    return (int)strspn(last_error, "abcdefghijklmnopqrstuvwxyz_0123456789");
}

/* --- the file --- */

static enum fail refuse(struct why *why, const char *file, const char *what, const char *advice)
{
    why_set(why, "model file %s %s; %s", file, what, advice);
    return FAIL_CONFIG;
}

#define FETCH_AGAIN "fetch it again and compare its size and checksum with the publisher's"

/* What can be said before the GGUF reader is let near it. */
static enum fail check_file(const char *file, uint64_t *bytes, struct why *why)
{
    struct stat st;
    char magic[4] = {0};
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        int error = errno;
        if (fd >= 0) close(fd);
        why_set(why, "model file %s cannot be opened: %s; give the path of a GGUF file that cordon's user may read",
                file, strerror(error));
        return FAIL_CONFIG;
    }
    ssize_t got = S_ISREG(st.st_mode) ? pread(fd, magic, sizeof magic, 0) : 0;
    close(fd);
    if (S_ISDIR(st.st_mode)) return refuse(why, file, "is a folder", "give the GGUF file that lies in it");
    if (!S_ISREG(st.st_mode)) return refuse(why, file, "is no regular file", "give the path of a GGUF file");
    if (st.st_size == 0) return refuse(why, file, "is empty", FETCH_AGAIN);
    if (got != (ssize_t)sizeof magic || memcmp(magic, "GGUF", 4) != 0)
        return refuse(why, file, "is not in the GGUF format", "convert the model with llama.cpp's convert_hf_to_gguf.py, "
                                                              "or get it as GGUF");
    *bytes = (uint64_t)st.st_size;
    return FAIL_OK;
}

static const char *text_of(const struct gguf_context *g, const char *key)
{
    int64_t at = gguf_find_key(g, key);
    return at >= 0 && gguf_get_kv_type(g, at) == GGUF_TYPE_STRING ? gguf_get_val_str(g, at) : NULL;
}

static uint64_t number_of(const struct gguf_context *g, const char *key)
{
    int64_t at = gguf_find_key(g, key);
    if (at < 0) return 0;
    switch (gguf_get_kv_type(g, at)) {
    case GGUF_TYPE_UINT16: return gguf_get_val_u16(g, at);
    case GGUF_TYPE_UINT32: return gguf_get_val_u32(g, at);
    case GGUF_TYPE_INT32: return gguf_get_val_i32(g, at) > 0 ? (uint64_t)gguf_get_val_i32(g, at) : 0;
    case GGUF_TYPE_UINT64: return gguf_get_val_u64(g, at);
    default: return 0;
    }
}

/* Copied with what a terminal or a log must not get taken out. */
static void copy_plain(char *to, size_t size, const char *from)
{
    size_t n = 0;
    for (; from && *from && n + 1 < size; from++)
        if ((unsigned char)*from >= 0x20 && *from != 0x7f) to[n++] = *from;
    to[n] = '\0';
}

/* Where the last tensor ends, the number of parameters, and the type that most bytes have. */
struct tensors {
    uint64_t end, parameters;
    enum ggml_type type;
};

static struct tensors count_tensors(const struct gguf_context *g)
{
    struct tensors t = {0};
    uint64_t bytes_of[GGML_TYPE_COUNT] = {0}, most = 0;
    for (int64_t i = 0; i < gguf_get_n_tensors(g); i++) {
        uint64_t size = gguf_get_tensor_size(g, i), end = gguf_get_data_offset(g) + gguf_get_tensor_offset(g, i) + size;
        enum ggml_type type = gguf_get_tensor_type(g, i);
        t.parameters += size / ggml_type_size(type) * (uint64_t)ggml_blck_size(type);
        if (end > t.end) t.end = end;
        bytes_of[type] += size;
        if (bytes_of[type] <= most) continue;
        most = bytes_of[type];
        t.type = type;
    }
    return t;
}

/* A model makes vectors when its file says how the tokens' are made one: by their mean, the first or the last. An encoder
 * whose file does not say so is known by its family. */
static void describe_vectors(const struct gguf_context *g, struct engine_model_info *out)
{
    char key[128];
    snprintf(key, sizeof key, "%s.pooling_type", out->family);
    uint64_t pooling = number_of(g, key);
    out->embeds = (pooling >= LLAMA_POOLING_TYPE_MEAN && pooling <= LLAMA_POOLING_TYPE_LAST) ||
                  (pooling != LLAMA_POOLING_TYPE_RANK && strstr(out->family, "bert"));
    snprintf(key, sizeof key, "%s.embedding_length", out->family);
    if (out->embeds) out->dimensions = (uint32_t)number_of(g, key);
}

static void describe(const struct gguf_context *g, const struct tensors *t, struct engine_model_info *out)
{
    const char *name = text_of(g, "general.name"), *base = text_of(g, "general.basename");
    const char *template_text = text_of(g, "tokenizer.chat_template");
    const char *licence = text_of(g, "general.license.name");
    if (licence == NULL) licence = text_of(g, "general.license");
    char key[128];
    copy_plain(out->name, sizeof out->name, name ? name : base ? base : "unnamed");
    copy_plain(out->family, sizeof out->family, text_of(g, "general.architecture"));
    copy_plain(out->licence, sizeof out->licence, licence ? licence : "not stated in the file");
    snprintf(key, sizeof key, "%s.context_length", out->family);
    out->context_trained = (uint32_t)number_of(g, key);
    describe_vectors(g, out);
    out->has_template = template_text != NULL;
    bool speaks_of_tools = template_text && strstr(template_text, "tools");
    out->has_tool_template = speaks_of_tools || text_of(g, "tokenizer.chat_template.tool_use");
    snprintf(out->description, sizeof out->description, "%s", ggml_type_name(t->type));
}

/* One file of a model: all of it, or one part of a split one. `first` describes the model. */
static enum fail read_part(const char *file, bool first, struct engine_model_info *out, uint64_t *parts, struct why *why)
{
    uint64_t bytes = 0;
    enum fail f = check_file(file, &bytes, why);
    if (f != FAIL_OK) return f;
    llama_listen();
    struct gguf_context *g = gguf_init_from_file(file, (struct gguf_init_params){.no_alloc = true});
    if (g == NULL) {
        why_set(why, "model file %s is damaged or cut short (%s); " FETCH_AGAIN, file, llama_last_error());
        return FAIL_CONFIG;
    }
    struct tensors t = count_tensors(g);
    out->parameters += t.parameters;
    out->bytes += bytes;
    *parts = number_of(g, "split.count");
    if (t.end > bytes) {
        why_set(why, "model file %s is cut short: it has %" PRIu64 " of %" PRIu64 " bytes; " FETCH_AGAIN, file, bytes,
                t.end);
        f = FAIL_CONFIG;
    } else if (first) {
        describe(g, &t, out);
    }
    gguf_free(g);
    return f;
}

/* The other parts of a model that is split over files, by llama.cpp's naming. */
static enum fail read_more(const char *file, int parts, struct engine_model_info *out, struct why *why)
{
    char prefix[1024], path[1200];
    if (llama_split_prefix(prefix, sizeof prefix, file, 0, parts) <= 0)
        return refuse(why, file, "is not the first part of its model", "give the one whose name ends in -00001-of-….gguf");
    for (int i = 1; i < parts; i++) {
        uint64_t ignored;
        if (llama_split_path(path, sizeof path, prefix, i, parts) <= 0)
            return refuse(why, file, "has too long a path", "shorten it");
        enum fail f = read_part(path, false, out, &ignored, why);
        if (f != FAIL_OK) return f;
    }
    return FAIL_OK;
}

/* `description` holds the type of the weights until here: the parameters are known once all parts are read. */
static void finish_description(struct engine_model_info *out)
{
    char type[sizeof out->description];
    bool billions = out->parameters >= 1000000000;
    snprintf(type, sizeof type, "%s", out->description);
    snprintf(out->description, sizeof out->description, "%.40s, %.1f%c parameters, mostly %.20s", out->family,
             (double)out->parameters / (billions ? 1e9 : 1e6), billions ? 'B' : 'M', type);
}

/* Where the configuration says nothing. */
static uint32_t usual_context(const struct engine_model_info *info)
{
    uint32_t most = info->embeds ? ENGINE_EMBED_CONTEXT_MAX : ENGINE_CONTEXT_MAX;
    return info->context_trained && info->context_trained < most ? info->context_trained : most;
}

enum fail engine_inspect(const char *file, struct engine_model_info *out, struct why *why)
{
    uint64_t parts = 0;
    *out = (struct engine_model_info){0};
    enum fail f = read_part(file, true, out, &parts, why);
    if (f == FAIL_OK && parts > 1) f = read_more(file, (int)parts, out, why);
    if (f == FAIL_OK && out->family[0] == '\0') f = refuse(why, file, "names no architecture", FETCH_AGAIN);
    if (f == FAIL_OK) finish_description(out);
    out->context = usual_context(out);
    return f;
}
