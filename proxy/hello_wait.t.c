#include "proxy/hello.h"
#include "core/clock.h"
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

/* A client that sends its hello in steps, and what the waiter told. */
struct play {
    struct event_base *base;
    int fd[2];                     /* 0: the gateway's end, 1: the client's */
    struct hello_wait *wait;
    struct event *timer;
    unsigned char hello[4096];
    size_t n, first;               /* bytes of the hello; bytes sent at once */
    void (*later)(struct play *);  /* after 50 ms */
    int low_water;                 /* of the gateway's socket, seen shortly before `later` */
    bool free_in_done;
    int told;
    enum hello_result result;
    struct hello seen;
};

static void make_hello(struct play *p, const char *name)
{
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(c);
    BIO *out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
    SSL_set_tlsext_host_name(ssl, name);
    SSL_set_connect_state(ssl);
    assert_int_equal(SSL_do_handshake(ssl), -1);
    p->n = (size_t)BIO_read(out, p->hello, sizeof p->hello);
    SSL_free(ssl);
    SSL_CTX_free(c);
}

static void tcp_pair(int fd[2])
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int l = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(l, (struct sockaddr *)&a, len), 0);
    assert_int_equal(listen(l, 1), 0);
    assert_int_equal(getsockname(l, (struct sockaddr *)&a, &len), 0);
    fd[1] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd[1], (struct sockaddr *)&a, len), 0);
    fd[0] = accept(l, NULL, NULL);
    assert_true(fd[0] >= 0);
    close(l);
}

static int low_water(int fd)
{
    int v = 0;
    socklen_t n = sizeof v;
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &v, &n), 0);
    return v;
}

static void on_done(enum hello_result r, const struct hello *h, void *arg)
{
    struct play *p = arg;
    p->told++;
    p->result = r;
    if (p->free_in_done) {
        hello_wait_free(p->wait);
        p->wait = NULL;
    }
    p->seen = *h;   /* still readable after the waiter is gone */
    event_base_loopbreak(p->base);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what;
    struct play *p = arg;
    p->low_water = low_water(p->fd[0]);
    p->later(p);
}

static void run(struct play *p, unsigned timeout_ms)
{
    struct timeval at = {0, 50000};
    p->base = event_base_new();
    if (p->first) assert_int_equal(write(p->fd[1], p->hello, p->first), (ssize_t)p->first);
    p->wait = hello_wait_new(p->base, p->fd[0], timeout_ms, on_done, p);
    assert_non_null(p->wait);
    assert_int_equal(p->told, 0);
    p->timer = evtimer_new(p->base, on_timer, p);
    if (p->later) evtimer_add(p->timer, &at);
    event_base_dispatch(p->base);
    assert_int_equal(p->told, 1);
    assert_int_equal(low_water(p->fd[0]), 1);
    /* Nothing more comes, whatever happens on the socket. */
    event_base_loop(p->base, EVLOOP_NONBLOCK);
    assert_int_equal(p->told, 1);
    event_free(p->timer);
    hello_wait_free(p->wait);
    event_base_free(p->base);
}

static void end(struct play *p)
{
    close(p->fd[0]);
    if (p->fd[1] >= 0) close(p->fd[1]);
}

static void send_rest(struct play *p)
{
    assert_int_equal(write(p->fd[1], p->hello + p->first, p->n - p->first), (ssize_t)(p->n - p->first));
}
static void send_end(struct play *p) { shutdown(p->fd[1], SHUT_WR); }
static void send_reset(struct play *p)
{
    struct linger l = {1, 0};
    setsockopt(p->fd[1], SOL_SOCKET, SO_LINGER, &l, sizeof l);
    close(p->fd[1]);
    p->fd[1] = -1;
}

static void expect_unread(struct play *p)
{
    unsigned char got[sizeof p->hello];
    assert_int_equal(recv(p->fd[0], got, sizeof got, MSG_DONTWAIT), (ssize_t)p->n);
    assert_memory_equal(got, p->hello, p->n);
}

