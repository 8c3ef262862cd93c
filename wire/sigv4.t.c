/* Signatures that botocore 1.44.8 makes of the same requests, and Authorization headers well and badly formed. */
#include "wire/sigv4.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static struct obuf out;
static const struct sigv4_credentials credentials = {SPAN("AKIDEXAMPLE"), SPAN("not/a+real/secret"), {NULL, 0}};
#define HOST {SPAN("Host"), SPAN("bedrock-runtime.eu-west-1.amazonaws.com")}
static const struct sigv4_header headers[] = {
    HOST, {SPAN("Content-Type"), SPAN("application/json")}, {SPAN("X-Amz-Date"), SPAN("19990101T000000Z")},
    {SPAN("authorization"), SPAN("AWS4-HMAC-SHA256 stale")}};

static struct sigv4_request request(const char *body)
{
    return (struct sigv4_request){
        .method = SPAN("POST"), .path = SPAN("/model/anthropic.claude-v2%3A1/converse"), .headers = headers,
        .n_headers = COUNT(headers), .payload = sha256(span_str(body)), .region = SPAN("eu-west-1"),
            .service = SPAN("bedrock"),
        .unix_time = 1764000000};
}

static bool sign(const struct sigv4_request *r, const struct sigv4_credentials *c)
{
    obuf_reset(&out);
    bool ok = sigv4_sign(r, c, &out);
    obuf_put(&out, "", 1);
    return ok;
}

#define SCOPE(date) "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" date "/eu-west-1/bedrock/aws4_request, "

static void signs_as_botocore(void **state)
{
    (void)state;
    struct sigv4_request r = request("{}");
    assert_true(sign(&r, &credentials));
    assert_string_equal(out.p, "x-amz-date: 20251124T160000Z\r\n" SCOPE("20251124")
                        "SignedHeaders=content-type;host;x-amz-date, "
                        "Signature=9f42df2ef93923bc3b899927d5d5500f1ef14d9841403539ed8d58e63ca46427\r\n");
    struct sigv4_credentials session = credentials;
    session.session_token = SPAN("token/+=");
    assert_true(sign(&r, &session));
    assert_string_equal(out.p, "x-amz-date: 20251124T160000Z\r\nx-amz-security-token: token/+=\r\n" SCOPE("20251124")
                        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "
                        "Signature=0268bb30b5f31a1de4c7b0bb369c0f1f311b81b5cf996eaa32bdb4877ae2fab1\r\n");
}

/* Whatever may be one is taken for one: what it covers must not be changed. */
static void knows_a_signature_that_it_cannot_read(void **state)
{
    (void)state;
    struct sigv4_parsed p;
    static const char *const some[] = {
        "AWS4-HMAC-SHA256 Credential=", " AWS4-ECDSA-P256-SHA256 Credential=AK/20260101/bedrock/aws4_request",
        "aws4-hmac-sha256 x", "AWS AKIDEXAMPLE:c2ln"};
    static const char *const none[] = {"", "Bearer AWS4", "AW", "Basic QVdT"};
    for (size_t i = 0; i < COUNT(some); i++) {
        assert_true(sigv4_is(span_str(some[i])) && !sigv4_parse(span_str(some[i]), &p));
        assert_true(!sigv4_signs(&p, SPAN("host")) && p.access_key.p == NULL && p.signed_headers.p == NULL);
    }
    for (size_t i = 0; i < COUNT(none); i++) assert_false(sigv4_is(span_str(none[i])));
    assert_true(sigv4_in_query(SPAN("/model/m/converse?a=b&X-Amz-Signature=00")));
    assert_false(sigv4_in_query(SPAN("/model/m/converse?a=X-Amz-Signature")));
    assert_false(sigv4_in_query(SPAN("/model/X-Amz-Signature=/converse")));
}

static void signs_queries_and_blanks(void **state)
{
    (void)state;
    static const struct sigv4_header odd[] = {
        {SPAN("X-Amzn-Bedrock-Trace"), SPAN("  a   b ")}, HOST, {SPAN("Accept"), SPAN("")}};
    struct sigv4_request r = request("");
    r.method = SPAN("GET");
    r.path = SPAN("/async-invoke");
    r.query = SPAN("maxResults=2&a=z&a=b&flag");
    r.headers = odd;
    r.n_headers = COUNT(odd);
    r.unix_time = 951782400;
    assert_true(sign(&r, &credentials));
    assert_string_equal(out.p, "x-amz-date: 20000229T000000Z\r\n" SCOPE("20000229")
                        "SignedHeaders=accept;host;x-amz-date;x-amzn-bedrock-trace, "
                        "Signature=067a117f451962cb5524b981869b581c43ec657ef065d03d59c58af0c22bff36\r\n");
}

static void tells_the_payload_when_asked(void **state)
{
    (void)state;
    struct sigv4_request r = request("{}");
    r.tell_payload = true;
    assert_true(sign(&r, &credentials));
    assert_non_null(strstr(out.p,
        "\r\nx-amz-content-sha256: 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\r\n"));
    assert_non_null(strstr(out.p, "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date,"));
}

