/* cordon check: all that `cordon run` would do before it listens, without doing it. Errors with file, line and reason; or
 * a summary of what would be in force. */
#include "admin/commands.h"
#include "core/digest.h"
#include "localmodel/engine.h"
#include "proxy/ca.h"
#include "proxy/snapshot.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char usage[] =
    "usage: cordon check -c FILE\n"
    "\n"
    "Reads the configuration FILE and everything it names, compiles all patterns, and prints each error with file, line\n"
    "and reason; or, when there is none, what would be in force. Changes nothing but the pattern cache.\n"
    "\n"
    "  -c, --config FILE   the configuration (cordon.conf(5))\n"
    "  --help              this text\n"
    "\n"
    "Exit status: 0 valid, 2 usage, 3 not valid.\n";

static void print_error(const char *text, void *arg)
{
    (void)arg;
    fprintf(stderr, "%s\n", text);
}

/* ---- what the configuration names ---- */

static int check_file(const struct conf *c, uint32_t line, const char *what, const char *path)
{
    if (path == NULL || access(path, R_OK) == 0) return 0;
    fprintf(stderr, "%s:%u: %s %s cannot be read: %s\n", c->path, line, what, path, strerror(errno));
    return 1;
}

static int check_files(const struct conf *c)
{
    int errors = 0;
    for (size_t i = 0; i < c->n_listeners; i++) {
        errors += check_file(c, c->listeners[i].line, "the certificate", c->listeners[i].certificate);
        errors += check_file(c, c->listeners[i].line, "the key", c->listeners[i].key);
    }
    for (size_t i = 0; i < c->n_upstreams; i++) {
        const struct conf_upstream *u = &c->upstreams[i];
        errors += check_file(c, u->line, "the CA file", u->ca_file);
        if (u->credential) errors += check_file(c, u->line, "the credential", u->credential->from_file);
    }
    return errors;
}

static int check_ca(const struct conf *c)
{
    struct why why = {""};
    FILE *nowhere = c->ca_dir ? fopen("/dev/null", "we") : NULL;
    if (nowhere == NULL) return 0;
    enum fail f = ca_show(c->ca_dir, nowhere, &why);
    fclose(nowhere);
    if (f) fprintf(stderr, "%s: `ca`: %s\n", c->path, why.text);
    return f != FAIL_OK;
}

static int check_models(const struct conf *c, struct engine_model_info *info)
{
    int errors = 0;
    for (size_t i = 0; i < c->n_models; i++) {
        struct why why = {""};
        if (engine_inspect(c->models[i].file, &info[i], &why) == FAIL_OK) continue;
        fprintf(stderr, "%s:%u: model %s: %s\n", c->path, c->models[i].line, c->models[i].name, why.text);
        errors++;
    }
    return errors;
}

/* ---- the summary ---- */

static const char *listener_tls(const struct conf_listener *l)
{
    if (l->mode != LISTEN_REVERSE) return "TLS of intercepted hosts by the CA";
    return l->certificate ? "TLS by its own certificate" : l->tls ? "TLS by the CA" : "plain HTTP";
}

static void print_listeners(const struct conf *c)
{
    for (size_t i = 0; i < c->n_listeners; i++)
        printf("listener  %-16s %-11s %s, %s\n", c->listeners[i].name, listen_mode_name(c->listeners[i].mode),
               c->listeners[i].address,
               listener_tls(&c->listeners[i]));
}

static void print_upstreams(const struct conf *c)
{
    for (size_t i = 0; i < c->n_upstreams; i++) {
        const struct conf_upstream *u = &c->upstreams[i];
        printf("upstream  %-16s %s at %s:%u, %s the perimeter, region %s, %s, %s\n", u->name, u->api, u->host, u->port,
               u->inside == 1 ? "inside" : "outside", u->region ? u->region : "not said",
               u->baa == 1 ? "BAA" : u->baa == 0 ? "no BAA" : "BAA not said",
               u->plaintext ? "plaintext on loopback" : u->ca_file ? "TLS by its CA file" : "TLS by the system's CAs");
    }
}

/* "8.2B", "135M" */
static void print_count(uint64_t n)
{
    if (n >= 1000000000) printf("%.1fB", (double)n / 1e9);
    else printf("%" PRIu64 "M", (n + 500000) / 1000000);
}

static void print_model(const struct conf_model *m, const struct engine_model_info *info)
{
    printf("model     %-16s %s, family %s, ", m->name, info->name[0] ? info->name : "unnamed",
           info->family[0] ? info->family : "not said");
    print_count(info->parameters);
    printf(" parameters, %.2f GiB, context %u of %u tokens trained, licence %s%s\n", (double)info->bytes / (1u << 30),
           m->context ? m->context : info->context, info->context_trained,
           info->licence[0] ? info->licence : "not said",
           info->embeds ? ", for embeddings" : info->has_template || m->chat_template ? "" : ", no chat template: it cannot answer chats");
}

