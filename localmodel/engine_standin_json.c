/* The stand-in's structured output: from a JSON schema the smallest document that fits it, for the schemas that clients'
 * libraries make: objects with properties, arrays, enums, alternatives, references within the document. */
#include "localmodel/engine_standin.h"

#define DEPTH_MAX 24                   /* of what is written; a schema that goes on is taken as one that cannot be met */
#define OPTIONAL_DEPTH 6               /* deeper than that, only what is required: schemas may refer to themselves */
#define ITEMS_MAX 16

struct example {
    const struct jdoc *d;
    struct arena *arena;
    struct obuf *out;
    unsigned depth;
    bool bad;
};

static void put_any(struct example *e, uint32_t schema);

static void comma(struct example *e, bool *first)
{
    if (!*first) obuf_str(e->out, ",");
    *first = false;
}

static void put_token(struct example *e, uint32_t i)
{
    bool quoted = e->d->tok[i].type == J_STRING || e->d->tok[i].type == J_KEY;
    if (quoted) obuf_str(e->out, "\"");
    obuf_span_put(e->out, jdoc_raw(e->d, i));
    if (quoted) obuf_str(e->out, "\"");
}

static bool required(const struct example *e, uint32_t schema, uint32_t key)
{
    struct span name = jdoc_raw(e->d, key);
    uint32_t list = jdoc_get_type(e->d, schema, "required", J_ARRAY);
    if (list == J_NONE) return false;
    for (uint32_t i = jdoc_first(list); i < jdoc_end(e->d, list); i = e->d->tok[i].next)
        if (span_eq(jdoc_raw(e->d, i), name)) return true;
    return false;
}

static void put_object(struct example *e, uint32_t schema)
{
    uint32_t properties = jdoc_get_type(e->d, schema, "properties", J_OBJECT);
    bool first = true;
    obuf_str(e->out, "{");
    for (uint32_t key = properties == J_NONE ? J_NONE : jdoc_first(properties);
         key != J_NONE && key < jdoc_end(e->d, properties); key = e->d->tok[key + 1].next) {
        if (e->depth > OPTIONAL_DEPTH && !required(e, schema, key)) continue;
        comma(e, &first);
        put_token(e, key);
        obuf_str(e->out, ":");
        put_any(e, key + 1);
    }
    obuf_str(e->out, "}");
}

static int64_t number_of(const struct example *e, uint32_t schema, const char *key, int64_t otherwise)
{
    int64_t n;
    return jdoc_int(e->d, jdoc_get(e->d, schema, key), &n) ? n : otherwise;
}

/* One item, where one is allowed, so that a client has something to look at. */
static void put_array(struct example *e, uint32_t schema)
{
    uint32_t items = jdoc_get(e->d, schema, "items");
    int64_t least = number_of(e, schema, "minItems", 0), most = number_of(e, schema, "maxItems", ITEMS_MAX);
    int64_t n = least > 0 ? least : most > 0 && items != J_NONE && e->depth <= OPTIONAL_DEPTH;
    if (n > ITEMS_MAX) e->bad = true;
    obuf_str(e->out, "[");
    for (int64_t i = 0; i < n && !e->bad; i++) {
        if (i) obuf_str(e->out, ",");
        if (items == J_NONE) obuf_str(e->out, "\"x\"");
        else put_any(e, items);
    }
    obuf_str(e->out, "]");
}

static void put_string(struct example *e, uint32_t schema)
{
    int64_t n = number_of(e, schema, "minLength", 1);
    if (n > 1000 || jdoc_get(e->d, schema, "pattern") != J_NONE) e->bad = true;
    obuf_str(e->out, "\"");
    for (int64_t i = 0; i < (n > 1 ? n : 1) && !e->bad; i++) obuf_str(e->out, "x");
    obuf_str(e->out, "\"");
}

static void put_number(struct example *e, uint32_t schema)
{
    uint32_t least = jdoc_get_type(e->d, schema, "minimum", J_NUMBER);
    uint32_t most = jdoc_get_type(e->d, schema, "maximum", J_NUMBER);
    double low, high;
    if (jdoc_double(e->d, least, &low) && low > 1) put_token(e, least);
    else if (jdoc_double(e->d, most, &high) && high < 1) put_token(e, most);
    else obuf_str(e->out, "1");
}

