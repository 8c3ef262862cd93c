/* What has to hold in `state` and `opaque`, and the defaults that depend on other values. */
#include "conf/check.h"
#include <stdio.h>
#include <stdlib.h>

/* By which headers clients name what belongs together. Sources: Claude Code, Codex, what gateways use. */
static const char *const session_headers[] = {"x-claude-code-session-id", "session_id", "session-id", "conversation_id",
                                              "x-session-id", "x-conversation-id", "x-codex-session-id"};

static bool take_session_headers(struct conf_state *s)
{
    if (s->n_session_headers) return true;
    free(s->session_headers);   /* the empty list of a key that was not given */
    s->session_headers = calloc(COUNT(session_headers), sizeof *s->session_headers);
    for (size_t i = 0; s->session_headers && i < COUNT(session_headers); i++) {
        char *copy = strdup(session_headers[i]);
        if (copy == NULL) return false;
        s->session_headers[s->n_session_headers++] = copy;
    }
    return s->session_headers != NULL;
}

/* Beside the ledger, where a service has its writable data. */
static bool take_directory(struct conf *c)
{
    if (c->state.dir || c->ledger_dir == NULL) return true;
    const char *slash = strrchr(c->ledger_dir, '/');
    int n = slash ? (int)(slash - c->ledger_dir) : 0;
    if (asprintf(&c->state.dir, "%.*s/state", n, c->ledger_dir) >= 0) return true;
    c->state.dir = NULL;
    return false;
}

void check_state(const struct checker *k)
{
    struct conf_state *s = &k->c->state;
    uint32_t node = lines_get(k->l, 0, "state");
    if (!take_session_headers(s) || !take_directory(k->c)) report_at(k->r, (struct place){0}, "out of memory");
    if (s->dir && k->c->ledger_dir && strcmp(s->dir, k->c->ledger_dir) == 0)
        complain(k, node, "directory", "is the ledger's; give the state a directory of its own");
    if (s->redis == NULL) return;
    if (s->redis->password_from_env && s->redis->password_from_file)
        complain(k, node, "redis", "takes one of `password_from_env` and `password_from_file`, not both");
    if (s->redis->username && s->redis->password_from_env == NULL && s->redis->password_from_file == NULL)
        complain(k, node, "redis", "has a `username` and no password; add `password_from_env` or `password_from_file`");
    if (s->redis->tls && !s->redis->tls->certificate != !s->redis->tls->key)
        complain(k, node, "redis", "`tls` takes `certificate` and `key` together");
}

static bool is_kind(const char *name)
{
    for (int i = 0; i < OPAQUE_COUNT; i++)
        if (strcmp(opaque_kind_name(i), name) == 0) return true;
    return false;
}

void check_opaque(const struct checker *k)
{
    const struct conf_opaque *o = &k->c->opaque;
    uint32_t node = lines_get(k->l, 0, "opaque");
    uint32_t item = lines_item(k->l, lines_get(k->l, node, "allow"), 0);
    for (size_t i = 0; i < o->n_allow; i++, item = item_next(k, item))
        if (!is_kind(o->allow[i])) report_at(k->r, k->l->node[item].at, "%s: " OPAQUE_KINDS_REASON, o->allow[i]);
    item = lines_item(k->l, lines_get(k->l, node, "classes"), 0);
    for (size_t i = 0; i < o->n_classes; i++, item = item_next(k, item))
        check_class_name(k, o->classes[i], k->l->node[item].at);
}
