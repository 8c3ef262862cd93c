/* engine_text.h - what happens to a model's bytes before they are an answer's text, as three small filters, each fed
 * with pieces of any size and appending to `out`:
 *   utf8   holds an unfinished character back; bytes that are none become U+FFFD
 *   think  parts the reasoning that some models write first, between two marks, from the rest
 *   stops  cuts at the first stop string, holding back what may be the begin of one
 * The model's thread only. Growth failure shows in `out` (obuf_ok). */
#ifndef CORDON_LOCALMODEL_ENGINE_TEXT_H
#define CORDON_LOCALMODEL_ENGINE_TEXT_H

#include "core/obuf.h"

struct utf8_filter {
    unsigned char held[4];
    unsigned n;
};
void utf8_feed(struct utf8_filter *u, struct span in, struct obuf *out);
void utf8_finish(struct utf8_filter *u, struct obuf *out);   /* an unfinished character becomes U+FFFD */

enum think_state { THINK_MAYBE, THINK_INSIDE, THINK_AFTER, THINK_NEVER };
struct think_filter {
    const char *open, *close;          /* borrowed; NULL or empty `open` or `close`: the model has none */
    enum think_state state;
    bool thought;                      /* some of the reasoning has been given */
    struct obuf held;
};
/* `inside`: the prompt has already opened the reasoning. */
void think_init(struct think_filter *t, const char *open, const char *close, bool inside);
void think_fini(struct think_filter *t);
/* `in` is whole characters, and so is what goes to `thought`: the reasoning, without blanks at its ends; NULL drops it. */
void think_feed(struct think_filter *t, struct span in, struct obuf *out, struct obuf *thought);
void think_finish(struct think_filter *t, struct obuf *out, struct obuf *thought);

struct stop_filter {
    const char *const *stops;          /* borrowed, none empty */
    size_t n;
    bool hit;                          /* one was found: the answer ends, later input is dropped */
    size_t which;                      /* the one that was */
    struct obuf held;
};
void stop_init(struct stop_filter *s, const char *const *stops, size_t n);
void stop_fini(struct stop_filter *s);
void stop_feed(struct stop_filter *s, struct span in, struct obuf *out);
void stop_finish(struct stop_filter *s, struct obuf *out);

#endif
