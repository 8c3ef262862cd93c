/* Schemas and tools. Google's schema objects differ from JSON Schema in a few members; the rest is copied as it is. */
#include "wire/gemini_generate.h"

enum member { TYPE, NULLABLE, COUNTED, ONE, LIST, MAP, OTHER };

/* Names that the schema has in both spellings are written in JSON Schema's. */
static const struct { const char *name; enum member is; } members[] = {
    {"type", TYPE}, {"nullable", NULLABLE}, {"items", ONE}, {"properties", MAP}, {"anyOf", LIST}, {"defs", MAP},
    {"prefixItems", LIST}, {"additionalProperties", ONE}, {"minItems", COUNTED}, {"maxItems", COUNTED},
    {"minLength", COUNTED}, {"maxLength", COUNTED}, {"minProperties", COUNTED}, {"maxProperties", COUNTED},
};

/* ---- pieces of output ---- */

static void put_quoted(struct obuf *o, const char *k, struct span raw)
{
    jo_raw(o, k, SPAN("\""));
    obuf_span_put(o, raw);
    obuf_str(o, "\"");
}

/* A key, still escaped; the value that is written next follows it. */
static void put_key(struct obuf *o, struct span raw)
{
    put_quoted(o, NULL, raw);
    obuf_str(o, ":");
    o->comma = false;
}

/* A value as it stands in the body. */
static void put_value(const struct jdoc *d, uint32_t i, const char *k, struct obuf *o)
{
    if (d->tok[i].type == J_STRING) put_quoted(o, k, jdoc_raw(d, i));
    else jo_raw(o, k, jdoc_raw(d, i));
}

/* ---- schemas ---- */

static void put_type(const struct jdoc *d, uint32_t i, bool nullable, struct obuf *o)
{
    struct span raw = jdoc_raw(d, i);
    if (d->tok[i].type != J_STRING) {
        put_value(d, i, "type", o);
        return;
    }
    if (jdoc_is(d, i, "TYPE_UNSPECIFIED")) return;
    if (nullable) jo_open(o, "type", '[');
    jo_raw(o, nullable ? NULL : "type", SPAN("\""));
    for (const char *p = raw.p, *end = raw.p + raw.n; p < end;) {
        char c[4];
        size_t n = (size_t)jscan_unescape1(&p, end, c);
        if (*c >= 'A' && *c <= 'Z') *c |= 0x20;
        jo_escape(o, (struct span){c, n});
    }
    obuf_str(o, "\"");
    if (!nullable) return;
    jo_cstr(o, NULL, "null");
    jo_close(o, ']');
}

/* A 64-bit number is a string in Google's JSON. */
static void put_counted(const struct jdoc *d, uint32_t i, const char *name, struct obuf *o)
{
    struct span raw = jdoc_raw(d, i);
    char digits[24];
    size_t n = 0;
    for (const char *p = raw.p, *end = raw.p + raw.n; p < end && n < 19; n++)
        if (jscan_unescape1(&p, end, digits + n) != 1 || digits[n] < '0' || digits[n] > '9') return;
    if (n > 0 && n < 19 && (n == 1 || digits[0] != '0')) jo_raw(o, name, (struct span){digits, n});
}

static void put_map(const struct jdoc *d, uint32_t i, const char *name, struct obuf *o)
{
    jo_open(o, name, '{');
    for (uint32_t key = jdoc_first(i); key < jdoc_end(d, i); key = d->tok[key + 1].next) {
        put_key(o, jdoc_raw(d, key));
        gemini_schema(d, key + 1, o);
    }
    jo_close(o, '}');
}

static void put_list(const struct jdoc *d, uint32_t i, const char *name, struct obuf *o)
{
    jo_open(o, name, '[');
    for (uint32_t k = jdoc_first(i); k < jdoc_end(d, i); k = d->tok[k].next) gemini_schema(d, k, o);
    jo_close(o, ']');
}

static void put_one(const struct jdoc *d, uint32_t i, const char *name, struct obuf *o)
{
    put_key(o, span_str(name));
    gemini_schema(d, i, o);
}

static bool is_nullable(const struct jdoc *d, uint32_t schema)
{
    uint32_t i = jdoc_get(d, schema, "nullable");
    return i != J_NONE && d->tok[i].type == J_TRUE;
}

