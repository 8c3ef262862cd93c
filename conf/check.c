/* What has to hold between the values of a configuration. The checks of rules are in check_rules.c. */
#include "conf/check.h"
#include <stdlib.h>

uint32_t item_next(const struct checker *k, uint32_t node) { return node ? k->l->node[node].next : 0; }

uint32_t items_of(const struct checker *k, const char *list)
{
    return lines_item(k->l, lines_get(k->l, 0, list), 0);
}

void complain(const struct checker *k, uint32_t node, const char *key, const char *reason)
{
    if (key) report_at(k->r, lines_place(k->l, node, key), "`%s` %s", key, reason);
    else report_at(k->r, k->l->node[node].at, "%s", reason);
}

/* `names[i]` is the name of the i-th element of the list. */
static void check_unique(const struct checker *k, const char *list, const char *key, char *const *names, size_t n)
{
    uint32_t node = items_of(k, list);
    for (size_t i = 0; i < n; i++, node = item_next(k, node))
        for (size_t j = 0; j < i; j++)
            if (strcmp(names[i], names[j]) == 0) {
                report_at(k->r, lines_place(k->l, node, key),
                          "the name %s is taken by another entry of `%s`; names must differ", names[i], list);
                break;
            }
}

/* Collect the field of every element of an array of structs, and check that they differ. */
#define UNIQUE(k, list, key, array, count, field)                                        \
    do {                                                                                 \
        char **names_ = calloc((count) + 1, sizeof *names_);                             \
        for (size_t i_ = 0; names_ && i_ < (count); i_++) names_[i_] = (array)[i_].field; \
        if (names_) check_unique(k, list, key, names_, count);                           \
        free(names_);                                                                    \
    } while (0)

static void check_names(const struct checker *k)
{
    const struct conf *c = k->c;
    UNIQUE(k, "listeners", "name", c->listeners, c->n_listeners, name);
    UNIQUE(k, "upstreams", "name", c->upstreams, c->n_upstreams, name);
    UNIQUE(k, "models", "name", c->models, c->n_models, name);
    UNIQUE(k, "clients", "name", c->clients, c->n_clients, name);
    UNIQUE(k, "classes", "name", c->classes, c->n_classes, name);
    UNIQUE(k, "rules", "name", c->rules, c->n_rules, name);
}

/* ---- listeners ---- */

static void check_tls(const struct checker *k, const struct conf_listener *l, uint32_t node)
{
    uint32_t tls = lines_get(k->l, node, "tls");
    if (tls == 0) return;
    if (l->mode != LISTEN_REVERSE)
        complain(k, node, "tls", "is only for a reverse listener; the others take TLS for the hosts under `upstreams`");
    else if ((l->certificate == NULL) != (l->key == NULL))
        complain(k, node, "tls", "needs `certificate` and `key` together; give both");
    else if (l->tls && l->certificate)
        complain(k, node, "tls", "takes either `certificate` and `key`, or `from_ca: true`, not both");
    else if (!l->tls && l->certificate == NULL)
        complain(k, node, "tls", "says nothing; give `certificate` and `key`, or `from_ca: true`, or take `tls` out");
}

static bool port_is_zero(const char *address)
{
    size_t n = strlen(address);
    return n >= 2 && strcmp(address + n - 2, ":0") == 0;
}

static void check_listeners(const struct checker *k)
{
    uint32_t node = items_of(k, "listeners");
    for (size_t i = 0; i < k->c->n_listeners; i++, node = item_next(k, node)) {
        const struct conf_listener *l = &k->c->listeners[i];
        check_tls(k, l, node);
        if ((l->mode != LISTEN_REVERSE || l->tls) && k->c->ca_dir == NULL)
            complain(k, node, l->tls ? "tls" : "mode",
                     "needs a CA to make certificates with; add `ca: { directory: … }` and run `cordon ca init`");
        for (size_t j = 0; j < i; j++)
            if (strcmp(l->address, k->c->listeners[j].address) == 0 && !port_is_zero(l->address))
                complain(k, node, "address", "is another listener's too; give each its own");
    }
}

/* ---- upstreams, tunnels ---- */

static void check_credential(const struct checker *k, struct conf_upstream *u, uint32_t node)
{
    struct conf_credential *c = u->credential;
    if (c == NULL) return;
    if ((c->from_env == NULL) == (c->from_file == NULL))
        complain(k, node, "credential", "needs exactly one of `from_env` and `from_file`");
    if (!valid_header(c->header))
        complain(k, node, "credential", "has a bad `header`: write the header's name in lower case, such as x-api-key");
    if (c->prefix == NULL) c->prefix = strdup(strcmp(c->header, "authorization") == 0 ? "Bearer " : "");
    if (c->prefix == NULL) report_at(k->r, (struct place){0}, "out of memory");
}

