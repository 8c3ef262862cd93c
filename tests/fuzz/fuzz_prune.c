/* Fuzzes localmodel/engine_prune. Input: two bytes that say how long a list may be, how a tool is chosen, then the tools,
 * a NUL and the messages. Oracles: every list that is tried is one JSON array of no more tools than were given; the
 * number of tries is bounded; what is said to be kept is what the last list holds. */
#include "core/arena.h"
#include "core/jscan.h"
#include "localmodel/engine_prune.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(x) ((x) ? (void)0 : (fprintf(stderr, "does not hold: %s\n", #x), abort()))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bound {
    size_t most, last_bytes;
    unsigned tries;
    uint32_t given, last;
};

static uint32_t count(const char *tools)
{
    struct arena *a = arena_new(0);
    struct jdoc d;
    size_t at;
    uint32_t n = 0;
    REQUIRE(jscan(span_str(tools), a, &d, &at) == FAIL_OK && d.tok[0].type == J_ARRAY);
    for (uint32_t t = jdoc_first(0); t < jdoc_end(&d, 0); t = d.tok[t].next) n++;
    arena_free(a);
    return n;
}

static enum fail within(void *arg, const char *tools)
{
    struct bound *b = arg;
    b->tries++;
    b->last_bytes = tools ? strlen(tools) : 0;
    b->last = tools ? count(tools) : 0;
    REQUIRE(b->last <= b->given);
    return b->last_bytes > b->most ? FAIL_CONTEXT_LENGTH : FAIL_OK;
}

static void prune(const struct engine_request *r, size_t most)
{
    struct bound b = {.most = most, .given = prune_count_tools(r)};
    struct prune_count kept = {0};
    enum fail f = prune_to_fit(r, within, &b, &kept);
    REQUIRE((b.given == 0) == (b.tries == 0) || f != FAIL_OK);
    if (f == FAIL_OK) REQUIRE(kept.given == b.given && kept.kept == b.last && b.last_bytes <= most);
    if (f == FAIL_CONTEXT_LENGTH) REQUIRE(b.last_bytes > most);
    unsigned halvings = 0;
    while (b.given >> halvings) halvings++;
    REQUIRE(b.tries <= 6 + halvings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3) return 0;
    char *text = calloc(size, 1), name[] = "a";   /* two NULs at the end at least */
    REQUIRE(text);
    memcpy(text, data + 3, size - 3);
    struct engine_request r = {.tools = text, .messages = text + strlen(text) + (strlen(text) < size - 3), .max_tokens = -1,
                               .tool_choice = (enum tool_choice)(data[2] % 4)};
    if (r.tool_choice == TOOLS_NAMED) r.tool_name = name;
    prune(&r, (size_t)data[0] | (size_t)data[1] << 8);
    free(text);
    return 0;
}
