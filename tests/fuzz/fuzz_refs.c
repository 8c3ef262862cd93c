/* What any body and path refer to: ranges lie in their part, values are readable, texts are in their normal form, and a
 * local id that stands in the body is found wherever that is. */
#include "policy/refs.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static const struct id_key key = {{9}};
static unsigned sum;   /* keeps the reads from being left out */

static void check(const struct judge_case *c)
{
    for (size_t i = 0; i < c->n_refs; i++) {
        const struct ref *r = &c->refs[i];
        size_t size = r->part == PART_BODY ? c->body.n : r->part == PART_PATH ? c->target.n : 0;
        REQUIRE(r->kind <= REF_TEXT && r->part < PART_COUNT && r->value.n > 0);
        REQUIRE(r->start <= r->end && r->end <= size);
        for (size_t k = 0; k < r->value.n; k++) sum += (unsigned char)r->value.p[k];
        if (r->kind == REF_TEXT) REQUIRE(span_eq(refs_normal(r->value, c->arena), r->value));
    }
}

static void find(struct judge_case *c)
{
    c->is_json = jscan(c->body, c->arena, &c->doc, &c->at) == FAIL_OK;
    enum fail f = refs_find(c, NULL);
    REQUIRE(f == FAIL_OK || f == FAIL_INSPECT_LIMIT);
    if (f == FAIL_OK) check(c);
}

/* A local id put in at `at`, between bytes that end a word. */
static void check_planted(struct judge_case *c, size_t at)
{
    struct obuf o = {0};
    bool found = false;
    obuf_put(&o, c->body.p, at);
    obuf_str(&o, "\"");
    local_id_put(&o, &key, "resp_", SPAN("seed"), 1, 0);
    obuf_str(&o, "\"");
    obuf_span_put(&o, span_from(c->body, at));
    struct judge_case planted = {.body = obuf_span(&o), .arena = c->arena, .id_key = &key};
    find(&planted);
    for (size_t i = 0; i < planted.n_refs; i++) found |= planted.refs[i].kind == REF_LOCAL_ID;
    REQUIRE(found || planted.refs == NULL);
    obuf_fini(&o);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    if (n < 2) return 0;
    struct arena *a = arena_new(0);
    size_t path = p[0] < n - 1 ? p[0] : n - 1;
    struct finding f = {.part = PART_BODY, .start = n / 3, .end = n / 2};
    struct judge_case c = {.target = {(const char *)p + 1, path}, .arena = a, .id_key = &key, .findings = {&f, 1}};
    if (a == NULL) return 0;
    c.body = (struct span){(const char *)p + 1 + path, n - 1 - path};
    find(&c);
    if (c.body.n < 65536) check_planted(&c, c.body.n / 2);
    arena_free(a);
    return 0;
}
