/* cordon explain: the proxy's own judge on what standard input has. No network, no ledger, no model. */
#include "admin/commands.h"
#include "core/digest.h"
#include "core/obuf.h"
#include "policy/judge.h"
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char usage[] =
    "usage: cordon explain -c FILE [--api NAME|text] [--path PATH] [--content-type TYPE] [--jsonl] [--upstream NAME]\n"
    "                      [--client NAME]\n"
    "\n"
    "Reads a request body (or, with --api text, a text) on standard input and prints what would become of it, as JSON:\n"
    "action, rule, classes, findings with their byte offsets, coverage.\n"
    "\n"
    "  -c, --config FILE   the configuration (cordon.conf(5))\n"
    "  --api NAME          a request body of that API: openai.chat (unless set), anthropic.messages, gemini.generate …\n"
    "                      (a wrong name prints them all); text: plain text\n"
    "  --path PATH         a request body for this path, with or without a query, instead of --api\n"
    "  --content-type TYPE of the body (unless set: application/json): multipart/form-data; boundary=…, text/plain …\n"
    "  --jsonl             one {\"id\": …, \"text\": …} a line in, one answer with its id a line out; `text` is what would\n"
    "                      else be on standard input: a text with --api text, else a request body\n"
    "  --upstream NAME     judge as if it went there (unless set: the first of that API)\n"
    "  --client NAME       judge as if it came from there (unless set: from an unknown address)\n"
    "  --help              this text\n"
    "\n"
    "Exit status: 0 judged, whatever the verdict; 1 some line was no such object, or input or output failed; 2 usage;\n"
    "3 the configuration is not valid.\n";

enum { FIRST_BLOCK = 256 << 10, WRITE_AT = 64 << 10 };

struct explain {
    /* the command line */
    const char *conf_path, *api, *path, *content_type, *upstream, *client;
    bool jsonl, help;
    /* the policy */
    struct conf *conf;
    struct ruleset *rules;
    struct pack *pack;
    const struct route *route;         /* NULL: text */
    struct site site;
    /* kept from line to line */
    struct scanner *scanner;
    struct arena *arena;
    struct obuf out;
    bool bad;                          /* a line was no object with id and text */
};

/* ---- judging ---- */

static void judge_one(struct explain *x, struct span body, struct span id)
{
    struct judge_case c = {.route = x->route, .body = body, .content_type = span_str(x->content_type), .conf = x->conf,
                           .target = x->path ? span_str(x->path) : SPAN_NONE, .arena = x->arena, .site = x->site,
                           .at = SIZE_MAX};
    enum fail f = body.n > x->conf->max_body ? FAIL_BODY_TOO_LARGE : judge_all(&c, x->scanner, x->rules);
    judge_explain(&c, f, id, ruleset_class_names(x->rules), &x->out);
    obuf_str(&x->out, "\n");
    x->out.comma = false;
}

static bool write_out(struct explain *x)
{
    bool ok = obuf_ok(&x->out) && fwrite(x->out.p, 1, x->out.n, stdout) == x->out.n;
    obuf_reset(&x->out);
    if (!ok) fprintf(stderr, "cordon explain: the answer cannot be written\n");
    return ok;
}

/* ---- one document ---- */

static char *read_all(size_t *n)
{
    size_t cap = 1 << 16;
    char *p = malloc(cap);
    *n = 0;
    while (p) {
        ssize_t got = read(STDIN_FILENO, p + *n, cap - *n);
        if (got == 0) return p;
        if (got < 0 && errno == EINTR) continue;
        char *more = got < 0 ? NULL : p;
        *n += got > 0 ? (size_t)got : 0;
        if (more && *n == cap) more = realloc(p, cap *= 2);
        if (more == NULL) free(p);
        p = more;
    }
    return NULL;
}

static int explain_one(struct explain *x)
{
    size_t n;
    char *body = read_all(&n);
    if (body == NULL) {
        fprintf(stderr, "cordon explain: standard input cannot be read\n");
        return EXIT_FAILED;
    }
    judge_one(x, (struct span){body, n}, SPAN_NONE);
    free(body);
    return write_out(x) ? EXIT_OK : EXIT_FAILED;
}

/* ---- a line for each document ---- */

