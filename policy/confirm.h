/* confirm.h - the checks that follow a pattern's match: checksums, number plans, entropy, names. Pure functions on the
 * matched bytes; any thread. The sources of the rules are named beside each. */
#ifndef CORDON_POLICY_CONFIRM_H
#define CORDON_POLICY_CONFIRM_H

#include "core/span.h"
#include <stdint.h>

/* What a check sees: the value, and what stands around it in its segment. A check may change the score; false drops the
 * match. */
struct match {
    struct span value;     /* in the view */
    struct span before;    /* up to 64 bytes of the same segment that precede the whole match */
    struct span after;     /* and that follow it */
    bool in_context;       /* a context word is near, or a label led here */
    float score;
};
#define CHECK_BARE 0.3f    /* a shape that machine text has as well */
typedef bool check_fn(struct match *m);

/* By name, for the operator's `validator`; NULL: there is none. `checks_names` lists them for an error text. */
check_fn *check_by_name(const char *name);
const char *check_names(void);

check_fn check_luhn, check_card, check_ssn, check_ssn_labelled, check_itin, check_npi, check_dea, check_mbi, check_iban,
    check_aba,
    check_swift, check_vin, check_ein, check_phone_us, check_phone_intl, check_phone_any, check_email, check_ip,
        check_birth_date,
    check_id, check_long_id, check_account, check_matter, check_patient_id, check_policy_id, check_address, check_icd10;
check_fn check_entropy, check_assigned_secret, check_stated_password, check_url_password, check_random_token, check_jwt;
check_fn check_privilege_header, check_work_product, check_person, check_labelled_name, check_patient_name,
    check_heading, check_patient_statement;

/* Helpers shared by the checks. */
size_t digits_of(struct span s, char *out, size_t cap);     /* the digits alone,
    NUL-terminated; SIZE_MAX: more than cap - 1 */
bool luhn_valid(const char *digits, size_t n);
double entropy_bits(struct span s);                         /* Shannon, bits a byte */
bool words_beside(const struct match *m);                   /* two letters in a row before or after, on the same line */

#endif
