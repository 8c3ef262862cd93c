/* What is coded within a text: runs of base64 and hex wherever they stand, data URIs among them (RFC 2397, 4648). A run
 * that decodes to text is read as that text; one that decodes to a known file, or that is long and can be nothing but
 * bytes, is opaque. Ids, digests, paths, tokens and long words are neither: they stay what they are, text. */
#include "core/base64.h"
#include "policy/contents_read.h"
#include "policy/magic.h"
#include "policy/multipart.h"

enum {
    RUN_MIN = 14,           /* characters; "123-45-6789" takes 15 and one of padding */
    HEX_MIN = 20,
    BINARY_MIN = 256,       /* unknown bytes shorter than that are ids, digests, signatures: text */
    SEALED_MIN = 32,        /* at a member that holds sealed content */
    MAGIC_MIN = 64,
    HEAD = 512,             /* decoded bytes that tell what file a run is */
    TASTE = 96,             /* and whether it is a text */
    WORDS_MAX = 128,        /* characters that words before a code may take */
    DER_MAX = 8192
};

/* The first bytes of a run, decoded, and how many there are in all. */
struct head {
    char room[HEAD + 4];
    struct span bytes;
    size_t total;
};

/* ---- finding runs ---- */

static bool is_code(char c) { return base64_is[(unsigned char)c]; }

/* Lines of equal length are one run (RFC 2045 breaks them at 76, PEM at 64). Returns the end. */
static size_t join_lines(struct span t, size_t start, size_t end)
{
    size_t width = end - start, line = width;
    while (width >= 60 && width % 4 == 0 && line == width) {
        size_t p = end;
        if (p < t.n && t.p[p] == '\r') p++;
        if (p >= t.n || t.p[p] != '\n' || p + 1 >= t.n || t.p[p + 1] == '-') break;
        size_t next = ++p;
        while (p < t.n && is_code(t.p[p])) p++;
        if (p == next) break;
        line = p - next;
        end = p;
    }
    return end;
}

/* The next run of at least RUN_MIN characters from *pos on. Only each RUN_MIN-th byte of other text is looked at. */
static bool next_run(struct span t, size_t *pos, size_t *start, size_t *end)
{
    for (size_t i = *pos + RUN_MIN - 1; i < t.n;) {
        if (!is_code(t.p[i])) {
            i += RUN_MIN;
            continue;
        }
        size_t b = i, e = i + 1;
        while (b > *pos && is_code(t.p[b - 1])) b--;
        while (e < t.n && is_code(t.p[e])) e++;
        if (e - b >= RUN_MIN) {
            e = join_lines(t, b, e);
            for (int pad = 0; pad < 2 && e < t.n && t.p[e] == '='; pad++) e++;
            *start = b;
            *pos = *end = e;
            return true;
        }
        i = e + RUN_MIN;
    }
    return false;
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Where a data URI's payload begins, or 0. */
static size_t after_comma(struct span t)
{
    struct span head = SPAN("data:");
    bool uri = t.n > head.n && span_ieq((struct span){t.p, head.n}, head);
    const char *comma = uri ? memchr(t.p, ',', t.n) : NULL;
    return comma ? (size_t)(comma - t.p) + 1 : 0;
}

/* All of a text, or of a data URI's payload, when it is one code but for the white space in it, which readers skip. */
static bool spread_run(struct span t, size_t *start, size_t *end)
{
    size_t i = after_comma(t), spaces = 0, codes = 0;
    while (t.n && is_space(t.p[t.n - 1])) t.n--;
    while (i < t.n && is_space(t.p[i])) i++;
    for (*start = i; i < t.n && t.p[i] != '='; i++) {
        if (is_code(t.p[i])) codes++;
        else if (is_space(t.p[i])) spaces++;
        else return false;
    }
    for (*end = t.n; i < t.n; i++)
        if (t.p[i] != '=' && !is_space(t.p[i])) return false;
    return spaces > 0 && codes >= RUN_MIN;
}

/* ---- what a run is ---- */

struct kinds_of_char {
    size_t upper, lower, digit, sign, url, hex;
};

static struct kinds_of_char count(struct span s)
{
    struct kinds_of_char k = {0};
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9';
        k.upper += upper, k.lower += lower, k.digit += digit;
        k.sign += c == '/' || c == '+', k.url += c == '-' || c == '_';
        k.hex += digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }
    return k;
}

