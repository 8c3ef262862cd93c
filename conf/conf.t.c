#include "conf/conf.h"
#include "conf/options.h"
#include "core/digest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char head[] = "version: 1\n"
                           "listeners: [{name: a, mode: reverse, address: '127.0.0.1:8080'}]\n"
                           "ledger: {directory: ledger}\n";
static const char rules[] = "rules: [{name: all, action: refuse}]\n";

static struct conf *load(const char *text, struct why *why) { return conf_load_bytes("/etc/cordon/x.yaml", span_str(text), why); }

/* A file of `head`, `rules` and the text. */
static struct conf *load_with(const char *text, bool with_rules, struct why *why)
{
    char *all;
    assert_true(asprintf(&all, "%s%s%s", head, with_rules ? rules : "", text) > 0);
    struct conf *c = load(all, why);
    free(all);
    return c;
}

static void expect_error(const char *text, bool with_rules, const char *want)
{
    struct why why;
    struct conf *c = load_with(text, with_rules, &why);
    if (c != NULL || strstr(why.text, want) == NULL) fail_msg("for\n%s\nexpected: %s\ngot: %s", text, want, c ? "no error" : why.text);
}

static void defaults(void **state)
{
    (void)state;
    struct why why;
    struct conf *c = load_with("upstreams: [{name: u, api: openai, host: api.openai.com}]\n", true, &why);
    if (c == NULL) fail_msg("%s", why.text);
    assert_string_equal(c->path, "/etc/cordon/x.yaml");
    assert_string_equal(c->ledger_dir, "/etc/cordon/ledger");
    assert_int_equal(c->ledger_segment, 64 << 20);
    assert_int_equal(c->max_body, 32 << 20);
    assert_int_equal(c->max_inflated, 32 << 20);
    assert_int_equal(c->max_ratio, 100);
    assert_int_equal(c->max_head, 32 << 10);
    assert_int_equal(c->max_connections, 4096);
    assert_int_equal(c->request_timeout_s, 60);
    assert_int_equal(c->idle_timeout_s, 120);
    assert_int_equal(c->upstream_connect_timeout_s, 10);
    assert_int_equal(c->upstream_idle_timeout_s, 600);
    assert_int_equal(c->drain_timeout_s, 30);
    assert_int_equal(c->n_connect_ports, 1);
    assert_int_equal(c->connect_ports[0], 443);
    assert_int_equal(c->log_level, CONF_LOG_INFO);
    assert_int_equal(c->unknown_endpoint, ACTION_REFUSE);
    assert_int_equal(c->workers, 0);
    assert_null(c->ca_dir);
    assert_null(c->admin_address);
    assert_null(c->cache_dir);
    assert_int_equal(c->upstreams[0].port, 443);
    assert_int_equal(c->upstreams[0].baa, -1);
    assert_int_equal(c->upstreams[0].inside, 0);
    assert_null(c->upstreams[0].credential);
    assert_int_equal(c->rules[0].baa, -1);
    assert_int_equal(c->rules[0].inside, -1);
    assert_int_equal(c->rules[0].unknown_endpoint, -1);
    assert_int_equal(c->rules[0].line, 4);
    assert_int_equal(c->rules[0].action, ACTION_REFUSE);
    conf_free(c);
}

