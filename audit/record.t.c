#include "audit/rig.h"
#include "audit/frame.h"
#include "audit/record.h"
#include "core/jscan.h"

/* The body as JSON: what the writer makes of it. */
static char *object_of(const struct obuf *body, struct arena *a, struct jdoc *d)
{
    char *text = malloc(body->n + 3);
    size_t at = 0;
    assert_true(obuf_ok(body) && text != NULL);
    snprintf(text, body->n + 3, "{%.*s}", (int)body->n, body->p);
    enum fail f = jscan(span_str(text), a, d, &at);
    if (f != FAIL_OK) fail_msg("%s at %zu of %s", fail_code(f), at, text);
    return text;
}

static struct finding finding_of(const char *type, uint8_t klass, uint32_t id, const char *value)
{
    return (struct finding){.type = type, .via = "pattern", .klass = klass, .id = id, .score = 0.9f, .text = span_str(value)};
}

static struct record_intent an_intent(struct verdict *v, struct findings *f)
{
    return (struct record_intent){
        .id = "01HX", .attempt = 1, .listener = "sdk", .mode = "reverse", .client_address = SPAN("192.0.2.7"), .client = "ward-3",
        .api = "openai.chat", .operation = "chat.completions", .method = "POST", .upstream = "openai", .host = "api.openai.com",
        .port = 443, .region = "us", .baa = 1, .perimeter = -1, .model = SPAN("gpt-4o"), .verdict = v, .findings = f,
        .policy = "abcd", .received = sha256(SPAN("body")), .received_bytes = 4, .decoded = sha256(SPAN("body")),
        .decoded_bytes = 4, .sent = sha256(SPAN("body")), .sent_bytes = 4, .sent_head = sha256(SPAN("head"))};
}

static bool has(const char *text, const char *what) { return strstr(text, what) != NULL; }

static void an_intent_tells_who_what_where_and_why(void **state)
{
    (void)state;
    struct rig r;
    struct arena *a = arena_new(0);
    struct jdoc d;
    struct obuf o = {0};
    rig_begin(&r);
    rig_open(&r, 0);
    struct finding list[] = {finding_of("US_SSN", CLASS_PII, 1, "123-45-6789"), finding_of("US_SSN", CLASS_PII, 2, "123-45-6789"),
                             finding_of("US_SSN", CLASS_PII, 3, "321-54-9876"), finding_of("US_SSN", CLASS_PII, 3, "321-54-9876"),
                             finding_of("MRN", CLASS_PHI, 4, "ZQ-00123")};
    struct findings f = {list, COUNT(list)};
    struct verdict v = {.action = ACTION_REDACT, .rule = "mask-pii", .observed = "later", .observed_action = ACTION_LOCAL,
                        .classes = {{CLASS_PII, 0.95f}, {CLASS_PHI, 0.5f}}, .n_classes = 2, .coverage = {{4, 1, 3}, {7, 7, 0}, {9, 5, 4}},
                        .opaque_mask = 1u << OPAQUE_IMAGE | 1u << OPAQUE_BINARY};
    struct record_intent i = an_intent(&v, &f);
    i.rows[ACTION_FORWARD] = 3, i.rows[ACTION_REFUSE] = 1;
    record_intent_put(&o, r.l, &i);
    char *text = object_of(&o, a, &d);
    assert_true(has(text, "\"client\":{\"address\":\"192.0.2.7\",\"name\":\"ward-3\"}"));
    assert_true(has(text, "\"to\":{\"upstream\":\"openai\",\"host\":\"api.openai.com\",\"port\":443,\"region\":\"us\",\"baa\":true,"
                          "\"perimeter\":null}"));
    assert_true(has(text, "\"action\":\"redact\",\"rule\":\"mask-pii\",\"observed\":{\"rule\":\"later\",\"action\":\"local\"}"));
    assert_true(has(text, "\"classes\":[{\"class\":\"pii\",\"score\":0.95},{\"class\":\"phi\",\"score\":0.50}]"));
    assert_true(has(text, "\"coverage\":{\"body\":{\"received\":4,\"inspected\":1,\"opaque\":3},"
                          "\"path\":{\"received\":7,\"inspected\":7,\"opaque\":0},"
                          "\"headers\":{\"received\":9,\"inspected\":5,\"opaque\":4}},\"opaque\":[\"image\",\"binary\"],"));
    assert_true(has(text, "\"rows\":{\"forward\":3,\"redact\":0,\"local\":0,\"refuse\":1}"));
    assert_true(has(text, "\"sent\":{\"bytes\":4,\"sha256\":"));
    assert_false(has(text, "\"decoded\""));   /* the same as received */
    /* Three SSNs of two values, one of them in two ranges; a hash each, and no value. */
    uint32_t found = jdoc_get_type(&d, 0, "found", J_ARRAY), ssn = jdoc_first(found);
    int64_t n;
    assert_true(jdoc_is(&d, jdoc_get(&d, ssn, "type"), "US_SSN"));
    assert_true(jdoc_int(&d, jdoc_get(&d, ssn, "n"), &n) && n == 3);
    uint32_t values = jdoc_get_type(&d, ssn, "values", J_ARRAY), first = jdoc_first(values), second = d.tok[first].next;
    assert_int_equal(d.tok[second].next, jdoc_end(&d, values));
    unsigned char h[16];
    char hex[33];
    ledger_keyed(r.l, SPAN("123-45-6789"), h);
    hex_put(hex, h, 16);
    assert_true(jdoc_is(&d, first, hex));
    /* With what no hash under a random key can hold: a hyphen, a letter above f. */
    assert_false(has(text, "-6789") || has(text, "-9876") || has(text, "ZQ") || has(text, "-00123"));
    assert_true(jdoc_is(&d, jdoc_get(&d, 0, "key_id"), ledger_key_id(r.l)));
    free(text);
    obuf_fini(&o);
    arena_free(a);
    rig_end(&r);
}

