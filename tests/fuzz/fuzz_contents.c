/* Any bytes as a body of any type: read, matched, decided. Whatever they are, either the case fails with a code, or every
 * byte is accounted for, opaque runs and findings lie in their part, regions follow each other from end to end of the body,
 * and masking all that was found gives JSON again where it was JSON. The first byte chooses the content type. */
#include "policy/contents.h"
#include "redact/splice.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

#define REQUIRE(x) ((x) ? (void)0 : abort())

static struct scanner *scanner;
static struct arena *arena;
static struct conf conf = {.path = (char *)"fuzz"};
static struct ruleset *rules;

static void start(void)
{
    static struct conf_rule rule = {.name = (char *)"else", .action = ACTION_REDACT, .baa = -1, .inside = -1, .unknown_ids = -1,
                                    .unknown_endpoint = -1};
    struct why why = {{0}};
    digest_init();
    conf.rules = &rule;
    conf.n_rules = 1;
    rules = ruleset_new(&conf, &why);
    REQUIRE(rules != NULL);
    struct pack *pack = pack_compile(&conf, ruleset_class_names(rules), ruleset_class_count(rules), &why);
    REQUIRE(pack != NULL);
    scanner = scanner_new(pack);
    arena = arena_new(0);
    REQUIRE(scanner != NULL && arena != NULL);
}

static void check_places(const struct judge_case *c)
{
    const struct contents *in = c->contents;
    size_t size[PART_STATE] = {c->body.n, c->target.n, c->verdict.coverage[PART_HEADER].received}, at = 0;
    for (int k = 0; k < PART_STATE; k++) {
        const struct coverage *cov = &c->verdict.coverage[k];
        REQUIRE(cov->received == size[k] && cov->received == cov->inspected + cov->opaque);
    }
    for (size_t i = 0; i < in->n_opaque; i++)
        REQUIRE(in->opaque[i].kind < OPAQUE_COUNT && in->opaque[i].start < in->opaque[i].end &&
                in->opaque[i].end <= size[in->opaque[i].part]);
    for (size_t i = 0; i < c->findings.n; i++) {
        const struct finding *f = &c->findings.f[i];
        REQUIRE(f->part < PART_STATE && f->start < f->end && f->end <= size[f->part] && f->coded <= CODING_FIXED);
    }
    for (size_t i = 0; i < in->n_regions; i++) {
        REQUIRE(in->regions[i].start == at && in->regions[i].end > at);
        at = in->regions[i].end;
    }
    REQUIRE(at == c->body.n);
}

static void check_mask(const struct judge_case *c)
{
    struct splice s = {.body = c->body, .regions = c->contents->regions, .n_regions = c->contents->n_regions,
                       .findings = &c->to_mask, .mask = c->verdict.redact_mask};
    struct obuf out = {0};
    struct jdoc doc;
    size_t masked, at;
    enum fail f = c->verdict.action == ACTION_REDACT ? splice_body(&s, &out, &masked) : FAIL_REDACT_UNSAFE;
    REQUIRE(f == FAIL_OK || f == FAIL_REDACT_UNSAFE);
    if (f == FAIL_OK && c->contents->form == BODY_JSON) REQUIRE(jscan(obuf_span(&out), arena, &doc, &at) == FAIL_OK);
    obuf_fini(&out);
}

int LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
    static const char *const types[] = {"application/json", "multipart/form-data; boundary=b", "application/jsonl",
                                        "application/x-www-form-urlencoded", "text/plain", ""};
    if (scanner == NULL) start();
    if (n == 0) return 0;
    arena_reset(arena);
    struct route route = *route_of_api("openai.chat");
    route.flags = ROUTE_ANY_BODY | (p[0] & 0x80 ? ROUTE_BATCH : 0);
    route.kind = CONV_NONE;
    struct span body = {(const char *)p + 1, n - 1}, head = {body.p, body.n < 200 ? body.n : 200};
    struct judge_header headers[] = {{SPAN("x-note"), head}, {SPAN("authorization"), head}};
    for (size_t i = 0; i < head.n; i++)
        if (head.p[i] == '\n') headers[0].value = SPAN("x");
    struct judge_case c = {.route = &route, .body = body, .content_type = span_str(types[(p[0] & 0x7f) % COUNT(types)]),
                           .target = head, .headers = headers, .n_headers = 2, .arena = arena, .conf = &conf};
    enum fail f = judge_decode(&c);
    if (!f) f = judge_inspect(&c, scanner);
    REQUIRE(f != FAIL_INSPECT_FAILED && f != FAIL_NO_MEMORY && f != FAIL_INTERNAL);
    if (f) {
        REQUIRE(c.at == SIZE_MAX || c.at <= body.n);
        return 0;
    }
    judge_decide(&c, rules);
    check_places(&c);
    check_mask(&c);
    return 0;
}