/* The value of `id` as it stands in the line: a string with its quotes, or a number. */
static struct span id_of(const struct jdoc *d)
{
    uint32_t i = jdoc_get(d, 0, "id");
    if (i == J_NONE || (d->tok[i].type != J_STRING && d->tok[i].type != J_NUMBER)) return SPAN_NONE;
    struct span raw = jdoc_raw(d, i);
    if (d->tok[i].type == J_STRING) raw.p--, raw.n += 2;
    return raw;
}

static void put_bad_line(struct explain *x, size_t number, struct span id, enum fail f, const char *field)
{
    x->bad = true;
    jo_open(&x->out, NULL, '{');
    if (id.p) jo_raw(&x->out, "id", id);
    jo_u64(&x->out, "line", number);
    jo_open(&x->out, "error", '{');
    jo_cstr(&x->out, "code", fail_code(f));
    jo_cstr(&x->out, "message", fail_text(f));
    if (field) jo_cstr(&x->out, "field", field);
    jo_close(&x->out, '}');
    jo_close(&x->out, '}');
    obuf_str(&x->out, "\n");
    x->out.comma = false;
}

static void explain_line(struct explain *x, struct span line, size_t number)
{
    struct jdoc d;
    size_t at;
    arena_reset(x->arena);
    enum fail f = jscan(line, x->arena, &d, &at);
    if (f) return put_bad_line(x, number, SPAN_NONE, f, NULL);
    struct span id = id_of(&d);
    if (id.p == NULL) return put_bad_line(x, number, id, FAIL_REQUEST_INVALID, "id");
    uint32_t text = jdoc_get_type(&d, 0, "text", J_STRING);
    if (text == J_NONE) return put_bad_line(x, number, id, FAIL_REQUEST_INVALID, "text");
    struct span body = jdoc_text(&d, text, x->arena);
    if (body.p == NULL) return put_bad_line(x, number, id, FAIL_NO_MEMORY, NULL);
    judge_one(x, body, id);
}

static int explain_lines(struct explain *x)
{
    char *line = NULL;
    size_t cap = 0, number = 0;
    bool ok = true;
    for (ssize_t n; ok && (n = getline(&line, &cap, stdin)) >= 0;) {
        number++;
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r')) n--;
        if (n == 0) continue;   /* a blank line is no document */
        explain_line(x, (struct span){line, (size_t)n}, number);
        if (x->out.n >= WRITE_AT) ok = write_out(x);
    }
    free(line);
    ok = ok && write_out(x);
    if (ferror(stdin)) fprintf(stderr, "cordon explain: standard input cannot be read\n");
    return ok && !x->bad && !ferror(stdin) ? EXIT_OK : EXIT_FAILED;
}

/* ---- the policy, and who asks for what ---- */

/* Azure and many other hosts speak another provider's dialect. */
static bool speaks(const struct conf_upstream *u, const struct route *r)
{
    return r == NULL || strcmp(route_find(u->api, SPAN("GET"), SPAN("/"), false)->codec->provider, r->codec->provider) == 0;
}

static const struct conf_upstream *find_upstream(const struct explain *x)
{
    for (size_t i = 0; i < x->conf->n_upstreams; i++) {
        const struct conf_upstream *u = &x->conf->upstreams[i];
        if (x->upstream ? strcmp(u->name, x->upstream) == 0 : speaks(u, x->route)) return u;
    }
    return NULL;
}

static const char *find_client(const struct explain *x)
{
    for (size_t i = 0; x->client && i < x->conf->n_clients; i++)
        if (strcmp(x->conf->clients[i].name, x->client) == 0) return x->conf->clients[i].name;
    return NULL;
}

