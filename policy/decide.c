/* Phase 4: the first rule that matches. A pure function of its arguments; nothing is allocated. */
#include "policy/evidence.h"
#include "policy/rule.h"

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

bool glob_match(const char *pattern, struct span text)
{
    const char *star = NULL;
    size_t i = 0, retry = 0;
    while (i < text.n) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = i;
        } else if (*pattern && (*pattern == '?' || lower(*pattern) == lower(text.p[i]))) {
            pattern++, i++;
        } else if (star) {
            pattern = star;
            i = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*') pattern++;
    return *pattern == '\0';
}

/* What a decision is about. */
struct question {
    const struct ruleset *rules;
    const struct evidence *evidence;
    const struct site *site;
    uint32_t opaque;         /* bit per kind that is there */
};

static bool in_list(char *const *list, size_t n, const char *name)
{
    for (size_t i = 0; name && i < n; i++)
        if (strcmp(list[i], name) == 0) return true;
    return false;
}

static bool classes_match(const struct question *q, const struct rule *r)
{
    if (r->classes == 0) return true;
    for (size_t i = 0; i < q->rules->n_classes; i++) {
        float score = q->evidence->score[i];
        if ((r->classes >> i & 1) && score > 0 && score >= q->rules->threshold[i] && score >= r->min_score) return true;
    }
    return false;
}

static bool types_match(const struct question *q, const struct rule *r)
{
    for (size_t i = 0; i < r->conf->n_types; i++)
        if (evidence_has(q->evidence, r->conf->types[i], q->rules->threshold, r->min_score)) return true;
    return r->conf->n_types == 0;
}

static bool client_matches(const struct question *q, const struct rule *r)
{
    return r->conf->n_clients == 0 || in_list(r->conf->clients, r->conf->n_clients, q->site->client);
}

/* "openai.chat", "openai" for all of that family's dialect whoever serves it, "groq" for all that goes there. */
static bool api_matches(const struct question *q, const struct rule *r)
{
    const struct conf_rule *c = r->conf;
    const char *api = q->site->api, *dot = api ? strchr(api, '.') : NULL;
    if (c->n_apis == 0 || in_list(c->apis, c->n_apis, api) || in_list(c->apis, c->n_apis, q->site->provider)) return true;
    for (size_t i = 0; dot && i < c->n_apis; i++)
        if (span_is((struct span){api, (size_t)(dot - api)}, c->apis[i])) return true;
    return false;
}

static bool upstream_matches(const struct question *q, const struct rule *r)
{
    const struct conf_rule *c = r->conf;
    const struct conf_upstream *u = q->site->upstream;
    if (c->n_upstreams && !in_list(c->upstreams, c->n_upstreams, u ? u->name : NULL)) return false;
    return c->n_regions == 0 || in_list(c->regions, c->n_regions, u ? u->region : NULL);
}

/* An agreement or a perimeter that nobody stated is not there. */
static bool standing_matches(const struct question *q, const struct rule *r)
{
    const struct conf_upstream *u = q->site->upstream;
    if (r->conf->baa >= 0 && (u && u->baa == 1) != (r->conf->baa == 1)) return false;
    return r->conf->inside < 0 || (u && u->inside == 1) == (r->conf->inside == 1);
}

static bool model_matches(const struct question *q, const struct rule *r)
{
    for (size_t i = 0; i < r->conf->n_models; i++)
        if (glob_match(r->conf->models[i], q->site->model)) return true;
    return r->conf->n_models == 0;
}

static bool path_matches(const struct question *q, const struct rule *r)
{
    for (size_t i = 0; i < r->conf->n_paths; i++)
        if (glob_match(r->conf->paths[i], q->site->path)) return true;
    return r->conf->n_paths == 0;
}

static bool opaque_matches(const struct question *q, const struct rule *r)
{
    return r->conf->n_opaque == 0 || (r->opaque & q->opaque) != 0;
}

static bool ids_match(const struct question *q, const struct rule *r)
{
    return r->conf->unknown_ids < 0 || q->site->unknown_ids == (r->conf->unknown_ids == 1);
}

static bool endpoint_matches(const struct question *q, const struct rule *r)
{
    return r->conf->unknown_endpoint < 0 || q->site->known_endpoint == (r->conf->unknown_endpoint == 0);
}

