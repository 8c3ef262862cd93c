#include "conf/load.h"
#include "conf/scalar.h"
#include "conf/valid.h"
#include <stdio.h>
#include <stdlib.h>

/* One value on its way to its place. */
struct value {
    const struct filler *f;
    const struct option *o;
    const char *text;
    struct place at;
    void *to;
};

static bool refuse(const struct value *v, const char *form)
{
    report_at(v->f->r, v->at, "`%s` takes %s", v->o->key, form);
    return false;
}

static bool put_copy(const struct value *v)
{
    char *copy = strdup(v->text);
    if (copy == NULL) return refuse(v, "more memory than there is");
    *(char **)v->to = copy;
    return true;
}

static bool fill_name(const struct value *v)
{
    if (valid_name(v->text)) return put_copy(v);
    return refuse(v, "a name: at most 64 letters, digits and . _ - / : @ + and no spaces");
}

static bool fill_word(const struct value *v)
{
    return v->text[0] && valid_text(v->text, false) ? put_copy(v) : refuse(v, "one line of text, and not an empty one");
}

static bool fill_value(const struct value *v)
{
    return valid_text(v->text, false) ? put_copy(v) : refuse(v, "one line of text");
}

static bool fill_text(const struct value *v)
{
    if (v->text[0] && strlen(v->text) <= 4096 && valid_text(v->text, true)) return put_copy(v);
    return refuse(v, "a text of at most 4096 bytes, without control characters");
}

static bool fill_path(const struct value *v)
{
    if (v->text[0] == '\0' || !valid_text(v->text, false)) return refuse(v, "a path");
    if (v->text[0] == '/') return put_copy(v);
    char *path;
    if (asprintf(&path, "%s/%s", v->f->dir, v->text) < 0) return refuse(v, "more memory than there is");
    *(char **)v->to = path;
    return true;
}

static bool fill_host(const struct value *v)
{
    if (valid_host(v->text)) return put_copy(v);
    return refuse(v, "a host name in lower case, as the certificate has it, without scheme and port (an address goes "
                     "to `address`)");
}

static bool fill_address(const struct value *v)
{
    struct sockaddr_storage s;
    socklen_t n;
    if (conf_parse_address(v->text, &s, &n)) return put_copy(v);
    return refuse(v, "an address and port such as 127.0.0.1:8080 or [::1]:8080");
}

static bool fill_bool(const struct value *v)
{
    return scalar_bool(v->text, v->to) || refuse(v, "true or false");
}

static bool fill_tristate(const struct value *v)
{
    bool b;
    if (!scalar_bool(v->text, &b)) return refuse(v, "true or false");
    *(int *)v->to = b;
    return true;
}

static bool fill_choice(const struct value *v)
{
    char form[200] = "one of";
    size_t used = strlen(form);
    for (int i = 0; v->o->names[i]; i++) {
        if (v->o->names[i][0] == '\0') continue;   /* a number without a name */
        if (strcmp(v->o->names[i], v->text) == 0) return *(int *)v->to = i, true;
        used += (size_t)snprintf(form + used, sizeof form - used, " %s", v->o->names[i]);
    }
    return refuse(v, form);
}

static bool within(const struct value *v, uint64_t n, const char *unit)
{
    uint64_t most = v->o->kind == O_PORT ? 65535 : v->o->max;
    if (n >= v->o->min && n <= most) return true;
    report_at(v->f->r, v->at, "`%s` must be from %llu to %llu%s", v->o->key, (unsigned long long)v->o->min,
              (unsigned long long)most, unit);
    return false;
}

static bool fill_size(const struct value *v)
{
    uint64_t n;
    if (!scalar_size(v->text, &n)) return refuse(v, "a size: 4096 (bytes), 64KB, 32MiB, 1GiB");
    if (!within(v, n, " bytes")) return false;
    if (v->o->kind == O_SIZE32) *(uint32_t *)v->to = (uint32_t)n;
    else *(uint64_t *)v->to = n;
    return true;
}

