/* A judge to be measured, and the heap that it takes; see world.h. */
#include "world.h"
#include "core/digest.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

static const char config[] =
    "version: 1\n"
    "listeners: [{name: a, mode: reverse, address: '127.0.0.1:0'}]\n"
    "ledger: {directory: l}\n"
    "upstreams: [{name: us, api: openai, host: us.example}]\n"
    "rules:\n"
    "  - {name: stays, when: {classes: [phi, pii, privileged, financial, secret]}, action: refuse}\n"
    "  - {name: else, action: forward}\n";

static const struct judge_header headers[] = {
    {SPAN("host"), SPAN("api.openai.com")},
    {SPAN("accept"), SPAN("application/json")},
    {SPAN("content-type"), SPAN("application/json")},
    {SPAN("user-agent"), SPAN("OpenAI/Python 3.57.0")},
    {SPAN("accept-encoding"), SPAN("gzip, deflate")},
    {SPAN("authorization"), SPAN("Bearer sk-bench-key")},
    {SPAN("content-length"), SPAN("1024")},
};

/* ---- the judge ---- */

void world_begin(struct world *w)
{
    struct why why = {{0}};
    digest_init();
    w->conf = conf_load_bytes("/bench.yaml", SPAN(config), &why);
    w->rules = w->conf ? ruleset_new(w->conf, &why) : NULL;
    w->pack = w->rules ? pack_compile(w->conf, ruleset_class_names(w->rules), ruleset_class_count(w->rules), &why) : NULL;
    w->scanner = w->pack ? scanner_new(w->pack) : NULL;
    w->arena = arena_new(16384);   /* as an exchange has it */
    if (w->scanner && w->arena) return;
    fprintf(stderr, "bench: %s\n", why.text);
    exit(1);
}

void world_end(struct world *w)
{
    arena_free(w->arena);
    scanner_free(w->scanner);
    pack_free(w->pack);
    ruleset_free(w->rules);
    conf_free(w->conf);
}

void world_rest(struct world *w)
{
    arena_reset(w->arena);
    view_reset(scanner_view(w->scanner));
}

enum fail world_judge(struct world *w, const struct route *route, struct span path, struct span type, struct span body,
                      struct judge_case *c)
{
    static const struct id_key key = {{1}};
    arena_reset(w->arena);
    *c = (struct judge_case){.route = route, .target = path, .headers = headers, .n_headers = COUNT(headers), .body = body,
                             .content_type = type, .arena = w->arena, .id_key = &key, .conf = w->conf,
                             .site = {.upstream = &w->conf->upstreams[0]}};
    return judge_all(c, w->scanner, w->rules);
}

/* ---- the heap ---- */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

static struct {
    uint64_t calls, held, peak, mark;
} heap;

static void *took(void *p)
{
    heap.calls++;
    heap.held += p ? malloc_usable_size(p) : 0;
    if (heap.held > heap.peak) heap.peak = heap.held;
    return p;
}

static void gives(void *p)
{
    size_t n = p ? malloc_usable_size(p) : 0;
    heap.held -= n < heap.held ? n : heap.held;   /* it may be a library's, which nobody counted */
}

void *__wrap_malloc(size_t n) { return took(__real_malloc(n)); }
void *__wrap_calloc(size_t n, size_t size) { return took(__real_calloc(n, size)); }

void *__wrap_realloc(void *p, size_t n)
{
    gives(p);
    return took(__real_realloc(p, n));
}

void __wrap_free(void *p)
{
    gives(p);
    __real_free(p);
}

void world_heap_mark(void)
{
    heap.calls = 0;
    heap.peak = heap.mark = heap.held;
}

struct world_heap world_heap_since(void) { return (struct world_heap){heap.calls, heap.peak - heap.mark}; }
