/* frame.h - the frame of a ledger line: what the writer puts around a body, and the strict reading of it. The one place
 * that knows the bytes (docs/LEDGER.md):
 *
 *     {"v":1,"seq":N,"time":"2026-11-25T01:02:03.123456789Z","prev":"<64 hex>",BODY,"hash":"<64 hex>"}
 *
 * hash is SHA-256 of the line from its first byte up to, not including, the comma before "hash" of the fixed tail.
 * Pure functions; any thread. */
#ifndef CORDON_AUDIT_FRAME_H
#define CORDON_AUDIT_FRAME_H

#include "core/attrib.h"
#include "core/clock.h"
#include "core/digest.h"
#include "core/obuf.h"
#include "core/span.h"
#include <stdint.h>

#define LEDGER_LINE_MAX (256u << 10)   /* bytes of a line with its newline; longer ones are not records */
#define LEDGER_BODY_MAX (LEDGER_LINE_MAX - 512)
#define HASH_HEX (2 * DIGEST_LEN)
#define FRAME_TAIL (9 + HASH_HEX + 2)  /* ,"hash":"…"} */

/* The last record of a chain: all that the next one needs. */
struct chain {
    uint64_t seq;                        /* 0: none yet */
    char hash[HASH_HEX + 1];             /* of that record; 64 zeros when there is none */
    char time[CLOCK_RFC3339_LEN + 1];    /* empty when there is none */
};
/* Before the first record of a ledger. */
void chain_start(struct chain *c);
/* Appends one line with its newline to `out` and moves the chain on. `body` is the inside of an object. */
void chain_append(struct chain *c, struct span body, uint64_t utc_ns, struct obuf *out);

struct frame {
    uint64_t seq;
    struct span time, prev, hash;   /* on the line; that `hash` is hex is what frame_hash_holds says */
    struct span hashed;             /* the bytes under the hash */
    struct span kind;               /* the value of the body's first member, which is "kind" */
};
/* `line` without its newline. False when a byte of the frame is not as above; the body is JSON or not (jscan says). */
CD_USE bool frame_read(struct span line, struct frame *out);
/* Whether the hash that the line tells is that of its bytes; one SHA-256 over the line. */
CD_USE bool frame_hash_holds(const struct frame *f);
/* A frame's time in UTC nanoseconds. */
uint64_t frame_time_ns(struct span time);
/* Whether it looks like a line of another version of this format. */
CD_USE bool frame_is_newer(struct span line);

#endif
