/* Cards, bank accounts, and statements about money that is not public. */
#include "policy/pack.h"
#include "policy/pack_forms.h"

const struct pattern_def pack_money[] = {
    {.type = "CREDIT_CARD", .source = "ISO/IEC 7812, issuer ranges", .klass = CLASS_FINANCIAL, .role = ROLE_IDENTIFIER,
     .norm = NORM_DIGITS,
     .hs = "\\b[2-6]\\d{3}(?:[ -]?\\d{4}){2}[ -]?\\d{1,7}\\b|\\b3\\d{3}[ -]?\\d{6}[ -]?\\d{4,5}\\b|\\b(?:1800|"
           "2131)\\d{11}\\b|\\b4\\d{12}\\b|\\b[56]\\d{11,18}\\b",
     .re = "(?<![\\w.$/-])(?<!\\d[ ,])(?:[2-6]\\d{3}(?:[ -]?\\d{4}){2}[ -]?\\d{1,7}|3\\d{3}[ -]?\\d{6}[ -]?\\d{4,5}|"
           "(?:1800|2131)\\d{11}|4\\d{12}|[56]\\d{11,18})(?![\\w/-]|\\.\\d|[ ,]\\d)", .back = 26, .ahead = 12,
     .score = 0.8f, .near = 0.95f, .context = WORDS(WORD_CARD), .before = 80, .after = 60, .same_line = true,
     .check = check_card},
    {.type = "CREDIT_CARD", .source = "ISO/IEC 7812, issuer ranges; labelled", .klass = CLASS_FINANCIAL,
     .role = ROLE_IDENTIFIER, .norm = NORM_DIGITS,
     .kind = PATTERN_LABEL, .caseless = true,
     .hs = "(?:card|credit)[ _-]?(?:number|num|no\\b|#)|\\bccn\\b|\\bpan[\"']?[:=]",
     .re = "(?:card|credit)(?=[ _-]?(?:number|num|no\\b|#))|ccn|pan",
     .value = "([2-6]\\d{3}(?:[ -]?\\d{2,6}){2,4})(?![\\w-])", .back = 24, .near = 0.9f,
     .check = check_card},
    {.type = "CARD_SECURITY_CODE", .source = "PCI DSS, sensitive authentication data", .klass = CLASS_FINANCIAL,
     .norm = NORM_DIGITS,
     .kind = PATTERN_LABEL, .caseless = true, .hs = "\\bcv[vc]2?\\b|security code",
     .re = "cv[vc]2?|(?:card )?security code",
     .value = "(\\d{3,4})(?![\\w.-])", .back = 20, .near = 0.5f},
    {.type = "IBAN_CODE", .source = "ISO 13616, SWIFT IBAN registry", .klass = CLASS_FINANCIAL, .role = ROLE_IDENTIFIER,
     .norm = NORM_ALNUM,
     .hs = "\\b[A-Z]{2}\\d{2}[ -]?[A-Z0-9]{4}[ -]?[A-Z0-9]{4}[ -]?[A-Z0-9]{3}",
     .re = "(?<![\\w-])[A-Z]{2}\\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?", .back = 24, .ahead = 30,
     .score = 0.85f, .near = 0.95f,
     .context = WORDS(WORD_MONEY), .before = 60, .after = 40, .check = check_iban},
    {.type = "US_ABA_ROUTING", .source = "ABA routing number policy", .klass = CLASS_FINANCIAL, .norm = NORM_DIGITS,
     .kind = PATTERN_LABEL,
     .caseless = true, .hs = "\\b(?:aba|rtn)\\b|routing|transit (?:number|no)",
     .re = "(?:aba|bank)?[ _-]?routing(?:[ _-]transit)?|aba|rtn|transit",
     .value = "(\\d{4}-?\\d{4}-?\\d)(?![\\w-])", .back = 32, .near = 0.6f, .check = check_aba},
    {.type = "SWIFT_BIC", .source = "ISO 9362", .klass = CLASS_FINANCIAL, .norm = NORM_ALNUM, .kind = PATTERN_LABEL,
     .hs = "(?i)\\bswift\\b|\\bbic\\b|swift[ _-]?code|swift/bic",
     .re = "(?i:swift(?:/bic)?|bic)", .value = "([A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)(?![\\w-])", .back = 16,
     .near = 0.55f,
     .check = check_swift},
    {.type = "BANK_ACCOUNT", .source = "form by bank", .klass = CLASS_FINANCIAL, .role = ROLE_IDENTIFIER,
     .norm = NORM_DIGITS, .kind = PATTERN_LABEL,
     .caseless = true, .hs = "\\b(?:account|acct|a/c|acc)[ _.-]{0,2}(?:number|num|no\\b|nr\\b|#|ending)|(?:checking|"
                             "savings|bank)[ _-](?:account|acct)|account_?(?:number|no\\b|id)|_account\\b",
     .re = "(?:(?:checking|savings|bank|deposit|brokerage)[ _-])?(?:account|acct|a/c|acc)(?![ _-]?id)\\.?",
     .value = "(\\d(?:[ -]?\\d){5,19}(?![\\w-])|#?[A-Za-z]{0,4}[-_ ]?\\d{5,18})(?![\\w-])", .back = 36, .near = 0.6f,
     .check = check_account},
    {.type = "ACCOUNT_BALANCE", .source = "a statement about one account", .klass = CLASS_FINANCIAL, .norm = NORM_LOWER,
     .caseless = true,
     .hs = "(?:account|available|current|checking|savings|ledger) balance|balance (?:of|in|on) (?:my|his|her|their|"
           "our|the) ",
     .re = "(?:account|available|current|checking|savings|ledger) balance[^.\\n]{0,30}?(?:[$]|\\xE2\\x82\\xAC|"
           "\\xC2\\xA3|USD|EUR|GBP)? ?\\d[\\d,]*(?:\\.\\d\\d)?|"
           "balance (?:of|in|on) (?:my|his|her|their|our|the) [^.\\n]{0,24}account[^.\\n]{0,16}?\\d[\\d,]*(?:\\.\\d\\d"
           ")?", .back = 48, .ahead = 100,
     .score = 0.4f, .near = 0.55f, .context = WORDS(WORD_MONEY), .before = 120, .after = 120},
    {.type = "WIRE_TRANSFER", .source = "payment instructions", .klass = CLASS_FINANCIAL, .norm = NORM_LOWER,
     .caseless = true,
     .hs = "\\b(?:wire|wired|wiring|wires|remit|remitted)\\b",
     .re = "\\b(?:wire|wired|wiring|wires|remit|remitted)\\b[^\\n]{0,60}?(?:[$]|\\xE2\\x82\\xAC|\\xC2\\xA3|USD|EUR|"
           "GBP) ?\\d(?:[\\d,.]*\\d| ?(?:k|m|million|thousand))[^\\n]{0,80}?\\b(?:account|acct|iban|beneficiary|bank|"
           "routing)\\b", .back = 12,
     .ahead = 180, .score = 0.6f, .near = 0.6f},
    {.type = "BANK_TRANSACTION", .source = "rows of account statements", .klass = CLASS_FINANCIAL, .norm = NORM_RAW,
     .hs = ",(?:USD|EUR|GBP|JPY|CAD|AUD|CHF|CNY|INR),(?:debit|credit|transfer|deposit|withdrawal|payment)\\b",
     .re = "\\d[\\d.]{0,12},(?:USD|EUR|GBP|JPY|CAD|AUD|CHF|CNY|INR),(?:debit|credit|transfer|deposit|withdrawal|"
           "payment),", .back = 36, .ahead = 4,
     .score = 0.55f, .near = 0.55f},
    {.type = "NONPUBLIC_INFORMATION", .source = "17 CFR 240.10b5-1, markers", .klass = CLASS_FINANCIAL,
     .norm = NORM_LOWER, .caseless = true,
     .hs = "\\bmnpi\\b|material,? non-?public",
     .re = "(?:contains |includes )?(?:material,? non-?public(?: information)?|\\bmnpi\\b)", .back = 48, .ahead = 16,
     .score = 0.75f,
     .near = 0.75f, .check = check_privilege_header},
    {.type = "NONPUBLIC_STATEMENT", .source = "17 CFR 240.10b5-1, markers", .klass = CLASS_FINANCIAL,
     .norm = NORM_LOWER, .caseless = true,
     .hs = "not yet (?:been )?(?:announced|public)|before (?:the )?(?:public announcement|earnings release)|"
           "unreleased (?:earnings|results|financials)|"
           "(?:unannounced|confidential) (?:merger|acquisition|takeover|bid)|draft earnings|embargoed until|"
           "under embargo until|ahead of the (?:earnings|announcement)|pre-announcement",
     .re = "not yet (?:been )?(?:announced|public)|before (?:the )?(?:public announcement|earnings release)|"
           "unreleased (?:earnings|results|financials)|"
           "(?:unannounced|confidential) (?:merger|acquisition|takeover|bid)|draft earnings|embargoed until|"
           "under embargo until|ahead of the (?:earnings|announcement)|pre-announcement",
     .back = 40, .ahead = 4, .score = 0.4f, .near = 0.6f, .context = WORDS(WORD_LEGAL) | WORDS(WORD_MONEY),
     .before = 120, .after = 120},
    {.type = NULL}};
