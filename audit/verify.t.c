#include "audit/rig.h"
#include "audit/frame.h"
#include "audit/pending.h"

/* A small ledger of several segments, as bytes in memory that a test damages one way or another. */
static void small_ledger(struct rig *r, int exchanges, uint64_t segment_bytes)
{
    char body[200];
    rig_begin(r);
    rig_open(r, segment_bytes);
    for (int i = 0; i < exchanges; i++) {
        snprintf(body, sizeof body, "\"kind\":\"intent\",\"id\":\"x%d\",\"action\":\"forward\"", i);
        assert_int_equal(rig_record(r, body), FAIL_OK);
        snprintf(body, sizeof body, "\"kind\":\"outcome\",\"id\":\"x%d\",\"intent\":%" PRIu64, i, r->last_seq);
        assert_int_equal(rig_record(r, body), FAIL_OK);
    }
    rig_close(r);
    assert_verifies(r);
}

static void expect(const struct rig *r, enum verify_result result, const char *says)
{
    struct verify_report v = rig_verify(r);
    if (v.result != result || strstr(v.text, says) == NULL) fail_msg("got %d: %s (wanted: %s)", v.result, v.text, says);
}

static void every_flipped_byte_is_seen(void **state)
{
    (void)state;
    static const unsigned char flips[] = {0x01, 0x20, 0x80};
    struct rig r;
    small_ledger(&r, 3, 900);
    for (uint64_t number = 1; number < 20; number++) {
        char name[SEGMENT_NAME_MAX];
        size_t n;
        segment_name(number, name);
        if (access(rig_path(&r, name), R_OK) != 0) break;
        char *whole = rig_read(&r, name, &n);
        int fd = open(rig_path(&r, name), O_WRONLY);
        assert_true(fd >= 0 && number < 19);
        for (size_t i = 0; i < n * COUNT(flips); i++) {
            char c = (char)(whole[i / COUNT(flips)] ^ flips[i % COUNT(flips)]);
            assert_int_equal(pwrite(fd, &c, 1, (off_t)(i / COUNT(flips))), 1);
            struct verify_report v = rig_verify(&r);
            if (v.result != VERIFY_DAMAGED && v.result != VERIFY_TORN_TAIL)
                fail_msg("segment %d byte %zu ^ %02x: result %d", (int)number, i / COUNT(flips), flips[i % COUNT(flips)], v.result);
            assert_true(v.text[0] != '\0');
            assert_int_equal(pwrite(fd, whole + i / COUNT(flips), 1, (off_t)(i / COUNT(flips))), 1);
        }
        close(fd);
        free(whole);
    }
    assert_verifies(&r);
    rig_end(&r);
}

/* The start of line `k` (from 1) of a text. */
static char *line_at(char *text, int k)
{
    while (--k > 0) text = strchr(text, '\n') + 1;
    return text;
}

static void a_flipped_bit_is_named(void **state)
{
    (void)state;
    struct rig r;
    size_t n;
    small_ledger(&r, 4, 0);
    char *text = rig_read(&r, "00000001.jsonl", &n);
    char *at = strstr(line_at(text, 4), "forward");
    *at = 'F';
    rig_write(&r, "00000001.jsonl", text, n);
    expect(&r, VERIFY_DAMAGED, "00000001.jsonl line 4 (seq 4): the record does not match its hash");
    struct verify_report v = rig_verify(&r);
    assert_int_equal(v.damages, 1);   /* all others hold */
    assert_int_equal(v.records, 8);
    free(text);
    rig_end(&r);
}

/* A clever edit: the record's own hash is made right again. The next one gives it away. */
static void an_edited_record_with_a_new_hash_is_named(void **state)
{
    (void)state;
    struct rig r;
    size_t n;
    char hex[HASH_HEX + 1];
    small_ledger(&r, 4, 0);
    char *text = rig_read(&r, "00000001.jsonl", &n);
    char *line = line_at(text, 4), *end = strchr(line, '\n');
    memcpy(strstr(line, "forward"), "refused", 7);
    struct digest d = sha256((struct span){line, (size_t)(end - line) - FRAME_TAIL});
    hex_put(hex, d.b, DIGEST_LEN);
    memcpy(end - 2 - HASH_HEX, hex, HASH_HEX);
    rig_write(&r, "00000001.jsonl", text, n);
    expect(&r, VERIFY_DAMAGED, "line 5 (seq 5): prev is not the hash of the record before it");
    free(text);
    rig_end(&r);
}