static const char everything[] =
    "version: 1\n"
    "listeners:\n"
    "  - {name: r, mode: reverse, address: '[::1]:8443', tls: {certificate: a.pem, key: /k.pem}}\n"
    "  - {name: s, mode: reverse, address: '127.0.0.1:0', tls: {from_ca: true}}\n"
    "  - {name: c, mode: connect, address: '127.0.0.1:0'}\n"
    "  - {name: t, mode: transparent, address: '127.0.0.1:8082'}\n"
    "ca: {directory: ca}\n"
    "upstreams:\n"
    "  - {name: u, api: openai, host: h, also: [i, j], port: 8000, address: '127.0.0.1:9', plaintext: true, region: eu,\n"
    "     baa: true, perimeter: inside, credential: {from_env: KEY}}\n"
    "  - {name: v, api: openai, host: k, ca_file: ca.pem, baa: false, credential: {header: x-api-key, from_file: key}}\n"
    "  - {name: w, api: openai, host: l, credential: {prefix: '', from_file: key}}\n"
    "tunnels: [passed.example.org]\n"
    "models: [{name: m, file: m.gguf, context: 8192, parallel: 2, threads: 3, queue: 9}]\n"
    "clients: [{name: ward, networks: [10.0.0.0/8, '::1']}]\n"
    "classes: [{name: phi, threshold: 0.4}, {name: research}]\n"
    "patterns: [{type: HOSP, class: research, regex: 'H-\\d{6}', score: 0.9, context: [mrn], context_required: true, validator: luhn}]\n"
    "word_lists: [{type: PROJ, class: research, words: [apollo, gemini], score: 0.7, ignore_case: false}]\n"
    "disabled_types: [EMAIL]\n"
    "rules:\n"
    "  - name: one\n"
    "    when: {classes: [any], min_score: 0.6, types: [HOSP], clients: [ward], apis: [openai.chat], upstreams: [u, v], regions: [eu],\n"
    "           models: ['gpt-4*'], baa: false, perimeter: outside, unknown_endpoint: false}\n"
    "    action: local\n"
    "    observe: true\n"
    "    message: |\n"
    "      Two\n"
    "      lines\n"
    "    model: m\n"
    "    notice: from here\n"
    "    min_parameters: 1.5B\n"
    "  - {name: all, action: forward}\n"
    "unknown_endpoint: forward\n"
    "limits: {body: 1MiB, inflated: 2MB, inflate_ratio: 10, head: 16KiB, connections: 5, connect_ports: [443, 8443]}\n"
    "timeouts: {request: 1s, idle: 2m, upstream_connect: 3s, upstream_idle: 1h, drain: 0s}\n"
    "ledger: {directory: /var/l, segment: 1MiB}\n"
    "cache: {directory: c}\n"
    "admin: {address: '127.0.0.1:1'}\n"
    "workers: 3\n"
    "log: {level: debug}\n";

static void check_upstreams(const struct conf *c)
{
    const struct conf_upstream *u = c->upstreams;
    assert_int_equal(c->n_upstreams, 3);
    assert_int_equal(u[0].n_also, 2);
    assert_string_equal(u[0].also[1], "j");
    assert_int_equal(u[0].port, 8000);
    assert_true(u[0].plaintext);
    assert_int_equal(u[0].baa, 1);
    assert_int_equal(u[0].inside, 1);
    assert_string_equal(u[0].credential->header, "authorization");
    assert_string_equal(u[0].credential->prefix, "Bearer ");
    assert_string_equal(u[0].credential->from_env, "KEY");
    assert_int_equal(u[1].baa, 0);
    assert_string_equal(u[1].ca_file, "/e/ca.pem");
    assert_string_equal(u[1].credential->prefix, "");
    assert_string_equal(u[1].credential->from_file, "/e/key");
    assert_string_equal(u[2].credential->prefix, "");
}

static void check_rule(const struct conf_rule *r)
{
    assert_int_equal(r->n_classes + r->n_types + r->n_clients + r->n_apis + r->n_regions + r->n_models, 6);
    assert_int_equal(r->n_upstreams, 2);
    assert_string_equal(r->models[0], "gpt-4*");
    assert_true(r->min_score > 0.59 && r->min_score < 0.61);
    assert_int_equal(r->baa, 0);
    assert_int_equal(r->inside, 0);
    assert_int_equal(r->unknown_endpoint, 0);
    assert_int_equal(r->action, ACTION_LOCAL);
    assert_true(r->observe);
    assert_string_equal(r->message, "Two\nlines\n");
    assert_string_equal(r->model, "m");
    assert_int_equal(r->min_parameters, 1500000000);
    assert_int_equal(r->line, 21);
}

