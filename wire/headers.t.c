#include "wire/codec.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* u: goes up, b: comes back, c: a credential. */
static void passes_by_name(void **state)
{
    (void)state;
    static const struct { const char *name, *want; } rows[] = {
        {"authorization", "uc"}, {"Authorization", "uc"}, {"x-api-key", "uc"}, {"api-key", "uc"},
        {"x-goog-api-key", "uc"}, {"x-amz-security-token", "uc"}, {"chatgpt-account-id", "uc"},
        {"proxy-authorization", "c"}, {"cookie", "c"}, {"set-cookie", "c"},
        {"user-agent", "u"}, {"accept", "u"}, {"accept-encoding", "u"}, {"content-type", "ub"},
        {"x-stainless-lang", "u"}, {"X-Stainless-Retry-Count", "u"}, {"x-stainless-", ""}, {"x-stainless", ""},
        {"openai-organization", "ub"}, {"openai-project", "ub"}, {"openai-beta", "ub"}, {"openai-processing-ms", "ub"},
        {"idempotency-key", "u"}, {"x-client-request-id", "u"}, {"anthropic-version", "ub"}, {"anthropic-beta", "ub"},
        {"x-goog-api-client", "ub"}, {"x-goog-request-id", "ub"}, {"content-encoding", "b"}, {"x-request-id", "b"},
        {"request-id", "b"}, {"x-ratelimit-remaining-tokens", "b"}, {"anthropic-ratelimit-requests-limit", "ub"},
        {"anthropic-organization-id", "ub"}, {"retry-after", "b"}, {"retry-after-ms", "b"}, {"x-should-retry", "b"},
        {"cache-control", "b"}, {"date", "b"}, {"x-amzn-requestid", "ub"},
        /* Azure */
        {"ocp-apim-subscription-key", "uc"}, {"x-ms-client-request-id", "ub"}, {"x-ms-authorization-auxiliary", "uc"},
        {"apim-request-id", "b"}, {"operation-location", "b"},
        /* Codex, Claude Code */
        {"originator", "u"}, {"version", "u"}, {"session_id", "u"}, {"conversation_id", "u"},
        {"x-codex-turn-metadata", "ub"},
        {"x-codex-primary-used-percent", "ub"}, {"x-openai-subagent", "ub"}, {"X-Claude-Code-Session-Id", "u"},
        {"x-app", "u"},
        {"anthropic-dangerous-direct-browser-access", "ub"},
        /* Google, AWS */
        {"x-goog-upload-command", "ub"}, {"x-goog-iam-authorization-token", "uc"}, {"x-server-timeout", "u"},
        {"x-amz-date", "ub"},
        {"x-amz-content-sha256", "ub"}, {"amz-sdk-invocation-id", "u"}, {"x-amzn-bedrock-guardrailidentifier", "ub"},
        /* Cohere and others */
        {"x-client-name", "u"}, {"x-fern-sdk-name", "u"}, {"num_tokens", "b"}, {"mistral-correlation-id", "b"},
        {"x-title", "u"},
        {"http-referer", "u"}, {"x-openrouter-provider", "ub"}, {"x-grok-conv-id", "ub"}, {"content-disposition", "b"},
        {"alt-svc", ""}, {"strict-transport-security", ""}, {"nel", ""}, {"report-to", ""}, {"location", ""},
        {"connection", ""}, {"keep-alive", ""}, {"proxy-connection", ""}, {"te", ""}, {"trailer", ""},
        {"transfer-encoding", ""}, {"upgrade", ""}, {"content-length", ""}, {"host", ""}, {"expect", ""},
        {"x-forwarded-for", ""}, {"forwarded", ""}, {"via", ""}, {"referer", ""}, {"server", ""}, {"baggage", ""},
        {"traceparent", ""}, {"sec-fetch-mode", ""}, {"x-goog", ""}, {"xamz-date", ""}, {"expect-ct", ""}, {"priority", ""},
        {"", ""}, {"x", ""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char got[4] = "";
        struct span name = span_str(rows[i].name);
        if (header_goes_up(name)) strcat(got, "u");
        if (header_comes_back(name)) strcat(got, "b");
        if (header_is_credential(name)) strcat(got, "c");
        if (strcmp(got, rows[i].want) != 0) fail_msg("%s: '%s', not '%s'", rows[i].name, got, rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(passes_by_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
