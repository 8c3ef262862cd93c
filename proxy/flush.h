/* flush.h - write at once what the socket takes, instead of at the loop's next turn: four epoll_ctl calls and a turn
 * less a request. What it does not take is left to the loop. */
#ifndef CORDON_PROXY_FLUSH_H
#define CORDON_PROXY_FLUSH_H

#include <event2/bufferevent.h>

/* Before bytes are added to the output: the loop writes them if nobody calls flush_now. Cheap when already so. */
void flush_arm(struct bufferevent *bev);
/* After. Errors are left for the loop to find. */
void flush_now(struct bufferevent *bev);

#endif
