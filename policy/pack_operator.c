/* The operator's own patterns and word lists, checked and added to a pack. */
#include "policy/pack.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_CONTEXT_BYTES 100
#define MAX_LIST_FILE (64u << 20)

static int class_of(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0) return (int)i;
    return -1;
}

static bool is_ascii(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s >= 0x80) return false;
    return true;
}

/* ---- patterns ---- */

/* \x{...} and \p need characters, not bytes, as text beyond ASCII does. */
static bool needs_utf(const char *regex)
{
    static const char *const marks[] = {"\\x{", "\\p", "\\P", "\\X", "(*UTF", "(*UCP"};
    for (size_t i = 0; i < COUNT(marks); i++)
        if (strstr(regex, marks[i]) != NULL) return true;
    return !is_ascii(regex);
}

/* Anchors speak of one string; to the database all strings of a request are one text. */
static bool is_anchored(const char *regex)
{
    for (const char *p = regex; *p; p++) {
        if (*p == '\\' && p[1]) {
            if (strchr("AzZGK", *++p)) return true;
        } else if (*p == '$' || (*p == '^' && (p == regex || p[-1] != '['))) {
            return true;
        }
    }
    return false;
}

static bool matches_nothing(struct exact *e, const char *type, struct why *why)
{
    struct exact_state *s = exact_state_new();
    struct bounds b;
    bool found = false;
    enum fail f = s ? exact_find(e, s, SPAN(""), 0, 0, &b, &found) : FAIL_NO_MEMORY;
    exact_state_free(s);
    if (f == FAIL_NO_MEMORY) why_set(why, "patterns: out of memory");
    if (found) why_set(why, "pattern %s: it matches the empty string; let it ask for at least one character", type);
    return f != FAIL_NO_MEMORY && !found;
}

static bool compile_operator(struct pattern *pat, const char *regex, struct why *why)
{
    char err[160];
    size_t at = 0;
    pat->exact = exact_new(regex, false, needs_utf(regex), err, sizeof err, &at);
    if (pat->exact == NULL) {
        why_set(why, "pattern %s: %s at offset %zu of its regex", pat->def.type, err, at);
        return false;
    }
    if (!matches_nothing(pat->exact, pat->def.type, why)) return false;
    pat->always = needs_utf(regex) || is_anchored(regex) || hsdb_probe(regex) == HSDB_NONE;
    /* A row of its own stays in the database, so that numbers agree: this one never matches text of a request. */
    if (pat->always) pat->def.hs = "\\x1f\\x1f\\x1e\\x1f\\x1f";
    return true;
}

static bool add_context(struct pack *p, const struct conf_pattern *c, uint32_t number, struct why *why)
{
    for (size_t i = 0; i < c->n_context; i++) {
        bool bad;
        if (lexicon_add_entry(p->lexicon, span_str(c->context[i]), true, LEX_CONTEXT, number, &bad)) continue;
        const char *what = bad ? "holds no word" : "could not be added: out of memory";
        why_set(why, "pattern %s: context word %zu %s", c->type, i + 1, what);
        return false;
    }
    return true;
}

static bool add_pattern(struct pack *p, const struct conf_pattern *c, int klass, struct why *why)
{
    struct pattern *pat = pack_push(p);
    char *type = pack_own(p, c->type, strlen(c->type)), *regex = pack_own(p, c->regex, strlen(c->regex));
    if (pat == NULL || type == NULL || regex == NULL) return why_set(why, "patterns: out of memory"), false;
    float score = (float)c->score;
    pat->operators = true;
    pat->unbounded = true;
    pat->has_context = c->n_context > 0;
    pat->context_required = c->context_required;
    pat->def = (struct pattern_def){.type = type, .source = "configuration", .klass = (uint8_t)klass, .hs = regex,
                                    .re = regex,
                                    .score = c->context_required ? 0 : score, .near = score,
                                    .before = DEFAULT_CONTEXT_BYTES,
                                    .after = DEFAULT_CONTEXT_BYTES};
    if (c->n_context > 0 && !c->context_required) pat->def.near = score + (1.0f - score) * 0.5f;
    if (c->validator != NULL && (pat->def.check = check_by_name(c->validator)) == NULL) {
        why_set(why, "pattern %s: there is no validator %s; there are %s", c->type, c->validator, check_names());
        return false;
    }
    if (c->context_required && c->n_context == 0) {
        why_set(why, "pattern %s: context_required without any context word", c->type);
        return false;
    }
    return compile_operator(pat, regex, why) && add_context(p, c, (uint32_t)(p->n - 1), why);
}

