#include "policy/view_walk.h"
#include "policy/fold.h"

int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* ---- as the source was written: JSON strings, percent-escapes ---- */

static int step_string(struct walker *w, char out[WALK_MAX])
{
    if ((w->how & SEG_JSON) && *w->p == '\\') return jscan_unescape1(&w->p, w->end, out);
    out[0] = *w->p++;
    return 1;
}

static int step_percent(struct walker *w, char out[WALK_MAX])
{
    int n = step_string(w, out);
    if (n != 1) return n;
    if (out[0] == '%') {
        struct walker ahead = *w;
        char hi[WALK_MAX], lo[WALK_MAX];
        if (ahead.p < ahead.end && step_string(&ahead, hi) == 1 && hex_value(hi[0]) >= 0 && ahead.p < ahead.end &&
            step_string(&ahead, lo) == 1 && hex_value(lo[0]) >= 0) {
            out[0] = (char)(hex_value(hi[0]) * 16 + hex_value(lo[0]));
            *w = ahead;
        }
    } else if (out[0] == '+' && w->plus) {
        out[0] = ' ';
    } else if (out[0] == '?' && (w->how & SEG_QUERY)) {
        w->plus = true;
    }
    return 1;
}

static int step_base(struct walker *w, char out[WALK_MAX])
{
    return w->how & SEG_PERCENT ? step_percent(w, out) : step_string(w, out);
}

/* ---- backslash escapes within ---- */

