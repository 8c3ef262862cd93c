/* The options as a libcyaml schema, and the load. All scalars are strings to libcyaml. */
#include "conf/load.h"
#include "core/arena.h"
#include <cyaml/cyaml.h>
#include <stdio.h>

#define LONGEST_STRING (1u << 20)

static const cyaml_schema_value_t string_entry = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, LONGEST_STRING)};

static const cyaml_schema_field_t *make_fields(struct arena *a, const struct options *of);

static bool make_value(struct arena *a, const struct option *o, cyaml_schema_value_t *v)
{
    v->flags = CYAML_FLAG_POINTER | (o->required ? CYAML_FLAG_DEFAULT : CYAML_FLAG_OPTIONAL);
    if (option_is_map(o)) {
        v->type = CYAML_MAPPING;
        v->data_size = (uint32_t)(o->of->n * sizeof(struct slot));
        v->mapping.fields = make_fields(a, o->of);
        return v->mapping.fields != NULL;
    }
    if (!option_is_list(o)) {
        v->type = CYAML_STRING;
        v->data_size = sizeof(char);
        v->string.max = LONGEST_STRING;
        return true;
    }
    v->type = CYAML_SEQUENCE;
    v->sequence.max = CYAML_UNLIMITED;
    v->data_size = sizeof(char *);
    v->sequence.entry = &string_entry;
    if (o->kind != O_OBJECTS) return true;
    cyaml_schema_value_t *entry = arena_make(a, cyaml_schema_value_t);
    if (entry == NULL) return false;
    v->data_size = entry->data_size = (uint32_t)(o->of->n * sizeof(struct slot));
    entry->type = CYAML_MAPPING;
    entry->mapping.fields = make_fields(a, o->of);
    v->sequence.entry = entry;
    return entry->mapping.fields != NULL;
}

static const cyaml_schema_field_t *make_fields(struct arena *a, const struct options *of)
{
    cyaml_schema_field_t *f = arena_array(a, of->n + 1, sizeof *f);   /* the last stays zeroed: the end */
    for (size_t i = 0; f && i < of->n; i++) {
        f[i].key = of->option[i].key;
        f[i].data_offset = (uint32_t)(i * sizeof(struct slot) + offsetof(struct slot, p));
        f[i].count_offset = (uint32_t)(i * sizeof(struct slot) + offsetof(struct slot, n));
        f[i].count_size = sizeof(uint64_t);
        if (!make_value(a, &of->option[i], &f[i].value)) return NULL;
    }
    return f;
}

static bool make_schema(struct arena *a, const struct options *top, cyaml_schema_value_t *v)
{
    struct option whole = {.kind = O_OBJECT, .required = true, .of = top};
    return a != NULL && make_value(a, &whole, v);
}

/* libcyaml tells its reason in lines: the first is the reason, the first with a place is where. */
struct told {
    char reason[200], where[100];
};

static void CD_PRINTF(3, 0) listen_to(cyaml_log_t level, void *arg, const char *fmt, va_list args)
{
    struct told *t = arg;
    char text[200];
    vsnprintf(text, sizeof text, fmt, args);
    text[strcspn(text, "\n")] = '\0';
    char *to = level < CYAML_LOG_ERROR ? NULL : text[0] == ' ' ? t->where : t->reason;
    size_t cap = to == t->where ? sizeof t->where : sizeof t->reason;
    if (to && to[0] == '\0') snprintf(to, cap, "%.*s", (int)cap - 1, text);
}

static cyaml_config_t config_of(struct told *t)
{
    return (cyaml_config_t){.log_fn = listen_to, .log_ctx = t, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_WARNING,
                            .flags = CYAML_CFG_NO_ALIAS};
}

struct slot *slots_load(const struct options *top, struct span text, struct report *r)
{
    struct told t = {"", ""};
    cyaml_config_t config = config_of(&t);
    cyaml_schema_value_t schema = {0};
    cyaml_data_t *data = NULL;
    cyaml_err_t e = CYAML_ERR_OOM;
    struct arena *a = arena_new(32 << 10);
    if (make_schema(a, top, &schema))
        e = cyaml_load_data((const uint8_t *)text.p, text.n, &config, &schema, &data, NULL);
    /* shape_check has passed the same text, so this is memory, or a string of over a megabyte. */
    if (e != CYAML_OK) report_at(r, (struct place){0}, "%s (%s)%s", cyaml_strerror(e), t.reason, t.where);
    arena_free(a);
    return e == CYAML_OK ? data : NULL;
}

void slots_free(const struct options *top, struct slot *s)
{
    struct told t = {"", ""};
    cyaml_config_t config = config_of(&t);
    cyaml_schema_value_t schema = {0};
    struct arena *a = arena_new(32 << 10);
    if (make_schema(a, top, &schema)) cyaml_free(&config, &schema, s, 0);
    arena_free(a);
}
