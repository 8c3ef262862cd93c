#include "conf/load.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LARGEST_CONF = 4 << 20 };

const char *const conf_builtin_classes[CLASS_BUILTIN] = {
    [CLASS_PHI] = "phi", [CLASS_PII] = "pii", [CLASS_PRIVILEGED] = "privileged", [CLASS_FINANCIAL] = "financial", [CLASS_SECRET] = "secret",
};

const char *listen_mode_name(enum listen_mode m)
{
    static const char *const names[] = {"reverse", "connect", "transparent"};
    return (unsigned)m < COUNT(names) ? names[m] : "unknown";
}

size_t conf_class_names(const struct conf *c, const char *names[CLASS_MAX])
{
    size_t n = CLASS_BUILTIN;
    memcpy(names, conf_builtin_classes, sizeof conf_builtin_classes);
    for (size_t i = 0; i < c->n_classes && n < CLASS_MAX; i++) {
        size_t k = 0;
        while (k < n && strcmp(names[k], c->classes[i].name) != 0) k++;
        if (k == n) names[n++] = c->classes[i].name;
    }
    return n;
}

/* Absolute without following links: a configuration that is a link into a versioned directory keeps its own place. */
static char *absolute(const char *path)
{
    char *out = NULL, *cwd;
    if (path[0] == '/') return strdup(path);
    if ((cwd = getcwd(NULL, 0)) == NULL) return NULL;
    if (asprintf(&out, "%s/%s", cwd, path) < 0) out = NULL;
    free(cwd);
    return out;
}

static bool convert(struct conf *c, const struct lines *l, struct span text, struct report *r)
{
    char *dir = strdup(c->path);
    if (dir == NULL) return false;
    *strrchr(dir, '/') = '\0';
    struct slot *slots = slots_load(&conf_options, text, r);
    struct filler f = {l, r, dir};
    if (slots) fill(&f, &conf_options, slots, 0, c);
    slots_free(&conf_options, slots);
    free(dir);
    c->disabled_types_line = lines_place(l, 0, "disabled_types").line;
    if (r->n) return false;
    check_conf(c, l, r);
    files_read(c, l, text, r);
    return r->n == 0;
}

static struct conf *build(const char *path, struct span text, struct report *r)
{
    struct lines l = {0};
    struct conf *c = calloc(1, sizeof *c);
    if (c == NULL || (c->path = absolute(path)) == NULL) {
        report_at(r, (struct place){0}, "out of memory");
    } else if (text.n > LARGEST_CONF) {
        report_at(r, (struct place){0}, "the file is larger than 4 MiB; put long word lists into files of their own");
    } else if (lines_read(&l, text, r)) {
        shape_check(&l, &conf_options, r);
        if (r->n == 0 && convert(c, &l, text, r)) goto leave;
    }
    if (r->n == 0) report_at(r, (struct place){0}, "out of memory");
    conf_free(c);
    c = NULL;
leave:
    lines_fini(&l);
    return c;
}

static struct conf *build_file(const char *path, struct report *r)
{
    size_t n;
    const char *reason;
    char *text = file_read(path, LARGEST_CONF, &n, &reason);
    if (text == NULL) {
        report_at(r, (struct place){0}, "cannot be read: %s", reason);
        return NULL;
    }
    struct conf *c = build(path, (struct span){text, n}, r);
    free(text);
    return c;
}

static void keep_first(const char *text, void *arg)
{
    struct why *why = arg;
    if (why->text[0] == '\0') why_set(why, "%s", text);
}

struct conf *conf_load(const char *path, struct why *why)
{
    struct report r = {path, keep_first, why, 0};
    why->text[0] = '\0';
    return build_file(path, &r);
}

struct conf *conf_load_bytes(const char *path, struct span bytes, struct why *why)
{
    struct report r = {path, keep_first, why, 0};
    why->text[0] = '\0';
    return build(path, bytes, &r);
}

int conf_check(const char *path, void (*line)(const char *text, void *arg), void *arg)
{
    struct report r = {path, line, arg, 0};
    conf_free(build_file(path, &r));
    return r.n;
}

void conf_free(struct conf *c)
{
    if (c == NULL) return;
    for (size_t i = 0; i < c->n_clients; i++) free(c->clients[i].parsed);
    fill_free(&conf_options, c);
    free(c->path);
    free(c);
}
