#include "core/attrib.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void *cd_check(void *obj, unsigned mark, const char *where)
{
    if (obj == NULL || *(uint32_t *)obj != mark) {
        fprintf(stderr, "cordon: %s was called with a freed or foreign object\n", where);
        abort();
    }
    return obj;
}
