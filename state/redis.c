/* The store in Redis: what is asked for and how it is kept there (redis.h). */
#include "state/redis.h"
#include "core/digest.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLASS_FILL 32u                  /* class names are filled up to a multiple of this, so that their length tells nothing */

static struct redis_store *store_of(const struct state_port *p) { return (struct redis_store *)p->state; }
static struct redis_port *port_of(struct state_port *p) { return (struct redis_port *)p; }

/* ---- names and seals ---- */

struct name {
    char s[REDIS_NAME_MAX];
    size_t n;
};

static struct name name_of(const struct redis_store *s, char kind, const struct state_key *key)
{
    struct name name;
    char hex[2 * sizeof key->b + 1];
    hex_put(hex, key->b, sizeof key->b);
    name.n = (size_t)snprintf(name.s, sizeof name.s, "%s%c:%s", s->prefix, kind, hex);
    return name;
}

/* What a seal is bound to: the kind, the key and, in a hash, the field. */
struct place {
    char b[1 + sizeof(struct state_key) + REDIS_FIELD];
};

static struct place place_of(char kind, const struct state_key *key, const char *field)
{
    struct place p = {{kind}};
    memcpy(p.b + 1, key->b, sizeof key->b);
    if (field != NULL) memcpy(p.b + 1 + sizeof key->b, field, REDIS_FIELD);
    return p;
}
static struct span place_span(const struct place *p) { return (struct span){p->b, sizeof p->b}; }

struct field {
    char name[REDIS_FIELD + 1];
    unsigned char value[NAMES_TEXT_MAX + SEAL_OVERHEAD];
    size_t n;
};

/* False: the name is too long for a class. */
static bool field_make(const struct redis_store *s, const struct state_key *key, struct span class_name, struct field *f)
{
    char fill[NAMES_TEXT_MAX] = "", of[sizeof key->b + NAMES_TEXT_MAX];
    size_t n = (class_name.n / CLASS_FILL + 1) * CLASS_FILL;
    if (n > sizeof fill) return false;
    memcpy(of, key->b, sizeof key->b);
    if (class_name.n) memcpy(of + sizeof key->b, class_name.p, class_name.n), memcpy(fill, class_name.p, class_name.n);
    struct digest d = hmac_sha256(s->head.keys.index.b, sizeof s->head.keys.index.b,
                                  (struct span){of, sizeof key->b + class_name.n});
    hex_put(f->name, d.b, REDIS_FIELD / 2);
    struct place p = place_of('f', key, f->name);
    seal_close(&s->head.keys.seal, place_span(&p), (struct span){fill, n}, f->value);
    f->n = n + SEAL_OVERHEAD;
    return true;
}

/* ---- facts ---- */

static void add_class(struct state_fact *fact, struct span name)
{
    size_t at = strlen(fact->classes);
    if (name.n == 0 || at + (at > 0) + name.n >= sizeof fact->classes) return;
    if (at > 0) fact->classes[at++] = ',';
    memcpy(fact->classes + at, name.p, name.n);
    fact->classes[at + name.n] = '\0';
}

static bool take_field(const struct redis_ask *a, size_t i, const redisReply *field, const redisReply *value)
{
    const struct redis_store *s = store_of(&a->port->head);
    unsigned char name[NAMES_TEXT_MAX];
    if (field->type != REDIS_REPLY_STRING || value->type != REDIS_REPLY_STRING || field->len != REDIS_FIELD) return false;
    if (value->len > sizeof name + SEAL_OVERHEAD) return false;
    struct place p = place_of('f', &a->keys[i], field->str);
    if (!seal_open(&s->head.keys.seal, place_span(&p), (struct span){value->str, value->len}, name)) return false;
    if (a->done != NULL) add_class(&a->facts[i], (struct span){(char *)name, strnlen((char *)name, value->len - SEAL_OVERHEAD)});
    return true;
}

static void take_fact(struct redis_ask *a, size_t i, const redisReply *r)
{
    bool ok = r->type == REDIS_REPLY_ARRAY && r->elements % 2 == 0;
    for (size_t k = 0; ok && k < r->elements; k += 2) ok = take_field(a, i, r->element[k], r->element[k + 1]);
    if (!ok) redis_ask_fail(a, "state.forged", r);
    else if (a->done != NULL) a->facts[i].known = r->elements > 0;
}

static enum fail recall(struct state_port *sp, const struct state_key *keys, size_t n, struct state_fact *facts,
                        state_done *done, void *arg, bool *later)
{
    enum fail f;
    struct redis_ask *a = redis_ask_new(port_of(sp), &f);
    if (a == NULL) return f;
    a->keys = malloc(n * sizeof *keys);
    if (a->keys == NULL) a->result = FAIL_NO_MEMORY;
    else memcpy(a->keys, keys, n * sizeof *keys);
    a->facts = facts;
    a->take = take_fact;
    for (size_t i = 0; i < n && a->result == FAIL_OK; i++) {
        struct name name = name_of(store_of(sp), 'f', &keys[i]);
        redis_ask_send(a, i, 2, (const char *const[]){"HGETALL", name.s}, (const size_t[]){7, name.n});
    }
    return redis_ask_sent(a, done, arg, later);
}

