#include "proxy/snapshot.h"
#include "core/digest.h"
#include "proxy/tls.h"
#include "wire/codec.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static void credential_free(char *value)
{
    if (value == NULL) return;
    digest_wipe(value, strlen(value));
    free(value);
}

static void aws_free(struct aws_secret *a)
{
    if (a == NULL) return;
    credential_free(a->secret);
    credential_free(a->session_token);
    free(a);
}

static void snapshot_free(struct snapshot *s)
{
    for (size_t i = 0; s->conf && i < s->conf->n_upstreams; i++) {
        if (s->upstream_tls) SSL_CTX_free(s->upstream_tls[i]);
        if (s->credentials) credential_free(s->credentials[i]);
        if (s->aws) aws_free(s->aws[i]);
    }
    for (size_t i = 0; s->conf && s->listener_tls && i < s->conf->n_listeners; i++) SSL_CTX_free(s->listener_tls[i]);
    free(s->upstream_tls);
    free(s->listener_tls);
    free(s->credentials);
    free(s->aws);
    pack_free(s->pack);
    ruleset_free(s->rules);
    conf_free(s->conf);
    free(s);
}

/* The first line of a small file, without its end. */
static bool read_secret(const char *path, char *out, size_t cap)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) return false;
    bool ok = fgets(out, (int)cap, f) != NULL;
    fclose(f);
    if (ok) out[strcspn(out, "\r\n")] = '\0';
    return ok && out[0] != '\0';
}

static bool header_safe(const char *v)
{
    for (; *v; v++)
        if ((unsigned char)*v < 0x20 || *v == 0x7f) return false;
    return true;
}

/* One of the two, in memory of its own. NULL and *why. */
static char *load_secret(const struct conf_upstream *u, const char *env, const char *file, struct why *why)
{
    char secret[4096] = "";
    const char *from = env ? getenv(env) : NULL;
    bool ok = env ? from && *from && strlen(from) < sizeof secret : read_secret(file, secret, sizeof secret);
    if (ok && env) strcpy(secret, from);
    char *out = ok && header_safe(secret) ? strdup(secret) : NULL;
    digest_wipe(secret, sizeof secret);
    if (out == NULL)
        why_set(why, "upstream %s: a secret of `aws` cannot be read from %s %s", u->name,
                env ? "the environment variable" : "the file", env ? env : file);
    return out;
}

static bool load_aws(const struct conf_upstream *u, struct aws_secret **out, struct why *why)
{
    const struct conf_aws *a = u->aws;
    if ((*out = calloc(1, sizeof **out)) == NULL) return why_set(why, "out of memory"), false;
    (*out)->secret = load_secret(u, a->secret_from_env, a->secret_from_file, why);
    if ((*out)->secret == NULL) return false;
    if (a->session_token_from_env == NULL && a->session_token_from_file == NULL) return true;
    (*out)->session_token = load_secret(u, a->session_token_from_env, a->session_token_from_file, why);
    return (*out)->session_token != NULL;
}

static bool load_credential(const struct conf_upstream *u, char **out, struct why *why)
{
    char secret[4096] = "";
    const struct conf_credential *c = u->credential;
    const char *from = c->from_env ? getenv(c->from_env) : NULL;
    bool ok = c->from_env ? from && *from && strlen(from) < sizeof secret : read_secret(c->from_file, secret, sizeof secret);
    if (ok && c->from_env) strcpy(secret, from);
    if (!ok || !header_safe(secret)) {
        why_set(why, "upstream %s: the credential cannot be read from %s %s; set it, or take `credential` out to pass the "
                     "client's own on", u->name, c->from_env ? "the environment variable" : "the file",
                c->from_env ? c->from_env : c->from_file);
        return false;
    }
    const char *prefix = c->prefix ? c->prefix : "";
    size_t n = strlen(prefix) + strlen(secret) + 1;
    if ((*out = malloc(n)) != NULL) snprintf(*out, n, "%s%s", prefix, secret);
    digest_wipe(secret, sizeof secret);
    return *out != NULL;
}

static bool load_upstreams(struct snapshot *s, struct why *why)
{
    s->upstream_tls = calloc(s->conf->n_upstreams + 1, sizeof *s->upstream_tls);
    s->credentials = calloc(s->conf->n_upstreams + 1, sizeof *s->credentials);
    s->aws = calloc(s->conf->n_upstreams + 1, sizeof *s->aws);
    if (s->upstream_tls == NULL || s->credentials == NULL || s->aws == NULL) return why_set(why, "out of memory"), false;
    for (size_t i = 0; i < s->conf->n_upstreams; i++) {
        const struct conf_upstream *u = &s->conf->upstreams[i];
        struct why inner = {""};
        if (!u->plaintext && (s->upstream_tls[i] = tls_out_ctx(u->ca_file, &inner)) == NULL) {
            why_set(why, "upstream %s: %.400s", u->name, inner.text);
            return false;
        }
        if (u->aws && !load_aws(u, &s->aws[i], why)) return false;
        if (u->credential && !load_credential(u, &s->credentials[i], why)) return false;
    }
    return true;
}

static bool load_listeners(struct snapshot *s, struct why *why)
{
    s->listener_tls = calloc(s->conf->n_listeners + 1, sizeof *s->listener_tls);
    if (s->listener_tls == NULL) return why_set(why, "out of memory"), false;
    for (size_t i = 0; i < s->conf->n_listeners; i++) {
        const struct conf_listener *l = &s->conf->listeners[i];
        struct why inner = {""};
        if (l->certificate && (s->listener_tls[i] = tls_in_from_files(l->certificate, l->key, &inner)) == NULL) {
            why_set(why, "listener %s: %.400s", l->name, inner.text);
            return false;
        }
    }
    return true;
}

struct snapshot *snapshot_load(const char *path, struct why *why)
{
    struct snapshot *s = calloc(1, sizeof *s);
    if (s == NULL) return why_set(why, "out of memory"), NULL;
    atomic_init(&s->refs, 1);
    if ((s->conf = conf_load(path, why)) == NULL) goto failed;
    if ((s->rules = ruleset_new(s->conf, why)) == NULL) goto failed;
    s->pack = pack_compile(s->conf, ruleset_class_names(s->rules), ruleset_class_count(s->rules), why);
    if (s->pack == NULL || !load_upstreams(s, why) || !load_listeners(s, why)) goto failed;
    return s;
failed:
    snapshot_free(s);
    return NULL;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void snapshot_unref(struct snapshot *s)
{
    if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) snapshot_free(s);
}

int snapshot_upstream(const struct snapshot *s, struct span host)
{
    for (size_t i = 0; i < s->conf->n_upstreams; i++) {
        const struct conf_upstream *u = &s->conf->upstreams[i];
        if (span_ieq(host, span_str(u->host))) return (int)i;
        for (size_t k = 0; k < u->n_also; k++)
            if (span_ieq(host, span_str(u->also[k]))) return (int)i;
    }
    return -1;
}

int snapshot_provider(const struct snapshot *s, const char *provider)
{
    for (size_t i = 0; provider && i < s->conf->n_upstreams; i++)
        if (strcmp(s->conf->upstreams[i].api, provider) == 0) return (int)i;
    return -1;
}

bool snapshot_tunnels(const struct snapshot *s, struct span host)
{
    for (size_t i = 0; i < s->conf->n_tunnels; i++)
        if (span_ieq(host, span_str(s->conf->tunnels[i]))) return true;
    return false;
}
