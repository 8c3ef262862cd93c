/* contents.h - what a body is made of. A body is JSON, lines of JSON, a form, multipart, text or bytes, and each of these
 * may hold another: JSON in a string, a document in base64, a data URI, a file in a multipart part. This walks all of it
 * into the view, to a bounded depth, and accounts for each byte: inspected or opaque. Nothing is decided by a field's name
 * alone: a string that is base64 of text is read as text wherever it stands; one that is a picture is opaque. Sources:
 * RFC 2045, 2046, 2397, 4648, 7578. Results live in the arena; any thread. */
#ifndef CORDON_POLICY_CONTENTS_H
#define CORDON_POLICY_CONTENTS_H

#include "core/finding.h"
#include "policy/judge.h"
#include "policy/view.h"

/* Something that could not be read. */
struct opaque_run {
    uint8_t kind;              /* enum opaque_kind */
    uint8_t part;              /* enum part; start and end in it, of the outermost run when it lies in a decoded one */
    size_t start, end;         /* OPAQUE_REMOTE: of the URL, whose bytes are inspected */
    struct span value;         /* unescaped; of OPAQUE_ENCRYPTED, for REF_SEALED */
};

struct contents {
    enum body_form { BODY_EMPTY, BODY_JSON, BODY_JSON_LINES, BODY_FORM, BODY_MULTIPART, BODY_TEXT, BODY_BYTES } form;
    struct opaque_run *opaque;
    size_t n_opaque;
    struct region *regions;    /* of the body; for redact/splice.h */
    size_t n_regions;
    /* the rows of a JSON-lines body or of a multipart part that is one, or the elements of a batch's array */
    struct judge_row *rows;
    size_t n_rows;
};

/* Reads all of a case into the view: body, path and headers. Tells the body's form by content type and, where that is
 * missing or says nothing, by the bytes; when it is JSON, c->doc is scanned already. `c` gives body, content_type, route,
 * doc, target, headers. Fills c->contents and c->verdict.coverage; INSPECT_FAILED when that does not add up. A body whose
 * framing readers may disagree on (multipart that breaks RFC 2046, a batch's line that is no JSON) is refused, with c->at. */
CD_USE enum fail contents_read(struct judge_case *c, struct view *v);
/* Adds findings for what is opaque (type opaque_type_name, via "opaque", score 1): one for each class that it counts as, by
 * c->conf, and sets c->verdict.opaque_mask. Keeps the order of c->findings. `names`: of the classes, by number. */
CD_USE enum fail contents_find_opaque(struct judge_case *c);

/* What says that a body is JSON: its type, its first character. And whether a failure of jscan says that it is no JSON at
 * all; the other failures (a key twice, half a surrogate pair, too deep) are of JSON that somebody else's reader takes. */
bool contents_is_json_type(struct span content_type);
bool contents_may_be_json(struct span bytes);
bool contents_is_text(enum fail f);

#endif
