/* How many exchanges a second the ledger records durably, and what they cost. One line for each shape:
 *
 *     bench_ledger [DIR [SECONDS]]
 *
 * A worker is a thread like the proxy's: it keeps so many exchanges in flight, waits for each intent, then hands over the
 * outcome that nobody waits for, and begins the next. CPU is that of the whole process, the writer thread with it, and
 * holds the making of both bodies and a hash under the value key. DIR is on the disk that is to be measured. */
#include "audit/ledger.h"
#include "audit/record.h"
#include "audit/verify.h"
#include "core/clock.h"
#include "core/metrics.h"
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MAX 64
#define SAMPLES (1u << 20)

struct worker {
    pthread_t thread;
    struct ledger *l;
    struct mailbox *box;
    struct obuf body;
    unsigned in_flight, outstanding;
    uint64_t until_us, done, failed;
    uint32_t *sample;
    size_t n_samples;
};

struct exchange {
    struct ticket ticket;
    uint64_t from_us;
};

static uint64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static void put_intent(struct obuf *o, const struct ledger *l)
{
    static struct finding found = {.type = "MRN", .via = "pattern", .klass = CLASS_PHI, .id = 1, .text = {"0012345", 7}};
    static const struct findings list = {&found, 1};
    static const struct verdict v = {.action = ACTION_FORWARD, .rule = "everything-else", .classes = {{CLASS_PHI, 0.9f}},
                                     .n_classes = 1, .coverage = {{1024, 1024, 0}}};
    const struct record_intent r = {
        .id = "01hx7v9k2c8e4m", .attempt = 1, .listener = "sdk", .mode = "reverse", .client_address = SPAN("192.0.2.7"),
        .client = "ward-3", .api = "openai.chat", .operation = "chat.completions", .method = "POST", .upstream = "openai",
        .host = "api.openai.com", .port = 443, .region = "us", .baa = 0, .perimeter = 0, .model = SPAN("gpt-4o-mini"),
        .verdict = &v, .findings = &list, .policy = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        .received_bytes = 1024, .decoded_bytes = 1024, .sent_bytes = 1024};
    record_intent_put(o, l, &r);
}

static void put_outcome(struct obuf *o, uint64_t intent)
{
    const struct record_outcome r = {.id = "01hx7v9k2c8e4m", .intent_seq = intent, .attempt = 1, .status = 200,
                                     .answered_by = "upstream", .address = "192.0.2.80:443", .tls_version = "TLSv1.3",
                                     .bytes_out = 1500, .bytes_in = 900, .reply_bytes = 700, .duration_us = 412345};
    record_outcome_put(o, &r);
}

static void move_body(struct obuf *o, struct ticket *t)
{
    t->body = obuf_take(o, &t->body_len);
    if (t->body == NULL) abort();
}

static void begin(struct worker *w);

static void hand_outcome(struct worker *w, uint64_t intent)
{
    struct ticket *t = calloc(1, sizeof *t);
    if (t == NULL) abort();
    put_outcome(&w->body, intent);
    move_body(&w->body, t);
    if (ledger_submit(w->l, t) == FAIL_OK) return;
    w->failed++;
    ticket_free(t);
}

static void on_durable(struct letter *letter, void *owner)
{
    struct worker *w = owner;
    struct exchange *x = (struct exchange *)letter;
    w->outstanding--;
    w->done++;
    w->failed += x->ticket.fail != FAIL_OK;
    if (w->n_samples < SAMPLES) w->sample[w->n_samples++] = (uint32_t)(clock_mono_us() - x->from_us);
    hand_outcome(w, x->ticket.seq);
    free(x->ticket.body);
    free(x);
    begin(w);
}

static void begin(struct worker *w)
{
    uint64_t now = clock_mono_us();
    if (now >= w->until_us) return;
    struct exchange *x = calloc(1, sizeof *x);
    if (x == NULL) abort();
    x->from_us = now;
    x->ticket.letter.deliver = on_durable;
    x->ticket.to.box = w->box;
    put_intent(&w->body, w->l);
    move_body(&w->body, &x->ticket);
    if (ledger_submit(w->l, &x->ticket) != FAIL_OK) abort();
    w->outstanding++;
}

