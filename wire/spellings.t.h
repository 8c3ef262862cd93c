/* spellings.t.h - for tests: the JSON bodies of the corpora, each written in other ways that mean the same. One test
 * program. */
#ifndef CORDON_WIRE_SPELLINGS_T_H
#define CORDON_WIRE_SPELLINGS_T_H

#include "core/jscan.h"
#include "core/obuf.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define CORPORA CORDON_SOURCE_DIR "/tests/corpus/"

struct spelling {
    const char *name, *space;
    bool escaped, reversed;
};

static const struct spelling spellings[] = {
    {"without space", "", false, false},
    {"with space", "\r\n\t ", false, false},
    {"escaped", "", true, false},
    {"in another order", "", false, true},
    {"all of it", " ", true, true},
};

struct pen {
    const struct spelling *how;
    const struct jdoc *d;
    struct arena *arena;
    struct obuf *out;
};

static inline void put_escaped(struct obuf *o, struct span s)
{
    for (size_t i = 0; i < s.n;) {
        unsigned char c = (unsigned char)s.p[i];
        size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        uint32_t point = n == 1 ? c : c & (0xffu >> (n + 1));
        for (size_t k = 1; k < n; k++) point = point << 6 | ((unsigned char)s.p[i + k] & 0x3f);
        if (point < 0x10000) obuf_printf(o, "\\u%04x", point);
        else obuf_printf(o, "\\u%04X\\u%04X", 0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
        i += n;
    }
}

static inline void put_space(struct pen *p) { obuf_str(p->out, p->how->space); }

static inline void put_leaf(struct pen *p, uint32_t i)
{
    bool quoted = p->d->tok[i].type == J_STRING || p->d->tok[i].type == J_KEY;
    put_space(p);
    if (quoted) obuf_str(p->out, "\"");
    if (quoted && p->how->escaped) put_escaped(p->out, jdoc_text(p->d, i, p->arena));
    else obuf_span_put(p->out, jdoc_raw(p->d, i));
    if (quoted) obuf_str(p->out, "\"");
    put_space(p);
}

static inline void put_value(struct pen *p, uint32_t i);

static inline void put_container(struct pen *p, uint32_t i)
{
    bool object = p->d->tok[i].type == J_OBJECT;
    uint32_t *child = arena_array(p->arena, p->d->n, sizeof *child), n = 0;
    assert_non_null(child);
    for (uint32_t k = jdoc_first(i); k < jdoc_end(p->d, i); k = p->d->tok[object ? k + 1 : k].next) child[n++] = k;
    put_space(p);
    obuf_str(p->out, object ? "{" : "[");
    for (uint32_t k = 0; k < n; k++) {
        uint32_t at = child[object && p->how->reversed ? n - 1 - k : k];
        if (k) obuf_str(p->out, ",");
        if (object) put_leaf(p, at++), obuf_str(p->out, ":");
        put_value(p, at);
    }
    put_space(p);
    obuf_str(p->out, object ? "}" : "]");
    put_space(p);
}

static inline void put_value(struct pen *p, uint32_t i)
{
    bool container = p->d->tok[i].type == J_OBJECT || p->d->tok[i].type == J_ARRAY;
    if (container) put_container(p, i);
    else put_leaf(p, i);
}

/* ---- bodies ---- */

typedef void check_fn(const char *name, const struct jdoc *d, const struct jdoc *twin, const struct spelling *how,
                      struct arena *a);

static inline void check_spellings(const char *name, struct span json, check_fn *check)
{
    for (size_t i = 0; i < COUNT(spellings); i++) {
        struct arena *a = arena_new(0);
        struct obuf out = {0};
        struct jdoc d, twin;
        size_t at;
        assert_non_null(a);
        if (jscan(json, a, &d, &at)) fail_msg("%s at %zu", name, at);
        put_value(&(struct pen){&spellings[i], &d, a, &out}, 0);
        assert_true(obuf_ok(&out));
        assert_int_equal(jscan(obuf_span(&out), a, &twin, &at), FAIL_OK);
        check(name, &d, &twin, &spellings[i], a);
        obuf_fini(&out);
        arena_free(a);
    }
}

/* A file's document is behind whatever its fuzz target takes from the front. */
static inline void check_file(const char *folder, const char *file, check_fn *check)
{
    static char bytes[65536];
    char path[600];
    snprintf(path, sizeof path, "%s%s/%s", CORPORA, folder, file);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    struct span all = {bytes, fread(bytes, 1, sizeof bytes, f)};
    fclose(f);
    const char *brace = memchr(all.p, '{', all.n);
    assert_non_null(brace);
    check_spellings(path + sizeof CORPORA - 1, span_from(all, (size_t)(brace - all.p)), check);
}

/* `check` is called for each body of the decoders' corpora in each spelling. */
static inline void check_corpora(check_fn *check)
{
    static const char *const folders[] = {
        "anthropic", "bedrock", "cohere", "gemini", "mistral", "ollama", "openai_chat", "openai_completions",
        "openai_responses", "vertex",
    };
    for (size_t i = 0; i < COUNT(folders); i++) {
        char path[600];
        snprintf(path, sizeof path, "%s%s", CORPORA, folders[i]);
        DIR *dir = opendir(path);
        assert_non_null(dir);
        for (const struct dirent *e; (e = readdir(dir)) != NULL;)
            if (e->d_name[0] != '.') check_file(folders[i], e->d_name, check);
        closedir(dir);
    }
}

#endif
