/* Phase 9: the outcome record and the counters. */
#include "audit/record.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "proxy/exchange.h"
#include <stdlib.h>

static const char *who_answered(const struct exchange *x)
{
    if (x->head_sent && x->refuse) return "cordon";
    return x->judged.verdict.action == ACTION_LOCAL ? "local" : "upstream";
}

void phase_record_outcome(struct exchange *x)
{
    struct record_outcome r = {
        .id = x->id,
        .intent_seq = x->intent_seq,
        .attempt = x->attempt,
        .status = x->head_sent ? x->status : 0,
        .answered_by = who_answered(x),
        .address = x->address[0] ? x->address : NULL,
        .tls_version = x->tls_version[0] ? x->tls_version : NULL,
        .bytes_out = x->bytes_out,
        .bytes_in = x->bytes_in,
        .reply = sha256_end(x->reply_hash),
        .reply_bytes = x->reply_bytes,
        .prompt_tokens = x->prompt_tokens,
        .completion_tokens = x->completion_tokens,
        .duration_us = clock_mono_us() - x->began_us,
        .client_abort = x->aborted,
        .cut = x->cut,
        .fail = x->failed,
    };
    sha256_restart(x->reply_hash);
    struct obuf body = {0};
    struct ticket *t = calloc(1, sizeof *t);
    record_outcome_put(&body, &r);
    if (t) t->body = obuf_take(&body, &t->body_len);
    obuf_fini(&body);
    /* Nobody waits; a ledger that is down has stopped the next intent already, and says so itself. */
    if (t && (t->body == NULL || worker_record(x->worker, t) != FAIL_OK)) ticket_free(t);
}

static void count(const struct exchange *x)
{
    static const enum metric by_action[] = {METRIC_REQUESTS_FORWARD, METRIC_REQUESTS_REDACT, METRIC_REQUESTS_LOCAL,
                                            METRIC_REQUESTS_REFUSE};
    metric_add(x->refuse ? METRIC_REQUESTS_REFUSE : by_action[x->judged.verdict.action], 1);
    metric_observe(HIST_REQUEST, clock_mono_us() - x->began_us);
}

enum step phase_close(struct exchange *x)
{
    if (x->recorded) phase_record_outcome(x);
    count(x);
    LOG(DEBUG, "exchange.end", "id=%s action=%s rule=%s status=%d code=%s", x->id, action_name(x->judged.verdict.action),
        x->judged.verdict.rule ? x->judged.verdict.rule : "-", x->status, fail_code(x->failed));
    return STEP_NEXT;
}
