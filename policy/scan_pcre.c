/* Exact bounds: PCRE2 with its JIT, under limits. Bytes for the built-in patterns and for the operator's that are ASCII;
 * UTF mode (invalid sequences match nothing) for the operator's others. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "policy/pack.h"
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#define MATCH_LIMIT 100000u
#define HEAP_LIMIT_KIB 16384u
#define JIT_STACK (512u * 1024)

struct exact {
    pcre2_code *code;
    bool jit, grouped;
};

struct exact_state {
    pcre2_match_context *limits;
    pcre2_match_data *data;
    pcre2_jit_stack *stack;
};

struct exact *exact_new(const char *regex, bool caseless, bool utf, char *err, size_t err_size, size_t *err_at)
{
    uint32_t options = PCRE2_USE_OFFSET_LIMIT | (caseless ? PCRE2_CASELESS : 0) | PCRE2_NEVER_BACKSLASH_C |
                       (utf ? PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF : PCRE2_NEVER_UTF | PCRE2_NEVER_UCP);
    int code = 0;
    uint32_t groups = 0;
    PCRE2_SIZE at = 0;
    struct exact *e = calloc(1, sizeof *e);
    if (e == NULL) {
        snprintf(err, err_size, "out of memory");
        return NULL;
    }
    e->code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, options, &code, &at, NULL);
    if (e->code == NULL) {
        pcre2_get_error_message(code, (PCRE2_UCHAR *)err, err_size);
        *err_at = at;
        free(e);
        return NULL;
    }
    e->jit = pcre2_jit_compile(e->code, PCRE2_JIT_COMPLETE) == 0;
    e->grouped = pcre2_pattern_info(e->code, PCRE2_INFO_CAPTURECOUNT, &groups) == 0 && groups > 0;
    return e;
}

void exact_free(struct exact *e)
{
    if (e == NULL) return;
    pcre2_code_free(e->code);
    free(e);
}

struct exact_state *exact_state_new(void)
{
    struct exact_state *s = calloc(1, sizeof *s);
    if (s == NULL) return NULL;
    s->limits = pcre2_match_context_create(NULL);
    s->data = pcre2_match_data_create(2, NULL);
    s->stack = pcre2_jit_stack_create(32 * 1024, JIT_STACK, NULL);
    if (s->limits == NULL || s->data == NULL || s->stack == NULL) {
        exact_state_free(s);
        return NULL;
    }
    pcre2_set_match_limit(s->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(s->limits, MATCH_LIMIT);
    pcre2_set_heap_limit(s->limits, HEAP_LIMIT_KIB);
    pcre2_jit_stack_assign(s->limits, NULL, s->stack);
    return s;
}

void exact_state_free(struct exact_state *s)
{
    if (s == NULL) return;
    pcre2_match_context_free(s->limits);
    pcre2_match_data_free(s->data);
    pcre2_jit_stack_free(s->stack);
    free(s);
}

static enum fail failure_of(int rc)
{
    switch (rc) {
    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_JIT_STACKLIMIT: return FAIL_INSPECT_LIMIT;
    case PCRE2_ERROR_NOMEMORY: return FAIL_NO_MEMORY;
    default: return FAIL_INSPECT_FAILED;
    }
}

enum fail exact_find(const struct exact *e, struct exact_state *s, struct span subject, size_t from, size_t last,
                     struct bounds *out, bool *found)
{
    *found = false;
    if (from > subject.n || from > last) return FAIL_OK;
    pcre2_set_offset_limit(s->limits, last);
    /* pcre2_match, not the JIT's own door: that one does not look at the offset limit. */
    int rc = pcre2_match(e->code, (PCRE2_SPTR)subject.p, subject.n, from, 0, s->data, s->limits);
    if (rc == PCRE2_ERROR_NOMATCH) return FAIL_OK;
    if (rc < 0) return failure_of(rc);
    const PCRE2_SIZE *v = pcre2_get_ovector_pointer(s->data);
    bool group = e->grouped && (rc == 0 || rc > 1) && v[2] != PCRE2_UNSET;
    /* \K in a lookahead may put the start behind the end. */
    if (v[0] > v[1]) return FAIL_OK;
    *out = (struct bounds){v[0], v[1], group ? v[2] : v[0], group ? v[3] : v[1]};
    *found = true;
    return FAIL_OK;
}
