/* Checksums and number plans of identifiers of people and organisations. */
#include "policy/confirm.h"
#include <stdlib.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_alpha(char c) { return (unsigned char)((c | 0x20) - 'a') < 26; }

size_t digits_of(struct span s, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (!is_digit(s.p[i])) continue;
        if (n + 1 >= cap) return SIZE_MAX;
        out[n++] = s.p[i];
    }
    out[n] = 0;
    return n;
}

static size_t alnum_upper(struct span s, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!is_digit(c) && !is_alpha(c)) continue;
        if (n + 1 >= cap) return SIZE_MAX;
        out[n++] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
    }
    out[n] = 0;
    return n;
}

bool words_beside(const struct match *m)
{
    for (size_t i = m->before.n; i > 1 && m->before.p[i - 1] != '\n'; i--)
        if (is_alpha(m->before.p[i - 1]) && is_alpha(m->before.p[i - 2])) return true;
    for (size_t i = 1; i < m->after.n && m->after.p[i - 1] != '\n'; i++)
        if (is_alpha(m->after.p[i]) && is_alpha(m->after.p[i - 1])) return true;
    return false;
}

static bool all_same(const char *d, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (d[i] != d[0]) return false;
    return true;
}

static int number(const char *d, size_t n)
{
    int v = 0;
    while (n--) v = v * 10 + (*d++ - '0');
    return v;
}

/* ISO/IEC 7812-1, annex B. */
bool luhn_valid(const char *d, size_t n)
{
    int sum = 0;
    for (size_t i = 0; i < n; i++) {
        int v = d[n - 1 - i] - '0';
        if (i % 2 == 1 && (v *= 2) > 9) v -= 9;
        sum += v;
    }
    return n > 0 && sum % 10 == 0;
}

bool check_luhn(struct match *m)
{
    char d[64];
    size_t n = digits_of(m->value, d, sizeof d);
    return n != SIZE_MAX && n > 1 && luhn_valid(d, n);
}

/* ---- payment cards: issuer ranges as the schemes publish them ---- */

static bool is_issued(const char *d, size_t n)
{
    static const struct { int from, to; uint8_t digits, least, most; } range[] = {
        {4, 4, 1, 13, 19},           /* Visa: 13, 16, 19 */
        {51, 55, 2, 16, 16},         /* Mastercard */
        {2221, 2720, 4, 16, 16},
        {34, 34, 2, 15, 15},         /* American Express */
        {37, 37, 2, 15, 15},
        {6011, 6011, 4, 16, 19},     /* Discover */
        {644, 659, 3, 16, 19},
        {300, 305, 3, 14, 14},       /* Diners Club */
        {36, 36, 2, 14, 14},
        {38, 39, 2, 14, 16},
        {3528, 3589, 4, 16, 16},     /* JCB; the last two are its old ones */
        {1800, 1800, 4, 15, 15},
        {2131, 2131, 4, 15, 15},
        {62, 62, 2, 16, 19},         /* UnionPay */
        {5018, 5018, 4, 12, 19},     /* Maestro */
        {5020, 5020, 4, 12, 19},
        {5038, 5038, 4, 12, 19},
        {6304, 6304, 4, 12, 19},
        {6759, 6763, 4, 12, 19},
    };
    for (size_t i = 0; i < sizeof range / sizeof range[0]; i++) {
        if (n < range[i].least || n > range[i].most || n < range[i].digits) continue;
        int head = number(d, range[i].digits);
        if (head >= range[i].from && head <= range[i].to) return true;
    }
    return false;
}

/* memory=4850...: a bare number that has a name of its own, and no card's. */
static bool is_otherwise_assigned(const struct match *m)
{
    static const char *const names[] = {"card", "pan", "cc", "visa", "credit", "number", "num", "no", "amex", "payment"};
    size_t end = m->before.n;
    if (end == 0 || m->before.p[end - 1] != '=') return false;
    size_t start = --end;
    while (start > 0 && (is_alpha(m->before.p[start - 1]) || m->before.p[start - 1] == '_')) start--;
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        for (size_t n = strlen(names[k]), i = start; i + n <= end; i++)
            if (strncasecmp(m->before.p + i, names[k], n) == 0) return false;
    return end > start;
}

