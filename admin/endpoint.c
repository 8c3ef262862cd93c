#include "admin/endpoint.h"
#include "conf/conf.h"
#include "core/log.h"
#include "core/metrics.h"
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>

struct endpoint {
    struct evhttp *http;
    const struct server *server;
};

static void answer(struct evhttp_request *req, int status, const char *type, struct obuf *body)
{
    struct evbuffer *out = evhttp_request_get_output_buffer(req);
    evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", type);
    evbuffer_add(out, body->p, body->n);
    evhttp_send_reply(req, status, status == 200 ? "OK" : "Service Unavailable", NULL);
    obuf_fini(body);
}

static void on_health(struct evhttp_request *req, void *arg)
{
    (void)arg;
    struct obuf o = {0};
    obuf_str(&o, "ok\n");
    answer(req, 200, "text/plain", &o);
}

static void on_ready(struct evhttp_request *req, void *arg)
{
    const struct endpoint *e = arg;
    struct obuf o = {0};
    struct why why = {""};
    bool ready = server_ready(e->server, &why);
    obuf_printf(&o, "%s\n", ready ? "ready" : why.text);
    answer(req, ready ? 200 : 503, "text/plain", &o);
}

static void on_metrics(struct evhttp_request *req, void *arg)
{
    (void)arg;
    struct obuf o = {0};
    metrics_render(&o);
    answer(req, 200, "text/plain; version=0.0.4", &o);
}

static struct evconnlistener *open_listener(struct event_base *base, const char *address)
{
    struct sockaddr_storage ss;
    socklen_t len;
    if (!conf_parse_address(address, &ss, &len)) return errno = EINVAL, NULL;
    return evconnlistener_new_bind(base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, 16,
                                   (struct sockaddr *)&ss, (int)len);
}

static void log_port(struct evconnlistener *l)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof ss;
    char text[INET6_ADDRSTRLEN] = "";
    if (getsockname(evconnlistener_get_fd(l), (struct sockaddr *)&ss, &len) < 0) return;
    bool v6 = ss.ss_family == AF_INET6;
    inet_ntop(ss.ss_family, v6 ? (void *)&((struct sockaddr_in6 *)&ss)->sin6_addr : (void *)&((struct sockaddr_in *)&ss)->sin_addr,
              text, sizeof text);
    unsigned port = ntohs(v6 ? ((struct sockaddr_in6 *)&ss)->sin6_port : ((struct sockaddr_in *)&ss)->sin_port);
    LOG(INFO, "listen.open", v6 ? "name=admin mode=admin address=[%s]:%u" : "name=admin mode=admin address=%s:%u", text, port);
}

struct endpoint *endpoint_new(struct event_base *base, const struct server *server, const char *address, struct why *why)
{
    struct endpoint *e = calloc(1, sizeof *e);
    if (e == NULL || (e->http = evhttp_new(base)) == NULL) {
        free(e);
        return why_set(why, "out of memory"), NULL;
    }
    e->server = server;
    evhttp_set_allowed_methods(e->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    evhttp_set_max_headers_size(e->http, 8192);
    evhttp_set_max_body_size(e->http, 0);
    evhttp_set_timeout(e->http, 10);
    evhttp_set_cb(e->http, "/healthz", on_health, e);
    evhttp_set_cb(e->http, "/readyz", on_ready, e);
    evhttp_set_cb(e->http, "/metrics", on_metrics, e);
    struct evconnlistener *l = open_listener(base, address);
    if (l == NULL || evhttp_bind_listener(e->http, l) == NULL) {
        why_set(why, "admin: cannot listen on %s: %s", address, strerror(errno));
        endpoint_free(e);
        return NULL;
    }
    log_port(l);
    return e;
}

void endpoint_free(struct endpoint *e)
{
    evhttp_free(e->http);
    free(e);
}
