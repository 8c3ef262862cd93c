/* Ways to reach a person, and dates of birth: number plans, mail domains, calendars. */
#include "policy/confirm.h"
#include <stdlib.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

static bool word_in(const char *list, const char *p, size_t n)
{
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, " ");
        if (len == n && strncasecmp(at, p, n) == 0) return true;
        at += len + (at[len] == ' ');
    }
    return false;
}

static bool dotted_quad(struct span s, int value[4])
{
    int octet = -1, octets = 0;
    for (size_t i = 0; i <= s.n; i++) {
        if (i < s.n && is_digit(s.p[i])) {
            octet = (octet < 0 ? 0 : octet) * 10 + (s.p[i] - '0');
            if (octet > 255) return false;
        } else {
            if (octet < 0 || octets == 4) return false;
            value[octets++] = octet;
            octet = -1;
        }
    }
    return octets == 4;
}

/* ---- telephone ---- */

/* NANPA: area and exchange [2-9]xx, neither N11; 555-01xx is for fiction; N00 areas below 800 are not assigned. */
static bool nanp_valid(const char *d)
{
    if (d[0] < '2' || d[3] < '2' || (d[1] == '1' && d[2] == '1') || (d[4] == '1' && d[5] == '1')) return false;
    if (d[1] == '0' && d[2] == '0' && d[0] != '8' && d[0] != '9') return false;
    return !(memcmp(d + 3, "555", 3) == 0 && d[6] == '0' && d[7] == '1' && memcmp(d, "555", 3) == 0);
}

/* A plus at the head of a line is a line of a diff or a signed number. */
static bool begins_nothing(const struct match *m)
{
    if (m->value.p[0] != '+') return true;
    return m->before.n > 0 && m->before.p[m->before.n - 1] != '\n';
}

static bool one_digit(const char *d, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (d[i] != d[0]) return false;
    return true;
}

/* Ten digits with separators are also part, build and record numbers: only brackets round the area code or a country
 * code make them a telephone by themselves. */
bool check_phone_us(struct match *m)
{
    char d[16];
    size_t n = digits_of(m->value, d, sizeof d);
    const char *ten = n == 11 && d[0] == '1' ? d + 1 : d;
    if (n < 10 || n > 11 || strlen(ten) != 10 || one_digit(ten, 10)) return false;
    /* Somebody who says "call" means a telephone, even with a number that cannot be one. */
    if (m->in_context && !nanp_valid(ten)) m->score = 0.5f;
    if (m->in_context) return true;
    if (!nanp_valid(ten)) return false;
    bool marked = m->value.p[0] == '(' || m->value.p[0] == '+';
    m->score = marked && begins_nothing(m) && words_beside(m) ? 0.55f : CHECK_BARE;
    return true;
}

/* ITU-T E.164: country codes in use, up to fifteen digits. The first digits that are a whole code. */
static bool country_code(const char *d)
{
    static const char two[] = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 "
                              "63 64 65 66 "
                              "81 82 84 86 90 91 92 93 94 95 98 ";
    static const char three[] = "21 22 23 24 25 26 29 35 37 38 42 50 59 67 68 80 85 87 88 96 97 99 ";
    char head[4] = {d[0], d[1], ' ', 0};
    return d[0] == '7' || strstr(two, head) != NULL || strstr(three, head) != NULL;
}

bool check_phone_intl(struct match *m)
{
    char d[20];
    size_t n = digits_of(m->value, d, sizeof d);
    if (n == SIZE_MAX || n < 9 || n > 15 || d[0] == '0' || one_digit(d, n)) return false;
    if (d[0] == '1') return n == 11 && nanp_valid(d + 1) && check_phone_us(m);
    if (!country_code(d)) return false;
    if (m->in_context) return true;
    size_t gaps = 0, points = 0;
    for (size_t i = 0; i < m->value.n; i++) {
        gaps += m->value.p[i] == ' ' || m->value.p[i] == '-' || m->value.p[i] == '(';
        points += m->value.p[i] == '.';
    }
    m->score = gaps >= 2 && points == 0 && begins_nothing(m) && words_beside(m) ? 0.55f : CHECK_BARE;
    return true;
}

