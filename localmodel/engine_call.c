#include "localmodel/engine_call.h"

void call_fini(struct call_scan *c)
{
    obuf_fini(&c->name);
    obuf_fini(&c->seen);
}

/* A state that ends when its text ends in `mark`, blanks not counted. */
static void until(struct call_scan *c, char byte, const char *mark, enum call_state next)
{
    if (byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r') return;
    obuf_put(&c->seen, &byte, 1);
    if (!span_ends(obuf_span(&c->seen), span_str(mark))) return;
    obuf_reset(&c->seen);
    c->state = next;
}

static void name_byte(struct call_scan *c, char byte)
{
    /* Names are of letters, digits, underscores and hyphens by the API's rules: nothing is escaped in them. */
    if (byte == '"') c->state = CALL_BEFORE_ARGUMENTS;
    else obuf_put(&c->name, &byte, 1);
}

static void arguments_byte(struct call_scan *c, char byte, struct obuf *out)
{
    obuf_put(out, &byte, 1);
    if (c->in_string) {
        if (c->escaped) c->escaped = false;
        else if (byte == '\\') c->escaped = true;
        else if (byte == '"') c->in_string = false;
        return;
    }
    if (byte == '"') c->in_string = true;
    if (byte == '{' || byte == '[') c->depth++;
    if ((byte == '}' || byte == ']') && --c->depth == 0) c->state = CALL_DONE;
}

void call_feed(struct call_scan *c, struct span in, struct obuf *arguments)
{
    for (size_t i = 0; i < in.n; i++) {
        switch (c->state) {
        case CALL_BEFORE_NAME: until(c, in.p[i], "\"name\":\"", CALL_NAME); break;
        case CALL_NAME: name_byte(c, in.p[i]); break;
        case CALL_BEFORE_ARGUMENTS: until(c, in.p[i], "\"arguments\":{", CALL_ARGUMENTS); break;
        case CALL_ARGUMENTS: break;
        case CALL_DONE: return;
        }
        if (c->state != CALL_ARGUMENTS) continue;
        /* The brace that ended the mark is the first byte of the arguments. */
        if (c->depth == 0) arguments_byte(c, '{', arguments);
        else arguments_byte(c, in.p[i], arguments);
    }
}