static void *work(void *arg)
{
    struct worker *w = arg;
    struct pollfd p = {.fd = mailbox_fd(w->box), .events = POLLIN};
    for (unsigned i = 0; i < w->in_flight; i++) begin(w);
    while (w->outstanding > 0) {
        if (poll(&p, 1, -1) < 0) abort();
        mailbox_drain(w->box);
    }
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void clear_dir(const char *dir)
{
    DIR *d = opendir(dir);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
        if (e->d_name[0] != '.') unlinkat(dirfd(d), e->d_name, 0);
    if (d != NULL) closedir(d);
    rmdir(dir);
}

static void report(struct worker *w, unsigned workers, unsigned in_flight, double seconds, uint64_t cpu, uint64_t syncs)
{
    uint64_t done = 0, failed = 0;
    size_t n = 0;
    static uint32_t all[SAMPLES];
    for (unsigned i = 0; i < workers; i++) {
        done += w[i].done;
        failed += w[i].failed;
        for (size_t k = 0; k < w[i].n_samples && n < SAMPLES; k++) all[n++] = w[i].sample[k];
    }
    qsort(all, n, sizeof *all, by_value);
    printf("workers %2u, in flight %2u each: %8.0f exchanges/s %8.0f records/s %7.0f syncs/s  cpu %5.2f us/exchange  p50 %u p99 %u us%s\n",
           workers, in_flight, (double)done / seconds, 2.0 * (double)done / seconds, (double)syncs / seconds,
           (double)cpu / (double)done, n ? all[n / 2] : 0, n ? all[n * 99 / 100] : 0, failed ? "  FAILURES" : "");
}

static void verify(const char *dir)
{
    struct verify_report r;
    uint64_t from = clock_mono_us();
    enum verify_result result = audit_verify(dir, &r);
    uint64_t us = clock_mono_us() - from;
    printf("    verify: %s, %" PRIu64 " records, %.0f MB in %.3f s: %.0f MB/s; %.0f bytes a record\n",
           result == VERIFY_OK ? "ok" : r.text, r.records, (double)r.bytes / 1e6, (double)us / 1e6, (double)r.bytes / (double)us,
           (double)r.bytes / (double)r.records);
}

static void run(const char *dir, unsigned workers, unsigned in_flight, double seconds)
{
    static struct worker w[WORKERS_MAX];
    struct ledger_conf c = {.dir = dir};
    struct why why;
    struct ledger *l = ledger_open(&c, &why);
    if (l == NULL) {
        fprintf(stderr, "bench_ledger: %s\n", why.text);
        exit(1);
    }
    uint64_t from = clock_mono_us(), cpu = cpu_us(), syncs = metric_get(METRIC_LEDGER_SYNCS);
    for (unsigned i = 0; i < workers; i++) {
        w[i] = (struct worker){.l = l, .in_flight = in_flight, .until_us = from + (uint64_t)(seconds * 1e6),
                               .sample = malloc(SAMPLES * sizeof *w->sample)};
        w[i].box = mailbox_new(&w[i]);
        if (w[i].box == NULL || w[i].sample == NULL || pthread_create(&w[i].thread, NULL, work, &w[i]) != 0) abort();
    }
    for (unsigned i = 0; i < workers; i++) pthread_join(w[i].thread, NULL);
    ledger_close(l);
    uint64_t us = clock_mono_us() - from;
    report(w, workers, in_flight, (double)us / 1e6, cpu_us() - cpu, metric_get(METRIC_LEDGER_SYNCS) - syncs);
    for (unsigned i = 0; i < workers; i++) {
        mailbox_free(w[i].box);
        obuf_fini(&w[i].body);
        free(w[i].sample);
    }
    verify(dir);
    clear_dir(dir);
}

/* What making the bodies costs by itself: the part that would remain with the ledger off. */
static void bodies_alone(void)
{
    struct obuf o = {0};
    struct ledger_conf c = {.dir = "/tmp/cordon-bench-bodies"};
    struct why why;
    struct ledger *l = ledger_open(&c, &why);
    if (l == NULL) return;
    uint64_t cpu = cpu_us(), n = 200000;
    for (uint64_t i = 0; i < n; i++) {
        size_t len;
        put_intent(&o, l);
        free(obuf_take(&o, &len));
        put_outcome(&o, i);
        free(obuf_take(&o, &len));
    }
    printf("making the two bodies alone: cpu %.2f us/exchange\n", (double)(cpu_us() - cpu) / (double)n);
    obuf_fini(&o);
    ledger_close(l);
    clear_dir(c.dir);
}

int main(int argc, char **argv)
{
    char dir[256];
    double seconds = argc > 2 ? atof(argv[2]) : 2;
    snprintf(dir, sizeof dir, "%s/cordon-bench-ledger", argc > 1 ? argv[1] : "/tmp");
    digest_init();
    clear_dir(dir);
    bodies_alone();
    static const unsigned shape[][2] = {{1, 1}, {1, 16}, {1, 64}, {2, 32}, {16, 1}, {64, 1}};
    for (size_t i = 0; i < COUNT(shape); i++) run(dir, shape[i][0], shape[i][1], seconds);
    return 0;
}
