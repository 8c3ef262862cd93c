/* What it costs to understand a body, by dialect: decode alone, and with the scan that it needs, on chat bodies of 1 KB,
 * 100 KB and 10 MB. For figures build in release mode. The best of several rounds is taken, all columns of a row in the
 * same rounds, as the machine may be shared. `bench_decode --smoke` does one round and only says whether it works. */
#include "wire/codec.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int rounds = 15;

static const char *const sentences[] = {
    "Summarise the attached discharge letter in two sentences. ",
    "She said \"not before Tuesday\", and the ward agreed.\n",
    "Please write a function that parses ISO 8601 dates and explain the edge cases. ",
    "Caf\xc3\xa9 M\xc3\xbcller, 3 rue de la Paix, is where they met. ",
    "The quarterly figures are in the table below; compare them with last year's. ",
};

/* ---- bodies ---- */

typedef void turn_writer(struct obuf *o, bool assistant, struct span text);

static void text_turn(struct obuf *o, bool assistant, struct span text)
{
    jo_open(o, NULL, '{');
    jo_cstr(o, "role", assistant ? "assistant" : "user");
    jo_str(o, "content", text);
    jo_close(o, '}');
}

static void parts_turn(struct obuf *o, bool assistant, struct span text)
{
    jo_open(o, NULL, '{');
    jo_cstr(o, "role", assistant ? "assistant" : "user");
    jo_open(o, "content", '[');
    jo_open(o, NULL, '{');
    jo_cstr(o, "type", "text");
    jo_str(o, "text", text);
    jo_close(o, '}');
    jo_close(o, ']');
    jo_close(o, '}');
}

static void converse_turn(struct obuf *o, bool assistant, struct span text)
{
    jo_open(o, NULL, '{');
    jo_cstr(o, "role", assistant ? "assistant" : "user");
    jo_open(o, "content", '[');
    jo_open(o, NULL, '{');
    jo_str(o, "text", text);
    jo_close(o, '}');
    jo_close(o, ']');
    jo_close(o, '}');
}

static void contents_turn(struct obuf *o, bool assistant, struct span text)
{
    jo_open(o, NULL, '{');
    jo_cstr(o, "role", assistant ? "model" : "user");
    jo_open(o, "parts", '[');
    jo_open(o, NULL, '{');
    jo_str(o, "text", text);
    jo_close(o, '}');
    jo_close(o, ']');
    jo_close(o, '}');
}

static void string_turn(struct obuf *o, bool assistant, struct span text)
{
    (void)assistant;
    jo_str(o, NULL, text);
}

/* `list`: the member that holds the turns; `turn` NULL: it is one string, the whole text. `more`: other members. */
static const struct dialect_body {
    const char *api, *path, *list;
    turn_writer *turn;
    const char *more;
} bodies[] = {
    {"openai.chat", "/v1/chat/completions", "messages", text_turn, "\"temperature\":0.7,\"stream\":true"},
    {"openai.responses", "/v1/responses", "input", text_turn, "\"stream\":true,\"store\":false"},
    {"openai.responses.input_tokens", "/v1/responses/input_tokens", "input", text_turn, NULL},
    {"openai.responses.compact", "/v1/responses/compact", "input", text_turn, NULL},
    {"openai.completions", "/v1/completions", "prompt", NULL, "\"stream\":true"},
    {"openai.embeddings", "/v1/embeddings", "input", string_turn, NULL},
    {"anthropic.messages", "/v1/messages", "messages", parts_turn, "\"max_tokens\":1000,\"stream\":true"},
    {"anthropic.count_tokens", "/v1/messages/count_tokens", "messages", parts_turn, NULL},
    {"gemini.generate", "/v1beta/models/g:generateContent", "contents", contents_turn,
     "\"generationConfig\":{\"temperature\":0.7}"},
    {"gemini.count", "/v1beta/models/g:countTokens", "contents", contents_turn, NULL},
    {"vertex.anthropic", "/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict", "messages", parts_turn,
     "\"anthropic_version\":\"vertex-2023-10-16\",\"max_tokens\":1000"},
    {"mistral.chat", "/v1/chat/completions", "messages", text_turn, "\"temperature\":0.7,\"stream\":true"},
    {"mistral.embed", "/v1/embeddings", "input", string_turn, NULL},
    {"bedrock.converse", "/model/m/converse", "messages", converse_turn, "\"inferenceConfig\":{\"maxTokens\":1000}"},
    {"bedrock.invoke", "/model/anthropic.claude-x/invoke", "messages", parts_turn,
     "\"anthropic_version\":\"bedrock-2023-05-31\",\"max_tokens\":1000"},
    {"cohere.chat", "/v2/chat", "messages", text_turn, "\"stream\":true"},
    {"cohere.embed", "/v2/embed", "texts", string_turn, "\"input_type\":\"search_query\""},
    {"ollama.chat", "/api/chat", "messages", text_turn, "\"options\":{\"temperature\":0.7}"},
    {"ollama.generate", "/api/generate", "prompt", NULL, NULL},
    {"ollama.embed", "/api/embed", "input", string_turn, NULL},
};

