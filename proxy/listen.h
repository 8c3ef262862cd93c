/* listen.h - listening sockets. All are opened by the main thread before any worker starts, one a worker for each
 * listener of the configuration (SO_REUSEPORT), so that a port that is taken is told at start. */
#ifndef CORDON_PROXY_LISTEN_H
#define CORDON_PROXY_LISTEN_H

#include "proxy/worker.h"

/* `fds` gets n_workers rows of conf->n_listeners sockets. Logs one `listen.open` line a listener with its real port.
 * On failure nothing stays open. */
CD_USE bool listen_open(const struct conf *conf, unsigned n_workers, int *fds, struct why *why);
/* Accept on this worker's sockets from now on; takes them. */
CD_USE bool listen_attach(struct worker *w, const int *fds, struct why *why);

#endif
