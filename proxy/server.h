/* server.h - the whole proxy: workers, ledger, local models, signer, started and stopped together; reload in two phases.
 * Main thread only. */
#ifndef CORDON_PROXY_SERVER_H
#define CORDON_PROXY_SERVER_H

#include "core/attrib.h"
#include "core/fail.h"
#include <stdbool.h>

struct server;

/* Reads the configuration, starts everything. The signer process is forked before any thread exists. NULL and *why; what
 * had been started is then stopped again. */
CD_USE struct server *server_start(const char *conf_path, struct why *why);
/* A new configuration takes the place of the old one, or nothing changes and *why says why. What needs a restart
 * (listeners, models, ca, ledger, admin, workers) must be unchanged. */
CD_USE bool server_reload(struct server *s, struct why *why);
/* Takes requests, and can record and decide them. *why says what is missing. */
bool server_ready(const struct server *s, struct why *why);
const char *server_admin_address(const struct server *s);   /* NULL: none */
/* Stop accepting; requests in progress end, for as long as the configuration says; then the rest is cut. Joins all. */
void server_drain(struct server *s);
void server_free(struct server *s);

#endif