static char *intent_text(struct rig *r, const struct record_intent *i, struct arena *a)
{
    struct obuf o = {0};
    struct jdoc d;
    record_intent_put(&o, r->l, i);
    char *text = object_of(&o, a, &d);
    obuf_fini(&o);
    return text;
}

static void nothing_is_sent_unless_it_leaves(void **state)
{
    (void)state;
    struct rig r;
    struct arena *a = arena_new(0);
    rig_begin(&r);
    rig_open(&r, 0);
    static const enum action stays[] = {ACTION_LOCAL, ACTION_REFUSE};
    for (size_t k = 0; k < COUNT(stays); k++) {
        struct verdict v = {.action = stays[k], .rule = "r"};
        struct record_intent i = an_intent(&v, NULL);
        i.host = NULL;
        char *text = intent_text(&r, &i, a);
        assert_true(has(text, "\"to\":null") && has(text, "\"sent\":null") && has(text, "\"found\":[]"));
        free(text);
    }
    struct verdict v = {.action = ACTION_FORWARD, .rule = "r"};
    struct record_intent i = an_intent(&v, NULL);
    i.refusal = FAIL_INSPECT_FAILED;
    char *text = intent_text(&r, &i, a);
    assert_true(has(text, "\"sent\":null") && has(text, "\"refusal\":\"INSPECT_FAILED\""));
    free(text);
    i.verdict = NULL;   /* refused before there was a verdict */
    text = intent_text(&r, &i, a);
    assert_true(has(text, "\"action\":\"refuse\",\"rule\":null"));
    free(text);
    arena_free(a);
    rig_end(&r);
}

static void a_model_that_is_text_is_hashed(void **state)
{
    (void)state;
    struct rig r;
    struct arena *a = arena_new(0);
    rig_begin(&r);
    rig_open(&r, 0);
    static const char *const texts[] = {"patient John Doe", "a\"b", "mod\xc3\xa8le", "a\nb"};
    struct record_intent i = an_intent(NULL, NULL);
    for (size_t k = 0; k <= COUNT(texts); k++) {
        char longest[130];
        memset(longest, 'm', 129);
        longest[129] = '\0';
        i.model = span_str(k < COUNT(texts) ? texts[k] : longest);
        char *text = intent_text(&r, &i, a);
        assert_true(has(text, "\"model_sha256\":\"") && !has(text, "\"model\":") && !has(text, "John"));
        free(text);
    }
    i.model = (struct span){"a\0b", 3};
    char *text = intent_text(&r, &i, a);
    assert_true(has(text, "\"model_sha256\":\""));
    free(text);
    i.model = SPAN("org/model-1.5:free@x_y");
    text = intent_text(&r, &i, a);
    assert_true(has(text, "\"model\":\"org/model-1.5:free@x_y\""));
    free(text);
    arena_free(a);
    rig_end(&r);
}