static void every_key(void **state)
{
    (void)state;
    struct why why;
    struct conf *c = conf_load_bytes("/e/x.yaml", span_str(everything), &why);
    if (c == NULL) fail_msg("%s", why.text);
    assert_int_equal(c->n_listeners, 4);
    assert_string_equal(c->listeners[0].certificate, "/e/a.pem");
    assert_string_equal(c->listeners[0].key, "/k.pem");
    assert_true(!c->listeners[0].tls && c->listeners[1].tls);
    assert_int_equal(c->listeners[3].mode, LISTEN_TRANSPARENT);
    check_upstreams(c);
    check_rule(&c->rules[0]);
    assert_int_equal(c->models[0].queue, 9);
    assert_int_equal(c->clients[0].parsed[0].bits, 8);
    assert_true(c->classes[0].threshold < 0.5 && c->classes[1].threshold == 0.5);
    assert_string_equal(c->patterns[0].regex, "H-\\d{6}");
    assert_string_equal(c->patterns[0].validator, "luhn");
    assert_string_equal(c->word_lists[0].words[1], "gemini");
    assert_false(c->word_lists[0].ignore_case);
    assert_int_equal(c->unknown_endpoint, ACTION_FORWARD);
    assert_int_equal(c->max_inflated, 2000000);
    assert_int_equal(c->max_head, 16384);
    assert_int_equal(c->connect_ports[1], 8443);
    assert_int_equal(c->upstream_idle_timeout_s, 3600);
    assert_int_equal(c->drain_timeout_s, 0);
    assert_int_equal(c->log_level, CONF_LOG_DEBUG);
    const char *names[CLASS_MAX];
    assert_int_equal(conf_class_names(c, names), 6);
    assert_string_equal(names[0], "phi");
    assert_string_equal(names[5], "research");
    conf_free(c);
}

/* The file cut at every byte, and with every byte changed: an error or a configuration, never a crash or a leak. */
static void damaged_files(void **state)
{
    (void)state;
    struct why why;
    size_t n = strlen(everything);
    char *copy = strdup(everything);
    assert_non_null(copy);
    for (size_t i = 0; i < n; i += 3) {
        struct conf *c = conf_load_bytes("/e/x.yaml", (struct span){everything, i}, &why);
        if (c == NULL) assert_int_not_equal(why.text[0], '\0');
        conf_free(c);
        copy[i] ^= 0x15;
        c = conf_load_bytes("/e/x.yaml", (struct span){copy, n}, &why);
        if (c == NULL) assert_int_not_equal(why.text[0], '\0');
        conf_free(c);
        copy[i] ^= 0x15;
    }
    free(copy);
}

static void yaml_itself(void **state)
{
    (void)state;
    struct why why;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"", "x.yaml:1:1: the file is empty"},
        {"# nothing\n", "the file is empty"},
        {"- a\n", "x.yaml:1:1: the file must be `key: value` lines"},
        {"version: 1\nversion: 1\n", "x.yaml:2:1: `version` is given twice, first in line 1"},
        {"version: 1\nlog: {level: info, level: warn}\n", "x.yaml:2:20: `level` is given twice, first in line 2"},
        {"version: &a 1\n", "x.yaml:1:10: anchors"},
        {"version: *a\n", "x.yaml:1:10: aliases"},
        {"version: !!int 1\n", "x.yaml:1:10: tags"},
        {"version: 1\n---\nversion: 1\n", "x.yaml:2:1: a second YAML document"},
        {"version: \"1\\0\"\n", "x.yaml:1:10: the value holds a NUL"},
        {"? [a]\n: b\n", "x.yaml:1:3: a key must be a word"},
        {"version: 1\n\tlog: 1\n", "x.yaml:2:1: not valid YAML"},
        {"version: [1\n", "not valid YAML"},
        {"version: \xff\n", "not text in UTF-8"},
        {"<<: {version: 1}\n", "x.yaml:1:1: the file has no key `<<`"},
        {"a: [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]\n", "nested too deeply"},
        {"verzion: 1\n", "x.yaml:1:1: the file has no key `verzion`; did you mean `version`?"},
        {"log: {colour: 1}\n", "`log` has no key `colour`; it has: level"},
        {"log: {level: }\n", "`level` has no value"},
        {"log: info\n", "`log` takes keys of its own, not a single value"},
        {"log: [a]\n", "`log` takes keys of its own, not a list"},
        {"tunnels: a.b\n", "`tunnels` takes a list; write it in brackets"},
        {"tunnels: [[a]]\n", "an entry of `tunnels` must be one value, not a list"},
        {"tunnels: [~]\n", "an entry of `tunnels` must be one value, not empty"},
        {"rules: []\n", "x.yaml:1:8: `rules` is an empty list"},
        {"rules: [x]\n", "an entry of `rules` must be a mapping"},
        {"log: {}\n", "the file needs `version`"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct conf *c = load(rows[i].text, &why);
        if (c != NULL || strstr(why.text, rows[i].want) == NULL) fail_msg("for\n%s\nexpected: %s\ngot: %s", rows[i].text, rows[i].want, why.text);
    }
}