static void check_aws(const struct checker *k, const struct conf_upstream *u, uint32_t node)
{
    const struct conf_aws *a = u->aws;
    if (a == NULL) return;
    if ((a->secret_from_env == NULL) == (a->secret_from_file == NULL))
        complain(k, node, "aws", "needs exactly one of `secret_from_env` and `secret_from_file`");
    if (a->session_token_from_env && a->session_token_from_file)
        complain(k, node, "aws", "takes one of `session_token_from_env` and `session_token_from_file`, not both");
    if (u->credential) complain(k, node, "aws", "and `credential` are two credentials for one API; take one of them out");
}

/* "/openai/v1": what a client's path is compared with and what is put before it, so exact. */
static bool path_prefix_ok(const char *p)
{
    size_t n = strlen(p);
    return p[0] == '/' && n > 1 && p[n - 1] != '/' && strstr(p, "//") == NULL && strstr(p, "/.") == NULL &&
           strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/") == n;
}

static void check_paths(const struct checker *k, size_t i, uint32_t node)
{
    const struct conf_upstream *u = &k->c->upstreams[i];
    if (u->base_path && u->base_path[0] && !path_prefix_ok(u->base_path))
        complain(k, node, "base_path", "takes a path such as /openai/v1, without a slash at its end, or \"\" for none");
    if (u->mount == NULL) return;
    if (!path_prefix_ok(u->mount))
        complain(k, node, "mount", "takes a path such as /groq, without a slash at its end");
    for (size_t j = 0; j < i; j++)
        if (k->c->upstreams[j].mount && strcmp(k->c->upstreams[j].mount, u->mount) == 0)
            complain(k, node, "mount", "is another upstream's too; give each its own");
}

static void check_connection(const struct checker *k, const struct conf_upstream *u, uint32_t node)
{
    if (!u->plaintext) return;
    if (u->address == NULL || !address_is_loopback(u->address))
        complain(k, node, "plaintext",
                 "is only for a loopback `address` (127.0.0.1:PORT, [::1]:PORT); across a network use TLS, with "
                 "`ca_file` for a CA of your own");
    if (u->ca_file) complain(k, node, "ca_file", "has no meaning with `plaintext: true`; take one of them out");
}

/* Whether an upstream has this host name, elsewhere than at `own`. */
static bool host_taken(const struct conf *c, const char *host, const char *const *own)
{
    for (size_t i = 0; i < c->n_upstreams; i++) {
        const struct conf_upstream *u = &c->upstreams[i];
        if ((const char *const *)&u->host != own && strcmp(u->host, host) == 0) return true;
        for (size_t j = 0; j < u->n_also; j++)
            if ((const char *const *)&u->also[j] != own && strcmp(u->also[j], host) == 0) return true;
    }
    return false;
}

static void check_hosts(const struct checker *k, const struct conf_upstream *u, uint32_t node)
{
    if (host_taken(k->c, u->host, (const char *const *)&u->host))
        complain(k, node, "host", "is named by another entry too; one host is one upstream");
    uint32_t also = lines_item(k->l, lines_get(k->l, node, "also"), 0);
    for (size_t j = 0; j < u->n_also; j++, also = item_next(k, also))
        if (host_taken(k->c, u->also[j], (const char *const *)&u->also[j]))
            complain(k, also, NULL, "this host is named by another entry too; one host is one upstream");
}

static void check_upstreams(const struct checker *k)
{
    uint32_t node = items_of(k, "upstreams");
    for (size_t i = 0; i < k->c->n_upstreams; i++, node = item_next(k, node)) {
        check_credential(k, &k->c->upstreams[i], node);
        check_connection(k, &k->c->upstreams[i], node);
        check_aws(k, &k->c->upstreams[i], node);
        check_paths(k, i, node);
        check_hosts(k, &k->c->upstreams[i], node);
    }
    node = items_of(k, "tunnels");
    for (size_t i = 0; i < k->c->n_tunnels; i++, node = item_next(k, node))
        if (host_taken(k->c, k->c->tunnels[i], NULL))
            complain(k, node, NULL,
                     "this host is an upstream: it is inspected, not tunnelled; take it out of one of the two");
}

/* ---- clients ---- */