static bool matches(const struct question *q, const struct rule *r)
{
    static bool (*const conditions[])(const struct question *, const struct rule *) = {
        endpoint_matches, client_matches, api_matches,   upstream_matches,
        standing_matches, model_matches,  path_matches,  opaque_matches,
        ids_match,        classes_match,  types_match,
    };
    for (size_t i = 0; i < COUNT(conditions); i++)
        if (!conditions[i](q, r)) return false;
    return true;
}

static void put_classes(const struct question *q, struct verdict *out)
{
    for (size_t i = 0; i < q->rules->n_classes; i++) {
        float score = q->evidence->score[i];
        if (score <= 0 || score < q->rules->threshold[i]) continue;   /* a threshold of 0 still needs a finding */
        out->classes[out->n_classes++] = (struct class_score){(uint8_t)i, score};
        out->class_mask |= 1u << i;
    }
}

/* A path that cordon does not know passes only where the rule that matched says so, or the configuration does. */
static bool endpoint_passes(const struct question *q, const struct rule *r)
{
    return q->site->known_endpoint || r->conf->unknown_endpoint == 1 ||
           q->rules->conf->unknown_endpoint == ACTION_FORWARD;
}

/* Something that nobody can read cannot be masked in it either. */
static bool masks_opaque(const struct question *q, uint32_t mask)
{
    const struct findings *f = q->evidence->findings;
    for (size_t i = 0; i < f->n && q->opaque; i++)
        if (f->f[i].klass < CLASS_MAX && (mask >> f->f[i].klass & 1) && strcmp(f->f[i].via, "opaque") == 0) return true;
    return false;
}

static void refuse(struct verdict *out, enum fail why)
{
    out->action = ACTION_REFUSE;
    out->why = why;
}

static void put_redact(const struct question *q, const struct rule *r, struct verdict *out)
{
    /* All that the document was decided to hold, and what the rule names. A rule without classes masks all. */
    out->redact_mask = r->classes ? r->classes | out->class_mask : UINT32_MAX;
    if (!masks_opaque(q, out->redact_mask)) return;
    out->redact_mask = 0;
    refuse(out, FAIL_OPAQUE_CONTENT);
}

static void put_rule(const struct question *q, const struct rule *r, struct verdict *out)
{
    const struct conf_rule *c = r->conf;
    out->rule = c->name;
    out->message = c->message;
    out->action = c->action;
    out->why = FAIL_OK;
    out->no_store = c->no_store;
    if (c->action == ACTION_REFUSE) {
        refuse(out, FAIL_POLICY_REFUSED);
    } else if (!endpoint_passes(q, r)) {
        out->rule = RULE_UNKNOWN_ENDPOINT;
        out->message = NULL;
        refuse(out, FAIL_ENDPOINT_UNKNOWN);
    } else if (c->action == ACTION_LOCAL && !q->site->generating) {
        refuse(out, FAIL_POLICY_REFUSED);   /* only a request that generates has a local answer */
    } else if (c->action == ACTION_LOCAL) {
        out->model = c->model;
        out->min_parameters = c->min_parameters;
        out->notice = c->notice;
        out->prune_tools = c->prune_tools;
    } else if (c->action == ACTION_REDACT) {
        put_redact(q, r, out);
    }
}

void decide(const struct ruleset *r, const struct findings *f, const struct site *site, struct verdict *out)
{
    struct evidence e;
    struct verdict before = *out;   /* the coverage is the inspection's */
    evidence_sum(&e, f);
    struct question q = {r, &e, site, before.opaque_mask};
    *out = (struct verdict){.action = ACTION_REFUSE, .why = FAIL_POLICY_REFUSED, .rule = RULE_NONE, .opaque_mask = before.opaque_mask};
    memcpy(out->coverage, before.coverage, sizeof out->coverage);
    put_classes(&q, out);
    for (size_t i = 0; i < r->n_rules; i++) {
        const struct rule *rule = &r->rule[i];
        if (!matches(&q, rule)) continue;
        if (!rule->conf->observe) {
            put_rule(&q, rule, out);
            return;
        }
        if (out->observed == NULL) {
            out->observed = rule->conf->name;
            out->observed_action = rule->conf->action;
        }
    }
}