/* A reason with its place in the configuration put before it. */
static bool placed(const struct conf *conf, uint32_t line, struct why *why)
{
    struct why inner = *why;
    why_at(why, conf, line, "%s", inner.text);
    return false;
}

bool pack_add_operator(struct pack *p, const struct conf *conf, const char *const *names, size_t n_names,
                       struct why *why)
{
    for (size_t i = 0; i < conf->n_patterns; i++) {
        const struct conf_pattern *c = &conf->patterns[i];
        int klass = class_of(c->klass, names, n_names);
        if (klass < 0) {
            why_set(why, "pattern %s: there is no class %s", c->type, c->klass);
            return placed(conf, c->line, why);
        }
        if (!add_pattern(p, c, klass, why)) return placed(conf, c->line, why);
    }
    return true;
}

/* ---- word lists ---- */

/* Scripts that write words without spaces between them: such an entry is looked for anywhere, as a pattern. */
static bool is_unspaced(struct span s)
{
    for (size_t i = 0; i + 2 < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i], d = (unsigned char)s.p[i + 1];
        if (c == 0xE0 && d >= 0xB8 && d <= 0xBB) return true;              /* Thai, Lao */
        if ((c == 0xE1 && (d == 0x80 || d == 0x81 || d == 0x9E || d == 0x9F))) return true;   /* Burmese, Khmer */
        if ((c == 0xE2 && d >= 0xBA) || (c >= 0xE3 && c <= 0xE9) || c == 0xF0) return true;   /* CJK, kana */
    }
    return false;
}

static bool add_unspaced(struct pack *p, struct span word, size_t list, struct why *why)
{
    char quoted[4 * 1024], err[160];
    size_t n = 0, at;
    for (size_t i = 0; i < word.n && n + 5 < sizeof quoted; i++)
        n += (size_t)snprintf(quoted + n, sizeof quoted - n, "\\x%02x", (unsigned char)word.p[i]);
    if (n + 5 >= sizeof quoted) return why_set(why, "word list %s: an entry is too long", p->list[list].type), false;
    struct pattern *pat = pack_push(p);
    char *hs = pack_own(p, quoted, n);
    if (pat == NULL || hs == NULL) return why_set(why, "patterns: out of memory"), false;
    pat->operators = true;
    pat->via = "word_list";
    pat->list = (int)list;
    pat->def = (struct pattern_def){.type = p->list[list].type, .source = "configuration", .klass = p->list[list].klass,
                                    .hs = hs, .re = hs,
                                    .back = (uint16_t)(word.n + 1), .ahead = 1, .score = p->list[list].score,
                                    .near = p->list[list].score};
    pat->exact = exact_new(hs, false, false, err, sizeof err, &at);
    if (pat->exact == NULL) why_set(why, "word list %s: %s", p->list[list].type, err);
    return pat->exact != NULL;
}

static bool add_word(struct pack *p, const struct conf_words *w, size_t list, struct span word, size_t number,
                     struct why *why)
{
    bool bad = false;
    if (is_unspaced(word)) return add_unspaced(p, word, list, why);
    if (lexicon_add_entry(p->lexicon, word, w->ignore_case, LEX_LIST, (uint32_t)list, &bad)) return true;
    const char *what = bad ? "has no letter or digit, or is too long" : "could not be added: out of memory";
    why_set(why, "word list %s: entry %zu %s", w->type, number, what);
    return false;
}

