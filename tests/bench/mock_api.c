/* mock_api.c - the API behind the proxies of the bench: answers every request with the same 600-byte JSON, keep-alive,
 * one thread. Plain, or TLS with a certificate and key.
 *     mock_api PORT_FILE [CERT KEY] */
#include "conn.h"
#include <arpa/inet.h>
#include <signal.h>

static char reply[1024];
static size_t reply_n;

static void make_reply(void)
{
    char body[700];
    int n = snprintf(body, sizeof body,
                     "{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion\",\"created\":1700000000,\"model\":\"gpt-4o-mini\","
                     "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},\"finish_reason\":\"stop\"}],"
                     "\"usage\":{\"prompt_tokens\":210,\"completion_tokens\":70,\"total_tokens\":280}}",
                     "The sky is blue because the air scatters short waves of light more than long ones; at noon the blue "
                     "comes from everywhere above us, and in the evening, when the light has gone a long way through the "
                     "air, what is left of it is red. The same holds on any planet with a clear and thin enough air.");
    reply_n = (size_t)snprintf(reply, sizeof reply,
                               "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", n, body);
}

static void drop(struct conn *c)
{
    if (c->ssl) SSL_free(c->ssl);
    close(c->fd);
    free(c);
}

static void serve(struct conn *c)
{
    for (;;) {
        if (c->out_at < c->out_n) {
            long w = conn_write(c);
            if (w == IO_AGAIN) return;
            if (w == IO_END) break;
        }
        size_t m = message_length(c->in, c->in_n);
        if (m) {
            memmove(c->in, c->in + m, c->in_n -= m);
            c->out = reply, c->out_n = reply_n, c->out_at = 0;
            continue;
        }
        long r = conn_read(c);
        if (r == IO_AGAIN) return;
        if (r == IO_END) break;
        c->in_n += (size_t)r;
    }
    drop(c);
}

static SSL_CTX *tls(const char *cert, const char *key)
{
    SSL_CTX *x = SSL_CTX_new(TLS_server_method());
    if (!x || SSL_CTX_use_certificate_chain_file(x, cert) != 1 || SSL_CTX_use_PrivateKey_file(x, key, SSL_FILETYPE_PEM) != 1) {
        fputs("certificate or key cannot be used\n", stderr);
        exit(2);
    }
    SSL_CTX_set_mode(x, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
    return x;
}

static void accept_all(int listener, int ep, SSL_CTX *x)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct conn *c = calloc(1, sizeof *c);
        if (!c) die("calloc");
        c->fd = fd;
        no_delay(fd);
        if (x) {
            c->ssl = SSL_new(x);
            SSL_set_fd(c->ssl, fd);
            SSL_set_accept_state(c->ssl);
        }
        epoll_ctl(ep, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c});
    }
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 4) return fputs("usage: mock_api PORT_FILE [CERT KEY]\n", stderr), 2;
    signal(SIGPIPE, SIG_IGN);
    make_reply();
    SSL_CTX *x = argc == 4 ? tls(argv[2], argv[3]) : NULL;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), ep = epoll_create1(0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    if (bind(listener, (struct sockaddr *)&at, len) || listen(listener, 1024) || getsockname(listener, (struct sockaddr *)&at, &len)) die("listen");
    epoll_ctl(ep, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.ptr = NULL});
    FILE *f = fopen(argv[1], "w");
    if (!f) die(argv[1]);
    fprintf(f, "%d\n", ntohs(at.sin_port));
    fclose(f);
    for (;;) {
        struct epoll_event ev[256];
        int n = epoll_wait(ep, ev, 256, -1);
        for (int i = 0; i < n; i++) {
            if (ev[i].data.ptr) serve(ev[i].data.ptr);
            else accept_all(listener, ep, x);
        }
    }
}
