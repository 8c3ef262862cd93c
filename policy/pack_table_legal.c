/* Markers of legal privilege and of a law firm's files. Public law is full of these words; what counts is how they
 * stand: as a header, or said about one's own client. */
#include "policy/pack.h"
#include "policy/pack_forms.h"

const struct pattern_def pack_legal[] = {
    {.type = "PRIVILEGE_MARKER", .source = "headers of privileged documents", .klass = CLASS_PRIVILEGED,
     .norm = NORM_LOWER, .caseless = true,
     .hs = "(?:attorney|solicitor|lawyer)[ /-]{1,3}client[ -]{1,2}(?:privilege|communication|confidential)|"
           "privileged,? ?(?:and|&|/) ?(?:strictly )?confidential|"
           "confidential,? ?(?:and|&|/) ?(?:legally )?privileged|legally privileged|legal professional privilege|"
           "legal privilege",
     .re = "(?:subject to (?:the )?|protected by (?:the )?)?(?:attorney|solicitor|"
           "lawyer)[ /-]{1,3}client[ -]{1,2}(?:privileged?|communications?|confidential)|"
           "privileged,? ?(?:and|&|/) ?(?:strictly )?confidential|confidential,? ?(?:and|&|"
           "/) ?(?:legally )?privileged|legally privileged|legal professional privilege|legal privilege",
     .back = 70, .ahead = 12, .score = 0.85f, .near = 0.85f, .against = WORDS(WORD_FOOTER), .before = 300, .after = 300,
     .check = check_privilege_header},
    {.type = "WORK_PRODUCT_MARKER", .source = "Fed. R. Civ. P. 26(b)(3), headers", .klass = CLASS_PRIVILEGED,
     .norm = NORM_LOWER, .caseless = true,
     .hs = "(?:attorney(?:'s)?|counsel(?:'s)?|legal) work[ -]product|prepared in anticipation of litigation|"
           "prepared (?:at|by|under) (?:the )?(?:direction|request)(?: of| by)? (?:legal |outside )?counsel",
     .re = "(?:attorney(?:'s)?|counsel(?:'s)?|legal) work[ -]product|prepared in anticipation of litigation|"
           "prepared (?:at|by|under) (?:the )?(?:direction|request)(?: of| by)? (?:legal |outside )?counsel",
     .back = 70, .ahead = 4, .score = 0.8f, .near = 0.8f, .against = WORDS(WORD_FOOTER), .before = 300, .after = 300,
     .check = check_work_product},
    {.type = "COUNSEL_ADVICE", .source = "statements of legal advice", .klass = CLASS_PRIVILEGED, .norm = NORM_LOWER,
     .caseless = true,
     .hs = "(?:outside|our|in-house|external|my) (?:counsel|attorney|attorneys|lawyer|lawyers)(?:'s)? (?:has |"
           "have )?(?:advised|advises|advise|recommends|recommended|believes|warned|concluded|advice)|"
           "our (?:litigation|defense|settlement|legal|trial) (?:strategy|position|posture|exposure)|"
           "settlement authority",
     .re = "(?:outside|our|in-house|external|my) (?:counsel|attorney|attorneys|lawyer|lawyers)(?:'s)? (?:has |"
           "have )?(?:advised|advises|advise|recommends|recommended|believes|warned|concluded|advice)|"
           "our (?:litigation|defense|settlement|legal|trial) (?:strategy|position|posture|exposure)|"
           "settlement authority", .back = 60, .ahead = 4, .score = 0.55f, .near = 0.65f,
     .context = WORDS(WORD_LEGAL), .before = 200, .after = 200},
    {.type = "CLIENT_CONFIDENCE", .source = "ABA Model Rule 1.6", .klass = CLASS_PRIVILEGED, .norm = NORM_LOWER,
     .caseless = true,
     .hs = "\\b(?:my|our) client\\b", .re = "\\b(?:my|our) client\\b(?:,? [a-z]+){0,3}", .back = 12, .ahead = 60,
     .score = 0.15f, .near = 0.6f,
     .context = WORDS(WORD_LEGAL), .before = 160, .after = 160},
    {.type = "MATTER_NUMBER", .source = "client-matter numbers; form by firm", .klass = CLASS_PRIVILEGED,
     .role = ROLE_NONE, .norm = NORM_ALNUM,
     .kind = PATTERN_LABEL, .caseless = true,
     .hs = "client[ /-]{1,2}matter|matter (?:number|no\\b|id|#)|matter_number|our (?:file|ref)\\b",
     .re = "(?:client[ /-]{1,2})?matter|our (?:file|ref)", .value = VALUE_ID, .back = 28, .near = 0.6f,
     .check = check_matter},
    {.type = "DOCKET_NUMBER", .source = "CM/ECF case numbers", .klass = CLASS_PRIVILEGED, .norm = NORM_ALNUM,
     .kind = PATTERN_LABEL, .caseless = true,
     .hs = "\\b(?:case|docket|cause|civil action) (?:no\\b|number|#)",
     .re = "(?:case|docket|cause|civil action)(?= (?:no\\b|number|#))",
     .value = "(\\d{0,2}:?\\d{2,4}-[A-Za-z]{2,4}-\\d{2,6}(?:-[A-Z]{2,4})*|\\d{2,4}-\\d{3,7})(?![\\w-])", .back = 28,
     .near = 0.3f},
    {.type = NULL}};