/* Certificates and public keys are long, and nothing but what they say they are. */
static bool is_key_material(const struct head *h)
{
    const unsigned char *p = (const unsigned char *)h->bytes.p;
    if (h->bytes.n < 24 || h->total > DER_MAX) return false;
    if (p[0] == 0x30 && p[1] == 0x82) {
        size_t n = ((size_t)p[2] << 8 | p[3]) + 4;
        return n <= h->total && h->total - n <= 2;
    }
    if (memcmp(p, "openssh-key-v1", 14) == 0) return true;
    return p[0] == 0 && p[1] == 0 && p[2] == 0 && memcmp(p + 4, "ssh-", 4) == 0;
}

/* Long enough, of all kinds of characters as bytes in base64 are, in one alphabet, and with few slashes: a path has
 * many. A piece of a token with dots is none. */
static bool is_binary(struct span run, char before, char after)
{
    if (run.n < BINARY_MIN || before == '.' || after == '.') return false;
    struct kinds_of_char k = count(run);
    bool one_alphabet = k.sign == 0 || k.url == 0;
    return one_alphabet && k.upper >= 4 && k.lower >= 4 && k.digit >= 4 && (k.sign + k.url) * 12 <= run.n &&
           k.hex != run.n;
}

static void decode_head(struct span run, size_t most, struct head *h)
{
    struct span first = {run.p, run.n < most / 3 * 4 ? run.n : most / 3 * 4};
    h->bytes = (struct span){h->room, base64_decode(first, h->room)};
    h->total = first.n == run.n ? h->bytes.n : run.n / 4 * 3;
}

/* Whether it is worth while to decode it all: the first bytes are characters, or every other one is zero (UTF-16). */
static bool tastes_of_text(const struct head *h, unsigned least)
{
    struct span s = h->bytes;
    size_t zeros = 0;
    /* Without the piece of a character that the cut leaves. */
    for (int i = 0; i < 3 && h->total > h->bytes.n && s.n && (unsigned char)s.p[s.n - 1] >= 0x80; i++) s.n--;
    if (s.n < 8) return false;
    if (text_is_text(s) || text_share(s) >= least) return true;
    for (size_t i = 0; i < s.n; i++) zeros += s.p[i] == 0;
    return zeros * 10 >= s.n * 3 || memcmp(s.p, "\xff\xfe", 2) == 0 || memcmp(s.p, "\xfe\xff", 2) == 0;
}

/* Decoded bytes that are a text, or are mostly one. */
static struct span text_within(struct span bytes, unsigned least, struct arena *a, enum fail *f)
{
    bool failed = false;
    struct span text = text_from(bytes, true, a, &failed);
    if (failed) *f = FAIL_NO_MEMORY;
    if (text.p == NULL && text_share(bytes) >= least) text = bytes;
    return text;
}

/* What is declared to be text has to be one from end to end, in a charset that is read. */
static bool reads_whole(struct span media, struct span text)
{
    return text.p && text_is_text(text) && text_reads_charset(media_parameter(media, "charset"));
}

static bool is_hex(struct span run)
{
    for (size_t i = 0; i < run.n; i++) {
        char c = (char)(run.p[i] | 0x20);
        if (!(run.p[i] >= '0' && run.p[i] <= '9') && !(c >= 'a' && c <= 'f')) return false;
    }
    return run.n >= HEX_MIN && run.n % 2 == 0;
}

static enum fail try_hex(struct reader *r, struct span run, struct coded_run *c)
{
    size_t skip = run.n > 2 && run.p[0] == '0' && (run.p[1] | 0x20) == 'x' ? 2 : 0;
    run = span_from(run, skip);
    if (!is_hex(run)) return FAIL_OK;
    c->view_start += (uint32_t)skip;
    char *out = arena_alloc(r->c->arena, run.n / 2 + 1);
    if (out == NULL) return FAIL_NO_MEMORY;
    struct span bytes = {out, hex_decode(run, out)};
    unsigned strength;
    enum opaque_kind kind = magic_kind(bytes, &strength);
    enum fail f = FAIL_OK;
    c->coding = CODING_HEX;
    if (kind != OPAQUE_COUNT && strength >= 4 && run.n >= 4 * MAGIC_MIN) c->kind = (uint8_t)kind;
    else c->text = text_within(bytes, 95, r->c->arena, &f);
    return f;
}

/* One try: the code from `skip` on. */
static enum fail try_from(struct reader *r, struct span run, size_t skip, struct coded_run *c)
{
    enum fail f = FAIL_OK;
    struct head h;
    struct span code = span_from(run, skip);
    decode_head(code, TASTE, &h);
    if (!tastes_of_text(&h, skip ? 90 : 75)) return FAIL_OK;
    char *out = arena_alloc(r->c->arena, base64_room(code.n));
    if (out == NULL) return FAIL_NO_MEMORY;
    struct span all = {out, base64_decode(code, out)};
    c->text = text_within(all, skip ? 80 : 60, r->c->arena, &f);
    if (c->text.p) c->view_start += (uint32_t)skip;
    return f;
}