/* Writes lines of segment 1 in another order: `order` is line numbers from 1, ended by 0. */
static void reordered(const int *order, const char *says)
{
    struct rig r;
    size_t n;
    char out[8192];
    size_t len = 0;
    small_ledger(&r, 4, 0);
    char *text = rig_read(&r, "00000001.jsonl", &n);
    for (; *order; order++) {
        char *line = line_at(text, *order);
        size_t l = (size_t)(strchr(line, '\n') - line) + 1;
        memcpy(out + len, line, l);
        len += l;
    }
    rig_write(&r, "00000001.jsonl", out, len);
    expect(&r, VERIFY_DAMAGED, says);
    free(text);
    rig_end(&r);
}

static void order_is_checked(void **state)
{
    (void)state;
    reordered((const int[]){1, 2, 3, 5, 6, 7, 8, 9, 0}, "line 4 (seq 5): seq 4 was expected: 1 record(s) are missing");
    reordered((const int[]){1, 2, 3, 5, 4, 6, 7, 8, 9, 0}, "line 4 (seq 5): seq 4 was expected");
    reordered((const int[]){1, 2, 3, 4, 4, 5, 6, 7, 8, 9, 0}, "line 5 (seq 4): this seq stands twice");
    reordered((const int[]){1, 2, 3, 4, 5, 6, 7, 8, 3, 9, 0}, "line 9 (seq 3): seq 9 was expected: records were reordered");
    reordered((const int[]){2, 3, 4, 5, 6, 7, 8, 9, 0}, "line 1 (seq 2): the first record is not the segment's own");
    reordered((const int[]){1, 2, 1, 3, 4, 0}, "line 3 (seq 1): a segment record stands inside a segment");
}

static void a_cut_last_line_is_torn(void **state)
{
    (void)state;
    struct rig r;
    struct stat st;
    small_ledger(&r, 2, 0);
    assert_int_equal(stat(rig_path(&r, "00000001.jsonl"), &st), 0);
    assert_int_equal(truncate(rig_path(&r, "00000001.jsonl"), st.st_size - 1), 0);
    expect(&r, VERIFY_TORN_TAIL, "00000001.jsonl line 5: the last line is incomplete");
    assert_int_equal(rig_verify(&r).records, 4);
    assert_int_equal(truncate(rig_path(&r, "00000001.jsonl"), 0), 0);
    expect(&r, VERIFY_TORN_TAIL, "incomplete");   /* nothing at all is not "ok" either */
    rig_end(&r);
}

static void a_cut_segment_in_the_middle_is_damage(void **state)
{
    (void)state;
    struct rig r;
    struct stat st;
    small_ledger(&r, 6, 900);
    assert_int_equal(stat(rig_path(&r, "00000002.jsonl"), &st), 0);
    assert_int_equal(truncate(rig_path(&r, "00000002.jsonl"), st.st_size - 5), 0);
    expect(&r, VERIFY_DAMAGED, "00000002.jsonl line");
    expect(&r, VERIFY_DAMAGED, "the segment's last line is cut short");
    rig_end(&r);
}