static void values(void **state)
{
    (void)state;
    expect_error("workers: 010\n", true, "x.yaml:5:10: `workers` takes a whole number");
    expect_error("workers: 5000\n", true, "`workers` must be from 0 to 1024");
    expect_error("limits: {body: 10mb}\n", true, "`body` takes a size");
    expect_error("limits: {body: 2GiB}\n", true, "`body` must be from 1024 to 1073741824 bytes");
    expect_error("limits: {connect_ports: [0]}\n", true, "`connect_ports` must be from 1 to 65535");
    expect_error("timeouts: {idle: 30}\n", true, "`idle` takes a duration with its unit");
    expect_error("log: {level: loud}\n", true, "`level` takes one of error warn info debug");
    expect_error("unknown_endpoint: local\n", true, "`unknown_endpoint` takes one of forward refuse");
    expect_error("unknown_endpoint: ''\n", true, "`unknown_endpoint` takes one of forward refuse");
    expect_error("tunnels: [A.com]\n", true, "`tunnels` takes a host name in lower case");
    expect_error("classes: [{name: a b}]\n", true, "`name` takes a name");
    expect_error("classes: [{name: x, threshold: 1.5}]\n", true, "`threshold` takes a score");
    expect_error("cache: {directory: ''}\n", true, "`directory` takes a path");
    expect_error("rules: [{name: a, action: refuse, observe: yes}]\n", false, "`observe` takes true or false");
    expect_error("rules: [{name: a, action: refuse, message: \"a\\x07\"}]\n", false, "`message` takes a text");
    expect_error("rules: [{name: a, action: local, min_parameters: 7}]\n", false, "`min_parameters` takes a number of parameters");
    expect_error("patterns: [{type: T, class: pii, regex: \"a\\nb\"}]\n", true, "`regex` takes one line");
}

static void listeners_and_upstreams(void **state)
{
    (void)state;
    struct why why;
    const char *no_ca = "version: 1\nlisteners: [{name: a, mode: connect, address: '127.0.0.1:0'}]\nledger: {directory: l}\nrules: [{name: all, action: refuse}]\n";
    assert_null(load(no_ca, &why));
    assert_non_null(strstr(why.text, "x.yaml:2:29: `mode` needs a CA"));
    expect_error("admin: {address: '0.0.0.0:9'}\n", true, "x.yaml:5:18: `address` must be a loopback address");
    expect_error("upstreams: [{name: u, api: o, host: h, plaintext: true}]\n", true, "`plaintext` is only for a loopback");
    expect_error("upstreams: [{name: u, api: o, host: h, plaintext: true, address: '10.0.0.1:80'}]\n", true, "`plaintext` is only for a loopback");
    expect_error("upstreams: [{name: u, api: o, host: 10.0.0.1}]\n", true, "`host` takes a host name");
    expect_error("upstreams: [{name: u, api: o, host: h, credential: {}}]\n", true, "exactly one of `from_env` and `from_file`");
    expect_error("upstreams: [{name: u, api: o, host: h, credential: {from_env: A, from_file: b}}]\n", true, "exactly one of");
    expect_error("upstreams: [{name: u, api: o, host: h, credential: {from_env: A, header: 'X: y'}}]\n", true, "bad `header`");
    expect_error("upstreams: [{name: u, api: o, host: h}, {name: u, api: o, host: i}]\n", true, "x.yaml:5:48: the name u is taken");
    expect_error("upstreams: [{name: u, api: o, host: h, also: [i, h]}]\n", true, "named by another entry");
    expect_error("upstreams: [{name: u, api: o, host: h}]\ntunnels: [i, h]\n", true, "x.yaml:6:14: this host is an upstream");
    expect_error("clients: [{name: a, networks: [10.0.0.1/8]}]\n", true, "x.yaml:5:32: has bits outside its prefix");
    expect_error("clients: [{name: a, networks: [10.0.0.0/8]}, {name: b, networks: [10.0.0.0/8]}]\n", true, "listed twice");
}

