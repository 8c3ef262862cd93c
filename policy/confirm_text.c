/* Checks on phrases: is this a person's name, does this marker stand like a header, is this a heading of a chart? */
#include "policy/confirm.h"

static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static bool is_alpha(char c) { return is_upper(c) || is_lower(c); }

/* ---- names ---- */

/* Capitalised words that begin or hold no name: headings, products, places of work, days. Sorted, lower case. */
static const char *const not_names[] = {
    "a", "account", "act", "address", "advocacy", "african", "age", "american", "and", "api", "april", "asian",
    "assistant", "august", "autonomy", "bill", "black", "care",
    "case", "caucasian", "center", "centered", "centre", "charts", "class", "clinic", "code", "company", "condition",
    "consent", "current", "data",
    "date", "december", "department", "description", "details", "diagnosis", "disease", "dob", "doctor", "education",
    "encounter",
    "engagement", "experience", "february", "female", "file", "for", "form", "function", "group", "handout", "he",
    "health", "her", "his", "hispanic", "history",
    "hospital", "i", "id", "if", "in", "information", "insurance", "is", "it", "january", "journey", "july", "june",
    "lab", "latina", "latino", "law",
    "male", "management", "march", "may", "medical", "medicine", "modified", "monday", "monitoring", "my", "name",
    "native", "no", "note", "notes", "november",
    "number", "october", "of", "on", "outcomes", "outreach", "page", "patient", "patients", "personal", "phone", "plan",
    "portal", "presents",
    "problem", "profile", "protection", "provider", "questionnaire", "questions", "record", "records", "referral",
    "registry", "relations", "report",
    "reported", "results", "rights", "safety", "satisfaction", "saturday", "school", "score", "section", "september",
    "service", "services",
    "she", "sign", "status", "study", "summary", "sunday", "surgery", "symptoms", "system", "table", "teaching", "team",
    "test", "the", "their",
    "they", "thursday", "to", "transfer", "treatment", "tuesday", "type", "university", "unknown", "user", "we",
    "wednesday", "what", "white",
    "with", "yes", "you"};

static int compare_word(const char *word, const char *p, size_t n)
{
    int c = strncasecmp(word, p, n);
    return c ? c : word[n] != 0;
}

static bool is_no_name(const char *p, size_t n)
{
    size_t lo = 0, hi = sizeof not_names / sizeof not_names[0];
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = compare_word(not_names[mid], p, n);
        if (c == 0) return true;
        if (c < 0) lo = mid + 1;
        else hi = mid;
    }
    return false;
}

/* The words of the value from the left, until one that is no part of a name; false when none is left. */
static bool keep_names(struct span *value)
{
    size_t kept = 0, i = 0;
    while (i < value->n) {
        size_t e = i;
        while (e < value->n && value->p[e] != ' ' && value->p[e] != ',') e++;
        if (is_no_name(value->p + i, e - i)) break;
        kept = e;
        i = e;
        while (i < value->n && (value->p[i] == ' ' || value->p[i] == ',')) i++;
    }
    value->n = kept;
    return kept >= 2;
}

bool check_person(struct match *m) { return keep_names(&m->value); }

/* "Patient Maria", "Patient: Kowalska, Anna": one capitalised word alone needs to be known as a given name. */
bool check_patient_name(struct match *m)
{
    if (!keep_names(&m->value)) return false;
    return m->in_context || memchr(m->value.p, ' ', m->value.n) != NULL;
}

/* ---- headers ---- */

static bool all_caps(struct span s)
{
    size_t letters = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (is_lower(s.p[i])) return false;
        letters += is_upper(s.p[i]);
    }
    return letters >= 4;
}

/* Every word of four letters or more begins with a capital. */
static bool is_title_case(struct span s)
{
    for (size_t i = 0; i < s.n;) {
        size_t e = i;
        while (e < s.n && is_alpha(s.p[e])) e++;
        if (e - i >= 4 && !is_upper(s.p[i])) return false;
        i = e + 1;
    }
    return true;
}

