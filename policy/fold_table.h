/* fold_table.h - the data of fold.h: a page for each 128 code points, an entry for each of a page. Written by
 * policy/fold_table.py. Internal to fold.c. */
#ifndef CORDON_POLICY_FOLD_TABLE_H
#define CORDON_POLICY_FOLD_TABLE_H

#include <stdint.h>

#define FOLD_PAGE 128u
#define FOLD_PAGES (0x20000u / FOLD_PAGE)

extern const uint8_t fold_page[FOLD_PAGES];
extern const uint16_t fold_entry[][FOLD_PAGE];   /* 0: stays; else two bits of enum ask, then where its text begins */
extern const uint8_t fold_text[];                /* a length, then that many bytes */

#endif
