/* No class on any of 20,000 lines of numbers, timestamps, logs, identifiers of machines and code: alone, and by fifties
 * in one body, where they might give each other context. Seeded, so a failure comes again. */
#include "policy/evidence.h"
#include "policy/pack.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LINES 20000
#define TOGETHER 50

static uint64_t seed = 0x5EED5EED5EEDu;

static unsigned rnd(unsigned below)
{
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return (unsigned)((seed >> 16) % below);
}

#define PICK(...) pick((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
static const char *pick(const char *const *from, size_t n) { return from[rnd((unsigned)n)]; }

struct line {
    char p[2048];
    size_t n;
};

static void put(struct line *l, const char *fmt, ...) CD_PRINTF(2, 3);
static void put(struct line *l, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(l->p + l->n, sizeof l->p - l->n, fmt, ap);
    va_end(ap);
    l->n += n > 0 && l->n + (size_t)n < sizeof l->p ? (size_t)n : 0;
}

static void chars(struct line *l, const char *from, size_t n)
{
    for (size_t k = strlen(from); n-- && l->n + 1 < sizeof l->p;) l->p[l->n++] = from[rnd((unsigned)k)];
    l->p[l->n] = 0;
}

static void digits(struct line *l, unsigned n) { chars(l, "0123456789", n); }
static void hex(struct line *l, unsigned n) { chars(l, "0123456789abcdef", n); }
static void base64(struct line *l, unsigned n) { chars(l,
                                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                                       "+/", n); }

static void uuid(struct line *l)
{
    static const unsigned parts[] = {8, 4, 4, 4, 12};
    for (int i = 0; i < 5; i++) put(l, i ? "-" : "%s", ""), hex(l, parts[i]);
}

static void date(struct line *l) { put(l, "%04u-%02u-%02u", 1970 + rnd(60), 1 + rnd(12), 1 + rnd(28)); }
static void clock_time(struct line *l) { put(l, "%02u:%02u:%02u", rnd(24), rnd(60), rnd(60)); }
static void ip(struct line *l) { put(l, "%u.%u.%u.%u", 1 + rnd(223), rnd(256), rnd(256), rnd(256)); }
static const char *word(void)
{
    return PICK("cache", "worker", "index", "buffer", "session", "request", "queue", "parser", "config", "metric",
                "router", "token", "shard", "replica", "client",
                "patient", "handler", "stroke", "acute", "chronic", "balance", "account", "memory", "heart", "card",
                "visa", "key", "secret", "password", "phone", "call",
                "member", "policy", "group", "case", "matter", "docket", "provider", "treatment", "dose", "address",
                "transfer", "wire", "swift", "routing", "license");
}

/* What stands before a value: no word that would truly name it. */
static const char *name(void)
{
    return PICK("cache", "worker", "index", "buffer", "session", "request", "queue", "parser", "config", "metric",
                "router", "shard", "replica", "client", "handler", "stroke", "acute",
                "balance", "memory", "heart", "visa", "key", "call", "member", "policy", "group", "case", "matter",
                "docket", "provider", "treatment", "dose", "transfer", "phone_id",
                "account_id", "token");
}

/* ---- the kinds of lines ---- */

static void numbers(struct line *l)
{
    const char *sep = PICK(" ", ", ", ",", "\t", ";", "-", ".", "/", " | ");
    unsigned width = 1 + rnd(19), n = 1 + rnd(12);
    for (unsigned i = 0; i < n; i++) put(l, "%s", i ? sep : ""), digits(l, rnd(3) ? width : 1 + rnd(12));
}

static void grouped(struct line *l)
{
    static const unsigned forms[][5] = {{4, 4, 4, 4}, {3, 3, 4}, {4, 6, 5}, {3, 2, 4}, {2, 7}, {4, 4, 4}, {3, 3, 3},
        {5, 4}, {2, 3, 4, 5}, {3, 4}};
    const unsigned *f = forms[rnd(10)];
    const char *sep = f[0] == 3 && f[1] == 2 ? " " : f[0] == 4 && f[2] ? PICK(" ", "  ") : PICK(" ", "-", ".", "  ");
    for (int i = 0; i < 5 && f[i]; i++) put(l, "%s", i ? sep : ""), digits(l, f[i]);
    if (rnd(2)) put(l, "%s", sep), digits(l, 1 + rnd(6));
}