/* A tenth of all digit runs pass Luhn: a bare run is weak until a word speaks of cards, and a grouped one until there is
 * any word beside it (columns of four-digit numbers look the same). */
bool check_card(struct match *m)
{
    char d[32];
    size_t n = digits_of(m->value, d, sizeof d);
    if (n == SIZE_MAX || n < 12 || !is_issued(d, n) || !luhn_valid(d, n) || all_same(d, n)) return false;
    /* Visa stopped giving out numbers of 13 digits: more often it is something else. */
    if (n == 13) m->score = m->in_context ? 0.45f : CHECK_BARE;
    bool grouped = m->value.n > n;
    if (!grouped && is_otherwise_assigned(m)) m->score = CHECK_BARE;
    if (m->in_context || n == 13) return true;
    m->score = grouped && words_beside(m) ? 0.6f : CHECK_BARE;
    return true;
}

/* ---- United States ---- */

/* SSA: no area 000, 666 or 9xx, no group 00, no serial 0000; and the numbers that were printed in advertisements. */
static bool ssn_valid(const char *d)
{
    int area = number(d, 3);
    if (area == 0 || area == 666 || area >= 900 || number(d + 3, 2) == 0 || number(d + 5, 4) == 0) return false;
    return strcmp(d, "078051120") != 0 && strcmp(d, "219099999") != 0;
}

bool check_ssn(struct match *m)
{
    char d[16];
    return digits_of(m->value, d, sizeof d) == 9 && ssn_valid(d) && !all_same(d, 9);
}

/* A label says that it is meant as one, so a number that was never issued (a typing error, a made-up one) counts too. */
bool check_ssn_labelled(struct match *m)
{
    char d[16];
    if (digits_of(m->value, d, sizeof d) != 9 || all_same(d, 9)) return false;
    if (!ssn_valid(d)) m->score = 0.6f;
    return true;
}

/* IRS: 9xx with a group of 50-65, 70-88, 90-92 or 94-99. */
bool check_itin(struct match *m)
{
    char d[16];
    if (digits_of(m->value, d, sizeof d) != 9 || d[0] != '9') return false;
    int g = number(d + 3, 2);
    return (g >= 50 && g <= 65) || (g >= 70 && g <= 88) || (g >= 90 && g <= 92) || g >= 94;
}

/* CMS: ten digits, Luhn with 80840 before them (45 CFR 162.406). */
bool check_npi(struct match *m)
{
    char d[32] = "80840";
    size_t n = digits_of(m->value, d + 5, sizeof d - 5);
    return n == 10 && (d[5] == '1' || d[5] == '2') && luhn_valid(d, 15);
}

/* DEA: two letters, six digits, and the last digit of (1st+3rd+5th) + 2*(2nd+4th+6th). */
bool check_dea(struct match *m)
{
    char d[16];
    if (digits_of(m->value, d, sizeof d) < 7) return false;
    const char *x = d + strlen(d) - 7;
    int sum = (x[0] + x[2] + x[4] - 3 * '0') + 2 * (x[1] + x[3] + x[5] - 3 * '0');
    return sum % 10 == x[6] - '0' && !all_same(x, 7);
}

/* CMS, Understanding the MBI: eleven places, C A AN N A AN N A A N N; letters without S, L, O, I, B, Z. */
bool check_mbi(struct match *m)
{
    static const char form[] = "CAXNAXNAANN";
    char d[24];
    if (alnum_upper(m->value, d, sizeof d) != 11) return false;
    for (int i = 0; i < 11; i++) {
        bool letter = is_alpha(d[i]);
        if (letter && strchr("SLOIBZ", d[i])) return false;
        if (form[i] == 'C' && (letter || d[i] == '0')) return false;
        if (form[i] == 'A' && !letter) return false;
        if (form[i] == 'N' && letter) return false;
    }
    return true;
}