/* The signs of the code's alphabets are those of paths and names too: "cachedContents/", "session_". Where the next such
 * word ends within what may stand before a code; 0: nowhere. */
static size_t after_word(struct span run, size_t from)
{
    for (size_t i = from; i < run.n && i < WORDS_MAX; i++)
        if (run.p[i] == '/' || run.p[i] == '_' || run.p[i] == '-') return run.n - (i + 1) >= RUN_MIN ? i + 1 : 0;
    return 0;
}

/* A run of letters before the code ("x-", a path) puts the code out of step by one to three characters, or is longer. */
static enum fail try_text(struct reader *r, struct span run, struct coded_run *c)
{
    enum fail f = FAIL_OK;
    for (size_t skip = 0; skip < 4 && !f && c->text.p == NULL; skip++) f = try_from(r, run, skip, c);
    size_t skip = 3;
    for (unsigned words = 0; words < 8 && !f && c->text.p == NULL && (skip = after_word(run, skip)) != 0; words++)
        f = try_from(r, run, skip, c);
    return f;
}

/* With white space in it, as prose has too: all of it is a text, or it is none. */
static enum fail try_spread(struct reader *r, struct span run, struct coded_run *c)
{
    struct head h;
    bool failed = false;
    decode_head(run, TASTE, &h);
    if (!tastes_of_text(&h, 90)) return FAIL_OK;
    char *out = arena_alloc(r->c->arena, base64_room(run.n));
    if (out == NULL) return FAIL_NO_MEMORY;
    struct span all = {out, base64_decode(run, out)};
    c->text = text_from(all, false, r->c->arena, &failed);
    return failed ? FAIL_NO_MEMORY : FAIL_OK;
}

static void try_opaque(struct reader *r, struct span t, struct span run, const struct head *h, bool spread,
                       struct coded_run *c)
{
    bool whole = run.p == t.p && run.n == t.n;
    size_t start = (size_t)(run.p - t.p), end = start + run.n;
    struct span media;
    bool declared = contents_is_declared(r, t, run, &media) && !(spread && start > 0);   /* prose may follow a URI */
    unsigned strength = 0;
    enum opaque_kind kind = run.n < MAGIC_MIN ? OPAQUE_COUNT : magic_kind(h->bytes, &strength);
    bool sure = strength >= 4 || (c->text.p == NULL && (run.n >= BINARY_MIN || declared));
    if (kind != OPAQUE_COUNT && sure) {
        c->kind = (uint8_t)kind;
        c->cut = true;
    } else if (declared && !reads_whole(media, c->text)) {
        c->kind = (uint8_t)magic_of_type(media_type(media));
        c->cut = true;
    } else if (c->text.p == NULL && whole && run.n >= SEALED_MIN && contents_at_sealed(r)) {
        c->kind = OPAQUE_ENCRYPTED;
        c->cut = run.n >= BINARY_MIN;
    } else if (c->text.p == NULL && !spread && !is_key_material(h) &&
               is_binary(run, start ? t.p[start - 1] : 0, end < t.n ? t.p[end] : 0)) {
        c->kind = OPAQUE_BINARY;
        c->cut = whole && run.n >= 4096;
    }
}

static enum fail classify(struct reader *r, struct span t, struct span run, bool spread, struct coded_run *c)
{
    enum fail f = try_hex(r, run, c);
    if (f || c->text.p || c->kind != OPAQUE_COUNT) return f;
    struct head h;
    decode_head(run, HEAD, &h);
    c->coding = memchr(run.p, '-', run.n) || memchr(run.p, '_', run.n) ? CODING_BASE64URL : CODING_BASE64;
    unsigned strength;
    bool file = run.n >= MAGIC_MIN && magic_kind(h.bytes, &strength) != OPAQUE_COUNT && strength >= 3;
    /* Some files are written in letters: RTF. */
    if (!file || text_is_text(h.bytes)) f = spread ? try_spread(r, run, c) : try_text(r, run, c);
    if (!f) try_opaque(r, t, run, &h, spread, c);
    return f;
}

/* ---- reading them ---- */

static enum fail push(struct reader *r, struct coded_run c)
{
    if (r->n_run == r->cap_run) {
        r->run = contents_grow(r->c->arena, r->run, r->n_run, &r->cap_run, sizeof *r->run);
        if (r->run == NULL) return FAIL_NO_MEMORY;
    }
    r->run[r->n_run++] = c;
    return FAIL_OK;
}

