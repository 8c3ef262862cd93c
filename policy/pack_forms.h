/* pack_forms.h - pieces of expressions that the pattern tables share. Bytes, not characters: a byte from 0x80 counts as
 * a letter of a name. */
#ifndef CORDON_POLICY_PACK_FORMS_H
#define CORDON_POLICY_PACK_FORMS_H

/* A label does not begin inside a word, but may begin a part of camelCase. */
#define LABEL_OPEN "(?:(?<![A-Za-z])|(?-i:(?<=[a-z])(?=[A-Z])))"
/* What may stand between a label and its value: number, no., #, brackets, quotes, "for Mr Smith", is, a colon. */
#define LABEL_SUFFIX "s?(?:[\\s_-]{0,2}(?:numbers?|num|nbr|nr|no|id|code|value|#(?=[\\s:])))?(?![A-Za-z])\\.?"
#define LABEL_WHOSE "(?:\\([\\w .#-]{1,20}\\)\\s{0,2})?(?:(?:for|of|on)\\s+(?:[A-Za-z.'-]{1,20}\\s+){1,4}?)?"
#define LABEL_JOIN                                                                                                     \
    "(?:(?:is|was|are|as|reads?|(?:would|should) be|->|=>|\\xE2\\x80[\\x93\\x94]|[:=|,>-]|#(?=\\s))\\s{0,4}){0,3}"
#define LABEL_GAP LABEL_SUFFIX "[\"'*_`\\])\\\\]{0,4}\\s{0,3}" LABEL_WHOSE LABEL_JOIN "[\"'*_`\\[(\\\\<]{0,4}"

/* Letters, digits and single signs between them; or groups of digits with spaces. */
#define VALUE_ID                                                                                                       \
    "(#?\\d{2,4}(?: \\d{2,4}){2,4}(?![\\w-])|#?[A-Za-z0-9](?:[A-Za-z0-9]|[-/._](?=[A-Za-z0-9])){3,24})"               \
    "(?![A-Za-z0-9]|[-/._][A-Za-z0-9])"
#define MONTHS                                                                                                         \
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"                 \
    "oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
#define VALUE_DATE                                                                                                     \
    "(\\d{1,4}[-/.]\\d{1,2}[-/.]\\d{1,4}|\\d{8}|" MONTHS "\\.? \\d{1,2}(?:st|nd|rd|th)?,? \\d{2,4}|"                   \
    "\\d{1,2}(?:st|nd|rd|th)?[ -](?:of )?" MONTHS "\\.?,?[ -]\\d{2,4})(?!\\d)"

/* A capitalised word that ends in a small letter, an initial, and a person's name of them. */
#define NAME_WORD "[A-Z\\xC3-\\xC5][A-Za-z'\\x80-\\xFF-]{0,24}[a-z\\x80-\\xFF]"
#define NAME_END "(?![A-Za-z\\x80-\\xFF])"
#define NAME_REST                                                                                                      \
    "(?:[ ](?:(?:de|da|del|van|von|der|la|al|bin|el) ){0,2}"                                                           \
    "(?:" NAME_WORD "|[A-Z]\\.(?=[ ,;)?]|$)|[A-Z](?=[ ,.;:)?]|$)))"
#define NAME_FULL NAME_WORD NAME_REST "{1,3}" NAME_END
#define NAME_ANY NAME_WORD NAME_REST "{0,3}" NAME_END

#endif