/* ABA: nine digits, weights 3 7 1; the first two name a district or a range in use. */
bool check_aba(struct match *m)
{
    char d[16];
    if (digits_of(m->value, d, sizeof d) != 9) return false;
    int sum = 0, head = number(d, 2);
    for (int i = 0; i < 9; i++) sum += (d[i] - '0') * (i % 3 == 0 ? 3 : i % 3 == 1 ? 7 : 1);
    bool used = head <= 12 || (head >= 21 && head <= 32) || (head >= 61 && head <= 72) || head == 80;
    return sum % 10 == 0 && used && !all_same(d, 9);
}

/* IRS: prefixes of an employer identification number that are not in use. */
bool check_ein(struct match *m)
{
    static const char *const unused[] = {"00", "07", "08", "09", "17", "18", "19", "28", "29", "49", "69", "70", "78",
                                         "79",
                                         "89", "96", "97"};
    char d[16];
    if (digits_of(m->value, d, sizeof d) != 9) return false;
    for (size_t i = 0; i < sizeof unused / sizeof unused[0]; i++)
        if (memcmp(d, unused[i], 2) == 0) return false;
    return true;
}

/* 49 CFR 565.15: seventeen places without I, O, Q; the ninth is the remainder by 11 of the weighted sum. */
bool check_vin(struct match *m)
{
    static const char letters[] = "ABCDEFGHJKLMNPRSTUVWXYZ", values[] = "12345678123457923456789";
    static const int weight[17] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
    char d[24];
    if (alnum_upper(m->value, d, sizeof d) != 17) return false;
    int sum = 0;
    for (int i = 0; i < 17; i++) {
        const char *at = is_digit(d[i]) ? NULL : strchr(letters, d[i]);
        if (!is_digit(d[i]) && at == NULL) return false;
        sum += weight[i] * (at ? values[at - letters] - '0' : d[i] - '0');
    }
    return d[8] == (sum % 11 == 10 ? 'X' : '0' + sum % 11);
}

/* ---- banks ---- */

/* ISO 13616; lengths from the IBAN registry of SWIFT. */
static size_t iban_length(const char *cc)
{
    static const char table[] =
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27G"
        "B22GE22"
        "GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20M"
        "R27MT31"
        "MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29V"
        "A22VG24"
        "XK20YE30";
    for (size_t i = 0; i + 4 < sizeof table; i += 4)
        if (memcmp(table + i, cc, 2) == 0) return (size_t)number(table + i + 2, 2);
    return 0;
}

static bool iban_prefix_valid(const char *d, size_t n)
{
    int rest = 0;
    for (size_t i = 0; i < n; i++) {
        char c = d[(i + 4) % n];
        rest = is_digit(c) ? (rest * 10 + (c - '0')) % 97 : (rest * 100 + (c - 'A' + 10)) % 97;
    }
    return rest == 1;
}

/* The pattern takes as much as may belong to it; the country says how long it is. */
bool check_iban(struct match *m)
{
    char d[64];
    size_t n = alnum_upper(m->value, d, sizeof d);
    size_t want = n == SIZE_MAX || n < 15 ? 0 : iban_length(d);
    if (want == 0 || n < want || !iban_prefix_valid(d, want)) return false;
    size_t i = 0;
    for (size_t seen = 0; i < m->value.n && seen < want; i++) seen += is_digit(m->value.p[i]) ||
        is_alpha(m->value.p[i]);
    if (i < m->value.n && (is_digit(m->value.p[i]) || is_alpha(m->value.p[i]))) return false;
    m->value.n = i;
    return true;
}