static void many_findings_are_capped_and_counted(void **state)
{
    (void)state;
    struct rig r;
    struct arena *a = arena_new(0);
    static struct finding list[3000];
    static char value[3000][16], type[100][16];
    rig_begin(&r);
    rig_open(&r, 0);
    for (unsigned k = 0; k < 100; k++) snprintf(type[k], sizeof type[k], "T%u", k);
    for (unsigned k = 0; k < 3000; k++) {
        snprintf(value[k], sizeof value[k], "v%u", k);
        list[k] = finding_of(k < 1000 ? "SAME" : type[k % 100], CLASS_PII, k, value[k]);
    }
    struct findings f = {list, COUNT(list)};
    struct record_intent i = an_intent(NULL, &f);
    char *text = intent_text(&r, &i, a);
    assert_true(has(text, "{\"type\":\"SAME\",\"class\":\"pii\",\"n\":1000,"));
    assert_true(has(text, "\"omitted\":968}"));
    assert_true(has(text, "\"found_omitted\":740"));   /* 37 types of 20 */
    assert_true(strlen(text) < LEDGER_BODY_MAX);
    free(text);
    arena_free(a);
    rig_end(&r);
}

static void hostile_strings_are_escaped(void **state)
{
    (void)state;
    struct rig r;
    struct arena *a = arena_new(0);
    rig_begin(&r);
    rig_open(&r, 0);
    struct record_intent i = an_intent(NULL, NULL);
    i.client_address = SPAN("\",\"action\":\"forward\n\xff");
    char *text = intent_text(&r, &i, a);   /* jscan would refuse a second "action" */
    assert_false(has(text, "\n"));
    free(text);
    arena_free(a);
    rig_end(&r);
}

static void outcomes_tunnels_and_events(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct jdoc d;
    struct obuf o = {0};
    struct record_outcome out = {.id = "01HX", .intent_seq = 7, .attempt = 1, .status = 200, .answered_by = "local",
                                 .reply = sha256(SPAN("r")), .reply_bytes = 1, .prompt_tokens = 5, .completion_tokens = 2,
                                 .duration_us = 1500, .client_abort = true, .fail = FAIL_CLIENT_ABORT};
    record_outcome_put(&o, &out);
    char *text = object_of(&o, a, &d);
    assert_true(has(text, "\"kind\":\"outcome\",\"id\":\"01HX\",\"intent\":7,\"attempt\":1,\"status\":200,\"answered_by\":\"local\""));
    assert_true(has(text, "\"tokens\":{\"prompt\":5,\"completion\":2},\"duration_us\":1500,\"client_abort\":true,\"cut\":false,"
                          "\"fail\":\"CLIENT_ABORT\""));
    free(text);

    struct record_tunnel t = {.id = "t", .listener = "proxy", .client_address = SPAN("::1"), .host = "example.org", .port = 443,
                              .policy = "p", .intent_seq = 9, .bytes_out = 10, .bytes_in = 20, .duration_us = 30};
    obuf_reset(&o);
    record_tunnel_intent_put(&o, &t);
    text = object_of(&o, a, &d);
    assert_true(has(text, "\"action\":\"tunnel\",\"refusal\":null,\"to\":{\"host\":\"example.org\",\"port\":443}"));
    free(text);
    obuf_reset(&o);
    record_tunnel_outcome_put(&o, &t);
    text = object_of(&o, a, &d);
    assert_true(has(text, "\"intent\":9,\"address\":null,\"bytes_out\":10,\"bytes_in\":20,\"duration_us\":30"));
    free(text);
    t.refusal = FAIL_HOST_UNKNOWN;
    t.host = NULL;
    obuf_reset(&o);
    record_tunnel_intent_put(&o, &t);
    text = object_of(&o, a, &d);
    assert_true(has(text, "\"action\":\"refuse\",\"refusal\":\"HOST_UNKNOWN\",\"to\":{\"host\":null,"));
    free(text);

    obuf_reset(&o);
    record_event_put(&o, "reload", "0.1.0", "p", NULL);
    text = object_of(&o, a, &d);
    assert_string_equal(text, "{\"kind\":\"event\",\"event\":\"reload\",\"version\":\"0.1.0\",\"policy\":\"p\"}");
    free(text);
    obuf_fini(&o);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_intent_tells_who_what_where_and_why),
        cmocka_unit_test(nothing_is_sent_unless_it_leaves),
        cmocka_unit_test(a_model_that_is_text_is_hashed),
        cmocka_unit_test(many_findings_are_capped_and_counted),
        cmocka_unit_test(hostile_strings_are_escaped),
        cmocka_unit_test(outcomes_tunnels_and_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
