#include "proxy/owner.h"
#include "wire/query.h"

/* Lengths are hashed too, so that no two lists of fields read alike. */
static void add(struct sha256_state *h, struct span s)
{
    uint64_t n = s.n;
    sha256_add(h, (struct span){(const char *)&n, sizeof n});
    sha256_add(h, s);
}

void owner_of(const struct exchange *x, struct state_owner *out)
{
    const char *name = x->judged.site.client;
    bool credential = false;
    struct sha256_state *h = x->reply_hash;   /* not in use yet, and made anew by restart: no allocation */
    sha256_restart(h);
    for (size_t i = 0; i < x->head->n_headers; i++) {
        const struct h1_header *f = &x->head->headers[i];
        if (!header_is_credential(f->name) || span_ieq(f->name, SPAN("cookie")) ||
            span_ieq(f->name, SPAN("proxy-authorization")))
            continue;
        /* A signature is another one for each request; who signed is what stands before it. */
        const char *end = memmem(f->value.p, f->value.n, "Signature=", 10);
        const char *slash = end ? memchr(f->value.p, '/', f->value.n) : NULL;
        add(h, slash ? (struct span){f->value.p, (size_t)(slash - f->value.p)} : f->value);
        credential = true;
    }
    size_t at = 0;
    for (struct span key; (key = query_next_credential(x->judged.site.provider, x->head->target, &at)).p; credential = true)
        add(h, key);
    add(h, name ? span_str(name) : SPAN_NONE);
    add(h, credential || name ? SPAN_NONE : span_str(x->client_address));
    struct digest d = sha256_end(h);
    sha256_restart(h);
    memcpy(out->b, d.b, sizeof out->b);
}