/* All or none of it, and never without its time to live: a connection may end between two commands. */
static void take_exec(struct redis_ask *a, size_t i, const redisReply *r)
{
    (void)i;
    if (r->type != REDIS_REPLY_ARRAY) redis_ask_fail(a, "state.redis_error", r);
    for (size_t k = 0; r->type == REDIS_REPLY_ARRAY && k < r->elements; k++)
        if (r->element[k]->type == REDIS_REPLY_ERROR) redis_ask_fail(a, "state.redis_error", r->element[k]);
}

/* The field that says it is known, and one for each class. */
static bool remember_key(struct redis_ask *a, const struct state_key *key, struct span classes)
{
    const struct redis_store *s = store_of(&a->port->head);
    struct name name = name_of(s, 'f', key);
    struct field field;
    char ttl[16];
    int n = snprintf(ttl, sizeof ttl, "%u", s->head.keep_s);
    struct span class_name = SPAN_NONE;
    do {
        if (!field_make(s, key, class_name, &field)) return false;
        redis_ask_send_quiet(a, 4, (const char *const[]){"HSET", name.s, field.name, (const char *)field.value},
                             (const size_t[]){4, name.n, REDIS_FIELD, field.n});
    } while (names_next(&classes, &class_name));
    redis_ask_send_quiet(a, 3, (const char *const[]){"EXPIRE", name.s, ttl}, (const size_t[]){6, name.n, (size_t)n});
    return a->result == FAIL_OK;
}

static enum fail remember(struct state_port *sp, const struct state_key *keys, size_t n, const char *classes,
                          state_done *done, void *arg, bool *later)
{
    enum fail f;
    if (strlen(classes) >= NAMES_TEXT_MAX) return FAIL_STATE_DOWN;
    struct redis_ask *a = redis_ask_new(port_of(sp), &f);
    if (a == NULL) return f;
    a->take = take_exec;
    redis_ask_send_quiet(a, 1, (const char *const[]){"MULTI"}, (const size_t[]){5});
    for (size_t i = 0; i < n; i++)
        if (!remember_key(a, &keys[i], span_str(classes))) break;
    redis_ask_send(a, 0, 1, (const char *const[]){"EXEC"}, (const size_t[]){4});
    return redis_ask_sent(a, done, arg, later);
}

/* ---- objects ---- */

static enum fail keep(struct state_port *sp, struct state_key key, struct span object, state_done *done, void *arg, bool *later)
{
    const struct redis_store *s = store_of(sp);
    enum fail f;
    struct redis_ask *a = redis_ask_new(port_of(sp), &f);
    if (a == NULL) return f;
    struct name name = name_of(s, 'o', &key);
    struct place p = place_of('o', &key, NULL);
    char ttl[16];
    int ttl_n = snprintf(ttl, sizeof ttl, "%u", s->head.keep_s);
    unsigned char *sealed = malloc(object.n + SEAL_OVERHEAD);
    a->bytes = object.n;
    if (sealed == NULL) {
        a->result = FAIL_NO_MEMORY;
    } else {
        seal_close(&s->head.keys.seal, place_span(&p), object, sealed);
        redis_ask_send(a, 0, 5, (const char *const[]){"SET", name.s, (const char *)sealed, "EX", ttl},
                       (const size_t[]){3, name.n, object.n + SEAL_OVERHEAD, 2, (size_t)ttl_n});
    }
    free(sealed);
    return redis_ask_sent(a, done, arg, later);
}

static void take_object(struct redis_ask *a, size_t i, const redisReply *r)
{
    const struct redis_store *s = store_of(&a->port->head);
    if (r->type == REDIS_REPLY_NIL || a->done == NULL) return;
    if (r->type != REDIS_REPLY_STRING || r->len < SEAL_OVERHEAD) {
        redis_ask_fail(a, "state.forged", r);
        return;
    }
    struct place p = place_of('o', &a->keys[i], NULL);
    unsigned char *plain = arena_alloc(a->arena, r->len - SEAL_OVERHEAD + 1);
    if (plain == NULL) a->result = FAIL_NO_MEMORY;
    else if (!seal_open(&s->head.keys.seal, place_span(&p), (struct span){r->str, r->len}, plain)) redis_ask_fail(a, "state.forged", r);
    else *a->out = (struct span){(char *)plain, r->len - SEAL_OVERHEAD};
}

/* GET or DEL of an object. */
static struct redis_ask *ask_object(struct state_port *sp, const char *verb, const struct state_key *key, enum fail *f)
{
    struct redis_ask *a = redis_ask_new(port_of(sp), f);
    if (a == NULL) return NULL;
    struct name name = name_of(store_of(sp), 'o', key);
    a->keys = malloc(sizeof *key);
    if (a->keys != NULL) {
        *a->keys = *key;
        redis_ask_send(a, 0, 2, (const char *const[]){verb, name.s}, (const size_t[]){3, name.n});
    } else {
        a->result = FAIL_NO_MEMORY;
    }
    return a;
}

