/* Bodies made to be dear: of each shape one, one of twice the size and one of four times, through the whole judge. Time (of
 * the CPU, as the machine may be shared) has to grow as they do and to stay under LIMIT_MS a MB, memory within so many times
 * the body. Exit 1 where it does not. MB: the size of the largest, 32 when nothing is said.
 *
 *     bench_hostile [MB [SHAPE]]
 *     bench_hostile --smoke          small ones, once: only that each is taken or refused as it should be */
#include "world.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LIMIT_MS 130.0
#define GROWTH_MOST 1.7   /* beside that of the body */
#define HEAP_MOST 24.0    /* times the body */
enum { STEPS = 3, ROUNDS = 2 };

/* ---- shapes ---- */

/* A body is `head`, then `unit` again and again (each '@' in it is its number), then `tail`. */
struct shape {
    const char *name, *api, *type, *head, *unit, *tail;
    enum { LIST, TEXT, DOCUMENT } how;   /* TEXT: without commas; DOCUMENT: a list, but escaped, into a JSON string */
};

#define JSON "application/json"
#define CHAT "{\"model\":\"m\",\"messages\":["
#define USER CHAT "{\"role\":\"user\",\"content\":\""
#define USER_END "\"}]}"

static const struct shape shapes[] = {
    {"nesting", "openai.chat", JSON, "{\"model\":\"m\",\"messages\":[],\"x\":[",
     "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[" "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "]}", LIST},
    {"tiny strings", "openai.chat", JSON, "{\"model\":\"m\",\"messages\":[],\"x\":[", "\"a\"", "]}", LIST},
    {"short strings", "openai.chat", JSON, "{\"model\":\"m\",\"messages\":[],\"x\":[", "\"abc defg\"", "]}", LIST},
    {"keys", "openai.chat", JSON, "{\"model\":\"m\",\"messages\":[],\"x\":{", "\"k@\":\"some value of it\"", "}}", LIST},
    {"escaped keys", "openai.chat", JSON, "{\"model\":\"m\",\"messages\":[],\"x\":{", "\"k\\u0061@\":\"some value\"",
     "}}", LIST},
    {"keys at the top", "openai.chat", JSON, "{\"model\":\"m\",\"messages\":[],", "\"k@\":\"some value of it\"", "}",
     LIST},
    {"keys of metadata", "openai.responses", JSON, "{\"model\":\"m\",\"input\":\"x\",\"metadata\":{",
     "\"k@\":\"{\\\"session_id\\\":\\\"abcdefgh\\\"}\"", "}}", LIST},
    {"messages", "openai.chat", JSON, CHAT, "{\"role\":\"user\",\"content\":\"a short turn of a long talk\"}", "]}", LIST},
    {"parts", "anthropic.messages", JSON, CHAT "{\"role\":\"user\",\"content\":[",
     "{\"type\":\"text\",\"text\":\"a short one\"}", "]}]}", LIST},
    {"parts of Gemini", "gemini.generate", JSON, "{\"contents\":[{\"parts\":[", "{\"text\":\"a short one\"}", "]}]}",
     LIST},
    {"parts of Bedrock", "bedrock.converse", JSON, "{\"messages\":[{\"role\":\"user\",\"content\":[",
     "{\"text\":\"a short one\"}", "]}]}", LIST},
    {"items", "openai.responses", JSON, "{\"model\":\"m\",\"input\":[",
     "{\"type\":\"function_call_output\",\"call_id\":\"c@\",\"output\":\"x\"}", "]}", LIST},
    {"calls and results", "openai.chat", JSON, CHAT,
     "{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"c@\",\"type\":\"function\","
     "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"tool_call_id\":"
     "\"c@\",\"content\":\"x\"}", "]}", LIST},
    {"uses and results", "anthropic.messages", JSON, CHAT,
     "{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"c@\","
     "\"name\":\"f\",\"input\":{\"a\":1}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_res"
     "ult\",\"tool_use_id\":\"c@\",\"content\":\"x\"}]}", "]}", LIST},
    {"calls of Gemini", "gemini.generate", JSON, "{\"contents\":[",
     "{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f@\","
     "\"args\":{\"a\":1}}}]},{\"parts\":[{\"functionResponse\":{\"name\":\"f@\",\"response\":{" "\"b\":2}}}]}", "]}",
     LIST},
    {"uses of Bedrock", "bedrock.converse", JSON, "{\"messages\":[",
     "{\"role\":\"assistant\",\"content\":[{\"toolUse\":{\"toolUseId\":"
     "\"c@\",\"name\":\"f\",\"input\":{}}}]},{\"role\":\"user\",\"content\":[{\"toolResult\":{"
     "\"toolUseId\":\"c@\",\"content\":[{\"text\":\"x\"}]}}]}", "]}", LIST},
    {"tools", "openai.chat", JSON, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[",
     "{\"type\":\"function\",\"function\":{\"name\":\"f@\",\"parameters\":{\"type\":\"object\","
     "\"properties\":{\"a\":{\"type\":\"string\"}}}}}", "]}", LIST},
    {"inputs", "openai.embeddings", JSON, "{\"model\":\"m\",\"input\":[", "\"some text to embed\"", "]}", LIST},
    {"token numbers", "openai.embeddings", JSON, "{\"model\":\"m\",\"input\":[", "3923", "]}", LIST},
    {"ids", "openai.responses", JSON, "{\"model\":\"m\",\"input\":\"x\",\"file_ids\":[", "\"file-abcdefgh@\"", "]}", LIST},
    {"signatures", "anthropic.messages", JSON, CHAT "{\"role\":\"assistant\",\"content\":[",
     "{\"type\":\"thinking\",\"thinking\":\"x\","
     "\"signature\":\"EqQBCkYIAxgCKkD8W3pR7vTz1qLmN0bXyKcAeUdOsGhJfVtQwZrPiMxEaBnC@\"}", "]}]}", LIST},
    {"remote pictures", "openai.chat", JSON, CHAT "{\"role\":\"user\",\"content\":[",
     "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://a.example/@.png\"}}", "]}]}", LIST},
    {"text", "openai.chat", JSON, USER, "The sky is blue because the air scatters short waves of light. ", USER_END, TEXT},
    {"escapes", "openai.chat", JSON, USER, "\\n\\t\\\"\\\\\\u0041\\u00e9\\ud83d\\ude00", USER_END, TEXT},
    {"escapes within escapes", "openai.chat", JSON, USER, "\\\\n\\\\u0041\\\\\\\"x", USER_END, TEXT},
    {"percent", "openai.chat", JSON, USER, "%41%62 %2", USER_END, TEXT},
    {"entities", "openai.chat", JSON, USER, "&#65;&#x42;&amp;&", USER_END, TEXT},
    {"encoded words", "openai.chat", JSON, USER, "=?utf-8?q?Gr=C3=BC=C3=9Fe?= x ", USER_END, TEXT},
    {"heads of encoded words", "openai.chat", JSON, USER, "=?=?q?=?b", USER_END, TEXT},
    {"base64 of text", "openai.chat", JSON, USER, "VGhlIHNreSBpcyBibHVlIGJlY2F1c2Ug", USER_END, TEXT},
    {"base64 of base64", "openai.chat", JSON, USER, "VkdobElITnJlU0JwY3lCaWJIVmxJR0psWTJGMWMyVWdR", USER_END, TEXT},
    {"base64 of bytes", "openai.chat", JSON, USER, "/9j/4AAQSkZJRgABAQAAAQABAADr2wBDAAUDBAQ", USER_END, TEXT},
    {"a picture", "openai.chat", JSON, CHAT
     "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\""
     "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA", "AAUDBAQ8fGZk9sLmN0bXyKcAeUdOsGhJfVtQwZrPi", "\"}}]}]}", TEXT},
    {"short codes", "openai.chat", JSON, USER, "QWxsIGlzIHdlbGw= ", USER_END, TEXT},
    {"codes behind words", "openai.chat", JSON, USER, "aa_bb_cc_dd_ee_VGhlIHNreSBpcyBibHVl ", USER_END, TEXT},
    {"lines of code", "openai.chat", JSON, USER, "VGhlIHNreSBpcyBibHVlIGJlY2F1c2UgdGhlIGFpciBzY2F0dGVycyBzaG9y\\n",
     USER_END, TEXT},
    {"a path", "openai.chat", JSON, USER, "abcdefgh/ijkl_mnop-qr/", USER_END, TEXT},
    {"hex", "openai.chat", JSON, USER, "54686520736b7920697320626c756520", USER_END, TEXT},
    {"data URIs", "openai.chat", JSON, USER, "data:text/plain;base64,VGhlIHNreSBpcyBibHVl ", USER_END, TEXT},
    {"documents in strings", "openai.chat", JSON, CHAT "{\"role\":\"user\",\"content\":\"x\"}],\"x\":[",
     "\"{\\\"a\\\":\\\"b \\\\n c\\\"}\"", "]}", LIST},
    {"a document in a string", "openai.chat", JSON, USER "[", "{\"a\":\"some \\\"text\\\" of it\\n\",\"b\":1}", "]"
     USER_END, DOCUMENT},
    {"findings", "openai.chat", JSON, USER, "SSN 536-90-4399, Maria Lopez, MRN 00482913. ", USER_END, TEXT},
    {"findings in codes", "openai.chat", JSON, USER, "U1NOIDUzNi05MC00Mzk5LCBNYXJpYSBMb3Bleg== ", USER_END, TEXT},
    {"findings in escapes", "openai.chat", JSON, USER, "SSN\\t536-90-4399\\n", USER_END, TEXT},
    {"lines", "openai.files", "application/jsonl", "",
     "{\"custom_id\":\"@\",\"body\":{\"input\":\"SSN 536-90-4399\"}}\n", "", TEXT},
    {"a form", "openai.other", "application/x-www-form-urlencoded", "a=b", "&k@=some%20value", "", TEXT},
    {"fields of a form", "openai.files", "multipart/form-data; boundary=b", "",
     "--b\r\nContent-Disposition: form-data; name=\"k@\"\r\n\r\n" "some value\r\n", "--b--\r\n", TEXT},
};