static void timestamps(struct line *l)
{
    date(l);
    put(l, "%s", PICK("T", " ", "_"));
    clock_time(l);
    put(l, "%s", PICK("Z", "+02:00", "-0500", ".123456Z", ",345", " UTC", "+1200", " +0530"));
    if (rnd(2)) put(l, " "), date(l);
    if (rnd(3) == 0) put(l, " %u%09u", 1700000000 + rnd(90000000), rnd(999999999));
}

static void logs(struct line *l)
{
    timestamps(l);
    put(l, " %s [%s-%u] %s.%s: %s=%u %s=", PICK("INFO", "WARN", "ERROR", "DEBUG"), word(), rnd(64), word(), word(),
        name(), rnd(1000000), name());
    switch (rnd(5)) {
    case 0: hex(l, 8 + rnd(33)); break;
    case 1: uuid(l); break;
    case 2: digits(l, 3 + rnd(15)); break;
    case 3: ip(l), put(l, ":%u", rnd(65536)); break;
    default: put(l, "%u.%03ums status=%u bytes=%u", rnd(10000), rnd(1000), 100 + rnd(500), rnd(10000000)); break;
    }
}

static void access_log(struct line *l)
{
    ip(l);
    put(l, " - - [%02u/%s/2025:", 1 + rnd(28), PICK("Jan", "May", "Sep", "Dec"));
    clock_time(l);
    put(l, " +0000] \"%s /%s/%s/%u?%s=%u HTTP/1.1\" %u %u \"-\" \"curl/%u.%u.%u\"", PICK("GET", "POST"), word(), word(),
        rnd(100000000), name(), rnd(1000000000), 200 + rnd(300), rnd(100000),
        7 + rnd(2), rnd(90), rnd(9));
}

static void identifiers(struct line *l)
{
    switch (rnd(6)) {
    case 0: uuid(l); break;
    case 1: hex(l, 32); break;
    case 2: hex(l, 40), put(l, "  %s.tar.gz", word()); break;
    case 3: put(l, "sha256:"), hex(l, 64); break;
    case 4: put(l, "%s_id=", name()), uuid(l); break;
    default: put(l, "commit "), hex(l, 40); break;
    }
}

static void hex_dump(struct line *l)
{
    bool upper = rnd(2), words = rnd(2);
    put(l, "%08x ", rnd(1u << 30));
    for (int i = 0; i < 16; i++) put(l, upper ? "%02X%s" : "%02x%s", rnd(256), words && i % 2 == 0 ? "" : " ");
    put(l, " |"), chars(l, "abcdefghijklmnop......XYZ01234567@#", 16), put(l, "|");
}

static void stack_trace(struct line *l)
{
    switch (rnd(4)) {
    case 0: put(l, "\tat com.acme.%s.%s.run(%s.java:%u)", word(), word(), word(), rnd(2000)); break;
    case 1: put(l, "  File \"/usr/lib/python3.11/site-packages/%s/%s.py\", line %u, in __init__", word(), word(),
                rnd(3000)); break;
    case 2: put(l, "#%u  0x%08x%08x in %s_%s (arg=0x%x) at %s.c:%u", rnd(40), rnd(1u << 30), rnd(1u << 30), word(),
                word(), rnd(65536), word(), rnd(999)); break;
    default: put(l, "    at %s (webpack:///./src/%s.ts?%x:%u:%u)", word(), word(), rnd(1u << 20), rnd(900),
                 rnd(90)); break;
    }
}

static void versions(struct line *l)
{
    switch (rnd(5)) {
    case 0: put(l, "%s==%u.%u.%u", word(), rnd(20), rnd(50), rnd(99)); break;
    case 1: put(l, "build %03u-%03u-%04u", 200 + rnd(800), 200 + rnd(800), rnd(10000)); break;
    case 2: put(l, "version %u.%u.%u.%u released", rnd(300), rnd(300), rnd(300), rnd(300)); break;
    case 3: put(l, "\"%s\": \"^%u.%u.%u-beta.%u\"", word(), rnd(20), rnd(50), rnd(99), rnd(9)); break;
    default: put(l, "Part no. %03u-%02u-%04u rev %c", 100 + rnd(600), 1 + rnd(99), rnd(10000),
                 'A' + (char)rnd(26)); break;
    }
}