static void put_typed(struct example *e, uint32_t schema, uint32_t type)
{
    if (jdoc_is(e->d, type, "object")) put_object(e, schema);
    else if (jdoc_is(e->d, type, "array")) put_array(e, schema);
    else if (jdoc_is(e->d, type, "string")) put_string(e, schema);
    else if (jdoc_is(e->d, type, "integer") || jdoc_is(e->d, type, "number")) put_number(e, schema);
    else if (jdoc_is(e->d, type, "boolean")) obuf_str(e->out, "true");
    else if (jdoc_is(e->d, type, "null")) obuf_str(e->out, "null");
    else e->bad = true;
}

/* "#/$defs/name": each step a member's name; "#" is the document. J_NONE when it leads nowhere. */
static uint32_t resolve(struct example *e, uint32_t ref)
{
    struct span path = jdoc_text(e->d, ref, e->arena);
    uint32_t at = 0;
    if (path.n == 0 || path.p[0] != '#') return J_NONE;
    path = span_from(path, 1);
    while (path.n && at != J_NONE) {
        path = span_from(path, 1);
        const char *slash = path.n ? memchr(path.p, '/', path.n) : NULL;
        size_t n = slash ? (size_t)(slash - path.p) : path.n;
        const char *name = path.n ? arena_strndup(e->arena, path.p, n) : NULL;
        at = name ? jdoc_get(e->d, at, name) : J_NONE;
        path = span_from(path, n);
    }
    return at;
}

/* The first element of a list member, or J_NONE. */
static uint32_t first_of(const struct example *e, uint32_t schema, const char *key)
{
    uint32_t list = jdoc_get_type(e->d, schema, key, J_ARRAY);
    return list != J_NONE && jdoc_first(list) < jdoc_end(e->d, list) ? jdoc_first(list) : J_NONE;
}

static void put_keyed(struct example *e, uint32_t schema)
{
    uint32_t ref = jdoc_get_type(e->d, schema, "$ref", J_STRING), fixed = jdoc_get(e->d, schema, "const");
    uint32_t type = jdoc_get(e->d, schema, "type");
    if (ref != J_NONE) schema = resolve(e, ref);
    if (fixed == J_NONE) fixed = first_of(e, schema, "enum");
    uint32_t other = first_of(e, schema, "anyOf");
    if (other == J_NONE) other = first_of(e, schema, "oneOf");
    if (other == J_NONE) other = first_of(e, schema, "allOf");
    if (type != J_NONE && e->d->tok[type].type == J_ARRAY) type = first_of(e, schema, "type");
    if (schema == J_NONE) e->bad = true;
    else if (ref != J_NONE) put_any(e, schema);
    else if (fixed != J_NONE) put_token(e, fixed);
    else if (type != J_NONE) put_typed(e, schema, type);
    else if (other != J_NONE) put_any(e, other);
    else if (jdoc_get(e->d, schema, "properties") != J_NONE) put_object(e, schema);
    else obuf_str(e->out, "\"x\"");
}

static void put_any(struct example *e, uint32_t schema)
{
    if (e->bad || e->depth >= DEPTH_MAX) {
        e->bad = true;
        return;
    }
    e->depth++;
    if (e->d->tok[schema].type == J_OBJECT) put_keyed(e, schema);
    else if (e->d->tok[schema].type == J_TRUE) obuf_str(e->out, "\"x\"");
    else e->bad = true;
    e->depth--;
}

enum fail standin_example(const char *schema, struct arena *a, struct obuf *o)
{
    struct jdoc d;
    size_t at;
    enum fail f = jscan(span_str(schema), a, &d, &at);
    if (f != FAIL_OK) return f;
    struct example e = {.d = &d, .arena = a, .out = o};
    put_any(&e, 0);
    if (!obuf_ok(o)) return FAIL_NO_MEMORY;
    return e.bad ? FAIL_LOCAL_UNSUPPORTED : FAIL_OK;
}
