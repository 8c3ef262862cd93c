#include "wire/tap.h"
#include "core/base64.h"
#include "wire/names.h"
#include <stdlib.h>

void tap_init(struct tap *t) { memset(t, 0, sizeof *t); }

void tap_fini(struct tap *t)
{
    if (t->inner) tap_fini(t->inner);
    free(t->inner);
    sha256_free(t->hash);
}

/* ---- what a name says of its value ---- */

/* Forms of what later requests may refer to. Not those of messages, calls and items: they come with their text. */
static const char *const id_forms[] = {
    "resp_", "conv_", "file-", "file_", "cfile_", "batch_", "msgbatch_", "vs_", "vsfb_", "cntr_", "container_", "asst_",
    "thread_", "run_", "upload_", "part_", "ft-", "ftjob-", "audio_", "chatcmpl-", "cmpl-", "pmpt_", "skill_", "video_", "eval_",
    "ag_", "interactions/", "arn:",
};
static const char *const never_ids[] = {"msg_", "call_", "toolu_", "srvtoolu_", "req_", "rs_", "fc_"};
static const char *const id_names[] = {"id", "output_file_id", "error_file_id", "input_file_id", "file_id", "container_id",
                                       "conversation_id", "thread_id", "vector_store_id", "batch_id", "interaction_id", "invocationArn"};

static bool begins_as(struct span v, const char *const *forms, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (span_starts(v, span_str(forms[i]))) return true;
    return false;
}

static int role_of(const struct tap *t)
{
    struct span name = {t->text, t->n};
    if (t->bad) return TAP_PLAIN;
    if (names_sealed_field(name) || (t->redacted && names_sealed_data(name))) return TAP_SEALED_VALUE;
    if (span_is(name, "type")) return TAP_TYPE_VALUE;
    if (span_is(name, "name")) return TAP_NAME_VALUE;
    if (span_is(name, "bytes") && !t->nested) return TAP_CODE_VALUE;
    for (size_t i = 0; i < COUNT(id_names); i++)
        if (span_is(name, id_names[i])) return TAP_ID_VALUE;
    return TAP_PLAIN;
}

static bool is_plain_id(struct span v)
{
    if (v.n < 8 || v.n > 128) return false;
    for (size_t i = 0; i < v.n; i++) {
        char c = v.p[i];
        bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
        if (!word) return false;
    }
    return true;
}

/* By its form anywhere; at the top of a reply, where the object that was made names itself, any form will do. */
static bool is_id(const struct tap *t, struct span v)
{
    if (t->role == TAP_NAME_VALUE) return names_google_object(v);
    if (t->messages && span_starts(v, SPAN("msg_"))) return true;
    if (begins_as(v, never_ids, COUNT(never_ids))) return false;
    return begins_as(v, id_forms, COUNT(id_forms)) || (t->depth == 1 && is_plain_id(v));
}

/* ---- strings ---- */

static bool is_recent(struct tap *t, const struct digest *d)
{
    for (unsigned i = 0; i < TAP_RECENT; i++)
        if (memcmp(&t->recent[i], d, sizeof *d) == 0) return true;
    t->recent[t->next_recent++ % TAP_RECENT] = *d;
    return false;
}

/* What is no character of a code is left out, so that groups do not depend on where the bytes are cut. */
static void keep_code(struct tap *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        if (base64_is[(unsigned char)t->text[i]]) t->text[n++] = t->text[i];
    t->n = n;
}

/* Decodes what is gathered, to the last whole group of four, or to the end. */
static void take_decoded(struct tap *t, bool end, tap_found *found, void *arg)
{
    char out[TAP_ID_MAX];
    keep_code(t);
    size_t whole = end ? t->n : t->n / 4 * 4;
    struct span bytes = {out, base64_decode((struct span){t->text, whole}, out)};
    tap_feed(t->inner, bytes, found, arg);
    if (end) tap_feed(t->inner, SPAN("\n"), found, arg);   /* a document that was cut spoils no other */
    memmove(t->text, t->text + whole, t->n - whole);
    t->n -= whole;
}

static void take_code(struct tap *t, struct span s, tap_found *found, void *arg)
{
    while (s.n > 0 && !t->bad) {
        size_t room = sizeof t->text - t->n, n = s.n < room ? s.n : room;
        memcpy(t->text + t->n, s.p, n);
        t->n += n;
        s = span_from(s, n);
        take_decoded(t, false, found, arg);
    }
}

static bool make_inner(struct tap *t)
{
    if (t->inner == NULL && (t->inner = malloc(sizeof *t->inner)) != NULL) {
        tap_init(t->inner);
        t->inner->nested = true;
        t->inner->messages = t->messages;
    }
    return t->inner != NULL;
}

static void begin_string(struct tap *t, int role)
{
    t->at = TAP_STRING;
    t->role = role;
    t->escape = 0;
    t->high = 0;
    t->bad = false;
    t->n = t->sealed_n = 0;
    if (role == TAP_CODE_VALUE && !make_inner(t)) t->role = TAP_PLAIN;
    if (role != TAP_SEALED_VALUE) return;
    if (t->hash == NULL) t->hash = sha256_new();
    else sha256_restart(t->hash);
    if (t->hash == NULL) t->role = TAP_PLAIN;   /* no memory: it is not known later, which the rules provide for */
}

