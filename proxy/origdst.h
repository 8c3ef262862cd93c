/* origdst.h - where a redirected connection was going, by nftables' REDIRECT (SO_ORIGINAL_DST). Advisory only: the name
 * of the ClientHello must be on the list, and cordon resolves it itself. */
#ifndef CORDON_PROXY_ORIGDST_H
#define CORDON_PROXY_ORIGDST_H

#include "core/attrib.h"
#include "core/fail.h"
#include <sys/socket.h>

/* FAIL_IO when the connection was not redirected. */
CD_USE enum fail origdst_get(int fd, struct sockaddr_storage *out, socklen_t *len);

#endif