static int put_utf8(unsigned c, char out[WALK_MAX])
{
    if (c < 0x80) return out[0] = (char)c, 1;
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

static bool is_scalar(unsigned c) { return c < 0xD800 || (c > 0xDFFF && c < 0x110000); }

/* Exactly `digits` hex digits. A half of a surrogate pair is no character: it is left as it is written, which makes no
 * difference to any pattern. */
static bool step_hex(struct walker *w, int digits, unsigned *code)
{
    char c[WALK_MAX];
    *code = 0;
    for (int i = 0; i < digits; i++) {
        if (w->p >= w->end || step_base(w, c) != 1 || hex_value(c[0]) < 0) return false;
        *code = *code * 16 + (unsigned)hex_value(c[0]);
    }
    return is_scalar(*code);
}

/* After a backslash: the escapes of JSON, and "\x5a" as programs write it. */
static int step_escape(struct walker *w, char out[WALK_MAX])
{
    static const char from[] = "nrtbf\"\\/'", to[] = "\n\r\t\b\f\"\\/'";
    char c[WALK_MAX];
    if (step_base(w, c) != 1) return 0;
    const char *known = c[0] ? strchr(from, c[0]) : NULL;
    unsigned code;
    if (known != NULL) return out[0] = to[known - from], 1;
    if (c[0] != 'u' && c[0] != 'x') return 0;
    return step_hex(w, c[0] == 'u' ? 4 : 2, &code) ? put_utf8(code, out) : 0;
}

static int step_loose(struct walker *w, char out[WALK_MAX])
{
    int n = step_base(w, out);
    if (!(w->how & SEG_LOOSE) || n != 1 || out[0] != '\\' || w->p >= w->end) return n;
    struct walker ahead = *w;
    int m = step_escape(&ahead, out);
    if (m == 0) return out[0] = '\\', n;
    *w = ahead;
    return m;
}

/* ---- quoted-printable (RFC 2045, 6.7) and character references (HTML) ---- */

static int step_quoted(struct walker *w, char out[WALK_MAX])
{
    int n = step_loose(w, out);
    if (!(w->how & SEG_QUOTED) || n != 1 || out[0] != '=' || w->p >= w->end) return n;
    struct walker ahead = *w;
    char a[WALK_MAX], b[WALK_MAX];
    if (step_loose(&ahead, a) != 1) return n;
    if (a[0] == '\n') return *w = ahead, 0;
    if (ahead.p >= ahead.end || step_loose(&ahead, b) != 1) return n;
    if (a[0] == '\r' && b[0] == '\n') return *w = ahead, 0;
    if (hex_value(a[0]) < 0 || hex_value(b[0]) < 0) return n;
    out[0] = (char)(hex_value(a[0]) * 16 + hex_value(b[0]));
    *w = ahead;
    return 1;
}

static bool named(struct span name, unsigned *code)
{
    static const struct {
        const char *name;
        unsigned code;
    } known[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", ' '}, {"ensp", ' '}, {"emsp", ' '},
        {"thinsp", ' '}, {"shy", 0xAD}, {"zwj", 0x200D}, {"zwnj", 0x200C}, {"lrm", 0x200E}, {"rlm", 0x200F}, {"commat", '@'},
        {"period", '.'}, {"hyphen", '-'}, {"dash", '-'}, {"ndash", 0x2013}, {"mdash", 0x2014}, {"minus", '-'}, {"colon", ':'},
        {"sol", '/'}, {"num", '#'}, {"lowbar", '_'}, {"plus", '+'}, {"lpar", '('}, {"rpar", ')'}, {"comma", ','}, {"Tab", '\t'},
        {"NewLine", '\n'}, {"auml", 0xE4}, {"ouml", 0xF6}, {"uuml", 0xFC}, {"Auml", 0xC4}, {"Ouml", 0xD6}, {"Uuml", 0xDC},
        {"szlig", 0xDF}, {"aacute", 0xE1}, {"eacute", 0xE9}, {"iacute", 0xED}, {"oacute", 0xF3}, {"uacute", 0xFA}, {"egrave", 0xE8},
        {"ccedil", 0xE7}, {"ntilde", 0xF1}, {"atilde", 0xE3}, {"otilde", 0xF5},
    };
    for (size_t i = 0; i < COUNT(known); i++)
        if (span_is(name, known[i].name)) return *code = known[i].code, true;
    return false;
}

/* Digits after the number sign; readers of HTML do without the semicolon. The length of what was read, 0 when it is none. */
static size_t numbered(struct span s, unsigned *code)
{
    bool hex = s.n > 0 && (s.p[0] | 0x20) == 'x';
    unsigned base = hex ? 16 : 10, digits = 0;
    size_t i = hex;
    *code = 0;
    for (; i < s.n && digits < 7; i++, digits++) {
        int value = hex_value(s.p[i]);
        if (value < 0 || (unsigned)value >= base) break;
        *code = *code * base + (unsigned)value;
    }
    if (digits == 0 || *code == 0 || !is_scalar(*code)) return 0;
    return i < s.n && s.p[i] == ';' ? i + 1 : i;
}

size_t walk_reference(struct span s, unsigned *code)
{
    if (s.n > 1 && s.p[0] == '#') {
        size_t n = numbered(span_from(s, 1), code);
        return n ? n + 1 : 0;
    }
    const char *end = s.n > 0 ? memchr(s.p, ';', s.n < REFERENCE_MAX ? s.n : REFERENCE_MAX) : NULL;
    return end && named((struct span){s.p, (size_t)(end - s.p)}, code) ? (size_t)(end - s.p) + 1 : 0;
}

static int step_reference(struct walker *w, char out[WALK_MAX])
{
    int n = step_quoted(w, out);
    if (!(w->how & SEG_REFERENCE) || n != 1 || out[0] != '&') return n;
    struct walker ahead = *w;
    char text[REFERENCE_MAX], c[WALK_MAX];
    const char *after[REFERENCE_MAX];
    unsigned code;
    size_t got = 0;
    while (got < REFERENCE_MAX && ahead.p < ahead.end && step_quoted(&ahead, c) == 1 && (unsigned char)c[0] > ' ') {
        text[got] = c[0];
        after[got++] = ahead.p;
        if (c[0] == ';') break;
    }
    size_t length = walk_reference((struct span){text, got}, &code);
    if (length == 0) return n;
    w->p = after[length - 1];
    return put_utf8(code, out);
}

/* ---- folding ---- */

static size_t utf8_length(unsigned char first) { return first < 0xC2 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 1; }

/* A raw character comes byte by byte: the rest of it is fetched, to be read as one. */
static int whole_character(struct walker *w, char out[WALK_MAX], int n)
{
    size_t want = utf8_length((unsigned char)out[0]);
    struct walker ahead = *w;
    char c[WALK_MAX];
    while ((size_t)n < want && ahead.p < ahead.end) {
        int more = step_reference(&ahead, c);
        if (more == 0) continue;
        if (more != 1 || ((unsigned char)c[0] & 0xC0) != 0x80) return 1;
        out[n++] = c[0];
        if ((size_t)n == want) *w = ahead;
    }
    return (size_t)n == want ? n : 1;
}

static int step_folded(struct walker *w, char out[WALK_MAX])
{
    int n = step_reference(w, out);
    if (!(w->how & SEG_FOLDED) || n == 0 || !((unsigned char)out[0] & 0x80)) return n;
    if (n == 1) n = whole_character(w, out, n);
    uint32_t code;
    if (n == 1 || fold_decode((struct span){out, (size_t)n}, &code) != (size_t)n) return n;
    int folded = fold_char(code, out);
    return folded < 0 ? n : folded;
}

/* ---- what is written with a blank after each character ---- */

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || ((unsigned char)c & 0x80);
}
static bool is_blank(char c) { return c == ' '; }
static bool is_gap(char c) { return is_blank(c) || c == '.' || c == '-'; }

