/* view_map.t.h - for tests of views: that each byte of each segment leads back to where it was read from. */
#ifndef CORDON_POLICY_VIEW_MAP_T_H
#define CORDON_POLICY_VIEW_MAP_T_H

#include "policy/view.h"

/* In order, and from anywhere as from the start. */
static inline void assert_map(const struct view *v)
{
    for (size_t k = 0; k < v->n_seg; k++) {
        const struct segment *s = &v->seg[k];
        struct view_cursor c = {0};
        size_t last = s->src_start, start, end, alone_start, alone_end;
        for (size_t i = s->view_start; i < s->view_end; i++) {
            view_source_next(v, &c, s, i, i + 1, &start, &end);
            view_source(v, s, i, i + 1, &alone_start, &alone_end);
            assert_int_equal(start, alone_start);
            assert_int_equal(end, alone_end);
            assert_true(start >= last && start < end && end <= s->src_end);
            last = start;
        }
    }
}

#endif
