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
    uint32_t kind;             /* enum opaque_kind */
    size_t start, end;         /* in the body */
    struct span value;         /* unescaped; of OPAQUE_ENCRYPTED, for REF_SEALED */
};

struct contents {
    enum { BODY_EMPTY, BODY_JSON, BODY_JSON_LINES, BODY_FORM, BODY_MULTIPART, BODY_TEXT, BODY_BYTES } form;
    struct coverage coverage;
    struct opaque_run *opaque;
    size_t n_opaque;
    /* the rows of a JSON-lines body or of a multipart part that is one, or the elements of a batch's array */
    struct judge_row *rows;
    size_t n_rows;
};

/* Tells the form by content type and, where that is missing or says nothing, by the bytes. When it is JSON, c->doc is
 * scanned already. `c` gives body, content_type, route, doc. */
CD_USE enum fail contents_read(struct judge_case *c, struct view *v, struct contents *out);

#endif