static void sql(struct line *l)
{
    switch (rnd(4)) {
    case 0: put(l, "SELECT %s, %s_number FROM %s WHERE %s_id = %u AND created_at > '2025-0%u-1%u' LIMIT %u;", word(),
                word(), word(), name(), rnd(1u << 30), 1 + rnd(9), rnd(9), rnd(1000)); break;
    case 1: put(l, "INSERT INTO %s (id, %s, %s) VALUES (%u, %u, '", word(), word(), word(), rnd(1u << 30),
                rnd(1u << 20)), uuid(l), put(l, "');"); break;
    case 2: put(l, "CREATE TABLE %s (%s_id BIGINT PRIMARY KEY, ssn CHAR(9), dob DATE, %s VARCHAR(%u));", word(), word(),
                word(), rnd(255)); break;
    default: put(l, "UPDATE %s SET password = ?, email = ?, account_number = $%u WHERE %s = :%s", word(), rnd(9),
                 word(), word()); break;
    }
}

static void code(struct line *l)
{
    switch (rnd(14)) {
    case 0: put(l, "for (int i = %u; i < %u; i++) %s[i] = %s(%u, 0x%x);", rnd(9), rnd(100000), word(), word(), rnd(99),
                rnd(1u << 30)); break;
    case 1: put(l, "def %s(self, %s: int = %u) -> str: return self.%s[%u]", word(), word(), rnd(1000), word(),
                rnd(100)); break;
    case 2: put(l, "const %s = await fetch(`${base}/%s/${id}?%s=%u`);", word(), word(), word(), rnd(100000)); break;
    case 3: put(l, "password = os.environ[\"%s_PASSWORD\"]; token = get_token(%s)", word(), word()); break;
    case 4: put(l, "api_key: ${API_KEY}  # %s %u", word(), rnd(100)); break;
    case 5: put(l, "    assert %s(%u.%u) == %u.%u, \"%s\"", word(), rnd(100), rnd(100000), rnd(100), rnd(100000),
                word()); break;
    case 6: put(l, "func (c *%s) %s(ctx context.Context, id uint64) error { return c.%s(%u) }", word(), word(), word(),
                rnd(1000)); break;
    case 7: put(l, "let %s: Vec<u8> = vec![%u, %u, %u, 0x%02x];", word(), rnd(256), rnd(256), rnd(256),
                rnd(256)); break;
    case 8: put(l, "y = x@w + b@c.T  # %u by %u", rnd(1000), rnd(1000)); break;
    case 9: put(l, "@app.route('/%s/<int:%s_id>', methods=['GET'])", word(), word()); break;
    case 10: put(l, "<path d=\"M%u.%u %u.%uL%u %u\" stroke-width=\"%u\" class=\"patient\"/>", rnd(100), rnd(1000),
                 rnd(100), rnd(1000), rnd(999), rnd(999), rnd(9)); break;
    case 11: put(l, "#define %s_MAX %uu /* %s %s */", word(), rnd(1u << 30), word(), word()); break;
    case 12: put(l, "%s.%s(name=\"%s\", number=%u, phone=None, mrn=%s.mrn)", word(), word(), word(), rnd(100000),
                 word()); break;
    default: put(l, "git clone git@github.com:%s/%s.git && docker pull %s@sha256:", word(), word(), word()), hex(l,
        64); break;
    }
}

static void table(struct line *l)
{
    unsigned n = 2 + rnd(12);
    for (unsigned i = 0; i < n; i++) {
        put(l, "%s", i ? "," : "");
        if (rnd(2)) put(l, "%s%u.%02u", rnd(4) ? "" : "-", rnd(100000), rnd(100));
        else digits(l, 1 + rnd(10));
    }
}

static void coordinates(struct line *l)
{
    put(l, "%s%u.%06u%s%s%u.%06u", PICK("", "-", "+"), rnd(90), rnd(1000000), PICK(", ", " ", ",", ""), PICK("-", "+"),
        rnd(180), rnd(1000000));
}

static void books(struct line *l)
{
    switch (rnd(3)) {
    case 0: put(l, "ISBN 978-%u-%02u-%06u-%u", rnd(10), rnd(100), rnd(1000000), rnd(10)); break;
    case 1: put(l, "ISBN 0-%03u-%05u-X, ISSN %04u-%04u", rnd(1000), rnd(100000), rnd(10000), rnd(10000)); break;
    default: put(l, "doi:10.%04u/s%05u-%03u-%05u-%u, RFC %u", rnd(10000), rnd(100000), rnd(1000), rnd(100000), rnd(10),
                 rnd(9999)); break;
    }
}

static void blobs(struct line *l)
{
    if (rnd(4) == 0) put(l, "data:image/png;base64,iVBORw0KGgo");
    base64(l, 40 + rnd(200));
    put(l, "%s", PICK("", "=", "=="));
}

static void years(struct line *l)
{
    put(l, "%s %u %s %u", PICK("In", "Since", "Born in", "From", "It was", "Copyright (c)", "DOB field added in"),
        1900 + rnd(130), PICK("and", "to", "until", "the total was"), 1900 + rnd(130));
}

