/* engine_llama.t.h - for the tests of the real engine: where the test models lie, and one answer. */
#ifndef CORDON_LOCALMODEL_ENGINE_LLAMA_T_H
#define CORDON_LOCALMODEL_ENGINE_LLAMA_T_H

#include "core/arena.h"
#include "core/jscan.h"
#include "localmodel/engine_listener.t.h"

#define TEST_CHAT_MODEL "SmolLM2-135M-Instruct.Q4_1.gguf"
#define TEST_EMBEDDER "all-MiniLM-L6-v2.F16.gguf"

/* What the environment variable names, or what deploy/fetch-model has fetched. Static storage, one for each name. */
static inline const char *test_model(const char *variable, const char *file)
{
    static char paths[2][4096];
    char *path = paths[file[0] == 'a'];
    const char *given = getenv(variable), *cache = getenv("CORDON_CACHE"), *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (given) snprintf(path, sizeof paths[0], "%s", given);
    else if (cache) snprintf(path, sizeof paths[0], "%s/models/%s", cache, file);
    else if (xdg) snprintf(path, sizeof paths[0], "%s/cordon/models/%s", xdg, file);
    else snprintf(path, sizeof paths[0], "%s/.cache/cordon/models/%s", home ? home : "", file);
    return path;
}

/* Until that one has ended. */
static inline const struct heard *listen_slot(struct listener *l, uint32_t slot, unsigned seconds)
{
    uint64_t until = clock_mono_us() + seconds * 1000000ull;
    while (l->at[slot].ends + l->at[slot].errors == 0) {
        struct pollfd p = {.fd = mailbox_fd(l->box), .events = POLLIN};
        assert_true(clock_mono_us() < until);
        poll(&p, 1, 100);
        mailbox_drain(l->box);
    }
    return &l->at[slot];
}

/* The text is one valid JSON value. */
static inline bool is_json(const char *text)
{
    struct arena *a = arena_new(0);
    struct jdoc d;
    size_t at;
    bool valid = jscan(span_str(text), a, &d, &at) == FAIL_OK;
    arena_free(a);
    return valid;
}

#endif
