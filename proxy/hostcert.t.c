#include "proxy/hostcert.h"
#include "core/digest.h"
#include "core/log.h"
#include "proxy/signer.h"
#include "proxy/tls.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>
#include "proxy/tls.t.h"

#define DAY 86400

struct fixture {
    struct scratch dir;
    struct signer *signer;
    struct hostcert *certs;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct why why = {""};
    digest_init();
    tls_init();
    log_level = LOG_ERROR;
    scratch_make(&f.dir);
    assert_int_equal(ca_init(f.dir.dir, "Org", &why), FAIL_OK);
    f.signer = signer_start(f.dir.dir, &why);
    f.certs = hostcert_new(f.signer);
    assert_non_null(f.certs);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    hostcert_free(f->certs);
    signer_stop(f->signer);
    scratch_remove(&f->dir);
    return 0;
}

static SSL_CTX *get(struct fixture *f, const char *host, time_t now)
{
    enum fail why = FAIL_WAIT;
    SSL_CTX *c = hostcert_get_at(f->certs, span_str(host), now, &why);
    assert_int_equal(why == FAIL_OK, c != NULL);
    return c;
}

static void a_client_is_content(void **state)
{
    struct fixture *f = *state;
    char path[256];
    struct why why;
    enum fail no;
    SSL_CTX *out = tls_out_ctx(scratch_path(&f->dir, "ca.pem", path), &why);
    static const char *const hosts[] = {"api.openai.com", "127.0.0.1", "::1"};
    for (size_t i = 0; i < COUNT(hosts); i++) {
        SSL_CTX *in = hostcert_get(f->certs, span_str(hosts[i]), &no);
        assert_non_null(in);
        SSL *c = tls_out_new(out, hosts[i]), *s = SSL_new(in);
        assert_int_equal(shake_hands(c, s), 1);
        assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(c)), 1);   /* the leaf alone */
        SSL_free(c);
        SSL_free(s);
    }
    SSL_CTX_free(out);
}

static void one_context_a_host(void **state)
{
    struct fixture *f = *state;
    time_t now = time(NULL);
    SSL_CTX *a = get(f, "a.example", now), *b = get(f, "b.example", now);
    assert_ptr_not_equal(a, b);
    assert_ptr_equal(get(f, "a.example", now), a);
    assert_ptr_equal(get(f, "b.example", now + 19 * DAY), b);
    assert_int_equal(hostcert_count(f->certs), 2);
}

static void names_that_get_none(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {"", "A.example", "*.example", "a b", "a.example."};
    for (size_t i = 0; i < COUNT(bad); i++) assert_null(get(f, bad[i], time(NULL)));
    assert_int_equal(hostcert_count(f->certs), 0);
}

/* At two thirds of its life it is made anew; a handshake under way keeps the old one alive. */
static void renewed_in_time(void **state)
{
    struct fixture *f = *state;
    time_t now = time(NULL);
    SSL_CTX *old = get(f, "a.example", now);
    SSL *under_way = SSL_new(old);
    SSL_CTX_up_ref(old);
    SSL_CTX *fresh = get(f, "a.example", now + 20 * DAY + 60);
    assert_non_null(fresh);
    assert_ptr_not_equal(fresh, old);
    assert_int_equal(hostcert_count(f->certs), 1);
    assert_ptr_equal(SSL_get_SSL_CTX(under_way), old);
    SSL_free(under_way);
    SSL_CTX_free(old);
}

/* Without the signer: what is there serves to the end of its life, what is not is refused. */
static void signer_down(void **state)
{
    struct fixture *f = *state;
    time_t now = time(NULL);
    enum fail why = FAIL_OK;
    SSL_CTX *a = get(f, "a.example", now);
    assert_non_null(a);
    kill(signer_pid(f->signer), SIGKILL);
    assert_null(hostcert_get_at(f->certs, SPAN("b.example"), now, &why));
    assert_int_equal(why, FAIL_INTERNAL);
    assert_ptr_equal(get(f, "a.example", now + DAY), a);
    assert_ptr_equal(get(f, "a.example", now + 25 * DAY), a);
    assert_null(hostcert_get_at(f->certs, SPAN("a.example"), now + 31 * DAY, &why));
    assert_int_equal(why, FAIL_INTERNAL);
}

static void get_numbered(struct fixture *f, unsigned i, time_t now)
{
    char host[32];
    snprintf(host, sizeof host, "h%u.example", i);
    assert_non_null(get(f, host, now));
}

/* The cache is bounded; the one that was not used for longest goes. */
static void the_unused_go_first(void **state)
{
    struct fixture *f = *state;
    time_t now = time(NULL);
    for (unsigned i = 0; i < HOSTCERT_MAX; i++) get_numbered(f, i, now);
    SSL_CTX *h0 = get(f, "h0.example", now), *h2 = get(f, "h2.example", now);
    get_numbered(f, HOSTCERT_MAX, now);   /* puts h1 out, as h0 was used since */
    assert_int_equal(hostcert_count(f->certs), HOSTCERT_MAX);
    kill(signer_pid(f->signer), SIGKILL);
    assert_ptr_equal(get(f, "h0.example", now), h0);
    assert_ptr_equal(get(f, "h2.example", now), h2);
    get_numbered(f, HOSTCERT_MAX, now);
    assert_null(get(f, "h1.example", now));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_client_is_content, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_context_a_host, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_that_get_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(renewed_in_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(signer_down, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_unused_go_first, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
