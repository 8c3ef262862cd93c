/* choose.h - which upstream a request on a reverse listener is for, and how a host's paths differ from its family's. Any
 * thread; a snapshot is immutable. */
#ifndef CORDON_PROXY_CHOOSE_H
#define CORDON_PROXY_CHOOSE_H

#include "proxy/h1.h"
#include "proxy/snapshot.h"
#include "wire/codec.h"

/* Index in the configuration; -1 when it has none. The Host header first, then mounts, then whose API has the path. */
int choose_upstream(const struct snapshot *s, const struct h1_head *h, bool has_body);

/* What this host's paths begin with, and what the family's do. Equal, or both nothing, where there is no difference. */
void choose_bases(const struct conf_upstream *up, struct span *own, struct span *family);
/* Whether a path, or a target with its query, is `folder` or in it. */
bool choose_under(struct span path, struct span folder);

#endif