static enum fail fetch(struct state_port *sp, struct state_key key, struct arena *arena, struct span *object,
                       state_done *done, void *arg, bool *later)
{
    enum fail f;
    struct redis_ask *a = ask_object(sp, "GET", &key, &f);
    if (a == NULL) return f;
    a->take = take_object;
    a->arena = arena;
    a->out = object;
    return redis_ask_sent(a, done, arg, later);
}

static enum fail forget(struct state_port *sp, struct state_key key, state_done *done, void *arg, bool *later)
{
    enum fail f;
    struct redis_ask *a = ask_object(sp, "DEL", &key, &f);
    return a == NULL ? f : redis_ask_sent(a, done, arg, later);
}

static void cancel(struct state_port *sp, const void *arg)
{
    for (struct redis_ask *a = port_of(sp)->first; a != NULL; a = a->next)
        if (a->arg == arg) a->done = NULL;
}

/* ---- ports ---- */

static void port_free(struct state_port *sp)
{
    redis_port_stop(port_of(sp));
    free(sp);
}

static struct state_port *port_new(struct state *s, struct event_base *base, struct mailbox *box)
{
    struct redis_port *p = calloc(1, sizeof *p);
    (void)box;
    if (p == NULL) return NULL;
    p->head.state = s;
    if (redis_port_start(p, base)) return &p->head;
    port_free(&p->head);
    return NULL;
}

/* ---- the store ---- */

static bool is_up(const struct state *s) { return atomic_load(&((const struct redis_store *)s)->ready) > 0; }

static uint64_t no_facts(const struct state *s)
{
    (void)s;
    return 0;
}

static void close_store(struct state *state)
{
    struct redis_store *s = (struct redis_store *)state;
    if (s->password != NULL) digest_wipe(s->password, strlen(s->password));
    free(s->password);
    free(s->username);
    free(s->prefix);
    free(s->tls_name);
    SSL_CTX_free(s->tls);
    digest_wipe(&s->head.keys, sizeof s->head.keys);
    free(s);
}

static const struct store redis_ops = {
    .close = close_store, .up = is_up, .facts = no_facts, .port_new = port_new, .port_free = port_free, .recall = recall,
    .remember = remember, .keep = keep, .fetch = fetch, .forget = forget, .cancel = cancel,
};

static bool read_password(const struct conf_redis *c, char **out, struct why *why)
{
    char text[513];
    *out = NULL;
    if (c->password_from_env != NULL) {
        const char *v = getenv(c->password_from_env);
        if (v == NULL || *v == '\0') why_set(why, "the environment has no %s, which is to hold Redis's password", c->password_from_env);
        else if ((*out = strdup(v)) == NULL) why_set(why, "%s", fail_text(FAIL_NO_MEMORY));
        return *out != NULL;
    }
    if (c->password_from_file == NULL) return true;
    int fd = open(c->password_from_file, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    int err = errno;
    if (fd >= 0) close(fd);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r')) n--;
    if (n > 0 && (size_t)n < sizeof text - 1) *out = strndup(text, (size_t)n);
    digest_wipe(text, sizeof text);
    if (*out == NULL)
        why_set(why, "cannot read Redis's password from %s: %s", c->password_from_file, n < 0 ? strerror(err) : "no line of 1 to 511 bytes");
    return *out != NULL;
}

static bool set_address(struct redis_store *s, const struct conf_redis *c, struct why *why)
{
    char host[64];
    bool ok = conf_parse_address(c->address, &s->to, &s->to_len) &&
              getnameinfo((struct sockaddr *)&s->to, s->to_len, host, sizeof host, NULL, 0, NI_NUMERICHOST) == 0;
    if (!ok) why_set(why, "Redis's address %s is not an address and a port", c->address);
    if (!ok || c->tls == NULL) return ok;
    s->tls_name = strdup(c->tls->name ? c->tls->name : host);
    s->tls = redis_tls_ctx(c->tls, why);
    return s->tls != NULL && s->tls_name != NULL;
}

struct state *redis_store_open(const struct conf_redis *c, const struct state *head, struct why *why)
{
    struct redis_store *s = calloc(1, sizeof *s);
    if (s == NULL) {
        why_set(why, "%s", fail_text(FAIL_NO_MEMORY));
        return NULL;
    }
    s->head = *head;
    s->head.store = &redis_ops;
    s->database = c->database;
    s->timeout_ms = c->timeout_ms ? c->timeout_ms : 1000;
    s->prefix = strdup(c->prefix ? c->prefix : "cordon:");
    s->username = c->username ? strdup(c->username) : NULL;
    bool ok = set_address(s, c, why) && read_password(c, &s->password, why);
    if (ok && (s->prefix == NULL || (c->username && s->username == NULL) || strlen(s->prefix) > REDIS_PREFIX_MAX)) {
        why_set(why, "Redis's key prefix is longer than %u bytes, or there is no memory", REDIS_PREFIX_MAX);
        ok = false;
    }
    if (ok) return &s->head;
    close_store(&s->head);
    return NULL;
}