static void put_unit(struct obuf *o, const struct shape *s, unsigned n)
{
    const char *p = s->unit;
    for (const char *at; (at = strchr(p, '@')) != NULL; p = at + 1) {
        obuf_put(o, p, (size_t)(at - p));
        obuf_printf(o, "%u", n);
    }
    obuf_str(o, p);
}

static void put_body(const struct shape *s, size_t want, struct obuf *o)
{
    struct obuf unit = {0};
    obuf_reset(o);
    obuf_str(o, s->head);
    for (unsigned n = 0; n == 0 || o->n + strlen(s->tail) < want; n++) {
        obuf_reset(&unit);
        if (n && s->how != TEXT) obuf_str(&unit, ",");
        put_unit(&unit, s, n);
        if (s->how == DOCUMENT) jo_escape(o, obuf_span(&unit));
        else obuf_span_put(o, obuf_span(&unit));
    }
    obuf_str(o, s->tail);
    if (!obuf_ok(o) || !obuf_ok(&unit)) exit(1);
    obuf_fini(&unit);
}

/* ---- measuring ---- */

struct cost {
    double seconds;
    uint64_t heap;       /* bytes, at the worst moment */
    enum fail fail;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct cost measure(struct world *w, const struct shape *s, struct span body, int rounds)
{
    struct cost cost = {.seconds = INFINITY};
    struct judge_case c;
    for (int i = 0; i < rounds; i++) {
        world_rest(w);
        world_heap_mark();
        double from = now();
        cost.fail = world_judge(w, route_of_api(s->api), SPAN("/x"), span_str(s->type), body, &c);
        cost.seconds = fmin(cost.seconds, now() - from);
        cost.heap = world_heap_since().peak;
    }
    return cost;
}

/* A body may be more than there is a limit for. Anything else is a fault of this file's. */
static bool is_limit(enum fail f)
{
    return f == FAIL_OK || f == FAIL_JSON_TOO_MANY || f == FAIL_INSPECT_LIMIT || f == FAIL_REQUEST_INVALID;
}

/* Of three steps that double, the last may be four times the first, and some noise. */
static bool judge_costs(const struct shape *s, const struct cost *cost, const double *mb)
{
    double growth = cost[STEPS - 1].seconds / cost[0].seconds / (mb[STEPS - 1] / mb[0]), worst = 0, times = 0;
    bool same = true, limit = true;
    for (int i = 0; i < STEPS; i++) {
        worst = fmax(worst, cost[i].seconds * 1e3 / mb[i]);
        times = fmax(times, (double)cost[i].heap / 1e6 / mb[i]);
        limit &= is_limit(cost[i].fail);
        same &= cost[i].fail == cost[0].fail;
    }
    bool ok = limit && worst <= LIMIT_MS && (!same || growth < GROWTH_MOST) && times <= HEAP_MOST;
    printf("%-24s %8.1f %8.1f %8.1f %8.2f %8.1f  %s%s\n", s->name, cost[0].seconds * 1e3 / mb[0],
           cost[1].seconds * 1e3 / mb[1], cost[2].seconds * 1e3 / mb[2], growth, times,
           fail_code(cost[STEPS - 1].fail), ok ? "" : "  TOO DEAR");
    return ok;
}

static bool run_shape(struct world *w, const struct shape *s, double largest, bool smoke)
{
    struct cost cost[STEPS];
    struct obuf body = {0};
    double mb[STEPS];
    for (int i = 0; i < STEPS; i++) {
        put_body(s, (size_t)(largest * 1e6) >> (STEPS - 1 - i), &body);
        mb[i] = (double)body.n / 1e6;
        cost[i] = measure(w, s, obuf_span(&body), smoke ? 1 : ROUNDS);
    }
    obuf_fini(&body);
    if (!smoke) return judge_costs(s, cost, mb);
    bool ok = is_limit(cost[STEPS - 1].fail);
    printf("%s bench/hostile-%s (%s)\n", ok ? "ok" : "not ok", s->name, fail_code(cost[STEPS - 1].fail));
    return ok;
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0, ok = true;
    double largest = smoke ? 0.2 : argc > 1 ? atof(argv[1]) : 32;
    struct world w;
    world_begin(&w);
    if (!smoke) printf("%-24s %26s %8s %8s\n", "hostile bodies", "ms/MB at 1/4, 1/2 and all", "growth", "heap/body");
    for (size_t i = 0; i < COUNT(shapes); i++)
        if (argc < 3 || strcmp(argv[2], shapes[i].name) == 0) ok &= run_shape(&w, &shapes[i], largest, smoke);
    world_end(&w);
    return ok ? 0 : 1;
}
