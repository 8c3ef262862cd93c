/* Fuzzes proxy/hello. Input: a byte that says where to cut, then the connection's first bytes. Oracles: a name is a lower-case
 * host name; before the end of a hello that is accepted the answer is "more"; and OpenSSL, which reads the same bytes for
 * the handshake, finds the same server name in them. */
#include "proxy/hello.h"
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define REQUIRE(x) ((x) ? (void)0 : (fprintf(stderr, "does not hold: %s\n", #x), abort()))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Called by OpenSSL once it has parsed the hello. The extension: list length 2, type 1, name length 2, name. */
static int on_openssl_hello(SSL *ssl, int *alert, void *arg)
{
    const struct hello *ours = SSL_get_app_data(ssl);
    const unsigned char *ext;
    size_t n = 0;
    (void)alert, (void)arg;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &ext, &n) != 1) {
        REQUIRE(ours->name[0] == '\0');
        return SSL_CLIENT_HELLO_ERROR;
    }
    REQUIRE(n > 5);
    struct span name = {(const char *)ext + 5, n - 5};
    if (name.n && name.p[name.n - 1] == '.') name.n--;
    REQUIRE(span_ieq(name, span_str(ours->name)));
    return SSL_CLIENT_HELLO_ERROR;   /* that is all we wanted to know */
}

static void compare_with_openssl(struct span bytes, struct hello *ours)
{
    static SSL_CTX *server;
    if (server == NULL) {
        server = SSL_CTX_new(TLS_server_method());
        SSL_CTX_set_client_hello_cb(server, on_openssl_hello, NULL);
    }
    SSL *ssl = SSL_new(server);
    BIO *in = BIO_new_mem_buf(bytes.p, (int)bytes.n);
    REQUIRE(ssl && in);
    SSL_set_app_data(ssl, ours);
    SSL_set_bio(ssl, in, BIO_new(BIO_s_mem()));
    SSL_accept(ssl);
    SSL_free(ssl);
    ERR_clear_error();
}

static void check_name(const struct hello *h)
{
    for (const char *p = h->name; *p; p++) REQUIRE(*p < 'A' || *p > 'Z');
    REQUIRE(h->name[0] == '\0' || hello_is_host_name(span_str(h->name)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    struct span all = {(const char *)data + 1, size - 1};
    struct hello whole, cut;
    enum hello_result r = hello_parse(all, &whole);
    check_name(&whole);
    if (r != HELLO_OK) {
        REQUIRE(whole.name[0] == '\0' && !whole.ech);
        return 0;
    }
    size_t at = all.n * data[0] / 256;
    enum hello_result before = hello_parse((struct span){all.p, at}, &cut);
    REQUIRE(before == HELLO_MORE || before == HELLO_OK);   /* the second when the hello ended in the first part */
    if (before == HELLO_OK) REQUIRE(strcmp(cut.name, whole.name) == 0 && cut.ech == whole.ech);
    compare_with_openssl(all, &whole);
    return 0;
}