static void rules_and_classes(void **state)
{
    (void)state;
    expect_error("rules: [{name: a, action: refuse, when: {classes: [phy]}}, {name: b, action: refuse}]\n", false, "there is no class phy; did you mean phi?");
    expect_error("rules: [{name: a, action: refuse, when: {classes: [secrets!]}}]\n", false, "`classes` takes a name");
    expect_error("rules: [{name: a, action: refuse, when: {clients: [x]}}, {name: b, action: refuse}]\n", false, "x: there is no such client");
    expect_error("rules: [{name: a, action: refuse, when: {upstreams: [x]}}, {name: b, action: refuse}]\n", false, "x: there is no such upstream");
    expect_error("rules: [{name: a, action: refuse, when: {regions: [x]}}, {name: b, action: refuse}]\n", false, "x: no upstream has this region");
    expect_error("rules: [{name: a, action: refuse, when: {min_score: 0.5}}, {name: b, action: refuse}]\n", false, "`min_score` is of a class or type");
    expect_error("rules: [{name: a, action: local}]\n", false, "needs a model when it is local");
    expect_error("models: [{name: m, file: m}]\nrules: [{name: a, action: local, model: n}]\n", false, "`model` names no model");
    expect_error("rules: [{name: a, action: forward, notice: x}]\n", false, "`notice` is only for `action: local`");
    expect_error("rules: [{name: a, action: forward, message: x}]\n", false, "`message` is only for");
    expect_error("rules: [{name: a, action: forward, when: {baa: true}}]\n", false, "the last rule must take everything");
    expect_error("rules: [{name: a, action: forward, observe: true}]\n", false, "the last rule must take everything");
    expect_error("rules: [{name: a, action: forward}, {name: b, action: refuse}]\n", false, "x.yaml:4:9: this rule takes everything");
    expect_error("rules: [{name: unknown-endpoint, action: forward}]\n", false, "`name` is taken");
    expect_error("classes: [{name: any}]\n", true, "cannot be `any`");
    expect_error("classes: [{name: a}, {name: a}]\n", true, "the name a is taken");
    expect_error("patterns: [{type: T, class: nope, regex: x}]\n", true, "there is no class nope");
    expect_error("patterns: [{type: T, class: pii, regex: x, context_required: true}]\n", true, "`context_required` needs the words");
    expect_error("word_lists: [{type: T, class: pii}]\n", true, "exactly one of `words` and `file`");
    expect_error("word_lists: [{type: T, class: pii, file: /nonexistent/w}]\n", true, "cannot be read: No such file");
    expect_error("word_lists: [{type: T, class: pii, file: /dev/null}]\n", true, "not a regular file");
}

static void at_most_32_classes(void **state)
{
    (void)state;
    for (int n = 27; n <= 28; n++) {
        char text[2000] = "classes: [{name: phi}, {name: pii}";
        for (int i = 0; i < n; i++) sprintf(text + strlen(text), ", {name: c%d}", i);
        strcat(text, "]\n");
        struct why why;
        struct conf *c = load_with(text, true, &why);
        assert_int_equal(c != NULL, n == 27);
        const char *names[CLASS_MAX];
        if (c) assert_int_equal(conf_class_names(c, names), 32);
        else assert_non_null(strstr(why.text, "one class too many"));
        conf_free(c);
    }
}

static void count_line(const char *text, void *arg)
{
    assert_int_not_equal(text[0], '\0');
    ++*(int *)arg;
}

struct folder {
    char dir[32], conf[64], words[64];
};

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static struct folder make_folder(void)
{
    struct folder t = {"/tmp/cordon-conf-XXXXXX", "", ""};
    assert_non_null(mkdtemp(t.dir));
    snprintf(t.conf, sizeof t.conf, "%s/cordon.yaml", t.dir);
    snprintf(t.words, sizeof t.words, "%s/words.txt", t.dir);
    return t;
}

static void remove_folder(const struct folder *t)
{
    unlink(t->conf);
    unlink(t->words);
    rmdir(t->dir);
}

static void all_errors_are_told(void **state)
{
    (void)state;
    struct folder t = make_folder();
    int lines = 0;
    char text[1000];
    snprintf(text, sizeof text, "%s%s%s", head, rules, "tunels: [a]\nworkers: [x]\nlog: {level: }\n");
    put(t.conf, text);
    assert_int_equal(conf_check(t.conf, count_line, &lines), 3);
    assert_int_equal(lines, 3);
    snprintf(text, sizeof text, "%s%s%s", head, rules, "workers: x\nlog: {level: y}\n");
    put(t.conf, text);
    assert_int_equal(conf_check(t.conf, count_line, &lines), 2);
    snprintf(text, sizeof text, "%s%s", head, rules);
    put(t.conf, text);
    assert_int_equal(conf_check(t.conf, count_line, &lines), 0);
    assert_int_equal(lines, 5);
    unlink(t.conf);
    assert_int_equal(conf_check(t.conf, count_line, &lines), 1);
    remove_folder(&t);
}

