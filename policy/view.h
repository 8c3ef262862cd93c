/* view.h - the text that is matched: every string and key of a request, unescaped, one after the other in one buffer,
 * with a map back to the bytes they came from. Built once per request into buffers that are kept from request to
 * request (no allocation per string). Segments are separated by a byte that no pattern of ours matches across, so that
 * context words may look back over a boundary ("mrn": "00482913") while a value never spans two strings. */
#ifndef CORDON_POLICY_VIEW_H
#define CORDON_POLICY_VIEW_H

#include "core/finding.h"
#include "core/jscan.h"

enum again { AGAIN_NOT, AGAIN_WHOLE, AGAIN_PART };   /* PART: of a long one, only what stands around a reason */
enum seg_kind { SEG_TEXT, SEG_KEY, SEG_RAW };

struct segment {
    uint32_t view_start, view_end;   /* in the view */
    uint32_t src_start, src_end;     /* in its source's text */
    uint32_t src;                    /* which source: enum part, or SRC_DERIVED and on */
    uint8_t part;                    /* enum part */
    uint8_t kind;                    /* SEG_KEY: an object's key; SEG_RAW: bytes of the part, nothing unescaped */
    uint16_t escaped;                /* how it was unescaped: bits of enum seg_escape; 0 is one to one */
    uint8_t again;                   /* its bytes are in the view already, read in another way: enum again */
};

/* Beside its first reading a string may have others, each a segment of its own: where what was unescaped still holds
 * escapes (JSON written into a string, as tool arguments and logs are), percent-escapes, quoted-printable or character
 * references, and where it is written in a way that readers see through and patterns do not (fold.h; a blank after each
 * letter). All readings are matched. Of a long string a reading may take only what stands around the reason for it. */
enum seg_escape {
    SEG_JSON = 1,
    SEG_PERCENT = 2,
    SEG_PLUS = 4,        /* with SEG_PERCENT: a plus sign is a space (forms) */
    SEG_QUERY = 8,       /* with SEG_PERCENT: it is one after the first question mark (paths) */
    /* Each undoes what those before it have left. */
    SEG_LOOSE = 16,
    SEG_QUOTED = 32,     /* RFC 2045, 6.7 */
    SEG_REFERENCE = 64,  /* HTML */
    SEG_FOLDED = 128,
    SEG_SPACED = 256
};

/* What segments are cut from. The first are the parts as they came; others are texts that were decoded from a run of
 * bytes of a part (base64, a document in a string), and all that is found in such a text is said to be at that run. */
struct view_src {
    struct span text;
    size_t start, end;               /* derived: the run, in the part */
    uint8_t part, coded;             /* derived: enum part; enum coding of the run */
    uint32_t seam;                   /* where two texts meet in it; of each alone all is in the view already. Or 0 */
};
#define SRC_DERIVED ((uint32_t)PART_STATE)   /* number of the first derived source */

#define VIEW_SEPARATOR '\x1f'
#define VIEW_SLACK 64u                /* readable zero bytes after the last one, for readers that load whole words */

struct view {
    char *p;
    size_t n, cap;
    struct segment *seg;
    size_t n_seg, cap_seg;
    struct span part[PART_STATE];    /* the parts themselves */
    struct view_src *derived;
    size_t n_derived, cap_derived;
};

void view_fini(struct view *v);
void view_reset(struct view *v);
/* All strings and keys of a scanned document that is the body, and its numbers (they can be account numbers too). */
CD_USE enum fail view_add_json(struct view *v, const struct jdoc *d);
/* Any other text: taken as bytes; bytes that are not UTF-8 are kept as they are. Percent-escapes are decoded for
 * PART_PATH. May be called many times for PART_HEADER: `s` lies within what the part says. */
CD_USE enum fail view_add_text(struct view *v, enum part part, struct span whole, struct span s);

/* The steps of the above, for policy/contents*.c. A new derived source; its text must outlive the view's use. */
CD_USE enum fail view_derive(struct view *v, struct view_src s, uint32_t *src);
/* One segment in its first reading (view_start and view_end are filled in); nothing when it is empty. */
CD_USE enum fail view_add(struct view *v, struct segment s);
/* Whether percent-escapes are in it. */
bool view_has_percent(struct span s);
/* The other readings of the segments from number `from` on, where they have any. */
CD_USE enum fail view_add_readings(struct view *v, size_t from);
/* Takes stretches out of the last segment, which falls into what is between them. Ascending, none empty. */
struct view_hole {
    uint32_t view_start, view_end, src_start, src_end;
};
CD_USE enum fail view_cut(struct view *v, const struct view_hole *hole, size_t n);
/* The text of a segment's source. */
struct span view_src_text(const struct view *v, const struct segment *s);

/* Map a range of the view, which lies in one segment, to the range of its source, rounded outward to whole escapes. */
void view_source(const struct view *v, const struct segment *s, size_t view_start, size_t view_end, size_t *start,
                 size_t *end);
/* The same for many ranges of ascending view_start: the walk over a segment's escapes goes on where the last one
 * stopped, so that mapping all findings of a long string stays linear. Start with a zeroed cursor. */
struct view_cursor {
    const struct segment *seg;
    size_t src, at;                  /* source offset and view offset of one whole character */
    uint8_t state;                   /* of the walk, there */
};
void view_source_next(const struct view *v, struct view_cursor *c, const struct segment *s, size_t view_start,
                      size_t view_end, size_t *start, size_t *end);
/* Where in the part a range of the view lies: as view_source_next, but for a derived source its run. */
void view_locate(const struct view *v, struct view_cursor *c, const struct segment *s, size_t view_start, size_t view_end,
                 struct finding *out);
/* Whether a range says something new: of a text that is two texts' seam, only what crosses it does, or what begins there,
 * as a number does whose name ("MRN:") is at the end of the text before. */
bool view_is_new(const struct view *v, const struct segment *s, size_t view_start, size_t view_end);
/* The segment that holds view offset `at` (binary search), or NULL for a separator. */
const struct segment *view_segment(const struct view *v, size_t at);

#endif