static unsigned points_in(struct span s)
{
    unsigned n = 0;
    for (size_t i = 0; i < s.n; i++) n += s.p[i] == '.';
    return n;
}

/* 2024-05-01 10:00, 01.05.2024: the first ten bytes are a date by themselves. */
static bool begins_as_date(struct span s)
{
    struct match head = {.value = {s.p, 10}};
    if (s.n < 10 || (s.n > 10 && is_digit(s.p[10]))) return false;
    return memchr("-/.", s.p[4], 3) != NULL ? check_birth_date(&head) : memchr("-/.", s.p[2], 3) != NULL &&
        s.p[5] == s.p[2] && check_birth_date(&head);
}

/* After a label: what could be dialled, but not a bare count, a fraction or an IP address. */
bool check_phone_any(struct match *m)
{
    char d[20];
    size_t n = digits_of(m->value, d, sizeof d);
    if (n == SIZE_MAX || n < 7 || n > 15 || one_digit(d, n)) return false;
    if ((n == m->value.n && n < 10) || begins_as_date(m->value)) return false;
    int octets[4];
    return points_in(m->value) != 1 && !dotted_quad(m->value, octets);
}

/* ---- e-mail and IP ---- */

static const char common_tlds[] =
    "com net org edu gov mil int info biz name pro aero coop museum jobs mobi travel app dev io ai tech cloud online s"
    "ite website "
    "xyz club shop store blog email mail live life world today company agency digital group team work zone health heal"
    "thcare "
    "care clinic hospital dental doctor med pharmacy law legal lawyer attorney bank finance financial insurance insure"
    " money "
    "fund capital tax credit consulting services solutions systems software network media news press studio design aca"
    "demy "
    "school university education foundation charity church family london berlin paris nyc eu asia global international"
    " page";
static const char country_tlds[] =
    "ac ad ae af ag ai al am ao ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf"
    " cg ch ci ck "
    "cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl"
    " gm gn gp "
    "gq gr gt gu gw gy hk hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb"
    " lc li lk "
    "lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr"
    " nu nz om "
    "pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st su sv"
    " sx sy sz "
    "tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw";

/* RFC 2606 and RFC 6761 names, and mailboxes that are nobody's. */
static const char robots[] = "git noreply no-reply donotreply do-not-reply mailer-daemon postmaster root user username"
                             " you "
                             "your.email youremail someone nobody";

static bool is_reserved(struct span host, const char *tld, size_t tld_len)
{
    static const char reserved[] = "test example invalid localhost local internal lan localdomain corp home arpa";
    static const char examples[] = "example.com example.org example.net example.edu domain.com email.com test.com your"
                                   "company.com "
                                   "company.com users.noreply.github.com localhost";
    if (word_in(reserved, tld, tld_len) || word_in(examples, host.p, host.n)) return true;
    return host.n > 12 && strncasecmp(host.p + host.n - 12, ".example.com", 12) == 0;
}

/* aZ: a column of random characters. */
static bool mixed_case(const char *p, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (is_lower(p[i - 1]) && !is_lower(p[i])) return true;
    return false;
}

/* The column of characters beside a dump: |0.fX2@3d.eX11.ch| */
static bool in_hex_dump(const struct match *m, struct span host)
{
    bool digit = false;
    for (size_t i = 0; i < host.n; i++) digit |= is_digit(host.p[i]);
    size_t left = m->before.n < 16 ? m->before.n : 16, right = m->after.n < 16 ? m->after.n : 16;
    bool barred = memchr(m->before.p + m->before.n - left, '|', left) && memchr(m->after.p, '|', right);
    return (barred && (left == 0 || m->before.p[m->before.n - 1] != ' ')) || (digit && mixed_case(host.p, host.n));
}

/* x@f.ee: nobody's domain has one letter, or as good as nobody's. */
static bool short_domain(struct span host, const char *tld)
{
    return tld - host.p < 3 || tld[-3] == '.';
}

