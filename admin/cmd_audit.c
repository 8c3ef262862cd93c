/* cordon audit verify|show: reads a ledger back. Works beside a running cordon and on a copy; needs no configuration. */
#include "admin/commands.h"
#include "audit/verify.h"
#include "core/clock.h"
#include "core/obuf.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: cordon audit verify DIR [--json]\n"
    "       cordon audit show DIR [--json] [--last N]\n"
    "\n"
    "verify  checks every record of the ledger in DIR against its hash and against the record before it, and says exactly\n"
    "        what does not hold. Compare the head hash with one noted earlier elsewhere: it alone shows a cut-off end.\n"
    "show    prints the ledger, one line for each exchange, the newest last.\n"
    "\n"
    "  --json     verify: the result as one JSON object; show: the records as they are, one a line\n"
    "  --last N   only the last N lines\n"
    "  --help     this text\n"
    "\n"
    "Exit status: 0 all is well, 1 something is wrong, 2 usage.\n";

struct audit_args {
    const char *dir;
    bool json, help;
    uint64_t last;
};

static bool parse_count(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    if (text == NULL || text[0] < '1' || text[0] > '9') return false;
    *out = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0;
}

static bool parse_args(int argc, char **argv, bool may_last, struct audit_args *a)
{
    *a = (struct audit_args){0};
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) a->json = true;
        else if (strcmp(argv[i], "--help") == 0) a->help = true;
        else if (may_last && strcmp(argv[i], "--last") == 0 && i + 1 < argc && parse_count(argv[i + 1], &a->last)) i++;
        else if (argv[i][0] == '-' || a->dir != NULL) return false;
        else a->dir = argv[i];
    }
    return a->dir != NULL || a->help;
}

static const char *const result_name[] = {
    [VERIFY_OK] = "ok", [VERIFY_TORN_TAIL] = "torn_tail", [VERIFY_DAMAGED] = "damaged", [VERIFY_UNREADABLE] = "unreadable"};

static void print_json(const struct verify_report *r)
{
    struct obuf o = {0};
    jo_open(&o, NULL, '{');
    jo_cstr(&o, "result", result_name[r->result]);
    jo_u64(&o, "records", r->records);
    jo_u64(&o, "segments", r->segments);
    jo_u64(&o, "first_seq", r->first_seq);
    jo_u64(&o, "last_seq", r->last_seq);
    jo_cstr(&o, "head", r->head[0] ? r->head : NULL);
    jo_u64(&o, "intents", r->intents);
    jo_u64(&o, "outcomes", r->outcomes);
    jo_u64(&o, "open_intents", r->open_intents);
    jo_u64(&o, "stray_outcomes", r->strays);
    jo_u64(&o, "dropped", r->lost);
    jo_u64(&o, "clock_steps", r->clock_steps);
    jo_u64(&o, "recoveries", r->recoveries);
    jo_u64(&o, "abandoned", r->abandoned);
    jo_u64(&o, "damages", r->damages);
    jo_u64(&o, "bytes", r->bytes);
    jo_cstr(&o, "text", r->text[0] ? r->text : NULL);
    jo_cstr(&o, "notes", r->notes[0] ? r->notes : NULL);
    jo_close(&o, '}');
    if (obuf_ok(&o)) printf("%.*s\n", (int)o.n, o.p);
    obuf_fini(&o);
}

static void print_report(const struct verify_report *r, uint64_t us)
{
    static const char *const said[] = {
        [VERIFY_OK] = "OK: every record holds", [VERIFY_TORN_TAIL] = "TORN TAIL",
        [VERIFY_DAMAGED] = "DAMAGED", [VERIFY_UNREADABLE] = "UNREADABLE"};
    printf("%s%s%s\n", said[r->result], r->text[0] ? ": " : "", r->text);
    if (r->result == VERIFY_UNREADABLE) return;
    printf("%" PRIu64 " records in %" PRIu64 " segments, seq %" PRIu64 " to %" PRIu64 "\n", r->records, r->segments,
           r->first_seq, r->last_seq);
    printf("%" PRIu64 " intents, %" PRIu64 " outcomes; %" PRIu64 " intents have no outcome (running, or cut off by a stop)\n",
           r->intents, r->outcomes, r->open_intents);
    if (r->head[0]) printf("head %s\n", r->head);
    if (r->notes[0]) printf("%s\n", r->notes);
    printf("%.1f MB in %.2f s\n", (double)r->bytes / 1e6, (double)us / 1e6);
}

static int verify_command(const struct audit_args *a)
{
    struct verify_report r;
    uint64_t from = clock_mono_us();
    enum verify_result result = audit_verify(a->dir, &r);
    if (a->json) print_json(&r);
    else print_report(&r, clock_mono_us() - from);
    return result == VERIFY_OK ? EXIT_OK : EXIT_FAILED;
}

static int show_command(const struct audit_args *a)
{
    struct why why;
    enum fail f = audit_show(a->dir, stdout, a->json, a->last, &why);
    if (f != FAIL_OK) fprintf(stderr, "cordon audit show: %s\n", why.text);
    return f == FAIL_OK ? EXIT_OK : EXIT_FAILED;
}

int cmd_audit(int argc, char **argv)
{
    static const struct {
        const char *name;
        bool may_last;
        int (*run)(const struct audit_args *a);
    } verbs[] = {{"verify", false, verify_command}, {"show", true, show_command}};
    struct audit_args a;
    if (argc > 1 && strcmp(argv[1], "--help") == 0) return fputs(usage, stdout) == EOF ? EXIT_FAILED : EXIT_OK;
    for (size_t i = 0; argc > 1 && i < COUNT(verbs); i++) {
        if (strcmp(argv[1], verbs[i].name) != 0) continue;
        if (!parse_args(argc, argv, verbs[i].may_last, &a)) break;
        if (a.help) return fputs(usage, stdout) == EOF ? EXIT_FAILED : EXIT_OK;
        return verbs[i].run(&a);
    }
    fputs(usage, stderr);
    return EXIT_USAGE;
}
