/* Which headers pass, as tables of the names that the SDKs send and read. A name that ends in '*' is a prefix. */
#include "wire/codec.h"

enum pass { PASS_UP = 1, PASS_BACK = 2, PASS_CREDENTIAL = 4 };

struct header_rule {
    struct span name;
    unsigned char pass;
};

#define ROW(name, pass) {SPAN(name), (pass)}

static const struct header_rule rules[] = {
    /* credentials: those without PASS_UP are known only so that nothing shows them */
    ROW("authorization", PASS_UP | PASS_CREDENTIAL),
    ROW("x-api-key", PASS_UP | PASS_CREDENTIAL),
    ROW("api-key", PASS_UP | PASS_CREDENTIAL),
    ROW("x-goog-api-key", PASS_UP | PASS_CREDENTIAL),
    ROW("x-amz-security-token", PASS_UP | PASS_CREDENTIAL),
    ROW("chatgpt-account-id", PASS_UP | PASS_CREDENTIAL),
    ROW("proxy-authorization", PASS_CREDENTIAL),
    ROW("cookie", PASS_CREDENTIAL),
    ROW("set-cookie", PASS_CREDENTIAL),
    /* any SDK */
    ROW("accept", PASS_UP),
    ROW("accept-encoding", PASS_UP),
    ROW("accept-language", PASS_UP),
    ROW("content-type", PASS_UP | PASS_BACK),
    ROW("user-agent", PASS_UP),
    ROW("x-stainless-*", PASS_UP),
    ROW("idempotency-key", PASS_UP),
    ROW("x-client-request-id", PASS_UP),
    /* browsers, for the preflight and the call it asks about */
    ROW("origin", PASS_UP),
    ROW("access-control-request-*", PASS_UP),
    ROW("access-control-allow-*", PASS_BACK),
    ROW("access-control-expose-headers", PASS_BACK),
    ROW("access-control-max-age", PASS_BACK),
    ROW("vary", PASS_BACK),
    ROW("allow", PASS_BACK),
    /* OpenAI */
    ROW("openai-*", PASS_UP | PASS_BACK),
    /* Anthropic */
    ROW("anthropic-version", PASS_UP),
    ROW("anthropic-beta", PASS_UP),
    ROW("anthropic-dangerous-direct-browser-access", PASS_UP),
    ROW("x-app", PASS_UP),
    ROW("anthropic-ratelimit-*", PASS_BACK),
    ROW("anthropic-organization-id", PASS_BACK),
    ROW("request-id", PASS_BACK),
    /* Google, AWS */
    ROW("x-goog-api-client", PASS_UP),
    ROW("x-goog-user-project", PASS_UP),
    ROW("x-goog-*", PASS_BACK),
    ROW("x-amzn-*", PASS_BACK),
    /* any reply */
    ROW("content-encoding", PASS_BACK),
    ROW("cache-control", PASS_BACK),
    ROW("date", PASS_BACK),
    ROW("x-request-id", PASS_BACK),
    ROW("x-ratelimit-*", PASS_BACK),
    ROW("retry-after", PASS_BACK),
    ROW("retry-after-ms", PASS_BACK),
    ROW("x-should-retry", PASS_BACK),
};

static bool matches(struct span rule, struct span name)
{
    if (rule.p[rule.n - 1] != '*') return span_ieq(rule, name);
    struct span head = {rule.p, rule.n - 1};
    return name.n > head.n && span_ieq(head, (struct span){name.p, head.n});
}

/* The first row that matches decides, so a name of its own stands before a prefix: x-goog-api-key is not x-goog-*. */
static bool passes(struct span name, unsigned char how)
{
    for (size_t i = 0; i < COUNT(rules); i++)
        if (matches(rules[i].name, name)) return rules[i].pass & how;
    return false;
}

bool header_goes_up(struct span name) { return passes(name, PASS_UP); }
bool header_comes_back(struct span name) { return passes(name, PASS_BACK); }
bool header_is_credential(struct span name) { return passes(name, PASS_CREDENTIAL); }