/* Nothing but marks before it on its line, or the head of a subject line. */
static bool begins_line(struct span before)
{
    size_t i = before.n;
    while (i > 0 && strchr(" \t*#>-_[(/|:\"'&", before.p[i - 1]) && before.p[i - 1]) i--;
    if (i == 0 && before.n < 64) return true;
    if (i > 0 && (before.p[i - 1] == '\n' || before.p[i - 1] == '\r')) return true;
    static const char *const heads[] = {"subject", "re", "fw", "fwd", "confidential", "privileged", "and", "draft",
                                        "memorandum"};
    for (size_t k = 0; k < sizeof heads / sizeof heads[0]; k++) {
        size_t n = strlen(heads[k]);
        if (i >= n && strncasecmp(before.p + i - n, heads[k], n) == 0 && (i == n || !is_alpha(before.p[i - n - 1])) &&
            i < before.n) return true;
    }
    return false;
}

/* The line ends, or goes on as a header does. */
static bool header_goes_on(struct span after)
{
    static const char *const tails[] = {"communication", "material", "attorney", "work product", "memorandum",
                                        "document", "draft", "do not",
                                        "prepared", "subject to", "and", "confidential"};
    size_t i = 0;
    while (i < after.n && strchr(" \t*_])/|:;.&,-\"'!", after.p[i]) && after.p[i]) i++;
    if (i >= after.n || after.p[i] == '\n' || after.p[i] == '\r' || (unsigned char)after.p[i] >= 0x80) return true;
    struct span rest = span_from(after, i);
    for (size_t k = 0; k < sizeof tails / sizeof tails[0]; k++)
        if (rest.n >= strlen(tails[k]) && strncasecmp(rest.p, tails[k], strlen(tails[k])) == 0) return true;
    return i > 0 && strchr(".:]-)", after.p[0]) != NULL && after.p[0];
}

static bool says_this(struct span before)
{
    static const char *const words[] = {"this email is", "this e-mail is", "this memo is", "this document is",
                                        "this message is", "this communication is",
                                        "this letter is", "this is", "following is", "attached is", "contains",
                                        "marked as", "mark this", "treat as", "this memorandum is"};
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
        size_t n = strlen(words[k]);
        for (size_t i = 0; i + n <= before.n; i++)
            if (strncasecmp(before.p + i, words[k], n) == 0 && before.n - i - n < 24) return true;
    }
    return false;
}

/* A marker in a sentence is talk about privilege; in capitals, in title case at the head of a line, or said of this very
 * document, it is one. */
static bool marks_document(struct match *m)
{
    bool head = begins_line(m->before), tail = header_goes_on(m->after);
    return (all_caps(m->value) && (head || tail)) || (is_title_case(m->value) && head && tail) ||
        (says_this(m->before) && tail);
}

bool check_privilege_header(struct match *m)
{
    if (!marks_document(m)) m->score = 0.3f;
    return true;
}

bool check_work_product(struct match *m)
{
    if (!marks_document(m)) m->score = 0.3f;
    return true;
}

/* ---- charts ---- */

/* At the head of a line, and then a colon, a line end, or capitals throughout. */
bool check_heading(struct match *m)
{
    size_t i = m->before.n;
    while (i > 0 && strchr(" \t*#-_\"{,", m->before.p[i - 1]) && m->before.p[i - 1]) i--;
    bool head = (i == 0 && m->before.n < 64) || (i > 0 && m->before.p[i - 1] == '\n');
    size_t k = 0;
    while (k < m->after.n && strchr(" \t*_\"", m->after.p[k]) && m->after.p[k]) k++;
    bool tail = k >= m->after.n || m->after.p[k] == ':' || m->after.p[k] == '\n' || m->after.p[k] == '\r';
    return head && (tail || all_caps(m->value));
}

/* "If the patient reports …" is a guideline's sentence. */
bool check_patient_statement(struct match *m)
{
    static const char *const general[] = {"if ", "when ", "whether ", "should ", "once ", "unless ", "that ",
                                          "ensure "};
    for (size_t k = 0; k < sizeof general / sizeof general[0]; k++) {
        size_t n = strlen(general[k]);
        if (m->before.n >= n && strncasecmp(m->before.p + m->before.n - n, general[k], n) == 0) return false;
    }
    return true;
}
