/* Which headers pass, as tables of the names that the SDKs send and read. A name that ends in '*' is a prefix. */
#include "wire/codec.h"

enum pass { PASS_UP = 1, PASS_BACK = 2, PASS_CREDENTIAL = 4 };

struct header_rule {
    struct span name;
    unsigned char pass;
};

#define ROW(name, pass) {SPAN(name), (pass)}

#define UP PASS_UP
#define BACK PASS_BACK
#define KEY (PASS_UP | PASS_CREDENTIAL)

static const struct header_rule rules[] = {
    /* credentials: those without PASS_UP are known only so that nothing shows them */
    ROW("authorization", KEY),
    ROW("x-api-key", KEY),
    ROW("api-key", KEY),
    ROW("ocp-apim-subscription-key", KEY),
    ROW("x-goog-api-key", KEY),
    ROW("x-goog-iam-authorization-token", KEY),
    ROW("x-amz-security-token", KEY),
    ROW("x-ms-authorization-auxiliary", KEY),
    ROW("chatgpt-account-id", KEY),
    ROW("proxy-authorization", PASS_CREDENTIAL),
    ROW("cookie", PASS_CREDENTIAL),
    ROW("set-cookie", PASS_CREDENTIAL),
    /* any SDK */
    ROW("accept", UP),
    ROW("accept-encoding", UP),
    ROW("accept-language", UP),
    ROW("content-type", UP | BACK),
    ROW("user-agent", UP),
    ROW("x-stainless-*", UP),
    ROW("idempotency-key", UP),
    ROW("x-client-request-id", UP),
    /* browsers, for the preflight and the call it asks about */
    ROW("origin", UP),
    ROW("access-control-request-*", UP),
    ROW("access-control-allow-*", BACK),
    ROW("access-control-expose-headers", BACK),
    ROW("access-control-max-age", BACK),
    ROW("vary", BACK),
    ROW("allow", BACK),
    /* OpenAI, and Codex, which reads its limits from x-codex-* */
    ROW("openai-*", UP | BACK),
    ROW("x-openai-*", UP | BACK),
    ROW("x-codex-*", UP | BACK),
    ROW("originator", UP),
    ROW("version", UP),
    ROW("session_id", UP),
    ROW("session-id", UP),
    ROW("conversation_id", UP),
    ROW("thread-id", UP),
    ROW("x-models-etag", BACK),
    ROW("x-reasoning-included", BACK),
    /* Azure */
    ROW("x-ms-*", UP | BACK),
    ROW("extra-parameters", UP),
    ROW("apim-request-id", BACK),
    ROW("azureml-model-session", BACK),
    ROW("operation-location", BACK),
    /* Anthropic, and Claude Code */
    ROW("anthropic-*", UP | BACK),
    ROW("x-anthropic-*", UP),
    ROW("x-claude-*", UP),
    ROW("x-app", UP),
    ROW("request-id", BACK),
    /* Google: resumable uploads go on by what x-goog-upload-* says in both directions */
    ROW("x-goog-*", UP | BACK),
    ROW("x-server-timeout", UP),
    ROW("x-vertex-ai-*", UP | BACK),
    ROW("x-gemini-*", BACK),
    /* AWS: a signature covers all of these, so one that is lost spoils it */
    ROW("x-amz-*", UP | BACK),
    ROW("x-amzn-*", UP | BACK),
    ROW("amz-sdk-*", UP),
    /* Mistral, Cohere */
    ROW("mistral-*", BACK),
    ROW("x-kong-*", BACK),
    ROW("ratelimitbysize-*", BACK),
    ROW("x-client-name", UP),
    ROW("x-fern-*", UP),
    ROW("x-api-warning", BACK),
    ROW("x-debug-trace-id", BACK),
    ROW("x-endpoint-*", BACK),
    ROW("x-trial-endpoint-*", BACK),
    ROW("num_tokens", BACK),
    ROW("num_chars", BACK),
    /* hosts that speak OpenAI's dialect */
    ROW("http-referer", UP),
    ROW("x-title", UP),
    ROW("x-openrouter-*", UP | BACK),
    ROW("x-generation-id", BACK),
    ROW("x-groq-*", BACK),
    ROW("x-grok-*", UP | BACK),
    ROW("x-ds-*", BACK),
    ROW("x-fireworks-*", UP | BACK),
    ROW("fireworks-*", BACK),
    ROW("x-cerebras-*", UP | BACK),
    /* any reply */
    ROW("content-encoding", BACK),
    ROW("content-disposition", BACK),
    ROW("cache-control", BACK),
    ROW("date", BACK),
    ROW("x-request-id", BACK),
    ROW("x-ratelimit-*", BACK),
    ROW("retry-after", BACK),
    ROW("retry-after-ms", BACK),
    ROW("x-should-retry", BACK),
};

static bool matches(struct span rule, struct span name)
{
    if (name.n == 0 || ((rule.p[0] ^ name.p[0]) & ~0x20) != 0) return false;   /* most rows, at once */
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
bool header_is_credential(struct span name)
{
    for (size_t i = 0; rules[i].pass & PASS_CREDENTIAL; i++)   /* they stand first */
        if (matches(rules[i].name, name)) return true;
    return false;
}
