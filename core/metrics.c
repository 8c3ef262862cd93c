#include "core/metrics.h"
#include "core/attrib.h"

_Atomic uint64_t metric_value[METRIC_COUNT];

static const struct {
    const char *name, *label, *help;
} metric_row[METRIC_COUNT] = {
#define X(id, text, labels, about) {text, labels, about},
    METRIC_LIST(X)
#undef X
};

/* Upper bounds in microseconds; the last bucket is +Inf. */
static const uint64_t bound[] = {50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 500000, 2500000, 10000000};
static const struct {
    const char *name, *help;
} hist_row[HIST_COUNT] = {
    [HIST_REQUEST] = {"cordon_request_seconds", "From the last byte of a request to the last of its answer"},
    [HIST_INSPECT] = {"cordon_inspect_seconds", "Decoding and inspection of a request"},
    [HIST_RECORD] = {"cordon_record_seconds", "Waiting for a durable intent record"},
    [HIST_UPSTREAM_FIRST_BYTE] = {"cordon_upstream_first_byte_seconds", "From sending to the first byte of the reply"},
    [HIST_LOCAL_FIRST_TOKEN] = {"cordon_local_first_token_seconds", "From queueing to the first token of a local answer"},
};
static struct {
    _Atomic uint64_t count[COUNT(bound) + 1], sum;
} hist[HIST_COUNT];

void metric_observe(enum metric_hist h, uint64_t us)
{
    size_t i = 0;
    while (i < COUNT(bound) && us > bound[i]) i++;
    atomic_fetch_add_explicit(&hist[h].count[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&hist[h].sum, us, memory_order_relaxed);
}

static void render_counter(struct obuf *out, enum metric m)
{
    if (metric_row[m].help != NULL)
        obuf_printf(out, "# HELP %s %s\n# TYPE %s counter\n", metric_row[m].name, metric_row[m].help, metric_row[m].name);
    const char *label = metric_row[m].label;
    obuf_printf(out, "%s%s%s%s %llu\n", metric_row[m].name, label ? "{" : "", label ? label : "", label ? "}" : "",
                (unsigned long long)metric_get(m));
}

static void render_hist(struct obuf *out, enum metric_hist h)
{
    const char *name = hist_row[h].name;
    obuf_printf(out, "# HELP %s %s\n# TYPE %s histogram\n", name, hist_row[h].help, name);
    unsigned long long total = 0;
    for (size_t i = 0; i < COUNT(bound); i++) {
        total += atomic_load_explicit(&hist[h].count[i], memory_order_relaxed);
        obuf_printf(out, "%s_bucket{le=\"%g\"} %llu\n", name, (double)bound[i] / 1e6, total);
    }
    total += atomic_load_explicit(&hist[h].count[COUNT(bound)], memory_order_relaxed);
    double sum = (double)atomic_load_explicit(&hist[h].sum, memory_order_relaxed) / 1e6;
    obuf_printf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.6f\n%s_count %llu\n", name, total, name, sum, name, total);
}

void metrics_render(struct obuf *out)
{
    for (unsigned m = 0; m < METRIC_COUNT; m++) render_counter(out, m);
    for (unsigned h = 0; h < HIST_COUNT; h++) render_hist(out, h);
}