static void put_member(const struct jdoc *d, uint32_t key, bool nullable, struct obuf *o)
{
    uint32_t v = key + 1;
    enum jtype t = (enum jtype)d->tok[v].type;
    size_t k = 0;
    while (k < COUNT(members) && !gemini_same(d, key, members[k].name)) k++;
    enum member is = k < COUNT(members) ? members[k].is : OTHER;
    if (is == NULLABLE) return;
    if (is == TYPE) put_type(d, v, nullable, o);
    else if (is == COUNTED) put_counted(d, v, members[k].name, o);
    else if (is == ONE) put_one(d, v, members[k].name, o);
    else if (is == LIST && t == J_ARRAY) put_list(d, v, members[k].name, o);
    else if (is == MAP && t == J_OBJECT) put_map(d, v, members[k].name, o);
    else {
        put_key(o, jdoc_raw(d, key));
        put_value(d, v, NULL, o);
    }
}

/* As deep as the body is nested, which jscan bounds. */
void gemini_schema(const struct jdoc *d, uint32_t schema, struct obuf *o)
{
    if (d->tok[schema].type != J_OBJECT) {   /* true and false are schemas too */
        put_value(d, schema, NULL, o);
        return;
    }
    bool nullable = is_nullable(d, schema);
    jo_open(o, NULL, '{');
    for (uint32_t key = jdoc_first(schema); key < jdoc_end(d, schema); key = d->tok[key + 1].next)
        put_member(d, key, nullable, o);
    jo_close(o, '}');
}

/* ---- tools ---- */

static bool is_allowed(const struct reader *r, struct span name, uint32_t allowed)
{
    if (allowed == J_NONE) return true;
    for (uint32_t k = jdoc_first(allowed); k < jdoc_end(r->d, allowed); k = r->d->tok[k].next)
        if (jdoc_equals(r->d, k, name)) return true;
    return false;
}

static void put_parameters(const struct reader *r, uint32_t declaration, struct obuf *o)
{
    uint32_t own = gemini_get(r, declaration, "parameters"), json = gemini_get(r, declaration, "parametersJsonSchema");
    if (json != J_NONE) {
        put_value(r->d, json, "parameters", o);
    } else if (own != J_NONE) {
        put_one(r->d, own, "parameters", o);
    } else {
        jo_raw(o, "parameters", SPAN("{\"type\":\"object\",\"properties\":{}}"));
    }
}

static void put_declaration(struct reader *r, uint32_t i, uint32_t allowed, struct obuf *o)
{
    uint32_t name = gemini_get(r, i, "name"), text = gemini_get(r, i, "description");
    if (!reader_is(r, name, J_STRING)) {
        reader_unsupported(r, "functionDeclarations");
        return;
    }
    if (!is_allowed(r, reader_text(r, name), allowed)) return;
    jo_open(o, NULL, '{');
    jo_cstr(o, "type", "function");
    jo_open(o, "function", '{');
    put_value(r->d, name, "name", o);
    if (reader_is(r, text, J_STRING)) put_value(r->d, text, "description", o);
    put_parameters(r, i, o);
    jo_close(o, '}');
    jo_close(o, '}');
}

void gemini_tools(struct reader *r, uint32_t tools, uint32_t allowed)
{
    struct obuf o = {0};
    if (!gemini_is_list(r, tools)) {
        reader_unsupported(r, "tools");
        return;
    }
    jo_open(&o, NULL, '[');
    size_t empty = o.n;
    for (uint32_t k = gemini_first(r, tools); k < jdoc_end(r->d, tools); k = r->d->tok[k].next) {
        uint32_t list = gemini_get(r, k, "functionDeclarations");
        if (!gemini_is_list(r, list)) continue;   /* a search, say: the model can do without */
        for (uint32_t f = gemini_first(r, list); f < jdoc_end(r->d, list); f = r->d->tok[f].next)
            put_declaration(r, f, allowed, &o);
    }
    bool any = o.n > empty;
    jo_close(&o, ']');
    struct span kept = reader_keep(r, &o);
    if (any) r->conv->tools = kept;
}