static void some_text(struct obuf *o, size_t from, size_t want)
{
    obuf_reset(o);
    for (size_t i = from; o->n < want; i++) obuf_str(o, sentences[i % COUNT(sentences)]);
}

static void write_body(const struct dialect_body *b, size_t want, struct obuf *o)
{
    struct obuf text = {0};
    size_t each = want / 3 > 8000 ? 8000 : want / 3;   /* such that 10 MB are within what decoders take */
    obuf_reset(o);
    jo_open(o, NULL, '{');
    jo_cstr(o, "model", "some-model-1");
    if (b->turn) {
        jo_open(o, b->list, '[');
        for (size_t turn = 0; turn % 2 == 0 || o->n < want; turn++) {   /* the last is the user's */
            some_text(&text, turn, each);
            b->turn(o, turn % 2, obuf_span(&text));
        }
        jo_close(o, ']');
    } else {
        some_text(&text, 0, want);
        jo_str(o, b->list, obuf_span(&text));
    }
    if (b->more) {
        obuf_str(o, ",");
        obuf_str(o, b->more);
    }
    obuf_str(o, "}");
    obuf_fini(&text);
}

/* ---- time ---- */

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct bench {
    const struct dialect_body *body;
    const struct route *route;
    struct span text;
    struct arena *tokens, *decoded;
    struct jdoc doc;
    struct conv conv;
};

static void scan(struct bench *b)
{
    size_t at;
    arena_reset(b->tokens);
    if (jscan(b->text, b->tokens, &b->doc, &at)) exit(1);
}

static void decode(struct bench *b)
{
    const char *field;
    size_t at;
    arena_reset(b->decoded);
    struct conv_source s = {.doc = &b->doc, .path = span_str(b->body->path), .route = b->route};
    enum fail f = b->route->codec->decode(&s, b->decoded, &b->conv, &field, &at);
    if (f == FAIL_OK && b->conv.unsupported == NULL) return;
    fprintf(stderr, "bench_decode: %s: %s %s\n", b->body->api, fail_code(f), f ? (field ? field : "") : b->conv.unsupported);
    exit(1);
}

static double time_of(struct bench *b, int times, bool with_scan, bool with_decode)
{
    double from = seconds();
    for (int i = 0; i < times; i++) {
        if (with_scan) scan(b);
        if (with_decode) decode(b);
    }
    return (seconds() - from) / times;
}

static void measure(struct bench *b, bool smoke)
{
    int times = smoke ? 1 : (int)(10e6 / (double)b->text.n) + 1;
    double alone = INFINITY, both = INFINITY, only_scan = INFINITY;
    scan(b);
    for (int r = 0; r < rounds; r++) {
        alone = fmin(alone, time_of(b, times, false, true));
        both = fmin(both, time_of(b, times, true, true));
        only_scan = fmin(only_scan, time_of(b, times, true, false));
    }
    if (smoke) {
        printf("ok bench/decode-%s-%zu\n", b->body->api, b->text.n);
        return;
    }
    double megabytes = (double)b->text.n / 1e6;
    printf("%-30s %9zu B  decode %8.0f MB/s (%9.2f us)  jscan+decode %6.0f MB/s (%9.2f us)  decode/jscan %.2f\n",
           b->body->api, b->text.n, megabytes / alone, alone * 1e6, megabytes / both, both * 1e6, alone / only_scan);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {1000, 100000, 10000000};
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    struct arena *tokens = arena_new(1 << 20), *decoded = arena_new(1 << 20);
    struct obuf o = {0};
    if (tokens == NULL || decoded == NULL) return 1;
    if (smoke) rounds = 1;
    for (size_t i = 0; i < COUNT(bodies); i++) {
        const struct route *r = route_of_api(bodies[i].api);
        for (size_t k = 0; r && r->codec->decode && k < COUNT(sizes); k++) {
            write_body(&bodies[i], sizes[k], &o);
            struct bench b = {.body = &bodies[i], .route = r, .text = obuf_span(&o), .tokens = tokens, .decoded = decoded};
            measure(&b, smoke);
        }
    }
    obuf_fini(&o);
    arena_free(tokens);
    arena_free(decoded);
    return 0;
}