static void segments_are_accounted_for(void **state)
{
    (void)state;
    struct rig r;
    char from[128];
    small_ledger(&r, 8, 900);
    assert_int_equal(rig_verify(&r).segments >= 4, 1);

    snprintf(from, sizeof from, "%s", rig_path(&r, "00000002.jsonl"));
    assert_int_equal(rename(from, rig_path(&r, "aside")), 0);
    expect(&r, VERIFY_DAMAGED, "segment 2, which it follows, is missing");
    snprintf(from, sizeof from, "%s", rig_path(&r, "aside"));
    assert_int_equal(rename(from, rig_path(&r, "00000002.jsonl")), 0);
    assert_verifies(&r);

    snprintf(from, sizeof from, "%s", rig_path(&r, "00000001.jsonl"));
    assert_int_equal(rename(from, rig_path(&r, "aside")), 0);
    expect(&r, VERIFY_DAMAGED, "00000002.jsonl line 1 (seq ");
    expect(&r, VERIFY_DAMAGED, "segment 1, which it follows, is missing");
    snprintf(from, sizeof from, "%s", rig_path(&r, "aside"));
    assert_int_equal(rename(from, rig_path(&r, "00000001.jsonl")), 0);
    rig_end(&r);
}

static void a_copied_segment_is_named(void **state)
{
    (void)state;
    struct rig r;
    size_t n;
    small_ledger(&r, 3, 900);
    char *text = rig_read(&r, "00000001.jsonl", &n);
    rig_write(&r, "00000009.jsonl", text, n);
    expect(&r, VERIFY_DAMAGED, "00000009.jsonl line 1 (seq 1): it says to be of segment 1");
    unlink(rig_path(&r, "00000009.jsonl"));
    rig_write(&r, "00000001.jsonl.bak", text, n);
    expect(&r, VERIFY_DAMAGED, "1 file(s) that do not belong to a ledger: 00000001.jsonl.bak");
    unlink(rig_path(&r, "00000001.jsonl.bak"));
    rig_write(&r, "README", "x", 1);
    struct verify_report v = rig_verify(&r);
    assert_int_equal(v.result, VERIFY_OK);
    assert_non_null(strstr(v.notes, "README"));
    free(text);
    rig_end(&r);
}

/* Builds one segment by hand: what a forger with the chain in hand could write. */
struct forge {
    struct chain chain;
    struct obuf out;
};

static void forge_line(struct forge *f, const char *body, uint64_t ns) { chain_append(&f->chain, span_str(body), ns, &f->out); }

#define HEAD "\"kind\":\"segment\",\"segment\":1,\"key_id\":\"k-0\",\"previous_segment\":0"
#define T0 1767225600000000000u

static void forged(const char *body, uint64_t ns, enum verify_result result, const char *says)
{
    struct rig r;
    struct forge f = {0};
    rig_begin(&r);
    chain_start(&f.chain);
    forge_line(&f, HEAD, T0);
    forge_line(&f, body, ns);
    rig_write(&r, "00000001.jsonl", f.out.p, f.out.n);
    expect(&r, result, says);
    obuf_fini(&f.out);
    rig_end(&r);
}

static void what_is_hashed_right_is_still_read_strictly(void **state)
{
    (void)state;
    forged("\"kind\":\"event\"", T0 + 1, VERIFY_OK, "");
    forged("\"kind\":\"event\",\"kind\":\"event\"", T0 + 1, VERIFY_DAMAGED, "line 2 (seq 2): JSON_DUP_KEY");
    forged("\"kind\":\"event\",\"seq\":3", T0 + 1, VERIFY_DAMAGED, "JSON_DUP_KEY");
    forged("\"kind\":\"event\",\"a\":01", T0 + 1, VERIFY_DAMAGED, "line 2 (seq 2): JSON_");
    forged("\"kind\":\"event\"}, {\"a\":1", T0 + 1, VERIFY_DAMAGED, "JSON_");
    forged("\"kind\":\"\xff\"", T0 + 1, VERIFY_DAMAGED, "JSON_UTF8");
    forged("\"knd\":\"event\"", T0 + 1, VERIFY_DAMAGED, "this is not a record");
    forged("\"kind\":\"event\"", T0 - 1, VERIFY_DAMAGED, "its time is before that of the record before it");
    forged("\"kind\":\"clock_step\"", T0 - 1, VERIFY_OK, "");
}

