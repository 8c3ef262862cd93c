/* cordon run: the gateway, until SIGTERM or SIGINT. SIGHUP reloads. */
#include "admin/commands.h"
#include "admin/endpoint.h"
#include "core/log.h"
#include "proxy/server.h"
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

struct run {
    struct event_base *base;
    struct server *server;
};

static void on_stop(evutil_socket_t signo, short what, void *arg)
{
    (void)what;
    struct run *r = arg;
    LOG(INFO, "stop", "signal=%d draining", (int)signo);
    event_base_loopbreak(r->base);
}

static void on_reload(evutil_socket_t signo, short what, void *arg)
{
    (void)signo, (void)what;
    struct run *r = arg;
    struct why why = {""};
    if (server_reload(r->server, &why)) LOG(INFO, "reload.ok", "the new configuration is in force");
    else LOG(ERROR, "reload.failed", "the old configuration stays in force: %s", why.text);
}

static bool watch(struct run *r, struct event *ev[3])
{
    ev[0] = evsignal_new(r->base, SIGTERM, on_stop, r);
    ev[1] = evsignal_new(r->base, SIGINT, on_stop, r);
    ev[2] = evsignal_new(r->base, SIGHUP, on_reload, r);
    for (int i = 0; i < 3; i++)
        if (ev[i] == NULL || event_add(ev[i], NULL) != 0) return false;
    return true;
}

static int serve(struct run *r)
{
    struct event *ev[3] = {NULL, NULL, NULL};
    struct why why = {""};
    const char *admin = server_admin_address(r->server);
    struct endpoint *e = admin ? endpoint_new(r->base, r->server, admin, &why) : NULL;
    int status = EXIT_FAILED;
    if (admin && e == NULL) {
        fprintf(stderr, "cordon run: %s\n", why.text);
    } else if (watch(r, ev)) {
        LOG(INFO, "ready", "version=%s", CORDON_VERSION);
        event_base_dispatch(r->base);
        server_drain(r->server);
        status = EXIT_OK;
    }
    for (int i = 0; i < 3; i++)
        if (ev[i]) event_free(ev[i]);
    if (e) endpoint_free(e);
    return status;
}

static const char usage[] = "usage: cordon run -c FILE\n"
                            "Runs the gateway in the foreground. SIGTERM drains and ends, SIGHUP reloads FILE.\n";

int cmd_run(int argc, char **argv)
{
    int status = EXIT_OK;
    const char *conf = config_option(argc, argv, usage, &status);
    if (conf == NULL) return status;
    signal(SIGPIPE, SIG_IGN);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});   /* a core file would hold prompts */
    struct why why = {""};
    struct run r = {.server = server_start(conf, &why)};   /* forks the signer: before this thread's loop exists */
    if (r.server == NULL) {
        fprintf(stderr, "cordon run: %s\n", why.text);
        return EXIT_CONFIG;
    }
    r.base = event_base_new();
    status = r.base ? serve(&r) : EXIT_FAILED;
    server_free(r.server);
    if (r.base) event_base_free(r.base);
    return status;
}