/* One segment being looked through. */
struct look {
    struct reader *r;
    struct segment s;
    struct span text;
    bool escaped_only;              /* only runs that no other reading of the segment shows as they are */
    struct view_cursor cursor;
};

/* Pushes a run that is not plain text. */
static enum fail consider(struct look *l, size_t start, size_t end, bool spread)
{
    struct coded_run c = {.view_start = l->s.view_start + (uint32_t)start, .view_end = l->s.view_start + (uint32_t)end,
                          .kind = OPAQUE_COUNT};
    enum fail f = classify(l->r, l->text, (struct span){l->text.p + start, end - start}, spread, &c);
    if (f || (c.kind == OPAQUE_COUNT && c.text.p == NULL)) return f;
    size_t from, to;
    view_source_next(l->r->v, &l->cursor, &l->s, c.view_start, c.view_end, &from, &to);
    if (l->escaped_only && to - from == c.view_end - c.view_start) return FAIL_OK;
    c.src_start = (uint32_t)from, c.src_end = (uint32_t)to;
    return push(l->r, c);
}

static enum fail collect(struct reader *r, struct segment s, bool escaped_only)
{
    struct look l = {.r = r, .s = s, .escaped_only = escaped_only};
    l.text = (struct span){r->v->p + s.view_start, s.view_end - s.view_start};
    size_t pos = 0, start, end, before = r->n_run;
    enum fail f = FAIL_OK;
    if (spread_run(l.text, &start, &end)) f = consider(&l, start, end, true);
    if (f || r->n_run > before) return f;
    while (!f && next_run(l.text, &pos, &start, &end)) f = consider(&l, start, end, false);
    return f;
}

static enum fail cut(struct reader *r, const struct segment *s, size_t from)
{
    size_t n = 0;
    struct view_hole *hole = NULL;
    for (size_t i = from; i < r->n_run; i++) n += r->run[i].cut;
    if (n == 0) return FAIL_OK;
    if ((hole = arena_array(r->c->arena, n, sizeof *hole)) == NULL) return FAIL_NO_MEMORY;
    n = 0;
    for (size_t i = from; i < r->n_run; i++) {
        const struct coded_run *c = &r->run[i];
        if (!c->cut) continue;
        hole[n++] = (struct view_hole){c->view_start, c->view_end, c->src_start, c->src_end};
        if (s->src < SRC_DERIVED) r->other[s->part] += c->src_end - c->src_start;
    }
    return view_cut(r->v, hole, n);
}

static enum fail read_runs(struct reader *r, const struct segment *s, size_t from)
{
    enum fail f = FAIL_OK;
    size_t end = r->n_run;
    for (size_t i = from; i < end && !f; i++) {
        struct coded_run c = r->run[i];
        struct view_src src = {.text = c.text, .start = c.src_start, .end = c.src_end, .part = s->part, .coded = c.coding};
        if (s->src >= SRC_DERIVED) {
            const struct view_src *outer = &r->v->derived[s->src - SRC_DERIVED];
            src.start = outer->start, src.end = outer->end;
            src.coded = outer->coded == CODING_NONE ? CODING_FIXED : outer->coded;
        }
        /* The bytes of a view may move, so the value is taken from where it came from. */
        struct span value = s->src < SRC_DERIVED && !s->escaped
                                ? (struct span){view_src_text(r->v, s).p + c.src_start, c.src_end - c.src_start} : SPAN_NONE;
        if (c.kind != OPAQUE_COUNT) f = contents_opaque(r, c.kind, s->part, src.start, src.end, value);
        if (c.text.p && !f) f = contents_decoded(r, src);
    }
    r->n_run = from;
    return f;
}

enum fail contents_look(struct reader *r)
{
    struct view *v = r->v;
    size_t first = v->n_seg - 1, from = r->n_run;
    struct segment s = v->seg[first];
    enum fail f = collect(r, s, false);
    if (!f) f = cut(r, &s, from);
    size_t again = v->n_seg;
    if (!f) f = view_add_readings(v, first);
    size_t end = v->n_seg;
    for (size_t i = again; i < end && !f; i++)
        if (v->seg[i].again != AGAIN_PART) f = collect(r, v->seg[i], true);   /* a part may begin within a run */
    if (!f) f = read_runs(r, &s, from);
    for (size_t i = first; i < end && !f; i++) {
        struct segment read = v->seg[i];   /* more of them may move it */
        if (read.escaped & SEG_PERCENT) f = contents_percent(r, &read);
        if (!read.again && !f) f = contents_words(r, &read);
    }
    return f;
}