/* What follows: exactly one letter or digit (before a gap or the end), a gap that is no blank, or anything else. */
enum follows { ONE, SIGN, ELSE };

static enum follows follows(struct walker w)
{
    char c[WALK_MAX];
    int n = 0;
    while (w.p < w.end && (n = step_folded(&w, c)) == 0) continue;
    if (n == 0) return ELSE;
    if (!is_alnum(c[0])) return is_gap(c[0]) && !is_blank(c[0]) ? SIGN : ELSE;
    n = 0;
    while (w.p < w.end && (n = step_folded(&w, c)) == 0) continue;
    return n == 0 || !is_alnum(c[0]) ? ONE : ELSE;
}

/* Blanks between single characters go, and signs that stand there alone; a sign with blanks around it stays. */
static bool falls_away(const struct walker *w, char c)
{
    if (!is_gap(c) || (w->state != STATE_LONE && w->state != STATE_GAP)) return false;
    enum follows f = follows(*w);
    return is_blank(c) ? f == ONE || (f == SIGN && w->state == STATE_LONE) : f == ONE && w->state == STATE_LONE;
}

static int step_spaced(struct walker *w, char out[WALK_MAX])
{
    int n = step_folded(w, out);
    if (!(w->how & SEG_SPACED) || n == 0) return n;
    if (is_alnum(out[0])) {
        w->state = w->state == STATE_LONE || w->state == STATE_WORD ? STATE_WORD : STATE_LONE;
        return n;
    }
    bool falls = falls_away(w, out[0]), sign = w->state == STATE_GAP && is_gap(out[0]) && !is_blank(out[0]);
    w->state = falls || sign ? STATE_GAP : STATE_NONE;
    return falls ? 0 : n;
}

int walk(struct walker *w, char out[WALK_MAX]) { return step_spaced(w, out); }

/* ---- finding such a run ---- */

enum { GAP_MAX = 3, RUN_LEAST = 6 };

/* One step of a run to the left of `at`, where a gap ends or a run begins: past a lone character and the gap before it. */
static bool run_left(struct span t, size_t *at)
{
    size_t i = *at;
    for (size_t k = 0; k < GAP_MAX && i > 0 && is_gap(t.p[i - 1]); k++) i--;
    if (i == 0 || !is_alnum(t.p[i - 1]) || (i > 1 && is_alnum(t.p[i - 2]))) return false;
    *at = i - 1;
    return true;
}

static bool run_right(struct span t, size_t *at)
{
    size_t i = *at;
    for (size_t k = 0; k < GAP_MAX && i < t.n && is_gap(t.p[i]); k++) i++;
    if (i >= t.n || !is_alnum(t.p[i]) || (i + 1 < t.n && is_alnum(t.p[i + 1]))) return false;
    *at = i + 1;
    return true;
}

bool walk_is_spaced(struct span t, size_t at, size_t *from, size_t *to)
{
    if (!is_gap(t.p[at])) return false;
    unsigned n = 0;
    *from = *to = at;
    if (!run_right(t, to)) return false;
    for (n = 1; n < 2 * RUN_LEAST && run_right(t, to); n++) continue;
    while (n < 2 * RUN_LEAST && run_left(t, from)) n++;
    return n >= RUN_LEAST;
}
