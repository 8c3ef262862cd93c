/* bench_scan - what the scan costs: microseconds for a benign chat body and for one about a patient (view and scan, a
 * warm scanner), and MB/s on texts made to be slow. Prints one line a case; exit 1 when a slow text takes over LIMIT_MS a MB.
 *
 *   bench_scan [SECONDS-PER-CASE]      default 0.3 */
#include "core/clock.h"
#include "core/jscan.h"
#include "policy/scan.h"
#include <stdio.h>
#include <stdlib.h>

#define LIMIT_MS 100.0
#define MB (1u << 20)

static const char benign[] =
    "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"system\",\"content\":\"You are a helpful assistant. Answer b"
    "riefly and "
    "plainly.\"},{\"role\":\"user\",\"content\":\"We are moving a small web shop from one server to another next month"
    ". The shop "
    "sells tea and runs on PHP 8.2 with a MariaDB database of about 4 GB, and orders come in day and night. Please wri"
    "te a "
    "checklist for the move: what to copy first, how to keep the two databases in step while we test, how long the nam"
    "e "
    "records should live, and how to tell in five minutes whether we must go back. Our colleagues are careful people b"
    "ut "
    "none of them has done this before, so explain each step in one or two sentences and say what can go wrong. At the"
    " end "
    "add a short plan for the night itself, hour by hour, from ten in the evening until six in the morning, and tell u"
    "s "
    "which of the steps may be done by one person and which need a second pair of eyes.\"}],\"temperature\":0.2,\"stre"
    "am\":"
    "true,\"max_tokens\":1200}";
static const char patient[] =
    "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"Summarise for the ward round: Maria Lop"
    "ez, MRN "
    "00482913, DOB 03/14/1962, was admitted with chest pain. SSN 536-90-4399, phone (415) 555-2671, e-mail maria.lopez"
    "@gmail.com. "
    "She takes metformin 500 mg twice daily and lisinopril. Dr. Alan Smith saw her on 05/03/2026.\"}]}";

struct bench {
    struct scanner *scanner;
    struct arena *arena;
    double seconds;
};

static size_t run_once(struct bench *b, struct span body, bool json)
{
    struct view *v = scanner_view(b->scanner);
    struct findings f;
    struct jdoc doc;
    size_t at;
    arena_reset(b->arena);
    view_reset(v);
    enum fail bad = json ? jscan(body, b->arena, &doc, &at) : FAIL_OK;
    if (!bad) bad = json ? view_add_json(v, &doc) : view_add_text(v, PART_BODY, body, body);
    if (!bad) bad = scan(b->scanner, v, b->arena, &f);
    if (bad) {
        printf("  failed: %s\n", fail_code(bad));
        return SIZE_MAX;
    }
    return f.n;
}

/* Microseconds a run. */
static double measure(struct bench *b, struct span body, bool json, size_t *found)
{
    uint64_t start = clock_mono_us(), now = start, n = 0, limit = (uint64_t)(b->seconds * 1e6);
    do {
        *found = run_once(b, body, json);
        n++;
    } while ((n % 8 != 0 && body.n < MB / 16) || (now = clock_mono_us()) - start < limit);
    return (double)(now - start) / (double)n;
}

static void show_small(struct bench *b, const char *name, struct span body)
{
    size_t found, at;
    struct jdoc doc;
    double us = measure(b, body, true, &found);
    uint64_t start = clock_mono_us();
    for (int i = 0; i < 2000; i++) {
        arena_reset(b->arena);
        if (jscan(body, b->arena, &doc, &at)) return;
    }
    double jscan_us = (double)(clock_mono_us() - start) / 2000;
    printf("%-28s %5zu bytes  %8.2f us view+scan (%.2f with jscan)  %zu findings\n", name, body.n, us - jscan_us, us,
           found);
}

static bool show_slow(struct bench *b, const char *name, const char *unit)
{
    size_t n = strlen(unit), found;
    char *text = malloc(MB);
    if (text == NULL) return false;
    for (size_t i = 0; i < MB; i++) text[i] = unit[i % n];
    double us = measure(b, (struct span){text, MB}, false, &found);
    printf("%-28s     1 MB  %8.2f ms  %7.1f MB/s  %zu findings%s\n", name, us / 1000, 1e6 / us, found,
           us / 1000 > LIMIT_MS ? "  SLOW" : "");
    free(text);
    return us / 1000 <= LIMIT_MS;
}

int main(int argc, char **argv)
{
    static const struct { const char *name, *unit; } slow[] = {
        {"digits", "4539148803436467"}, {"digits and blanks", "123-45-6789 "}, {"a@a@", "a@"}, {"a@a.aa@", "a@a.aa"},
        {"e-mail addresses", "jane.roe@hospital.org "}, {"-----BEGIN", "-----BEGIN "},
        {"private keys", "-----BEGIN PRIVATE KEY-----"}, {"eyJ", "eyJhbGciOiJI."},
        {"one long token", "eyJhbGciOiJIUzI1NiI"}, {"labels", "mrn: "}, {"labels and digits", "ssn 1 mrn 2 dob 3 "},
        {"names", "Mary Lopez "}, {"names and illness", "Mary Lopez asthma "}, {"patient", "patient "},
        {"the patient", "the patient is "}, {"years old", "54-year-old man "}, {"password=", "password="},
        {"urls", "http://a:b@c "}, {"urls without end", "://"}, {"sk-", "sk-a1"}, {"phones", "(415) 555-2671 "},
        {"plus signs", "+1 "}, {"dots and digits", "1.2.3.4."}, {"backslashes", "\\n\\"}, {"streets", "1 Elm St "},
        {"capitals", "A B C D "}, {"dates", "03/14/1962 "}, {"phrase words", "medical record "},
        {"camelCase", "aBcDeFgH"}, {"UTF-8", "\xC3\xA9\xE4\xB8\xAD"},
    };
    struct conf conf = {.path = (char *)"bench"};
    const char *classes[] = {"phi", "pii", "privileged", "financial", "secret"};
    struct why why = {{0}};
    struct bench b = {.seconds = argc > 1 ? atof(argv[1]) : 0.3};
    bool ok = true;
    digest_init();
    uint64_t start = clock_mono_us();
    struct pack *pack = pack_compile(&conf, classes, COUNT(classes), &why);
    if (pack == NULL) return fprintf(stderr, "%s\n", why.text), 1;
    printf("pack: %zu patterns, compiled in %.0f ms\n", pack_count(pack), (double)(clock_mono_us() - start) / 1000);
    b.scanner = scanner_new(pack);
    b.arena = arena_new(1u << 20);
    if (b.scanner == NULL || b.arena == NULL) return 1;
    show_small(&b, "benign chat", SPAN(benign));
    show_small(&b, "chat about a patient", SPAN(patient));
    for (size_t i = 0; i < COUNT(slow); i++) ok &= show_slow(&b, slow[i].name, slow[i].unit);
    scanner_free(b.scanner);
    arena_free(b.arena);
    pack_free(pack);
    return ok ? 0 : 1;
}