/* A rule whose model is too small refuses what it seems to answer: that may be meant, but it should be known. */
static void print_small_models(const struct conf *c, const struct engine_model_info *info)
{
    for (size_t i = 0; i < c->n_rules; i++) {
        const struct conf_rule *r = &c->rules[i];
        size_t m = 0;
        while (r->model && m < c->n_models && strcmp(c->models[m].name, r->model) != 0) m++;
        if (r->action != ACTION_LOCAL || m >= c->n_models || info[m].parameters >= r->min_parameters) continue;
        printf("note      rule %s (line %u) refuses all it matches: it asks for ", r->name, r->line);
        print_count(r->min_parameters);
        printf(" parameters, and model %s has ", c->models[m].name);
        print_count(info[m].parameters);
        printf("\n");
    }
}

static void print_rules(const struct conf *c)
{
    for (size_t i = 0; i < c->n_rules; i++)
        printf("rule %4zu %-28s %s%s\n", i + 1, c->rules[i].name, action_name(c->rules[i].action),
               c->rules[i].observe ? " (only observed)" : "");
}

static void print_classes(const struct conf *c, const struct ruleset *r)
{
    printf("classes  ");
    for (size_t i = 0; i < ruleset_class_count(r); i++) {
        double threshold = 0.5;
        for (size_t k = 0; k < c->n_classes; k++)
            if (strcmp(c->classes[k].name, ruleset_class_names(r)[i]) == 0) threshold = c->classes[k].threshold;
        printf(" %s from %.2f%s", ruleset_class_names(r)[i], threshold, i + 1 < ruleset_class_count(r) ? "," : "\n");
    }
}

static void print_summary(const struct snapshot *s, const struct engine_model_info *info)
{
    const struct conf *c = s->conf;
    print_listeners(c);
    print_upstreams(c);
    for (size_t i = 0; i < c->n_tunnels; i++) printf("tunnel    %s, not inspected\n", c->tunnels[i]);
    for (size_t i = 0; i < c->n_models; i++) print_model(&c->models[i], &info[i]);
    print_classes(c, s->rules);
    printf("patterns  %zu compiled, digest %s\n", pack_count(s->pack), pack_digest(s->pack));
    print_rules(c);
    printf("unknown   endpoints are %s\n",
           c->unknown_endpoint == ACTION_FORWARD ? "inspected and go by the rules" : "refused");
    print_small_models(c, info);
    printf("policy    %s\n%s is valid\n", c->digest, c->path);
}

/* ---- the command ---- */

/* The patterns and rules alone, for a file that has other errors. */
static int check_policy(const struct conf *c)
{
    struct why why = {""};
    struct ruleset *r = ruleset_new(c, &why);
    struct pack *p = r ? pack_compile(c, ruleset_class_names(r), ruleset_class_count(r), &why) : NULL;
    if (p == NULL) fprintf(stderr, "%s\n", why.text);
    int errors = p == NULL;
    pack_free(p);
    ruleset_free(r);
    return errors;
}

/* All of it, by the code that run uses, which stops at its first error. */
static int check_whole(const char *path, const struct engine_model_info *info)
{
    struct why why = {""};
    struct snapshot *s = snapshot_load(path, &why);
    if (s) print_summary(s, info);
    else fprintf(stderr, "%s\n", why.text);
    snapshot_unref(s);
    return s == NULL;
}

static int check_rest(const char *path)
{
    struct why why = {""};
    struct conf *c = conf_load(path, &why);
    if (c == NULL) return print_error(why.text, NULL), 1;   /* changed since it was checked */
    struct engine_model_info *info = calloc(c->n_models + 1, sizeof *info);
    int errors = check_files(c) + check_ca(c) + (info ? check_models(c, info) : 1);
    errors += errors ? check_policy(c) : check_whole(path, info);
    free(info);
    conf_free(c);
    return errors;
}

int cmd_check(int argc, char **argv)
{
    int status = EXIT_OK;
    const char *path = config_option(argc, argv, usage, &status);
    if (path == NULL) return status;
    digest_init();
    int errors = conf_check(path, print_error, NULL);
    if (errors == 0) errors = check_rest(path);
    if (errors) fprintf(stderr, "cordon check: %d error%s\n", errors, errors == 1 ? "" : "s");
    if (fflush(stdout) != 0) return EXIT_FAILED;
    return errors ? EXIT_CONFIG : EXIT_OK;
}