static bool fill_seconds(const struct value *v)
{
    uint64_t n;
    if (!scalar_seconds(v->text, &n)) return refuse(v, "a duration with its unit: 30s, 5m, 2h");
    return within(v, n, " seconds") && (*(uint32_t *)v->to = (uint32_t)n, true);
}

static bool fill_count(const struct value *v)
{
    uint64_t n;
    if (!scalar_count(v->text, &n)) return refuse(v, "a whole number without sign, unit or leading zero");
    return within(v, n, "") && (*(uint32_t *)v->to = (uint32_t)n, true);
}

static bool fill_port(const struct value *v)
{
    uint64_t n;
    if (!scalar_count(v->text, &n)) return refuse(v, "a port number");
    return within(v, n, "") && (*(uint16_t *)v->to = (uint16_t)n, true);
}

static bool fill_score(const struct value *v)
{
    return scalar_score(v->text, v->to) || refuse(v, "a score from 0 to 1, such as 0.85");
}

static bool fill_parameters(const struct value *v)
{
    return scalar_parameters(v->text, v->to) || refuse(v, "a number of parameters: 135M, 1.5B, 7B");
}

struct form {
    bool (*fill)(const struct value *v);
    enum option_kind element;   /* of a list */
    size_t size;                /* of an element in memory */
};

static const struct form forms[] = {
    [O_NAME] = {fill_name, 0, 0},
    [O_WORD] = {fill_word, 0, 0},
    [O_VALUE] = {fill_value, 0, 0},
    [O_TEXT] = {fill_text, 0, 0},
    [O_PATH] = {fill_path, 0, 0},
    [O_HOST] = {fill_host, 0, 0},
    [O_ADDRESS] = {fill_address, 0, 0},
    [O_BOOL] = {fill_bool, 0, 0},
    [O_TRISTATE] = {fill_tristate, 0, 0},
    [O_CHOICE] = {fill_choice, 0, 0},
    [O_SIZE] = {fill_size, 0, 0},
    [O_SIZE32] = {fill_size, 0, 0},
    [O_SECONDS] = {fill_seconds, 0, 0},
    [O_COUNT] = {fill_count, 0, 0},
    [O_PORT] = {fill_port, 0, 0},
    [O_SCORE] = {fill_score, 0, 0},
    [O_PARAMETERS] = {fill_parameters, 0, 0},
    [O_NAMES] = {NULL, O_NAME, sizeof(char *)},
    [O_WORDS] = {NULL, O_WORD, sizeof(char *)},
    [O_HOSTS] = {NULL, O_HOST, sizeof(char *)},
    [O_PORTS] = {NULL, O_PORT, sizeof(uint16_t)},
};

static void *at(void *to, size_t offset) { return (char *)to + offset; }

/* An array of n zeroed elements hung into the struct. */
static char *put_array(const struct value *v, const struct option *o, void *to, size_t n, size_t size)
{
    char *array = calloc(n + 1, size);   /* one more, so that an empty list is no NULL */
    if (array == NULL) return refuse(v, "more memory than there is"), NULL;
    *(void **)at(to, o->at) = array;
    *(size_t *)at(to, o->count_at) = n;
    return array;
}

static void fill_list(const struct filler *f, const struct option *o, const struct slot *s, uint32_t node, void *to)
{
    const struct form *form = &forms[o->kind];
    struct option element = *o;
    element.kind = form->element;
    if (o->kind == O_PORTS) element.min = 1;
    const char *usual[1] = {o->usual};
    bool given = s && s->p;
    char *const *text = given ? s->p : (char *const *)usual;
    size_t n = given ? s->n : o->usual != NULL;
    struct value v = {f, &element, NULL, node ? f->l->node[node].at : (struct place){0}, NULL};
    char *array = put_array(&v, o, to, n, form->size);
    uint32_t child = given ? f->l->node[node].first : 0;
    for (size_t i = 0; array && i < n; i++, child = child ? f->l->node[child].next : 0) {
        v.text = text[i];
        v.to = array + i * form->size;
        if (child) v.at = f->l->node[child].at;
        forms[element.kind].fill(&v);
    }
}

