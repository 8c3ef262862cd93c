/* load.c - a closed-loop load: N connections, each with one request under way at any time, for S seconds after a warm-up
 * of a tenth of it. Every latency is kept, so the percentiles are exact. Prints one line of JSON.
 *     load PORT CONNECTIONS SECONDS BODY_FILE [CA_FILE NAME] */
#include "conn.h"
#include <arpa/inet.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <time.h>

static char *request;
static size_t request_n;
static unsigned *lat_ns;
static size_t lat_count, lat_cap;
static unsigned long errors, not_200;
static unsigned long long measure_from, end_at;

static unsigned long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (unsigned long long)t.tv_sec * 1000000000ull + (unsigned long long)t.tv_nsec;
}

static void make_request(const char *path)
{
    FILE *f = fopen(path, "rb");
    char body[65536];
    if (!f) die(path);
    size_t n = fread(body, 1, sizeof body, f);
    fclose(f);
    request = malloc(n + 512);
    if (!request) die("malloc");
    request_n = (size_t)sprintf(request,
                                "POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nAccept: application/json\r\n"
                                "Content-Type: application/json\r\nUser-Agent: OpenAI/Python 3.57.0\r\nAccept-Encoding: gzip, deflate\r\n"
                                "Authorization: Bearer sk-bench-key\r\nContent-Length: %zu\r\n\r\n", n);
    memcpy(request + request_n, body, n);
    request_n += n;
}

static void start(struct conn *c)
{
    c->out = request, c->out_n = request_n, c->out_at = 0, c->in_n = 0;
    c->began_ns = now();
}

static void took(struct conn *c)
{
    unsigned long long t = now();
    if (c->in_n < 13 || memcmp(c->in + 9, "200", 3) != 0) not_200++;
    if (c->began_ns < measure_from || t > end_at) return;
    if (lat_count == lat_cap) {
        lat_cap = lat_cap ? lat_cap * 2 : 1 << 20;
        lat_ns = realloc(lat_ns, lat_cap * sizeof *lat_ns);
        if (!lat_ns) die("realloc");
    }
    lat_ns[lat_count++] = (unsigned)(t - c->began_ns);
}

/* False when the connection is lost. */
static int go(struct conn *c)
{
    for (;;) {
        if (c->out_at < c->out_n) {
            long w = conn_write(c);
            if (w == IO_AGAIN) return 1;
            if (w == IO_END) return 0;
        }
        long r = conn_read(c);
        if (r == IO_AGAIN) return 1;
        if (r == IO_END) return 0;
        c->in_n += (size_t)r;
        size_t m = message_length(c->in, c->in_n);
        if (m) {
            took(c);
            start(c);
        }
    }
}

static void dial(struct conn *c, int ep, const struct sockaddr_in *to, SSL_CTX *x, const char *name)
{
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(c->fd, (const struct sockaddr *)to, sizeof *to)) die("connect");
    no_delay(c->fd);
    if (x) {
        c->ssl = SSL_new(x);
        SSL_set_tlsext_host_name(c->ssl, name);
        SSL_set1_host(c->ssl, name);
        SSL_set_fd(c->ssl, c->fd);
        if (SSL_connect(c->ssl) != 1) return fputs("load: TLS handshake failed\n", stderr), exit(2);
    }
    if (ioctl(c->fd, FIONBIO, &(int){1})) die("FIONBIO");
    epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &(struct epoll_event){.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c});
    start(c);
}

static int ascending(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
    return x < y ? -1 : x > y;
}

static double at(double share)
{
    if (lat_count == 0) return 0;
    size_t i = (size_t)(share * (double)(lat_count - 1));
    return lat_ns[i] / 1000.0;
}

int main(int argc, char **argv)
{
    if (argc != 5 && argc != 7) return fputs("usage: load PORT CONNECTIONS SECONDS BODY_FILE [CA_FILE NAME]\n", stderr), 2;
    signal(SIGPIPE, SIG_IGN);
    make_request(argv[4]);
    SSL_CTX *x = NULL;
    if (argc == 7) {
        x = SSL_CTX_new(TLS_client_method());
        if (!x || SSL_CTX_load_verify_locations(x, argv[5], NULL) != 1) return fputs("load: CA file\n", stderr), 2;
        SSL_CTX_set_verify(x, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_mode(x, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
    }
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((unsigned short)atoi(argv[1]))};
    int n_conn = atoi(argv[2]), ep = epoll_create1(0);
    double seconds = atof(argv[3]);
    struct conn *conns = calloc((size_t)n_conn, sizeof *conns);
    if (!conns) die("calloc");
    for (int i = 0; i < n_conn; i++) dial(&conns[i], ep, &to, x, argc == 7 ? argv[6] : "");
    measure_from = now() + (unsigned long long)(seconds * 1e8);
    end_at = measure_from + (unsigned long long)(seconds * 1e9);
    int alive = n_conn;
    while (now() < end_at && alive > 0) {
        struct epoll_event ev[256];
        int n = epoll_wait(ep, ev, 256, 100);
        for (int i = 0; i < n; i++) {
            struct conn *c = ev[i].data.ptr;
            if (go(c)) continue;
            errors++, alive--;
            epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, NULL);
        }
    }
    qsort(lat_ns, lat_count, sizeof *lat_ns, ascending);
    printf("{\"requests\":%zu,\"rps\":%.0f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,\"not_200\":%lu,\"errors\":%lu}\n", lat_count,
           (double)lat_count / seconds, at(0.50), at(0.99), at(1), not_200, errors);
    return 0;
}