static int set_site(struct explain *x)
{
    x->site = (struct site){.upstream = find_upstream(x), .client = find_client(x), .path = x->site.path};
    if (x->upstream && x->site.upstream) x->site.provider = x->site.upstream->api;
    if (x->upstream && x->site.upstream == NULL) {
        fprintf(stderr, "cordon explain: the configuration has no upstream of that name\n");
        return EXIT_USAGE;
    }
    if (x->route && x->site.upstream == NULL)
        fprintf(stderr, "cordon explain: no upstream of the configuration speaks %s: judged as if one did\n",
                x->route->codec->provider);
    if (x->client && x->site.client == NULL) {
        fprintf(stderr, "cordon explain: the configuration has no client of that name\n");
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

/* The upstream's API where one is named, else the API that has such a path. */
static void set_route_of_path(struct explain *x)
{
    struct span path = span_str(x->path);
    const char *mark = memchr(path.p, '?', path.n), *provider = route_provider(path);
    if (mark) path.n = (size_t)(mark - path.p);
    for (size_t i = 0; x->upstream && i < x->conf->n_upstreams; i++)
        if (strcmp(x->conf->upstreams[i].name, x->upstream) == 0) provider = x->conf->upstreams[i].api;
    x->route = route_find(provider ? provider : "openai", SPAN("POST"), path, true);
    x->site.path = path;
}

static int load(struct explain *x)
{
    struct why why = {""};
    if ((x->conf = conf_load(x->conf_path, &why)) == NULL || (x->rules = ruleset_new(x->conf, &why)) == NULL ||
        (x->pack = pack_compile(x->conf, ruleset_class_names(x->rules), ruleset_class_count(x->rules), &why)) == NULL) {
        fprintf(stderr, "%s\n", why.text);
        return EXIT_CONFIG;
    }
    x->scanner = scanner_new(x->pack);
    x->arena = arena_new(FIRST_BLOCK);
    if (x->path) set_route_of_path(x);
    if (x->scanner && x->arena) return set_site(x);
    fprintf(stderr, "cordon explain: out of memory\n");
    return EXIT_FAILED;
}

static void unload(struct explain *x)
{
    obuf_fini(&x->out);
    arena_free(x->arena);
    scanner_free(x->scanner);
    pack_free(x->pack);
    ruleset_free(x->rules);
    conf_free(x->conf);
}

/* ---- the command ---- */

static bool parse(int argc, char **argv, struct explain *x)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},   {"api", required_argument, NULL, 'a'},
        {"upstream", required_argument, NULL, 'u'}, {"client", required_argument, NULL, 'w'},
        {"path", required_argument, NULL, 'p'},     {"content-type", required_argument, NULL, 't'},
        {"jsonl", no_argument, NULL, 'j'},          {"help", no_argument, NULL, 'h'},
        {0},
    };
    for (int c; (c = getopt_long(argc, argv, "+c:h", options, NULL)) != -1;) {
        switch (c) {
        case 'c': x->conf_path = optarg; break;
        case 'a': x->api = optarg; break;
        case 'p': x->path = optarg; break;
        case 't': x->content_type = optarg; break;
        case 'j': x->jsonl = true; break;
        case 'u': x->upstream = optarg; break;
        case 'w': x->client = optarg; break;
        case 'h': x->help = true; break;
        default: return false;
        }
    }
    return optind == argc && (x->help || x->conf_path);
}

static void tell_apis(void)
{
    const char *names[ROUTE_API_NAMES];
    size_t n = route_api_names(names, COUNT(names)), column = 0;
    fputs("cordon explain: there is no such API; it is text, or one of", stderr);
    for (size_t i = 0; i < n; i++) {
        bool wrap = i == 0 || column + strlen(names[i]) > 110;
        column = wrap ? 2 : column + 1;
        column += (size_t)fprintf(stderr, "%s%s", wrap ? "\n  " : " ", names[i]);
    }
    fputs("\n", stderr);
}

static bool set_route(struct explain *x)
{
    if (strcmp(x->api, "text") == 0) return true;
    x->route = route_of_api(x->api);
    if (x->route == NULL) tell_apis();
    return x->route != NULL;
}

int cmd_explain(int argc, char **argv)
{
    struct explain x = {.api = "openai.chat", .content_type = "application/json"};
    if (!parse(argc, argv, &x)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (x.help) return fputs(usage, stdout) < 0;
    if (x.path == NULL && !set_route(&x)) return EXIT_USAGE;
    digest_init();
    int status = load(&x);
    if (status == EXIT_OK) status = x.jsonl ? explain_lines(&x) : explain_one(&x);
    unload(&x);
    if (fflush(stdout) != 0 && status == EXIT_OK) status = EXIT_FAILED;
    return status;
}
