/* view.h - the text that is matched: every string and key of a request, unescaped, one after the other in one buffer,
 * with a map back to the bytes they came from. Built once per request into buffers that are kept from request to
 * request (no allocation per string). Segments are separated by a byte that no pattern of ours matches across, so that
 * context words may look back over a boundary ("mrn": "00482913") while a value never spans two strings. */
#ifndef CORDON_POLICY_VIEW_H
#define CORDON_POLICY_VIEW_H

#include "core/finding.h"
#include "core/jscan.h"

enum seg_kind { SEG_TEXT, SEG_KEY, SEG_RAW };

struct segment {
    uint32_t view_start, view_end;   /* in the view */
    uint32_t src_start, src_end;     /* in the part it came from */
    uint8_t part;                    /* enum part */
    uint8_t kind;                    /* SEG_KEY: an object's key; SEG_RAW: bytes of the part, nothing unescaped */
    uint8_t escaped;                 /* how it was unescaped: bits of enum seg_escape; 0 is one to one */
};

/* SEG_LOOSE is a second reading: a string that, unescaped, still holds backslash escapes (JSON written into a string,
 * as tool arguments and logs are) is followed by a segment in which those are resolved too. Both are matched. */
enum seg_escape { SEG_JSON = 1, SEG_PERCENT = 2, SEG_LOOSE = 4 };

#define VIEW_SEPARATOR '\x1f'
#define VIEW_SLACK 64u                /* readable zero bytes after the last one, for readers that load whole words */

struct view {
    char *p;
    size_t n, cap;
    struct segment *seg;
    size_t n_seg, cap_seg;
    struct span src[3];              /* the parts themselves, by enum part */
};

void view_fini(struct view *v);
void view_reset(struct view *v);
/* All strings and keys of a scanned document, and its numbers (they can be account numbers too). */
CD_USE enum fail view_add_json(struct view *v, const struct jdoc *d);
/* Any other text: taken as bytes; bytes that are not UTF-8 are kept as they are. Percent-escapes are decoded for
 * PART_PATH. May be called many times for PART_HEADER: `s` lies within what src says. */
CD_USE enum fail view_add_text(struct view *v, enum part part, struct span whole, struct span s);
/* Map a range of the view, which lies in one segment, to the source range, rounded outward to whole escapes. */
void view_source(const struct view *v, const struct segment *s, size_t view_start, size_t view_end, size_t *start,
                 size_t *end);
/* The same for many ranges of ascending view_start: the walk over a segment's escapes goes on where the last one
 * stopped, so that mapping all findings of a long string stays linear. Start with a zeroed cursor. */
struct view_cursor {
    const struct segment *seg;
    size_t src, at;                  /* source offset and view offset of one whole character */
};
void view_source_next(const struct view *v, struct view_cursor *c, const struct segment *s, size_t view_start,
                      size_t view_end, size_t *start, size_t *end);
/* The segment that holds view offset `at` (binary search), or NULL for a separator. */
const struct segment *view_segment(const struct view *v, size_t at);

#endif