static void network(struct line *l)
{
    switch (rnd(4)) {
    case 0: ip(l), put(l, ":%u -> ", rnd(65536)), ip(l), put(l, ":%u", rnd(65536)); break;
    case 1: put(l, "%02x:%02x:%02x:%02x:%02x:%02x dev eth%u mtu %u", rnd(256), rnd(256), rnd(256), rnd(256), rnd(256),
                rnd(256), rnd(4), rnd(9000)); break;
    case 2: put(l, "fe80::%x:%x:%x:%x/64 scope link", rnd(65536), rnd(65536), rnd(65536), rnd(65536)); break;
    default: put(l, "http://127.0.0.1:%u/%s?%s=%u#%s", rnd(65536), word(), name(), rnd(1u << 30), word()); break;
    }
}

static void serials(struct line *l)
{
    unsigned n = 1 + rnd(4);
    for (unsigned i = 0; i < n; i++) {
        put(l, "%s", i ? " " : "");
        chars(l, rnd(2) ? "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" : "ABCDEFGHJKMNPQRSTUVWXYZ23456789", 4 + rnd(16));
    }
}

static void diff(struct line *l)
{
    put(l, "%s", PICK("+", "-", "@@ -"));
    digits(l, 1 + rnd(3)), put(l, "%s", PICK(" ", ",", "  ")), digits(l, 2 + rnd(4)), put(l, " "), digits(l,
        2 + rnd(4));
}

static void (*const kinds[])(struct line *) = {numbers, grouped, timestamps, logs, access_log, identifiers, hex_dump,
                                               stack_trace, versions, sql, code, table,
                                               coordinates, books, blobs, years, network, serials, diff};

/* ---- the test ---- */

static struct scanner *scanner;
static struct arena *arena;
static struct pack *pack;

static int setup(void **state)
{
    (void)state;
    static const char *const classes[] = {"phi", "pii", "privileged", "financial", "secret"};
    struct conf conf = {.path = (char *)"test"};
    struct why why = {{0}};
    digest_init();
    arena = arena_new(0);
    pack = pack_compile(&conf, classes, COUNT(classes), &why);
    scanner = pack ? scanner_new(pack) : NULL;
    return scanner ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    scanner_free(scanner);
    pack_free(pack);
    arena_free(arena);
    return 0;
}

/* Whether the text would be in a class, by its findings together; they are printed then. */
static bool classed(struct span text)
{
    static struct evidence evidence;
    struct view *v = scanner_view(scanner);
    struct findings f;
    bool any = false;
    arena_reset(arena);
    view_reset(v);
    assert_int_equal(view_add_text(v, PART_BODY, text, text), FAIL_OK);
    assert_int_equal(scan(scanner, v, arena, &f), FAIL_OK);
    evidence_sum(&evidence, &f);
    for (unsigned k = 0; k < CLASS_BUILTIN; k++) any |= evidence.score[k] >= 0.5f;
    for (size_t i = 0; any && i < f.n; i++) {
        size_t from = f.f[i].start > 60 ? f.f[i].start - 60 : 0, to = f.f[i].end + 60 < text.n ? f.f[i].end + 60 : text.n;
        print_error("%s %.2f: %.*s\n", f.f[i].type, (double)f.f[i].score, (int)(to - from), text.p + from);
    }
    return any;
}

static void test_no_class(void **state)
{
    (void)state;
    static char body[TOGETHER * sizeof(struct line)];
    size_t n = 0;
    unsigned bad = 0;
    for (unsigned i = 0; i < LINES; i++) {
        struct line l = {.n = 0};
        kinds[i % COUNT(kinds)](&l);
        bad += classed((struct span){l.p, l.n});
        memcpy(body + n, l.p, l.n);
        n += l.n;
        body[n++] = '\n';
        if (i % TOGETHER == TOGETHER - 1) {
            bad += classed((struct span){body, n});
            n = 0;
        }
    }
    assert_int_equal(bad, 0);
}

/* The generator makes what it says: every kind has lines, and they differ. */
static void test_generator(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT(kinds); k++) {
        struct line a = {.n = 0}, b = {.n = 0}, c = {.n = 0};
        kinds[k](&a), kinds[k](&b), kinds[k](&c);
        assert_true(a.n > 0 && b.n > 0 && c.n > 0);
        assert_false(strcmp(a.p, b.p) == 0 && strcmp(b.p, c.p) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_generator), cmocka_unit_test(test_no_class)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