bool check_email(struct match *m)
{
    const char *at = memchr(m->value.p, '@', m->value.n);
    if (at == NULL) return false;
    struct span local = {m->value.p, (size_t)(at - m->value.p)}, host = {at + 1, m->value.n - local.n - 1};
    const char *tld = memrchr(host.p, '.', host.n);
    if (tld == NULL || local.n == 0) return false;
    size_t n = (size_t)(host.p + host.n - ++tld);
    /* A call in a program: x@y.to(device). */
    if (m->after.n && (m->after.p[0] == '(' || m->after.p[0] == '=' || m->after.p[0] == '[')) return false;
    if (word_in(robots, local.p, local.n)) return false;
    /* Else: a column of upper-case letters or a matrix product, A@B.T, x@W.mean. */
    if (is_reserved(host, tld, n)) m->score = 0.1f;
    else if (!word_in(common_tlds, tld, n) && !word_in(country_tlds, tld, n)) m->score = CHECK_BARE;
    else if (local.n == 1 || mixed_case(tld, n) || short_domain(host, tld) || in_hex_dump(m, host)) m->score = CHECK_BARE;
    return true;
}

bool check_ip(struct match *m)
{
    int value[4];
    if (!dotted_quad(m->value, value)) return false;
    bool private_use = value[0] == 10 || value[0] == 127 || value[0] == 0 || (value[0] == 192 && value[1] == 168) ||
                       (value[0] == 172 && value[1] >= 16 && value[1] < 32) || value[0] >= 224;
    return !private_use;
}

/* ---- dates of birth ---- */

static int month_of(struct span s, size_t *at)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (size_t i = 0; i + 3 <= s.n; i++) {
        char low[4] = {(char)(s.p[i] | 0x20), (char)(s.p[i + 1] | 0x20), (char)(s.p[i + 2] | 0x20), 0};
        if (!is_lower(low[0]) || !is_lower(low[1]) || !is_lower(low[2])) continue;
        const char *hit = strstr(names, low);
        while (hit && (hit - names) % 3 != 0) hit = strstr(hit + 1, low);
        *at = i;
        return hit ? (int)((hit - names) / 3) + 1 : 0;
    }
    return 0;
}

static int numbers_of(struct span s, int out[4])
{
    int n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (!is_digit(s.p[i])) continue;
        int v = 0;
        for (; i < s.n && is_digit(s.p[i]); i++) v = v < 100000 ? v * 10 + (s.p[i] - '0') : v;
        if (n < 4) out[n] = v;
        n++;
    }
    return n;
}

static bool is_year(int y) { return (y >= 1890 && y <= 2035) || (y >= 0 && y < 100); }
static bool is_day(int d) { return d >= 1 && d <= 31; }
static bool is_month(int m) { return m >= 1 && m <= 12; }

/* A day, a month and a year in any usual order; eight digits together too. A year alone is no date of birth. */
bool check_birth_date(struct match *m)
{
    int v[4];
    size_t at;
    int n = numbers_of(m->value, v);
    if (month_of(m->value, &at) > 0) return n == 2 && ((is_day(v[0]) && is_year(v[1])) || (is_year(v[0]) &&
        is_day(v[1])));
    if (n == 1 && m->value.n == 8)
        return (is_year(v[0] / 10000) && v[0] / 10000 > 1889 && is_month(v[0] / 100 % 100) && is_day(v[0] % 100)) ||
               (is_month(v[0] / 1000000) && is_day(v[0] / 10000 % 100) && is_year(v[0] % 10000));
    if (n != 3) return false;
    if (v[0] > 31) return is_year(v[0]) && is_month(v[1]) && is_day(v[2]);
    return is_year(v[2]) && ((is_month(v[0]) && is_day(v[1])) || (is_day(v[0]) && is_month(v[1])));
}

/* ---- addresses ---- */

/* A house number and a street: what comes after may make it a postal address (state and ZIP, a flat). */
bool check_address(struct match *m)
{
    if (m->in_context) return true;
    int zip = 0;
    for (size_t i = 0; i < m->after.n && i < 60; i++) {
        zip = is_digit(m->after.p[i]) ? zip + 1 : 0;
        if (zip == 5) m->score = 0.6f;
    }
    return true;
}