static void fill_objects(const struct filler *f, const struct option *o, const struct slot *s, uint32_t node, void *to)
{
    struct value v = {f, o, NULL, node ? f->l->node[node].at : (struct place){0}, NULL};
    size_t n = s ? s->n : 0;
    char *array = put_array(&v, o, to, n, o->of->size);
    const struct slot *slots = s ? s->p : NULL;
    uint32_t child = node ? f->l->node[node].first : 0;
    for (size_t i = 0; array && i < n; i++, child = f->l->node[child].next)
        fill(f, o->of, slots + i * o->of->n, child, array + i * o->of->size);
}

static void fill_object(const struct filler *f, const struct option *o, const struct slot *s, uint32_t node, void *to)
{
    if (s == NULL || s->p == NULL) return;
    struct value v = {f, o, NULL, f->l->node[node].at, NULL};
    void *object = *(void **)at(to, o->at) = calloc(1, o->of->size);
    if (object) fill(f, o->of, s->p, node, object);
    else refuse(&v, "more memory than there is");
}

static void fill_scalar(const struct filler *f, const struct option *o, const struct slot *s, uint32_t node, void *to)
{
    struct value v = {f, o, s && s->p ? s->p : o->usual, node ? f->l->node[node].at : (struct place){0}, at(to, o->at)};
    if (v.text) forms[o->kind].fill(&v);
    else if (o->kind == O_TRISTATE || o->kind == O_CHOICE) *(int *)v.to = -1;
}

void fill(const struct filler *f, const struct options *of, const struct slot *slots, uint32_t node, void *to)
{
    if (of->line_at != NO_LINE) *(uint32_t *)at(to, of->line_at) = f->l->node[node].at.line;
    for (size_t i = 0; i < of->n; i++) {
        const struct option *o = &of->option[i];
        const struct slot *s = slots ? &slots[i] : NULL;
        uint32_t child = slots ? lines_get(f->l, node, o->key) : 0;
        switch (o->kind) {
        case O_GROUP: fill(f, o->of, s ? s->p : NULL, child, to); break;
        case O_OBJECT: fill_object(f, o, s, child, to); break;
        case O_OBJECTS: fill_objects(f, o, s, child, to); break;
        case O_NAMES:
        case O_WORDS:
        case O_HOSTS:
        case O_PORTS: fill_list(f, o, s, child, to); break;
        default: fill_scalar(f, o, s, child, to);
        }
    }
}

static void free_strings(char **p, size_t n)
{
    for (size_t i = 0; p && i < n; i++) free(p[i]);
    free(p);
}

static void free_objects(const struct options *of, char *p, size_t n)
{
    for (size_t i = 0; p && i < n; i++) fill_free(of, p + i * of->size);
    free(p);
}

void fill_free(const struct options *of, void *to)
{
    for (size_t i = 0; i < of->n; i++) {
        const struct option *o = &of->option[i];
        void **p = at(to, o->at);
        size_t *n = at(to, o->count_at);
        switch (o->kind) {
        case O_NAME:
        case O_WORD:
        case O_VALUE:
        case O_TEXT:
        case O_PATH:
        case O_HOST:
        case O_ADDRESS:
        case O_PORTS: free(*p); break;
        case O_NAMES:
        case O_WORDS:
        case O_HOSTS: free_strings(*p, *n); break;
        case O_GROUP: fill_free(o->of, to); break;
        case O_OBJECT: free_objects(o->of, *p, 1); break;
        case O_OBJECTS: free_objects(o->of, *p, *n); break;
        default: break;
        }
    }
}
