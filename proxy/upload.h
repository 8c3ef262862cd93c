/* upload.h - uploads that go on in further requests, at a URL that a header of the first reply names (Google's resumable
 * protocol: X-Goog-Upload-URL). Worker's thread. */
#ifndef CORDON_PROXY_UPLOAD_H
#define CORDON_PROXY_UPLOAD_H

#include "proxy/exchange.h"

/* Whether a reply's header of this name says where an upload goes on. */
bool upload_names_url(struct span header);
/* The URL as the client is to be told it, in the reply or the exchange's arena. A client that came by base URL would take
 * its file to the API's own host, past us: it is told the same URL at the host it came by. p is NULL when it is not to be
 * told one: it is at a third host, or out of memory. */
struct span upload_url(struct exchange *x, struct span url);
/* The session's id is from now on one that the provider made. Only where there is a state. */
void upload_remember(struct exchange *x, const struct h1_head *reply);

#endif