static void whole_at_once(void **state)
{
    (void)state;
    struct play p = {.free_in_done = true};
    make_hello(&p, "api.openai.com");
    p.first = p.n;
    tcp_pair(p.fd);
    run(&p, 2000);
    assert_int_equal(p.result, HELLO_OK);
    assert_string_equal(p.seen.name, "api.openai.com");
    expect_unread(&p);
    end(&p);
}

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void two_segments(void **state)
{
    (void)state;
    struct play p = {.later = send_rest, .first = 100};
    make_hello(&p, "api.openai.com");
    tcp_pair(p.fd);
    double before = cpu_seconds();
    run(&p, 2000);
    assert_true(cpu_seconds() - before < 0.03);   /* asleep in between */
    assert_int_equal(p.low_water, 101);
    assert_int_equal(p.result, HELLO_OK);
    assert_string_equal(p.seen.name, "api.openai.com");
    expect_unread(&p);
    end(&p);
}

static void nothing_then_all(void **state)
{
    (void)state;
    struct play p = {.later = send_rest, .first = 0};
    make_hello(&p, "api.openai.com");
    tcp_pair(p.fd);
    run(&p, 2000);
    assert_int_equal(p.result, HELLO_OK);
    end(&p);
}

/* A socket whose low-water mark the kernel ignores: seen by looking again after a pause, without spinning. */
static void low_water_ignored(void **state)
{
    (void)state;
    struct play p = {.later = send_rest, .first = 100};
    make_hello(&p, "api.openai.com");
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p.fd), 0);
    double before = cpu_seconds();
    run(&p, 2000);
    assert_true(cpu_seconds() - before < 0.03);
    assert_int_equal(p.result, HELLO_OK);
    expect_unread(&p);
    end(&p);
}

static void end_in_the_middle(void **state)
{
    (void)state;
    static void (*const ways[])(struct play *) = {send_end, send_reset};
    for (size_t way = 0; way < COUNT(ways); way++)
        for (size_t first = 0; first <= 100; first += 100) {
            struct play p = {.later = ways[way], .first = first, .free_in_done = true};
            make_hello(&p, "api.openai.com");
            tcp_pair(p.fd);
            uint64_t from = clock_mono_us();
            run(&p, 2000);
            assert_int_equal(p.result, HELLO_EOF);
            assert_true(clock_mono_us() - from < 1000000);
            end(&p);
        }
}

static void silence(void **state)
{
    (void)state;
    for (size_t first = 0; first <= 100; first += 100) {
        struct play p = {.first = first};
        make_hello(&p, "api.openai.com");
        tcp_pair(p.fd);
        uint64_t from = clock_mono_us();
        run(&p, 100);
        assert_int_equal(p.result, HELLO_TIMEOUT);
        assert_true(clock_mono_us() - from >= 95000);
        end(&p);
    }
}

static void send_more_junk(struct play *p)
{
    memset(p->hello, 0, sizeof p->hello);
    assert_int_equal(write(p->fd[1], p->hello, 64), 64);
}

static void not_tls(void **state)
{
    (void)state;
    struct play p = {.first = 16};
    memcpy(p.hello, "GET / HTTP/1.1\r\n", 16);
    tcp_pair(p.fd);
    run(&p, 2000);
    assert_int_equal(p.result, HELLO_NOT_TLS);
    end(&p);
    p = (struct play){.first = 6, .later = send_more_junk};
    memcpy(p.hello, "\x16\x03\x01\x00\x01\x01", 6);
    tcp_pair(p.fd);
    run(&p, 2000);
    assert_int_equal(p.result, HELLO_BAD);
    end(&p);
}

static void cancelled(void **state)
{
    (void)state;
    struct play p = {.first = 100};
    make_hello(&p, "api.openai.com");
    tcp_pair(p.fd);
    p.base = event_base_new();
    assert_int_equal(write(p.fd[1], p.hello, p.first), 100);
    p.wait = hello_wait_new(p.base, p.fd[0], 20, on_done, &p);
    event_base_loop(p.base, EVLOOP_ONCE);
    assert_int_equal(low_water(p.fd[0]), 101);
    hello_wait_free(p.wait);
    assert_int_equal(low_water(p.fd[0]), 1);
    usleep(30000);
    event_base_loop(p.base, EVLOOP_NONBLOCK);
    assert_int_equal(p.told, 0);
    event_base_free(p.base);
    end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_at_once), cmocka_unit_test(two_segments), cmocka_unit_test(nothing_then_all),
        cmocka_unit_test(low_water_ignored), cmocka_unit_test(end_in_the_middle), cmocka_unit_test(silence),
        cmocka_unit_test(not_tls), cmocka_unit_test(cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
