#include "core/finding.h"

const char *action_name(enum action a)
{
    static const char *const names[] = {"forward", "redact", "local", "refuse"};
    return (unsigned)a < sizeof names / sizeof names[0] ? names[a] : "refuse";
}

static const struct {
    const char *kind, *type;
} opaque[OPAQUE_COUNT] = {
    [OPAQUE_IMAGE] = {"image", "OPAQUE_IMAGE"},          [OPAQUE_AUDIO] = {"audio", "OPAQUE_AUDIO"},
    [OPAQUE_VIDEO] = {"video", "OPAQUE_VIDEO"},          [OPAQUE_DOCUMENT] = {"document", "OPAQUE_DOCUMENT"},
    [OPAQUE_ARCHIVE] = {"archive", "OPAQUE_ARCHIVE"},    [OPAQUE_ENCRYPTED] = {"encrypted", "OPAQUE_ENCRYPTED"},
    [OPAQUE_REMOTE] = {"remote", "OPAQUE_REMOTE"},       [OPAQUE_TOKENS] = {"tokens", "OPAQUE_TOKENS"},
    [OPAQUE_BINARY] = {"binary", "OPAQUE_BINARY"},
};

const char *opaque_kind_name(enum opaque_kind k) { return (unsigned)k < OPAQUE_COUNT ? opaque[k].kind : "binary"; }
const char *opaque_type_name(enum opaque_kind k) { return (unsigned)k < OPAQUE_COUNT ? opaque[k].type : "OPAQUE_BINARY"; }