static void word_list_files(void **state)
{
    (void)state;
    struct folder t = make_folder();
    struct why why;
    char text[1000], hex[65], first[65];
    snprintf(text, sizeof text, "%s%s%s", head, rules, "word_lists: [{type: T, class: pii, file: words.txt}]\n");
    put(t.conf, text);
    put(t.words, "\xef\xbb\xbf# projects\napollo\r\n\n  two words \nlast");
    struct conf *c = conf_load(t.conf, &why);
    if (c == NULL) fail_msg("%s", why.text);
    assert_int_equal(c->word_lists[0].n_words, 3);
    assert_null(c->word_lists[0].file);
    assert_string_equal(c->word_lists[0].words[0], "apollo");
    assert_string_equal(c->word_lists[0].words[1], "two words");
    assert_string_equal(c->word_lists[0].words[2], "last");
    strcpy(first, c->digest);
    struct digest d = sha256(span_str(text));   /* the file alone would be this */
    hex_put(hex, d.b, DIGEST_LEN);
    assert_string_not_equal(first, hex);
    conf_free(c);
    put(t.words, "apollo\n");
    assert_non_null(c = conf_load(t.conf, &why));
    assert_string_not_equal(first, c->digest);
    conf_free(c);
    put(t.words, "# none\n");
    assert_null(conf_load(t.conf, &why));
    assert_non_null(strstr(why.text, "there was no word"));
    remove_folder(&t);
}

static void digest_is_the_file(void **state)
{
    (void)state;
    struct why why;
    char hex[65];
    struct digest d = sha256(span_str(everything));
    struct conf *c = conf_load_bytes("/e/x.yaml", span_str(everything), &why);
    assert_non_null(c);
    hex_put(hex, d.b, DIGEST_LEN);
    assert_string_equal(c->digest, hex);
    conf_free(c);
}

static void state_and_opaque(void **state)
{
    (void)state;
    struct why why;
    struct conf *c = load_with("", true, &why);
    assert_non_null(c);
    assert_true(strlen(c->ledger_dir) > 0 && strstr(c->state.dir, "/state") != NULL);
    assert_int_equal(c->state.keep_s, 30 * 86400);
    assert_int_equal(c->state.min_text, 32);
    assert_true(c->state.sessions && c->rules[0].prune_tools && !c->rules[0].no_store);
    assert_int_equal(c->state.n_session_headers, 7);
    assert_string_equal(c->state.session_headers[0], "x-claude-code-session-id");
    assert_int_equal(c->rules[0].unknown_ids, -1);
    conf_free(c);
    c = load_with("state: {directory: /s, key_file: k, session_headers: [x-mine], keep: 2h, redis: {address: '127.0.0.1:6379'}}\n"
                  "opaque: {allow: [image, encrypted], classes: [phi]}\n", true, &why);
    if (c == NULL) fail_msg("%s", why.text);
    assert_string_equal(c->state.redis->prefix, "cordon:");
    assert_int_equal(c->state.redis->timeout_ms, 1000);
    assert_string_equal(c->state.key_file, "/etc/cordon/k");
    assert_int_equal(c->state.n_session_headers, 1);
    assert_int_equal(c->opaque.n_allow, 2);
    conf_free(c);
    expect_error("opaque: {allow: [images]}\n", true, "images: there is no such kind");
    expect_error("opaque: {classes: [phy]}\n", true, "there is no class phy");
    expect_error("state: {keep: 1s}\n", true, "`keep` must be from 60");
    expect_error("state: {redis: {address: '127.0.0.1:1', username: u}}\n", true, "has a `username` and no password");
    expect_error("state: {redis: {address: '127.0.0.1:1', tls: {key: k}}}\n", true, "takes `certificate` and `key` together");
    expect_error("rules: [{name: a, action: refuse, no_store: true}]\n", false, "`no_store` is only for");
    expect_error("rules: [{name: a, action: refuse, prune_tools: false}]\n", false, "`prune_tools` is only for");
    expect_error("rules: [{name: a, action: refuse, when: {opaque: [x]}}, {name: b, action: refuse}]\n", false, "there is no such kind");
    expect_error("rules: [{name: local-object, action: refuse}]\n", false, "`name` is taken");
}