static void refuses_what_it_cannot_sign(void **state)
{
    (void)state;
    struct sigv4_request r = request("{}"), many = r;
    struct sigv4_credentials c = credentials;
    c.secret = SPAN_NONE;
    assert_false(sign(&r, &c));
    c = credentials;
    c.access_key = SPAN("AKID\r\nx-evil: 1");
    assert_false(sign(&r, &c));
    c = credentials;
    c.session_token = SPAN("a b");
    assert_false(sign(&r, &c));
    static const char long_secret[SIGV4_MAX_SECRET + 2];
    c = credentials;
    c.secret = (struct span){long_secret, SIGV4_MAX_SECRET + 1};
    assert_false(sign(&r, &c));
    struct sigv4_header lots[SIGV4_MAX_HEADERS];
    for (size_t i = 0; i < COUNT(lots); i++) lots[i] = headers[0];
    many.headers = lots;
    many.n_headers = COUNT(lots);
    assert_false(sign(&many, &credentials));
    char query[2 * SIGV4_MAX_PARAMETERS + 1];
    memset(query, '&', sizeof query);
    r.query = (struct span){query, sizeof query};
    assert_false(sign(&r, &credentials));
}

#define HEX64 "9f42df2ef93923bc3b899927d5d5500f1ef14d9841403539ed8d58e63ca46427"
#define CREDENTIAL "Credential=AKIDEXAMPLE/20251124/eu-west-1/bedrock/aws4_request"
#define SIGNED "SignedHeaders=content-type;host;x-amz-date"

static void reads_a_header(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "AWS4-HMAC-SHA256 " CREDENTIAL ", " SIGNED ", Signature=" HEX64,
        " AWS4-HMAC-SHA256 Signature=" HEX64 "," SIGNED "  ,\t" CREDENTIAL " ",
    };
    struct sigv4_parsed p;
    for (size_t i = 0; i < COUNT(forms); i++) {
        assert_true(sigv4_parse(span_str(forms[i]), &p));
        assert_true(span_is(p.access_key, "AKIDEXAMPLE") && span_is(p.date, "20251124") && span_is(p.region, "eu-west-1"));
        assert_true(span_is(p.service, "bedrock") && span_is(p.signature, HEX64));
        assert_true(sigv4_signs(&p, SPAN("Content-Type")) && sigv4_signs(&p, SPAN("x-amz-date")));
        assert_false(sigv4_signs(&p, SPAN("content")) || sigv4_signs(&p, SPAN("accept")) || sigv4_signs(&p, SPAN("")));
    }
}

static void refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "", "Bearer x", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 " CREDENTIAL ", " SIGNED,
        "AWS4-ECDSA-P256-SHA256 " CREDENTIAL ", " SIGNED ", Signature=" HEX64,
        "AWS4-HMAC-SHA256 " CREDENTIAL ", " SIGNED ", Signature=" HEX64 "0",
        "AWS4-HMAC-SHA256 " CREDENTIAL ", " CREDENTIAL ", " SIGNED ", Signature=" HEX64,
        "AWS4-HMAC-SHA256 " CREDENTIAL "/more, " SIGNED ", Signature=" HEX64,
        "AWS4-HMAC-SHA256 Credential=A/2025/r/s/aws4_request, " SIGNED ", Signature=" HEX64,
        "AWS4-HMAC-SHA256 Credential=A/20251124/r/s, " SIGNED ", Signature=" HEX64,
        "AWS4-HMAC-SHA256 " CREDENTIAL ", SignedHeaders=, Signature=" HEX64,
        "AWS4-HMAC-SHA256 " CREDENTIAL ", " SIGNED ", Signature=" HEX64 ", Other=1",
    };
    struct sigv4_parsed p;
    for (size_t i = 0; i < COUNT(forms); i++) assert_false(sigv4_parse(span_str(forms[i]), &p));
}

static void reads_what_it_signs(void **state)
{
    (void)state;
    struct sigv4_request r = request("{}");
    struct sigv4_parsed p;
    assert_true(sign(&r, &credentials));
    const char *line = strstr(out.p, "authorization: ");
    assert_true(sigv4_parse((struct span){line + 15, strcspn(line + 15, "\r")}, &p));
    assert_true(sigv4_signs(&p, SPAN("host")));
}

static int done(void **state)
{
    (void)state;
    obuf_fini(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_as_botocore), cmocka_unit_test(signs_queries_and_blanks),
        cmocka_unit_test(tells_the_payload_when_asked), cmocka_unit_test(refuses_what_it_cannot_sign),
        cmocka_unit_test(knows_a_signature_that_it_cannot_read), cmocka_unit_test(reads_a_header),
        cmocka_unit_test(refuses_what_is_none), cmocka_unit_test(reads_what_it_signs),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