static void end_string(struct tap *t, tap_found *found, void *arg)
{
    struct span v = {t->text, t->n};
    if (t->high != 0) t->bad = true;
    t->at = t->role == TAP_NAME ? TAP_AFTER : TAP_OUT;
    if (t->role == TAP_TYPE_VALUE) t->redacted = !t->bad && span_is(v, "redacted_thinking");
    if (t->role == TAP_NAME || t->role == TAP_TYPE_VALUE || t->role == TAP_PLAIN || t->bad) return;
    if (t->role == TAP_CODE_VALUE) {
        take_decoded(t, true, found, arg);
        return;
    }
    struct digest d;
    if (t->role == TAP_SEALED_VALUE) {
        if (t->sealed_n < NAMES_SEALED_MIN) return;
        d = sha256_end(t->hash);
    } else {
        v = names_object(v);
        if (!is_id(t, v)) return;
        d = sha256(v);
    }
    if (!is_recent(t, &d)) found(arg, t->role == TAP_SEALED_VALUE ? TAP_SEALED : TAP_ID, &d);
}

/* Characters of the string, unescaped. */
static void take(struct tap *t, const char *p, size_t n)
{
    if (t->role == TAP_PLAIN || t->bad) return;
    if (t->high != 0) {
        t->bad = true;   /* the other half did not follow */
    } else if (t->role == TAP_SEALED_VALUE) {
        sha256_add(t->hash, (struct span){p, n});
        t->sealed_n += n;
    } else if (t->n + n > sizeof t->text) {
        t->bad = true;
    } else {
        memcpy(t->text + t->n, p, n);
        t->n += n;
    }
}

static void take_point(struct tap *t, uint32_t c)
{
    char out[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[n] | c);
    take(t, out, n);
}

/* A code unit of an escape is whole. */
static void take_unit(struct tap *t)
{
    uint32_t c = t->unit, high = t->high;
    t->high = 0;
    if ((c & 0xfc00) == 0xdc00) {
        if (high != 0) take_point(t, 0x10000 + ((high & 0x3ff) << 10 | (c & 0x3ff)));
        else t->bad = true;
    } else if (high != 0) {
        t->bad = true;
    } else if ((c & 0xfc00) == 0xd800) {
        t->high = c;
    } else {
        take_point(t, c);
    }
}

/* One byte of an escape. */
static void step_escape(struct tap *t, char c)
{
    static const char from[] = "bfnrt\"\\/", to[] = "\b\f\n\r\t\"\\/";
    if (t->escape > 1) {
        char low = (char)(c | 0x20);
        bool digit = c >= '0' && c <= '9';
        if (!digit && !(low >= 'a' && low <= 'f')) t->bad = true;
        t->unit = t->unit << 4 | (uint32_t)((digit ? c - '0' : low - 'a' + 10) & 15);
        if (--t->escape > 1) return;
        t->escape = 0;
        if (!t->bad) take_unit(t);
        return;
    }
    t->escape = 0;
    const char *known = c ? strchr(from, c) : NULL;
    if (c == 'u') t->escape = 5, t->unit = 0;
    else if (known) take(t, &to[known - from], 1);
    else t->bad = true;
}

/* In a string: the run of plain characters at the front, then what ends it. Returns how many bytes that was. */
static size_t step_string(struct tap *t, struct span s, tap_found *found, void *arg)
{
    size_t n = 0;
    if (t->escape != 0 && (unsigned char)s.p[0] >= 0x20) {
        step_escape(t, s.p[0]);
        return 1;
    }
    while (n < s.n && s.p[n] != '"' && s.p[n] != '\\' && (unsigned char)s.p[n] >= 0x20) n++;
    if (n > 0 && t->role == TAP_CODE_VALUE) take_code(t, (struct span){s.p, n}, found, arg);
    else if (n > 0) take(t, s.p, n);
    if (n == s.n) return n;
    if (s.p[n] == '"') end_string(t, found, arg);
    else if (s.p[n] == '\\') t->escape = 1;
    else t->at = TAP_OUT;
    return n + 1;
}

/* ---- between strings ---- */

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static void step_out(struct tap *t, char c)
{
    if (c == '"') {
        begin_string(t, t->at == TAP_COLON ? role_of(t) : TAP_NAME);
    } else if (t->at == TAP_AFTER && c == ':') {
        t->at = TAP_COLON;
    } else if (!is_space(c)) {
        t->at = TAP_OUT;
        if (c == '{' || c == '[') t->depth++;
        if ((c == '}' || c == ']') && t->depth > 0) t->depth--;
        if (c == '{' || c == '}') t->redacted = false;
    }
}

void tap_feed(struct tap *t, struct span bytes, tap_found *found, void *arg)
{
    while (bytes.n > 0) {
        size_t n = 1;
        if (t->at == TAP_STRING) n = step_string(t, bytes, found, arg);
        else step_out(t, bytes.p[0]);
        bytes = span_from(bytes, n);
    }
}
