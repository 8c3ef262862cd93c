/* What a request holds does not depend on how its JSON is written: the same findings, references and opaque parts, without
 * white space, with much of it, with each character escaped and with the members of each object in another order. */
#include "policy/contents.h"
#include "policy/refs.h"
#include "wire/spellings.t.h"

/* Finds nearly every word, so that a text that is lost somewhere is missed. */
static const char conf_text[] =
    "version: 1\n"
    "listeners: [{name: a, mode: reverse, address: '127.0.0.1:0'}]\n"
    "ledger: {directory: l}\n"
    "upstreams: [{name: us, api: openai, host: us.example}]\n"
    "patterns: [{type: WORD, class: phi, regex: '[A-Za-z]{4,}', score: 0.9}]\n"
    "rules: [{name: else, action: forward}]\n";

static struct world {
    struct conf *conf;
    struct ruleset *rules;
    struct pack *pack;
    struct scanner *scanner;
    struct route route;
    struct id_key key;
} w;

static int begin(void **state)
{
    (void)state;
    struct why why;
    digest_init();
    w.conf = conf_load_bytes("/e/x.yaml", SPAN(conf_text), &why);
    if (w.conf == NULL) fail_msg("%s", why.text);
    w.rules = ruleset_new(w.conf, &why);
    w.pack = w.rules ? pack_compile(w.conf, ruleset_class_names(w.rules), ruleset_class_count(w.rules), &why) : NULL;
    if (w.pack == NULL) fail_msg("%s", why.text);
    w.scanner = scanner_new(w.pack);
    assert_non_null(w.scanner);
    w.route = (struct route){.operation = "any", .known = true, .takes_body = true, .flags = ROUTE_ANY_BODY,
                             .codec = route_of_api("openai.chat")->codec};
    return 0;
}

static int end(void **state)
{
    (void)state;
    scanner_free(w.scanner);
    pack_free(w.pack);
    ruleset_free(w.rules);
    conf_free(w.conf);
    return 0;
}

/* ---- what was found, as lines that can be sorted ---- */

struct lines {
    char **line;
    size_t n;
};