static void upstream_paths_and_keys(void **state)
{
    (void)state;
    static const struct {
        const char *more, *want;
    } bad[] = {
        {"mount: groq", "`mount` takes a path"},
        {"mount: /groq/", "`mount` takes a path"},
        {"base_path: /a//b", "`base_path` takes a path"},
        {"aws: {access_key_id: A, region: r}", "exactly one of `secret_from_env`"},
        {"aws: {access_key_id: A, region: r, secret_from_env: E}, credential: {from_env: E}", "two credentials"},
    };
    char text[400];
    struct why why;
    for (size_t i = 0; i < COUNT(bad); i++) {
        snprintf(text, sizeof text, "upstreams: [{name: u, api: openai, host: h.example, %s}]\n", bad[i].more);
        expect_error(text, true, bad[i].want);
    }
    expect_error("upstreams: [{name: u, api: openai, host: h.example, mount: /m}, {name: v, api: openai, host: g.example, mount: /m}]\n",
                 true, "another upstream's too");
    struct conf *c = load_with("upstreams: [{name: u, api: bedrock, host: h.example, base_path: '', mount: /m/n, "
                               "aws: {access_key_id: A, region: eu-west-1, secret_from_env: E}}]\n", true, &why);
    if (c == NULL) fail_msg("%s", why.text);
    assert_string_equal(c->upstreams[0].aws->service, "bedrock");
    assert_string_equal(c->upstreams[0].base_path, "");
    conf_free(c);
}

static void shipped_examples(void **state)
{
    (void)state;
    static const char *const files[] = {"demo.yaml", "hospital.yaml", "law-firm.yaml", "bank.yaml"};
    for (size_t i = 0; i < COUNT(files); i++) {
        char path[4096];
        struct why why;
        snprintf(path, sizeof path, "%s/conf/%s", CORDON_SOURCE_DIR, files[i]);
        struct conf *c = conf_load(path, &why);
        if (c == NULL) fail_msg("%s", why.text);
        conf_free(c);
    }
}

static char *read_page(void)
{
    FILE *f = fopen(CORDON_SOURCE_DIR "/docs/cordon.conf.5", "re");
    assert_non_null(f);
    char *text = calloc(1, 1 << 20);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

/* Each key has an entry `.It Cm key`, and a default is named in it. */
static void expect_documented(const char *page, const struct options *of)
{
    for (size_t i = 0; i < of->n; i++) {
        const struct option *o = &of->option[i];
        char item[64];
        snprintf(item, sizeof item, "\n.It Cm %s\n", o->key);
        const char *at = strstr(page, item);
        if (at == NULL) fail_msg("docs/cordon.conf.5 has no entry for the key %s (%s)", o->key, of->what);
        if (o->of) expect_documented(page, o->of);
        if (o->usual == NULL) continue;
        snprintf(item, sizeof item, "\nDefault: %s.\n", o->usual);
        bool told = false;
        for (char title[64]; at && !told; at = strstr(at + 1, title)) {
            const char *next = strstr(at + 1, "\n.It Cm "), *said = strstr(at, item);
            told = said && (next == NULL || said < next);
            snprintf(title, sizeof title, "\n.It Cm %s\n", o->key);
        }
        if (!told) fail_msg("docs/cordon.conf.5 does not give the default %s of the key %s (%s)", o->usual, o->key, of->what);
    }
}

static void man_page_has_every_key(void **state)
{
    (void)state;
    char *page = read_page();
    expect_documented(page, &conf_options);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),          cmocka_unit_test(every_key),           cmocka_unit_test(damaged_files),
        cmocka_unit_test(yaml_itself),       cmocka_unit_test(values),              cmocka_unit_test(listeners_and_upstreams),
        cmocka_unit_test(rules_and_classes), cmocka_unit_test(at_most_32_classes),  cmocka_unit_test(all_errors_are_told),
        cmocka_unit_test(word_list_files),   cmocka_unit_test(digest_is_the_file),  cmocka_unit_test(shipped_examples),
        cmocka_unit_test(state_and_opaque), cmocka_unit_test(upstream_paths_and_keys),
        cmocka_unit_test(man_page_has_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