static char *read_file(const char *path, size_t *n, struct why *why)
{
    char *text = NULL;
    FILE *f = fopen(path, "re");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) {
        why_set(why, "word list %s: %s", path, strerror(errno));
        goto leave;
    }
    long size = ftell(f);
    if (size < 0 || (size_t)size > MAX_LIST_FILE) {
        why_set(why, "word list %s: it cannot be read, or is over 64 MiB", path);
        goto leave;
    }
    rewind(f);
    text = malloc((size_t)size + 1);
    if (text == NULL || fread(text, 1, (size_t)size, f) != (size_t)size) {
        why_set(why, "word list %s: it cannot be read", path);
        free(text);
        text = NULL;
    }
    *n = (size_t)size;
leave:
    if (f != NULL) fclose(f);
    return text;
}

static struct span next_line(struct span *rest)
{
    const char *nl = memchr(rest->p, '\n', rest->n);
    struct span line = {rest->p, nl ? (size_t)(nl - rest->p) : rest->n};
    *rest = span_from(*rest, line.n + (nl != NULL));
    if (line.n && line.p[line.n - 1] == '\r') line.n--;
    return span_trim(line);
}

/* One entry a line; empty lines and lines that begin with # are skipped; a byte-order mark is no part of the first. */
static bool add_file(struct pack *p, const struct conf_words *w, size_t list, struct sha256_state *sum, struct why *why)
{
    size_t n = 0, number = 0;
    char *text = read_file(w->file, &n, why);
    if (text == NULL) return false;
    struct span rest = {text, n};
    if (span_starts(rest, SPAN("\xEF\xBB\xBF"))) rest = span_from(rest, 3);
    bool ok = true;
    sha256_add(sum, rest);
    while (ok && rest.n) {
        struct span line = next_line(&rest);
        number++;
        if (line.n && line.p[0] != '#') ok = add_word(p, w, list, line, number, why);
    }
    free(text);
    return ok;
}

static bool add_list(struct pack *p, const struct conf_words *w, int klass, struct sha256_state *sum, struct why *why)
{
    struct list *l = &p->list[p->n_list];
    *l = (struct list){strdup(w->type), (uint8_t)klass, (float)w->score};
    if (l->type == NULL) return why_set(why, "patterns: out of memory"), false;
    size_t list = p->n_list++;
    sha256_add(sum, (struct span){w->type, strlen(w->type) + 1});
    sha256_add(sum, (struct span){(const char *)&w->ignore_case, sizeof w->ignore_case});
    sha256_add(sum, (struct span){(const char *)&l->score, sizeof l->score});
    sha256_add(sum, (struct span){(const char *)&l->klass, sizeof l->klass});
    for (size_t i = 0; i < w->n_words; i++) {
        sha256_add(sum, (struct span){w->words[i], strlen(w->words[i]) + 1});
        if (!add_word(p, w, list, span_trim(span_str(w->words[i])), i + 1, why)) return false;
    }
    return w->file == NULL || add_file(p, w, list, sum, why);
}

bool pack_add_lists(struct pack *p, const struct conf *conf, const char *const *names, size_t n_names,
                    struct digest *words, struct why *why)
{
    struct sha256_state *sum = sha256_new();
    bool ok = sum != NULL && (p->list = calloc(conf->n_word_lists + 1, sizeof *p->list)) != NULL;
    if (!ok) why_set(why, "patterns: out of memory");
    for (size_t i = 0; ok && i < conf->n_word_lists; i++) {
        int klass = class_of(conf->word_lists[i].klass, names, n_names);
        if (klass < 0) {
            why_set(why, "word list %s: there is no class %s", conf->word_lists[i].type, conf->word_lists[i].klass);
            ok = false;
        } else {
            ok = add_list(p, &conf->word_lists[i], klass, sum, why);
        }
        if (!ok) placed(conf, conf->word_lists[i].line, why);
    }
    if (ok) *words = sha256_end(sum);
    sha256_free(sum);
    return ok;
}
