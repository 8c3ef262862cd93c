#include "core/finding.h"

const char *action_name(enum action a)
{
    static const char *const names[] = {"forward", "redact", "local", "refuse"};
    return (unsigned)a < sizeof names / sizeof names[0] ? names[a] : "refuse";
}