static bool network_taken(const struct conf *c, size_t client, size_t network)
{
    const struct conf_network *n = &c->clients[client].parsed[network];
    for (size_t i = 0; i <= client; i++)
        for (size_t j = 0; j < (i == client ? network : c->clients[i].n_networks); j++)
            if (memcmp(n, &c->clients[i].parsed[j], sizeof *n) == 0) return true;
    return false;
}

static void check_client(const struct checker *k, size_t i, uint32_t node)
{
    struct conf_client *w = &k->c->clients[i];
    uint32_t item = lines_item(k->l, lines_get(k->l, node, "networks"), 0);
    w->parsed = calloc(w->n_networks + 1, sizeof *w->parsed);
    if (w->parsed == NULL) return complain(k, node, NULL, "out of memory");
    for (size_t j = 0; j < w->n_networks; j++, item = item_next(k, item)) {
        bool stray;
        if (!network_parse(w->networks[j], &w->parsed[j], &stray))
            complain(k, item, NULL,
                     stray ? "has bits outside its prefix; write the network's first address, as in 10.1.0.0/16"
                                          : "is no network; write 10.1.0.0/16, 2001:db8::/32 or one address");
        else if (network_taken(k->c, i, j))
            complain(k, item, NULL, "this network is listed twice; one network is one client");
    }
}

static void check_clients(const struct checker *k)
{
    uint32_t node = items_of(k, "clients");
    for (size_t i = 0; i < k->c->n_clients; i++, node = item_next(k, node)) check_client(k, i, node);
}

/* ---- classes, patterns, word lists ---- */

static bool is_builtin(const char *name)
{
    for (size_t i = 0; i < CLASS_BUILTIN; i++)
        if (strcmp(conf_builtin_classes[i], name) == 0) return true;
    return false;
}

static void check_classes(const struct checker *k)
{
    size_t added = 0;
    uint32_t node = items_of(k, "classes");
    for (size_t i = 0; i < k->c->n_classes; i++, node = item_next(k, node)) {
        const char *name = k->c->classes[i].name;
        if (strcmp(name, "any") == 0)
            complain(k, node, "name", "cannot be `any`, which means any class at all in rules; choose another");
        if (!is_builtin(name) && ++added == CLASS_MAX - CLASS_BUILTIN + 1)
            complain(k, node, NULL, "one class too many; there are at most 32, the five built-in ones included");
    }
}

void check_class_name(const struct checker *k, const char *name, struct place at)
{
    const char *names[CLASS_MAX + 1];
    size_t n = conf_class_names(k->c, names);
    names[n] = NULL;
    char all[300] = "";
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0) return;
        if (strlen(all) + strlen(names[i]) + 3 > sizeof all) continue;
        if (i) strcat(all, ", ");
        strcat(all, names[i]);
    }
    const char *meant = report_nearest(name, names);
    if (meant) report_at(k->r, at, "there is no class %s; did you mean %s?", name, meant);
    else report_at(k->r, at, "there is no class %s; there are %s; new ones are made under `classes`", name, all);
}

static void check_patterns(const struct checker *k)
{
    uint32_t node = items_of(k, "patterns");
    for (size_t i = 0; i < k->c->n_patterns; i++, node = item_next(k, node)) {
        const struct conf_pattern *p = &k->c->patterns[i];
        check_class_name(k, p->klass, lines_place(k->l, node, "class"));
        if (p->context_required && p->n_context == 0)
            complain(k, node, "context_required", "needs the words: add `context: [word, …]`");
    }
}

static void check_word_lists(const struct checker *k)
{
    uint32_t node = items_of(k, "word_lists");
    for (size_t i = 0; i < k->c->n_word_lists; i++, node = item_next(k, node)) {
        const struct conf_words *w = &k->c->word_lists[i];
        check_class_name(k, w->klass, lines_place(k->l, node, "class"));
        if ((w->n_words > 0) == (w->file != NULL))
            complain(k, node, NULL, "a word list needs exactly one of `words` and `file`");
    }
}

static void check_admin(const struct checker *k)
{
    if (k->c->admin_address && !address_is_loopback(k->c->admin_address))
        complain(k, lines_get(k->l, 0, "admin"), "address",
                 "must be a loopback address (127.0.0.1:PORT, [::1]:PORT); it has no access control of its own");
}

void check_conf(struct conf *c, const struct lines *l, struct report *r)
{
    static void (*const checks[])(const struct checker *) = {
        check_names, check_listeners, check_upstreams, check_clients, check_classes,
        check_patterns, check_word_lists, check_admin, check_state, check_opaque, check_rules,
    };
    struct checker k = {c, l, r};
    for (size_t i = 0; i < COUNT(checks); i++) checks[i](&k);
}
