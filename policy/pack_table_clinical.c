/* What makes text a medical record: a patient by name, the headings of a chart, statements about one patient. */
#include "policy/pack.h"
#include "policy/pack_forms.h"

const struct pattern_def pack_clinical[] = {
    {.type = "PATIENT_NAME", .source = "45 CFR 164.514(b)(2)(i)(A)", .klass = CLASS_PHI, .role = ROLE_PERSON,
     .norm = NORM_LOWER,
     .hs = "\\b(?:[Pp]atient|[Pp]t|PATIENT)\\b[.,:]?\\s(?:\\(?(?:named|called|is|was|name is|like|Mr|Mrs|"
           "Ms)\\.? )?[A-Z]",
     .re = "\\b(?:[Pp]atient|[Pp]t|PATIENT)\\b[.,:]?\\s(?:\\(?(?:named|called|is|was|name is|like) )?"
           "(?:(?:Mr|Mrs|Ms|Miss)\\.? )?(" NAME_ANY ")", .back = 30,
     .ahead = 90, .score = 0.3f, .near = 0.75f, .context = WORDS(WORD_GIVEN_NAME), .check = check_patient_name},
    {.type = "PATIENT_NAME", .source = "45 CFR 164.514(b)(2)(i)(A); labelled", .klass = CLASS_PHI, .role = ROLE_PERSON,
     .norm = NORM_LOWER,
     .kind = PATTERN_LABEL, .hs = "(?i:(?:patient|pt)(?:'s|s)?[ _-]?(?:full[ _-]|first[ _-]|last[ _-])?name)",
     .re = "(?i:(?:patient|pt)(?:'s|s)?[ _-]?(?:full[ _-]|first[ _-]|last[ _-])?name)",
     .value = "([A-Z\\xC3-\\xC5][A-Za-z'.\\x80-\\xFF-]{1,25}(?:,? [A-Z\\xC3-\\xC5][A-Za-z'.\\x80-\\xFF-]{0,25}){0,3})",
     .back = 28,
     .near = 0.75f, .check = check_person},
    {.type = "AGE_OVER_89", .source = "45 CFR 164.514(b)(2)(i)(C)", .klass = CLASS_PHI, .norm = NORM_DIGITS,
     .hs = "\\b(?:9\\d|1[01]\\d)[ -]?(?:year|yr)s?[ -]old", .re = "(?<![\\w.])(9\\d|1[01]\\d)[ -]?(?:year|yr)s?[ -]old",
     .back = 18, .ahead = 4,
     .score = 0.3f, .near = 0.3f, .caseless = true},
    {.type = "AGE_SEX", .source = "a patient's demographics", .klass = CLASS_PHI, .role = ROLE_CASE, .norm = NORM_LOWER,
     .caseless = true,
     .hs = "\\d[ -]?(?:(?:year|yr)s?[ -]old|y/?o) |\\bpt w/|\\b(?:pt|patient) with hx|\\bhx of\\b|"
           "\\d[ -]?y(?:ea)?r?s?[ -]?o(?:ld)?[ -](?:with|pt)",
     .re = "(?<![\\w.])\\d{1,3}[ -]?(?:(?:year|yr)s?[ -]old|y/?o) (?:[a-z-]{1,16} ){0,3}?(?:male|female|man|woman|"
           "gentleman|lady|patient|boy|girl|pt|with|w/|[mf])(?!\\w)|\\bpt w/|"
           "\\b(?:pt|patient) with hx|\\bhx of\\b", .back = 20,
     .ahead = 60, .score = 0.2f, .near = 0.4f, .context = WORDS(WORD_CLINICAL), .before = 100, .after = 100},
    {.type = "ICD10_CODE", .source = "ICD-10-CM, official guidelines", .klass = CLASS_PHI,
     .role = ROLE_CLINICAL, .norm = NORM_ALNUM,
     .hs = "\\b[A-TV-Z]\\d[0-9AB]\\.[0-9A-Z]{1,4}\\b",
     .re = "(?<![\\w.-])[A-TV-Z]\\d[0-9AB]\\.[0-9A-Z]{1,4}(?![\\w-]|\\.\\w)", .back = 10, .ahead = 4,
     .score = 0.15f, .near = 0.3f, .context = WORDS(WORD_ICD) | WORDS(WORD_CLINICAL), .before = 60, .after = 60,
     .check = check_icd10},
    {.type = "MEDICATION_DOSE", .source = "prescription notation", .klass = CLASS_PHI, .role = ROLE_CLINICAL, .norm = NORM_LOWER,
     .caseless = true,
     .hs = "\\d ?(?:mg|mcg|units?)\\b",
     .re = "\\d{1,5}(?:\\.\\d{1,3})? ?(?:mg|mcg|units?)\\b.{0,12}?\\b(?:po|bid|tid|qid|qhs|qd|daily|twice|nightly|prn|"
           "every)\\b", .back = 20, .ahead = 30,
     .score = 0.2f, .near = 0.3f, .context = WORDS(WORD_PATIENT), .before = 80, .after = 80},
    {.type = "CHART_HEADING", .source = "headings of clinical notes (HL7 C-CDA sections)", .klass = CLASS_PHI,
     .role = ROLE_CHART, .norm = NORM_LOWER,
     .caseless = true,
     .hs = "chief complaint|history of (?:the )?present illness|past (?:medical|surgical) history|review of systems|"
           "assessment (?:and|&) plan|"
           "physical exam(?:ination)?|discharge (?:summary|diagnosis|instructions)|family history|social history|"
           "vitals(?: signs)?[:\\n]|\\bhpi[:\\n]|"
           "\\bimpression[:\\n]|doctor_notes|current medications|medication list|reason for visit|"
           "event_type: (?:symptom|admission|diagnosis)|hospital course",
     .re = "chief complaint|history of (?:the )?present illness|past (?:medical|surgical) history|review of systems|"
           "assessment (?:and|&) plan|"
           "physical exam(?:ination)?|discharge (?:summary|diagnosis|instructions)|family history|social history|"
           "vitals(?: signs)?(?=[:\\n])|hpi(?=[:\\n])|"
           "impression(?=[:\\n])|doctor_notes|current medications|medication list|reason for visit|event_type(?=: )|"
           "hospital course",
     .back = 40, .ahead = 8, .score = 0.35f, .near = 0.35f, .check = check_heading},
    {.type = "PATIENT_STATEMENT", .source = "charting phrases", .klass = CLASS_PHI, .role = ROLE_CHART,
     .norm = NORM_LOWER, .caseless = true,
     .hs = "\\b(?:the|my|this|our) (?:patient|pt)\\b",
     .re = "\\b(?:the|my|this|our) (?:patient|pt)\\b[^.\\n]{0,24}?\\b(?:denies|denied|endorses|endorsed|complains|"
           "complained|states|stated|reports|reported|admits|"
           "presented|was admitted|was seen|was discharged|was diagnosed|was prescribed|underwent|has been|had an?|"
           "tolerated|is taking|is doing|was given|has had|has a|"
           "presents to(?:day)?|did request|is an? [^.\\n]{0,30}\\d{1,3}[ -](?:year|month|week)s?[ -]old)\\b",
     .back = 20, .ahead = 72, .score = 0.35f, .near = 0.55f, .context = WORDS(WORD_CLINICAL), .before = 0, .after = 120,
     .check = check_patient_statement},
    {.type = "PATIENT_STATEMENT", .source = "charting phrases; pronoun", .klass = CLASS_PHI, .role = ROLE_CHART,
     .norm = NORM_LOWER, .caseless = true,
     .hs = "\\bs?he (?:denies|endorses|complains of)|\\bthis \\d{1,3}[ -]year[ -]old .{0,12}presents",
     .re = "\\bs?he (?:denies|endorses|complains of)\\b|\\bthis \\d{1,3}[ -]year[ -]old .{0,12}presents", .back = 48,
     .ahead = 16, .score = 0.2f, .near = 0.5f,
     .context = WORDS(WORD_CLINICAL), .before = 120, .after = 120},
    {.type = "CLINICAL_DIALOGUE", .source = "transcripts of a visit", .klass = CLASS_PHI, .role = ROLE_CHART,
     .norm = NORM_LOWER, .caseless = true,
     .hs = "(?:^|[\\n\\x1f] ?)\\[?(?:doctor|patient|clinician|physician|nurse|guest_family|"
           "guest_clinician)\\]?:? ?[a-z]",
     .re = "(?<![^\\n ])\\[?(?:doctor|patient|clinician|physician|nurse|guest_family|guest_clinician)(?:\\]|"
           ":) ?(?=[a-z])", .back = 24, .ahead = 4,
     .score = 0.3f, .near = 0.45f, .context = WORDS(WORD_CLINICAL) | WORDS(WORD_CLINICAL_WEAK), .before = 0,
     .after = 200},
    {.type = NULL}};