static void put_line(struct lines *l, struct arena *a, const char *kind, struct span value)
{
    char *p = arena_alloc(a, strlen(kind) + value.n + 2);
    assert_non_null(p);
    memcpy(p, kind, strlen(kind));
    p[strlen(kind)] = ' ';
    for (size_t i = 0; i < value.n; i++) p[strlen(kind) + 1 + i] = value.p[i] ? value.p[i] : '0';
    l->line[l->n++] = p;
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static struct lines judge(const struct jdoc *d, struct arena *a)
{
    static const char *const kinds[] = {[REF_ID] = "id", [REF_LOCAL_ID] = "local id", [REF_SESSION] = "session",
                                        [REF_SEALED] = "sealed", [REF_TEXT] = "text"};
    struct judge_case c = {.route = &w.route, .body = d->text, .content_type = SPAN("application/json"), .arena = a,
                           .id_key = &w.key, .conf = w.conf};
    enum fail f = judge_all(&c, w.scanner, w.rules);
    if (f) fail_msg("%s", fail_code(f));
    struct lines l = {arena_array(a, c.findings.n + c.n_refs + OPAQUE_COUNT, sizeof(char *)), 0};
    assert_non_null(l.line);
    for (size_t i = 0; i < c.findings.n; i++) put_line(&l, a, c.findings.f[i].type, c.findings.f[i].text);
    for (size_t i = 0; i < c.n_refs; i++) put_line(&l, a, kinds[c.refs[i].kind], c.refs[i].value);
    for (int k = 0; k < OPAQUE_COUNT; k++)
        if (c.verdict.opaque_mask >> k & 1) put_line(&l, a, "opaque", span_str(opaque_kind_name((enum opaque_kind)k)));
    qsort(l.line, l.n, sizeof *l.line, by_text);
    size_t n = 0;   /* without those that were found twice, in two readings of one text */
    for (size_t i = 0; i < l.n; i++)
        if (i == 0 || strcmp(l.line[n - 1], l.line[i]) != 0) l.line[n++] = l.line[i];
    l.n = n;
    return l;
}

static void check_body(const char *name, const struct jdoc *d, const struct jdoc *twin, const struct spelling *how,
                       struct arena *a)
{
    struct lines x = judge(d, a), y = judge(twin, a);
    for (size_t i = 0; i < x.n || i < y.n; i++) {
        const char *one = i < x.n ? x.line[i] : "nothing", *other = i < y.n ? y.line[i] : "nothing";
        if (strcmp(one, other) != 0) fail_msg("%s %s: %s, not %s", name, how->name, other, one);
    }
}

static void corpora(void **state)
{
    (void)state;
    check_corpora(check_body);
}

/* Where something else than the text itself says what it is. */
static void declared(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"previous_response_id\":\"resp_0123456789abcdef\",\"conversation\":{\"id\":\"conv_0123456789abcdef\"}}",
        "{\"input\":[{\"type\":\"reasoning\",\"id\":\"rs_0123456789abcdef\",\"encrypted_content\":\"QUJDREVGR0hJSktMTU5PUA==\"}]}",
        "{\"content\":[{\"type\":\"thinking\",\"thinking\":\"so\",\"signature\":\"QUJDREVGR0hJSktMTU5PUA==\"},"
        "{\"type\":\"redacted_thinking\",\"data\":\"QUJDREVGR0hJSktMTU5PUA==\"}]}",
        "{\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAf\"}}",
        "{\"source\":{\"type\":\"base64\",\"media_type\":\"application/x-unknown\",\"data\":\"AAECAwQFBgcICQoLDA0ODw==\"}}",
        "{\"inlineData\":{\"mimeType\":\"audio/mpeg\",\"data\":\"AAECAwQFBgcICQoLDA0ODw==\"}}",
        "{\"source\":{\"type\":\"text\",\"media_type\":\"text/plain\",\"data\":\"bm90IGJhc2U2NCBidXQgYSB3b3Jk\"}}",
        "{\"image_url\":{\"url\":\"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAf\"}}",
        "{\"image_url\":{\"url\":\"data:text/plain;base64,cGF0aWVudCBoYXMgbWVhc2xlcw==\"}}",
        "{\"image_url\":{\"url\":\"https://pictures.example/one.png\"}}",
        "{\"fileData\":{\"mimeType\":\"video/mp4\",\"fileUri\":\"https://files.example/v\"},\"cachedContent\":\"cachedContents/abc123def\"}",
        "{\"metadata\":{\"user_id\":\"{\\\"session_id\\\":\\\"0f0e-1234\\\"}\"},\"session_id\":\"abcdefgh12345678\"}",
        "{\"prompt\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}",
        "{\"arguments\":\"{\\\"a\\\":[\\\"caf\\\\u00e9\\\",{\\\"b\\\":\\\"bm90IGJhc2U2NCBidXQgYSB3b3Jk\\\"}]}\"}",
    };
    for (size_t i = 0; i < COUNT(bodies); i++) check_spellings(bodies[i], span_str(bodies[i]), check_body);
}

/* The parts of one text, each with a spelling of its own. */
static void split_between_spellings(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"content\":[{\"text\":\"wor\"},{\"text\":\"ding\"}]}", "{\"content\":[{\"text\":\"wor\"},{\"te\\u0078t\":\"ding\"}]}",
        "{\"content\":[{\"\\u0074ext\":\"wor\"},{\"text\":\"\\u0064ing\"}]}", "{\"content\":[{\"text\":\"wo\\u0072\"},{\"\\u0074ext\":\"ding\"}]}",
    };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct arena *a = arena_new(0);
        struct jdoc d;
        size_t at;
        bool found = false;
        assert_int_equal(jscan(span_str(bodies[i]), a, &d, &at), FAIL_OK);
        struct lines l = judge(&d, a);
        for (size_t k = 0; k < l.n; k++) found |= strcmp(l.line[k], "WORD wording") == 0;
        if (!found) fail_msg("%s", bodies[i]);
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declared), cmocka_unit_test(corpora), cmocka_unit_test(split_between_spellings)};
    return cmocka_run_group_tests(tests, begin, end);
}