static void intents_and_outcomes_are_matched(void **state)
{
    (void)state;
    struct rig r;
    rig_begin(&r);
    rig_open(&r, 0);
    rig_record(&r, "\"kind\":\"intent\"");                                  /* 2, open */
    rig_record(&r, "\"kind\":\"intent\"");                                  /* 3 */
    rig_record(&r, "\"kind\":\"outcome\",\"intent\":3");
    rig_record(&r, "\"kind\":\"outcome\",\"intent\":3");                    /* once more: stray */
    rig_record(&r, "\"kind\":\"tunnel_intent\",\"refusal\":\"HOST_UNKNOWN\"");   /* awaits nothing */
    rig_record(&r, "\"kind\":\"tunnel_intent\",\"refusal\":null");          /* 7 */
    rig_record(&r, "\"kind\":\"tunnel_outcome\",\"intent\":7");
    rig_close(&r);
    struct verify_report v = rig_verify(&r);
    assert_int_equal(v.result, VERIFY_OK);
    assert_int_equal(v.intents, 3);
    assert_int_equal(v.outcomes, 3);
    assert_int_equal(v.open_intents, 1);
    assert_int_equal(v.strays, 1);
    rig_end(&r);
}

static void pending_slides(void **state)
{
    (void)state;
    struct pending p;
    assert_true(pending_init(&p));
    pending_open(&p, 1);
    pending_open(&p, 100);
    assert_true(pending_close(&p, 100));
    assert_false(pending_close(&p, 100));
    pending_open(&p, PENDING_WINDOW + 200);           /* 1 leaves the window, open */
    assert_int_equal(pending_count(&p), 2);
    pending_open(&p, 10ull * PENDING_WINDOW);
    assert_int_equal(pending_count(&p), 3);
    assert_true(pending_close(&p, 1));                /* believed */
    assert_true(pending_close(&p, 10ull * PENDING_WINDOW));
    assert_false(pending_close(&p, 10ull * PENDING_WINDOW + 1));
    assert_int_equal(pending_count(&p), 1);
    pending_fini(&p);
}

static void an_unreadable_place_says_so(void **state)
{
    (void)state;
    struct verify_report v;
    assert_int_equal(audit_verify("/nonexistent/ledger", &v), VERIFY_UNREADABLE);
    assert_non_null(strstr(v.text, "cannot open"));
    struct rig r;
    rig_begin(&r);
    assert_int_equal(audit_verify(r.dir, &v), VERIFY_UNREADABLE);
    assert_non_null(strstr(v.text, "no segment"));
    assert_int_equal(mkfifo(rig_path(&r, "00000001.jsonl"), 0600), 0);
    assert_int_equal(audit_verify(r.dir, &v), VERIFY_UNREADABLE);   /* and does not hang */
    rig_end(&r);
}

static void overlong_lines_are_damage(void **state)
{
    (void)state;
    struct rig r;
    size_t n;
    small_ledger(&r, 1, 0);
    char *text = rig_read(&r, "00000001.jsonl", &n), *big = malloc(n + 600000);
    memcpy(big, text, n);
    memset(big + n, 'a', 600000);
    big[n + 599999] = '\n';
    rig_write(&r, "00000001.jsonl", big, n + 600000);
    expect(&r, VERIFY_DAMAGED, "line 4 (after seq 3): this is not a record");
    free(text);
    free(big);
    rig_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flipped_byte_is_seen),
        cmocka_unit_test(a_flipped_bit_is_named),
        cmocka_unit_test(an_edited_record_with_a_new_hash_is_named),
        cmocka_unit_test(order_is_checked),
        cmocka_unit_test(a_cut_last_line_is_torn),
        cmocka_unit_test(a_cut_segment_in_the_middle_is_damage),
        cmocka_unit_test(segments_are_accounted_for),
        cmocka_unit_test(a_copied_segment_is_named),
        cmocka_unit_test(what_is_hashed_right_is_still_read_strictly),
        cmocka_unit_test(intents_and_outcomes_are_matched),
        cmocka_unit_test(pending_slides),
        cmocka_unit_test(an_unreadable_place_says_so),
        cmocka_unit_test(overlong_lines_are_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
