/* magic.h - what bytes are by how they begin, and whether they are text. Decides what is opaque and as which kind; never
 * what may be skipped. Sources: the formats' own specifications. Any thread. */
#ifndef CORDON_POLICY_MAGIC_H
#define CORDON_POLICY_MAGIC_H

#include "core/arena.h"
#include "core/finding.h"

/* The kind of a file that begins with `head` (as many of its first bytes as there are, 512 are enough), or OPAQUE_COUNT
 * when it is none that is known. *strength gets the number of bytes that say so. */
enum opaque_kind magic_kind(struct span head, unsigned *strength);
/* The kind that a media type (without parameters) stands for; OPAQUE_BINARY for any other. */
enum opaque_kind magic_of_type(struct span media);

bool text_is_utf8(struct span s);
/* Whether nearly all of it are characters that texts have: UTF-8 with few control characters. */
bool text_is_text(struct span s);
/* Share of printable ASCII and white space, in percent. */
unsigned text_share(struct span s);
/* Bytes as text in UTF-8: as they are, or from UTF-16 or UTF-32 (with a byte-order mark, or by their zero bytes) or, when
 * `western_too` and they look like a language that is written so, from windows-1252; converted into the arena. p is NULL
 * when they are no text; *failed when memory ran out. */
struct span text_from(struct span bytes, bool western_too, struct arena *a, bool *failed);
/* Whether text_from reads text that is declared to be in that charset; so it does where none is declared. In any other one
 * (UTF-7, EBCDIC, Shift_JIS …) bytes that look like a text may say something else. */
bool text_reads_charset(struct span charset);

#endif