/* ISO 9362: four letters, an ISO 3166 country, two and optionally three characters. */
bool check_swift(struct match *m)
{
    static const char countries[] =
        "ADAEAFAGAIALAMAOARATAUAWAZBABBBDBEBFBGBHBIBJBMBNBOBRBSBTBWBYBZCACDCGCHCICLCMCNCOCRCUCVCYCZDEDJDKDMDODZECEEEGE"
        "SETFIFJ"
        "FRGAGBGDGEGHGIGMGNGRGTGYHKHNHRHTHUIDIEILINIQIRISITJMJOJPKEKGKHKMKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMGMKMLM"
        "MMNMOMR"
        "MTMUMVMWMXMYMZNANENGNINLNONPNZOMPAPEPGPHPKPLPSPTPYQARORSRURWSASBSCSDSESGSISKSLSMSNSOSRSVSYSZTDTGTHTJTMTNTOTRT"
        "TTWTZUA"
        "UGUSUYUZVAVCVEVGVNVUWSXKYEZAZMZW";
    if (m->value.n != 8 && m->value.n != 11) return false;
    for (size_t i = 0; i + 2 < sizeof countries; i += 2)
        if (memcmp(countries + i, m->value.p + 4, 2) == 0) return true;
    return false;
}

/* ---- identifiers whose form is the issuer's own ---- */

static size_t count_digits(struct span s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) n += is_digit(s.p[i]);
    return n;
}

static bool is_year(struct span s)
{
    return s.n == 4 && count_digits(s) == 4 && (memcmp(s.p, "19", 2) == 0 || memcmp(s.p, "20", 2) == 0);
}

/* After a label: three digits at least, and not a date or a year alone. */
bool check_id(struct match *m)
{
    size_t digits = count_digits(m->value);
    if (digits < 3 || is_year(m->value)) return false;
    if (m->value.n == 10 && digits == 8 && !is_digit(m->value.p[2]) && !is_digit(m->value.p[5])) return false;
    return m->value.n >= 4;
}

bool check_long_id(struct match *m) { return count_digits(m->value) >= 5; }

bool check_account(struct match *m)
{
    size_t digits = count_digits(m->value);
    return digits >= 6 && digits <= 20;
}

/* A firm's matter numbers have parts; a plain number after "matter" is more often a count or a key. */
bool check_matter(struct match *m)
{
    if (!check_id(m)) return false;
    if (count_digits(m->value) == m->value.n) m->score = CHECK_BARE;
    return true;
}

/* A short bare number after "patient id" is as often a row of a table in a program. */
bool check_patient_id(struct match *m)
{
    if (!check_id(m)) return false;
    if (count_digits(m->value) == m->value.n && m->value.n < 6) m->score = CHECK_BARE;
    return true;
}

/* A policy or member number of anything is weak; beside words of insurance it is a health plan's. */
bool check_policy_id(struct match *m)
{
    if (!check_id(m)) return false;
    if (count_digits(m->value) == m->value.n && m->value.n < 7) m->score = CHECK_BARE;   /* an amount, more likely */
    return true;
}

/* U is for provisional codes; V12.3 is a version far more often than a cyclist, unless a clinical word says otherwise. */
bool check_icd10(struct match *m)
{
    char c = m->value.p[0];
    return m->value.n >= 3 && c != 'U' && (c != 'V' || m->in_context);
}

check_fn *check_by_name(const char *name)
{
    static const struct { const char *name; check_fn *check; } table[] = {
        {"luhn", check_luhn}, {"card", check_card}, {"ssn", check_ssn}, {"itin", check_itin}, {"npi", check_npi},
        {"dea", check_dea}, {"mbi", check_mbi}, {"iban", check_iban}, {"aba", check_aba}, {"swift", check_swift},
        {"vin", check_vin}, {"ein", check_ein}, {"entropy", check_entropy}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, name) == 0) return table[i].check;
    return NULL;
}

const char *check_names(void) { return "luhn, card, ssn, itin, npi, dea, mbi, iban, aba, swift, vin, ein, entropy"; }
