/* The built-in pack, pattern by pattern: a text that it finds, with the value as it is hashed, and one that it must not.
 * Tokens are written in two pieces so that no scanner of repositories takes this file for a leak. */
#include "policy/pack.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static struct pack *pack;
static struct scanner *scanner;
static struct arena *arena;
static struct findings found;
static const char *const classes[] = {"phi", "pii", "privileged", "financial", "secret"};

static int setup(void **state)
{
    (void)state;
    struct conf conf = {.path = (char *)"test"};
    struct why why = {{0}};
    digest_init();
    arena = arena_new(0);
    pack = pack_compile(&conf, classes, COUNT(classes), &why);
    if (pack == NULL) return fprintf(stderr, "%s\n", why.text), -1;
    scanner = scanner_new(pack);
    return scanner ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    scanner_free(scanner);
    pack_free(pack);
    arena_free(arena);
    return 0;
}

static void look(struct span text, bool json)
{
    struct view *v = scanner_view(scanner);
    struct jdoc d;
    size_t at;
    arena_reset(arena);
    view_reset(v);
    if (json) {
        assert_int_equal(jscan(text, arena, &d, &at), FAIL_OK);
        assert_int_equal(view_add_json(v, &d), FAIL_OK);
    } else {
        assert_int_equal(view_add_text(v, PART_BODY, text, text), FAIL_OK);
    }
    assert_int_equal(scan(scanner, v, arena, &found), FAIL_OK);
}

static const struct finding *best(const char *type)
{
    const struct finding *b = NULL;
    for (size_t i = 0; i < found.n; i++)
        if (strcmp(found.f[i].type, type) == 0 && (b == NULL || found.f[i].score > b->score)) b = &found.f[i];
    return b;
}

static float class_score(unsigned klass)
{
    float s = 0;
    for (size_t i = 0; i < found.n; i++)
        if (found.f[i].klass == klass && found.f[i].score > s) s = found.f[i].score;
    return s;
}

static const struct example {
    const char *type, *source;
    float least;                 /* score of the positive */
    const char *hit, *value, *miss;
} examples[] = {
    {"US_SSN", "SSA, POMS RM 10201", 0.6f, "it reads 536-90-4399 there", "536904399", "it reads 666-90-4399 there"},
    {"US_SSN", "SSA, POMS RM 10201; labelled", 0.9f, "social security number of Ann is 536904399", "536904399",
     "security number 536904399"},
    {"US_ITIN", "IRS, Publication 1915", 0.85f, "her tax id: see 912-71-1234 on file", "912711234",
     "her tax id: see 912-49-1234 on file"},
    {"US_ITIN", "IRS, Publication 1915; labelled", 0.85f, "ITIN 912711234", "912711234", "ITIN 912491234"},
    {"US_EIN", "IRS, Publication 1635", 0.45f, "EIN: 12-3456789", "123456789", "EIN: 07-3456789"},
    {"US_PASSPORT", "US Department of State", 0.75f, "passport no. C01234567", "C01234567", "passport to 12 countries"},
    {"US_DRIVER_LICENSE", "AAMVA, formats of the states", 0.65f, "driver's license number D1234567", "D1234567",
     "driver's license at 16"},
    {"LICENSE_NUMBER", "45 CFR 164.514(b)(2)(i)(K); form by issuer", 0.4f, "license no. RN-556677", "RN556677",
     "license no. 12"},
    {"VEHICLE_VIN", "49 CFR 565", 0.55f, "VIN 1HGCM82633A004352", "1HGCM82633A004352", "VIN 1HGCM82643A004352"},
    {"MEDICAL_RECORD_NUMBER", "45 CFR 164.514(b)(2)(i)(H); form by issuer", 0.8f, "(MRN: #SG-920311)", "SG920311",
     "MRN was updated in 2019"},
    {"PATIENT_ID", "45 CFR 164.514(b)(2)(i)(R); form by issuer", 0.6f, "patient_id: pmc-6174754-1", "PMC61747541",
     "patient id is required"},
    {"HEALTH_PLAN_ID", "45 CFR 164.514(b)(2)(i)(I); form by issuer", 0.65f,
     "Health plan beneficiary number: HPB-654321", "HPB654321",
     "health plan for 2025 to 2026"},
    {"HEALTH_PLAN_ID", "45 CFR 164.514(b)(2)(i)(I); member or policy number", 0.65f, "Aetna member ID W123456789",
     "W123456789",
     "gym member ID W123456789"},
    {"US_NPI", "45 CFR 162.406, CMS check digit", 0.55f, "NPI 1234567893", "1234567893", "NPI 1234567894"},
    {"US_DEA", "DEA, registration number check digit", 0.85f, "DEA number BB7381495", "BB7381495",
     "DEA number BB7381496"},
    {"US_MBI", "CMS, Understanding the MBI format", 0.9f, "Medicare: 1EG4-TE5-MK73", "1EG4TE5MK73",
     "Medicare: 1SG4-TE5-MK73"},
    {"EMAIL_ADDRESS", "RFC 5321, RFC 2606", 0.75f, "write to Maria.Lopez@Gmail.com now", "maria.lopez@gmail.com",
     "write to maria@example.com now"},
    {"PHONE_NUMBER", "NANPA, North American Numbering Plan", 0.75f, "call me at 617.248.4867", "6172484867",
     "build 617-248-4867"},
    {"PHONE_NUMBER", "ITU-T E.164", 0.75f, "call +44 20 7946 0958", "442079460958", "offset +44 20 7946 0958"},
    {"PHONE_NUMBER", "ITU-T E.164; labelled", 0.65f, "Phone:\n780 6326", "7806326", "Phone: 12"},
    {"FAX_NUMBER", "ITU-T E.164", 0.65f, "Fax 9498777106", "9498777106", "fax 24 pages"},
    {"STREET_ADDRESS", "USPS, Publication 28", 0.6f, "she lives at 742 Evergreen Oak Ter, Salem",
     "742 evergreen oak ter", "at 742 points on Wall Street"},
    {"STREET_ADDRESS", "USPS, Publication 28; labelled", 0.55f, "address: 841 6th St,", "841 6th st",
     "address: unknown"},
    {"US_ZIP", "USPS, Publication 28", 0.3f, "zip code 94103", "94103", "zip file 94103"},
    {"IP_ADDRESS", "RFC 791, RFC 6890", 0.35f, "logged in from 81.2.69.142", "81.2.69.142", "version 881.2.69.142"},
    {"DATE_OF_BIRTH", "45 CFR 164.514(b)(2)(i)(C)", 0.65f, "DOB: 03/14/1962", "03/14/1962", "date of birth 1987"},
    {"DATE_OF_BIRTH", "45 CFR 164.514(b)(2)(i)(C); born on", 0.3f, "born on March 14, 1962", "march 14, 1962",
     "born in 1962"},
    {"PERSON", "title and name", 0.4f, "Mrs. Anna Kowalska came", "anna kowalska", "Mrs. and Mr. who"},
    {"PERSON", "professional title and name", 0.3f, "seen by Dr. Huang", "huang", "seen by Dr. and nurse"},
    {"PERSON", "name and age", 0.45f, "Zbigniew Nowak, 54-year-old", "zbigniew nowak", "the house, 54-year-old"},
    {"PERSON", "age and name", 0.45f, "a 50-year-old woman, Zofia Nowak, came", "zofia nowak",
     "a 50-year-old woman came"},
    {"PERSON", "labelled name", 0.45f, "last_name: V\xC3\xA1zquez", "v\xC3\xA1zquez", "last_name: string"},
    {"PERSON", "labelled name; name alone", 0.4f, "Name: Zofia Nowak", "zofia nowak", "Name: get_weather"},
    {"PATIENT_NAME", "45 CFR 164.514(b)(2)(i)(A)", 0.75f, "Patient Maria Lopez came", "maria lopez",
     "Patient Health Questionnaire"},
    {"PATIENT_NAME", "45 CFR 164.514(b)(2)(i)(A); labelled", 0.75f, "Patient name: LOPEZ, MARIA", "lopez, maria",
     "Patient name: unknown"},
    {"AGE_OVER_89", "45 CFR 164.514(b)(2)(i)(C)", 0.3f, "a 93-year-old", "93", "a 53-year-old"},
    {"AGE_SEX", "a patient's demographics", 0.4f, "a 54-year-old woman with asthma", "54-year-old woman",
     "a 54-year-old whisky"},
    {"ICD10_CODE", "ICD-10-CM, official guidelines", 0.3f, "diagnosis E11.9", "E119", "E11-9 diagnosis"},
    {"MEDICATION_DOSE", "prescription notation", 0.3f, "she takes metformin 500 mg twice daily", "500 mg twice",
     "she takes 500 mg of flour"},
    {"CHART_HEADING", "headings of clinical notes (HL7 C-CDA sections)", 0.35f, "CHIEF COMPLAINT\nnone",
     "chief complaint", "his chief complaint about us"},
    {"PATIENT_STATEMENT", "charting phrases", 0.55f, "The patient denies chest pain.", "the patient denies",
     "If the patient denies chest pain, ask."},
    {"PATIENT_STATEMENT", "charting phrases; pronoun", 0.5f, "She denies fever or nausea.", "she denies",
     "She denies the rumour."},
    {"CLINICAL_DIALOGUE", "transcripts of a visit", 0.45f, "Doctor: how is the pain?", "doctor: ",
     "the doctor: a profession"},
    {"CREDIT_CARD", "ISO/IEC 7812, issuer ranges", 0.95f, "my visa is 4539 1488 0343 6467", "4539148803436467",
     "my visa is 4539 1488 0343 6468"},
    {"CREDIT_CARD", "ISO/IEC 7812, issuer ranges; labelled", 0.9f, "card number: 4539 1488 0343 6467",
     "4539148803436467", "card number: 4539 1488 0343 6468"},
    {"CARD_SECURITY_CODE", "PCI DSS, sensitive authentication data", 0.5f, "CVV: 123", "123",
     "CVV is printed on the back"},
    {"IBAN_CODE", "ISO 13616, SWIFT IBAN registry", 0.85f, "DE89 3704 0044 0532 0130 00", "DE89370400440532013000",
     "DE88 3704 0044 0532 0130 00"},
    {"US_ABA_ROUTING", "ABA routing number policy", 0.6f, "routing number 121000358", "121000358",
     "routing number 121000359"},
    {"SWIFT_BIC", "ISO 9362", 0.55f, "SWIFT code DEUTDEFF500", "DEUTDEFF500", "SWIFT code KEYBOARD"},
    {"BANK_ACCOUNT", "form by bank", 0.6f, "account number 000123456789", "000123456789", "account number 12"},
    {"ACCOUNT_BALANCE", "a statement about one account", 0.55f, "the account balance is $4,210.55 at the bank",
     "account balance is $4,210.55",
     "how is an account balance computed?"},
    {"WIRE_TRANSFER", "payment instructions", 0.6f, "wire $25,000 to the account at First Bank",
     "wire $25,000 to the account", "wire the two boards to pin 4"},
    {"BANK_TRANSACTION", "rows of account statements", 0.55f, "2023-01-03,500.0,GBP,transfer,Rent",
     "500.0,GBP,transfer,", "2023-01-03,500.0,7,transfer,Rent"},
    {"NONPUBLIC_INFORMATION", "17 CFR 240.10b5-1, markers", 0.7f, "CONTAINS MNPI", "contains mnpi",
     "what does mnpi stand for in banking?"},
    {"NONPUBLIC_STATEMENT", "17 CFR 240.10b5-1, markers", 0.6f,
     "the confidential merger is signed, see the bank account", "confidential merger",
     "the merger was announced"},
    {"PRIVILEGE_MARKER", "headers of privileged documents", 0.85f, "ATTORNEY-CLIENT PRIVILEGED\nDear Ann",
     "attorney-client privileged",
     "What is attorney-client privilege and when is it lost?"},
    {"WORK_PRODUCT_MARKER", "Fed. R. Civ. P. 26(b)(3), headers", 0.8f, "ATTORNEY WORK PRODUCT\nDraft",
     "attorney work product",
     "the court discussed attorney work product at length"},
    {"COUNSEL_ADVICE", "statements of legal advice", 0.55f, "Outside counsel advised us to settle",
     "outside counsel advised", "counsel for the state argued"},
    {"CLIENT_CONFIDENCE", "ABA Model Rule 1.6", 0.6f, "our client admitted the breach before trial",
     "our client admitted the breach", "our client wants a blue logo"},
    {"MATTER_NUMBER", "client-matter numbers; form by firm", 0.6f, "Client-Matter No. 12345-0001", "123450001",
     "a matter of 12 days"},
    {"DOCKET_NUMBER", "CM/ECF case numbers", 0.3f, "Case No. 1:23-cv-04567", "123CV04567", "case number two"},
    {"AWS_ACCESS_KEY_ID", "AWS IAM identifiers", 0.85f, "AKIA" "Z3MSJVQ7LKXB2NPW", "AKIA" "Z3MSJVQ7LKXB2NPW",
     "AKIA" "Z3MSJVQ7LKXB2NPWQ"},
    {"AWS_SECRET_KEY", "AWS IAM identifiers", 0.9f,
     "aws_secret_access_key = fOjUStEkUdfMI7zc" "pVMw0qDPAjd6OcZFv1niUK8i",
     "fOjUStEkUdfMI7zc" "pVMw0qDPAjd6OcZFv1niUK8i", "sha1 = fOjUStEkUdfMI7zc" "pVMw0qDPAjd6OcZFv1niUK8i"},
    {"GCP_SERVICE_ACCOUNT", "Google Cloud service account key file", 0.9f,
     "\"private_key_id\": \"0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c\"",
     "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c", "\"private_key_id\": \"see below\""},
    {"GOOGLE_API_KEY", "Google Cloud API keys", 0.85f, "AIza" "Sy8b8Vw2zbJYAxyL1aCcTlN99mhWp708DwG",
     "AIza" "Sy8b8Vw2zbJYAxyL1aCcTlN99mhWp708DwG", "AIza" "Sy8b8Vw2zb"},
    {"GOOGLE_OAUTH", "Google OAuth 2.0", 0.85f, "ya29." "a0AfB_by8b8Vw2zbJYAxyL1aCcTlN99m",
     "ya29." "a0AfB_by8b8Vw2zbJYAxyL1aCcTlN99m", "ya29.short"},
    {"AZURE_STORAGE_KEY", "Azure Storage connection strings", 0.9f,
     "AccountKey=" "vlfFrGYJ3GxeYYXwSLQcWtxJTQr1FqXSTs98vPlL2aEJXquQrDs0GPRZwwrPfOjUStEkUdfMI7zcpVMw0qDPAj==",
     "vlfFrGYJ3GxeYYXwSLQcWtxJTQr1FqXSTs98vPlL2aEJXquQrDs0GPRZwwrPfOjUStEkUdfMI7zcpVMw0qDPAj==",
     "AccountKey=see-vault"},
    {"AZURE_SAS", "Azure Storage shared access signatures", 0.75f,
     "?sv=2022&sig=" "8b8Vw2zbJYAxyL1aCcTlN99mhWp708DwGwO5YAgkBxj%3D",
     "8b8Vw2zbJYAxyL1aCcTlN99mhWp708DwGwO5YAgkBxj%3D", "?sv=2022&sig=short"},
    {"GITHUB_TOKEN", "GitHub token formats", 0.9f, "ghp_" "5HqXDgLVXZx3scB8fnvGNx6jvr7SIftRutlZ",
     "ghp_" "5HqXDgLVXZx3scB8fnvGNx6jvr7SIftRutlZ", "ghp_" "5HqXDgLVXZ"},
    {"GITHUB_TOKEN", "GitHub fine-grained token formats", 0.9f,
     "github_pat_" "11ABCDE0A0vlfFrGYJ3GxeYYXwSLQcWtxJTQr1FqXSTs98vPlL2aEJXquQrDs0GPRZwwrP",
     "github_pat_" "11ABCDE0A0vlfFrGYJ3GxeYYXwSLQcWtxJTQr1FqXSTs98vPlL2aEJXquQrDs0GPRZwwrP", "github_pat_" "xxxx"},
    {"GITLAB_TOKEN", "GitLab token overview", 0.9f, "glpat-" "8pPd5khxE3pyIgKpaUnA", "glpat-" "8pPd5khxE3pyIgKpaUnA",
     "glpat-" "8pPd"},
    {"SLACK_TOKEN", "Slack token types", 0.9f, "xoxb-" "123456789012-1234567890123-9k3ksu9mI4ROnl89Sm995ytb",
     "xoxb-" "123456789012-1234567890123-9k3ksu9mI4ROnl89Sm995ytb",
     "xoxb-" "your-token-here"},
    {"SLACK_WEBHOOK", "Slack incoming webhooks", 0.8f,
     "https://hooks.slack.com/services/" "T01ABCDEFGH/B01ABCDEFGH/9k3ksu9mI4ROnl89Sm995ytb",
     "hooks.slack.com/services/" "T01ABCDEFGH/B01ABCDEFGH/9k3ksu9mI4ROnl89Sm995ytb",
     "https://hooks.slack.com/services/" "T0/B0/x"},
    {"STRIPE_KEY", "Stripe API keys", 0.9f, "sk_live_" "9k3ksu9mI4ROnl89Sm995ytb",
     "sk_live_" "9k3ksu9mI4ROnl89Sm995ytb", "sk_live_" "xxxxxxxxxxxxxxxxxxxxxxxx"},
    {"OPENAI_KEY", "OpenAI API keys", 0.9f, "sk-proj-" "fOjUStEkUdfMI7zcpVMw0qDPAjd6OcZFv1niUK8i",
     "sk-proj-" "fOjUStEkUdfMI7zcpVMw0qDPAjd6OcZFv1niUK8i",
     "sk-" "learn-and-other-packages"},
    {"ANTHROPIC_KEY", "Anthropic API keys", 0.9f, "sk-ant-" "api03-fOjUStEkUdfMI7zcpVMw0qDPAjd6OcZFv1niUK8i",
     "sk-ant-" "api03-fOjUStEkUdfMI7zcpVMw0qDPAjd6OcZFv1niUK8i",
     "sk-ant-" "api03-your-key"},
    {"HUGGINGFACE_TOKEN", "Hugging Face user access tokens", 0.85f, "hf_" "8b8VwzbJYAxyLaCcTlNmhWpDwGwOYAgkBx",
     "hf_" "8b8VwzbJYAxyLaCcTlNmhWpDwGwOYAgkBx", "hf_" "hub_download"},
    {"NPM_TOKEN", "npm granular access tokens", 0.85f, "npm_" "5HqXDgLVXZx3scB8fnvGNx6jvr7SIftRutlZ",
     "npm_" "5HqXDgLVXZx3scB8fnvGNx6jvr7SIftRutlZ", "npm_" "config_registry"},
    {"PYPI_TOKEN", "PyPI API tokens", 0.9f, "pypi-AgE" "vlfFrGYJ3GxeYYXwSLQcWtxJTQr1FqXSTs98vPlL2aEJXquQrDs0GPRZwwrP",
     "pypi-AgE" "vlfFrGYJ3GxeYYXwSLQcWtxJTQr1FqXSTs98vPlL2aEJXquQrDs0GPRZwwrP", "pypi-AgE" "short"},
    {"TWILIO_KEY", "Twilio API keys", 0.6f, "SK" "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
     "SK" "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "SK" "0f1e2d3c4b5a69788796a5b4c3d2e1f"},
    {"SENDGRID_KEY", "SendGrid API keys", 0.9f,
     "SG." "rl63XykWZeiNNCiia3anXn.O5YAgkBxjd2AsjD7N2kHD9FSUuErsEz5jhy0I9lO7F3",
     "SG." "rl63XykWZeiNNCiia3anXn.O5YAgkBxjd2AsjD7N2kHD9FSUuErsEz5jhy0I9lO7F3", "SG.Mail.Client"},
    {"PRIVATE_KEY", "RFC 7468, OpenSSH, PGP", 0.95f,
     "x\n-----BEGIN RSA " "PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\ny",
     "-----BEGIN RSA " "PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
     "-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----"},
    {"JWT", "RFC 7519", 0.75f, "eyJhbGciOiJIUzI1NiJ9." "eyJzdWIiOiI0MjE3In0.9k3ksu9mI4ROnl89Sm995ytbrl63XykWZeiN",
     "eyJhbGciOiJIUzI1NiJ9." "eyJzdWIiOiI0MjE3In0.9k3ksu9mI4ROnl89Sm995ytbrl63XykWZeiN",
     "eyJhbGciOiJIUzI1NiJ9eyJzdWIiOiI0MjE3In0"},
    {"URL_CREDENTIALS", "RFC 3986, userinfo", 0.75f, "postgres://svc:" "t4nGo-91xW@db.internal:5432/x", "t4nGo-91xW",
     "postgres://svc:${PASSWORD}@db.internal/x"},
    {"CONNECTION_STRING", "ADO.NET, ODBC and JDBC connection strings", 0.8f,
     "Server=db1;Database=x;User Id=sa;Password=" "t4nGo-91xW;", "t4nGo-91xW",
     "Server=db1;Database=x;User Id=sa;Password=<secret>;"},
    {"GENERIC_SECRET", "assignments of a named secret", 0.65f, "api_key = \"" "9k3ksu9mI4ROnl89\"", "9k3ksu9mI4ROnl89",
     "api_key = os.environ[\"API_KEY\"]"},
    {"PASSWORD", "a password said in prose", 0.6f, "the password for the router is " "t4nGo91xW", "t4nGo91xW",
     "the password is required"},
    {"BEARER_TOKEN", "RFC 6750", 0.6f, "Authorization: Bearer " "9k3ksu9mI4ROnl89Sm995ytb", "9k3ksu9mI4ROnl89Sm995ytb",
     "Authorization: Bearer <your-token-goes-here>"},
};

static bool has_value(const char *type, const char *value)
{
    for (size_t i = 0; i < found.n; i++)
        if (strcmp(found.f[i].type, type) == 0 && span_is(found.f[i].text, value)) return true;
    return false;
}

static size_t number_of(const char *type, const char *source)
{
    for (size_t i = 0; i < pack->n; i++)
        if (strcmp(pack->pattern[i].def.type, type) == 0 && strcmp(pack->pattern[i].def.source, source) == 0) return i;
    fail_msg("no pattern %s (%s)", type, source);
    return 0;
}

static void test_each_pattern(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(examples); i++) {
        const struct example *e = &examples[i];
        size_t n = number_of(e->type, e->source);
        uint32_t before = scanner->accepted[n];
        look(span_str(e->hit), false);
        const struct finding *f = best(e->type);
        if (f == NULL || f->score < e->least - 0.001f || scanner->accepted[n] == before)
            fail_msg("%s (%s) in \"%s\": score %g, by this pattern: %d", e->type, e->source, e->hit,
                     f ? (double)f->score : 0, scanner->accepted[n] != before);
        if (!has_value(e->type, e->value)) fail_msg("%s in \"%s\" has the value \"%.*s\"", e->type, e->hit,
                                                    (int)f->text.n, f->text.p);
        look(span_str(e->miss), false);
        f = best(e->type);
        if (f != NULL && f->score >= (e->least < 0.5f ? e->least - 0.001f : 0.5f)) fail_msg("%s in \"%s\": score %g",
            e->type, e->miss, (double)f->score);
    }
}

/* No pattern goes without examples; the keyed one of secrets is a test of its own. */
static void test_no_pattern_is_untested(void **state)
{
    (void)state;
    for (size_t i = 0; i < pack->n; i++) {
        const struct pattern_def *d = &pack->pattern[i].def;
        bool tested = strcmp(d->source, "assignments of a named secret; key of an object") == 0;
        for (size_t k = 0; k < COUNT(examples); k++)
            tested |= strcmp(examples[k].type, d->type) == 0 && strcmp(examples[k].source, d->source) == 0;
        if (!tested) fail_msg("no example for %s (%s)", d->type, d->source);
        assert_true(d->score >= 0 && d->score <= 1 && d->near >= d->score && d->near <= 1 && d->klass < CLASS_BUILTIN);
        for (size_t k = 0; k < i; k++)
            assert_false(strcmp(pack->pattern[k].def.type, d->type) == 0 && strcmp(pack->pattern[k].def.source,
                d->source) == 0);
    }
    const char *klass, *source;
    size_t n = 0;
    while (pack_builtin_type(n, &klass, &source)) n++;
    assert_int_equal(n, pack_count(pack) + DERIVED_COUNT);
}

/* ---- keys of objects ---- */

static void assert_json(const char *json, const char *type, const char *value, const char *source)
{
    struct span text = span_str(json);
    look(text, true);
    const struct finding *f = best(type);
    if (f == NULL || f->score < 0.5f) fail_msg("%s not found in %s", type, json);
    assert_true(has_value(type, value));
    assert_true(span_is((struct span){text.p + f->start, f->end - f->start}, source));
}

static void test_keys_give_context(void **state)
{
    (void)state;
    assert_json("{\"a\":[{\"mrn\":\"00482913\"}]}", "MEDICAL_RECORD_NUMBER", "00482913", "00482913");
    assert_json("{\"patientMrn\":482913}", "MEDICAL_RECORD_NUMBER", "482913", "482913");
    assert_json("{\"p\":{\"ssn\":\"536904399\"}}", "US_SSN", "536904399", "536904399");
    assert_json("{\"patient_ssn\":\"536-90-\\u0034399\"}", "US_SSN", "536904399", "536-90-\\u0034399");
    assert_json("{\"dateOfBirth\":\"1962-03-14\"}", "DATE_OF_BIRTH", "1962-03-14", "1962-03-14");
    assert_json("{\"name\":\"mrn\",\"value\":\"00482913\"}", "MEDICAL_RECORD_NUMBER", "00482913", "00482913");
    assert_json("{\"ssn\":[\"none\",\"536904399\"]}", "US_SSN", "536904399", "536904399");
    assert_json("{\"card\":\"4539148803436467\"}", "CREDIT_CARD", "4539148803436467", "4539148803436467");
    assert_json("{\"routing_number\":\"121000358\"}", "US_ABA_ROUTING", "121000358", "121000358");
    assert_json("{\"db_password\":\"t4nGo-91xW\"}", "GENERIC_SECRET", "t4nGo-91xW", "t4nGo-91xW");
    assert_json("{\"password\":\"t4nGo-91xW\"}", "GENERIC_SECRET", "t4nGo-91xW", "t4nGo-91xW");
}

static void test_a_value_never_spans_strings(void **state)
{
    (void)state;
    look(SPAN("[\"SSN: 536-90-\",\"4399\",\"maria@\",\"gmail.com\",\"4539 1488\",\"0343 6467\"]"), true);
    assert_null(best("US_SSN"));
    assert_null(best("EMAIL_ADDRESS"));
    assert_null(best("CREDIT_CARD"));
}

static void test_json_in_a_string(void **state)
{
    (void)state;
    assert_json("{\"arguments\":\"{\\\"mrn\\\":\\\"00482913\\\"}\"}", "MEDICAL_RECORD_NUMBER", "00482913", "00482913");
    assert_json("{\"arguments\":\"{\\\"note\\\":\\\"Hello\\\\nSSN: 536904399\\\\nBye\\\"}\"}", "US_SSN", "536904399",
                "536904399");
    size_t n = 0;
    for (size_t i = 0; i < found.n; i++) n += strcmp(found.f[i].type, "US_SSN") == 0;
    assert_int_equal(n, 1);
}

/* ---- what findings mean together ---- */

static void assert_class(const char *text, unsigned klass, bool expected)
{
    look(span_str(text), false);
    if ((class_score(klass) >= 0.5f) != expected)
        fail_msg("class %s is %sexpected in \"%s\", score %g", classes[klass], expected ? "" : "not ", text,
                 (double)class_score(klass));
}

static void test_patients(void **state)
{
    (void)state;
    static const char *const phi[] = {
        "Maria Lopez, MRN 00482913, was admitted with chest pain.",
        "What should we do for Mr. Novak, who has diabetes?",
        "54-year-old male seen by Dr. Huang on March 3rd, 2023 for asthma",
        "Robert Lee takes metformin 500 mg twice daily",
        "SSN 536-90-4399, diagnosis: lupus",
        "CHIEF COMPLAINT\n\nBack pain.\n\nHISTORY OF PRESENT ILLNESS\n\nNone.",
        "Doctor: where is the pain?\nPatient: in my knee",
        "The patient was admitted with pneumonia and sepsis.",
        "Jane Roe had an appendectomy",
        "E11.9 for Mr. Brown",                    /* a code alone is enough beside a person */
        "Maria Lopez 5 mg twice daily",
    };
    static const char *const benign[] = {
        "What are the symptoms of diabetes?",
        "Guidelines for ACE inhibitors in a 55-year-old male with chronic kidney disease?",
        "Patients with asthma should avoid smoke.", "Down syndrome and Crohn disease are explained here.",
        "Charles Bonnet syndrome causes visual hallucinations.", "Does aspirin prevent a stroke?",
        "Maria Lopez bought three apples and Robert Lee bought two.",
        "If the patient reports pain, stop the treatment.",
        "The stroke width of the icon is 2 px; call acute() first.", "I was born in 1987.",
        "What does E11.9 stand for?", "Robert Brown released V12.3 of the tool.",
    };
    for (size_t i = 0; i < COUNT(phi); i++) assert_class(phi[i], CLASS_PHI, true);
    for (size_t i = 0; i < COUNT(benign); i++) assert_class(benign[i], CLASS_PHI, false);
}

static void test_privilege(void **state)
{
    (void)state;
    static const char *const privileged[] = {
        "PRIVILEGED & CONFIDENTIAL\nAttorney-Client Communication\n\nDear Ann,",
        "Subject: Privileged and Confidential: settlement",
        "This memo is attorney-client privileged.\nWe should settle.",
        "Our client told me before trial that he lied to the court.",
    };
    static const char *const open[] = {
        "What is the attorney-client privilege and does it survive death?",
        "The court held that attorney work product is protected.",
        "This e-mail may contain privileged and confidential information. If you are not the intended recipient, delet"
        "e this message.",
        "CONFIDENTIALITY NOTICE: PRIVILEGED AND CONFIDENTIAL. If received in error, notify the sender.",
        "Explain the difference between a tort and a contract.", "Our client wants the logo in blue.",
    };
    for (size_t i = 0; i < COUNT(privileged); i++) assert_class(privileged[i], CLASS_PRIVILEGED, true);
    for (size_t i = 0; i < COUNT(open); i++) assert_class(open[i], CLASS_PRIVILEGED, false);
}

static void test_weak_shapes(void **state)
{
    (void)state;
    assert_class("4539148803436467", CLASS_FINANCIAL, false);           /* a tenth of all numbers pass Luhn */
    assert_class("4539 1488 0343 6467", CLASS_FINANCIAL, false);        /* so does a row of a table */
    assert_class("paid with 4539-1488-0343-6467 today", CLASS_FINANCIAL, true);
    assert_class("it was 4539 1488 0343 6467 again", CLASS_FINANCIAL, true);
    assert_class("my card is 4111 1111 1111 1111", CLASS_FINANCIAL, true);
    assert_class("SSN: 078-05-1120", CLASS_PII, true);                  /* never issued, but labelled: somebody means one */
    assert_class("121000358", CLASS_FINANCIAL, false);
    assert_class("617-248-4867", CLASS_PII, false);
    assert_class("Mary Smith 617-248-4867", CLASS_PII, true);           /* in the company of a person */
    assert_class("part 536-90-4399", CLASS_PII, false);
    assert_class("root@localhost git@github.com noreply@acme.com a@b.test", CLASS_PII, false);
    assert_class("y = x@w.to(device); z = A@B.T", CLASS_PII, false);
}

static void test_overlaps_merge(void **state)
{
    (void)state;
    look(SPAN("SSN: 536-90-4399"), false);
    size_t n = 0;
    for (size_t i = 0; i < found.n; i++) n += strcmp(found.f[i].type, "US_SSN") == 0;
    assert_int_equal(n, 1);
    assert_true(best("US_SSN")->score > 0.9f);
}

static void test_parts_and_order(void **state)
{
    (void)state;
    struct view *v = scanner_view(scanner);
    struct span path = SPAN("/v1/x?mail=maria%40gmail.com"), head = SPAN("x-note: SSN 536-90-4399"),
        body = SPAN("SSN 536-90-4398 and AKIA" "Z3MSJVQ7LKXB2NPW");
    arena_reset(arena);
    view_reset(v);
    assert_int_equal(view_add_text(v, PART_HEADER, head, head), FAIL_OK);
    assert_int_equal(view_add_text(v, PART_BODY, body, body), FAIL_OK);
    assert_int_equal(view_add_text(v, PART_PATH, path, path), FAIL_OK);
    assert_int_equal(scan(scanner, v, arena, &found), FAIL_OK);
    assert_int_equal(found.n, 4);
    static const int parts[] = {PART_BODY, PART_BODY, PART_PATH, PART_HEADER};
    for (size_t i = 0; i < found.n; i++) {
        assert_int_equal(found.f[i].part, parts[i]);
        assert_int_equal(found.f[i].id, i);
    }
    assert_true(span_is(found.f[2].text, "maria@gmail.com"));
    assert_int_equal(found.f[2].start, 11);
    assert_int_equal(found.f[2].end, path.n);
}

static void test_same_every_time(void **state)
{
    (void)state;
    struct scanner *other = scanner_new(pack), *first = scanner;
    for (size_t i = 0; i < COUNT(examples); i++) {
        char copy[8192];
        scanner = first;
        look(span_str(examples[i].hit), false);
        size_t n = 0;
        for (size_t k = 0; k < found.n; k++)
            n += (size_t)snprintf(copy + n, sizeof copy - n, "%s %zu %zu %a;", found.f[k].type, found.f[k].start,
                                  found.f[k].end, (double)found.f[k].score);
        scanner = other;
        look(span_str(examples[i].hit), false);
        size_t m = 0;
        for (size_t k = 0; k < found.n; k++) {
            char again[256];
            int len = snprintf(again, sizeof again, "%s %zu %zu %a;", found.f[k].type, found.f[k].start, found.f[k].end,
                               (double)found.f[k].score);
            assert_memory_equal(copy + m, again, (size_t)len);
            m += (size_t)len;
        }
        assert_int_equal(n, m);
    }
    scanner = first;
    scanner_free(other);
}

/* ---- work is linear ---- */

static uint64_t confirms_for(const char *unit, size_t total)
{
    size_t n = strlen(unit);
    char *text = malloc(total);
    for (size_t i = 0; i < total; i++) text[i] = unit[i % n];
    uint64_t before = scanner_confirms(scanner);
    look((struct span){text, total}, false);
    free(text);
    return scanner_confirms(scanner) - before;
}

static void test_work_is_linear(void **state)
{
    (void)state;
    static const char *const slow[] = {"4539148803436467", "123-45-6789 ", "a@", "a@a.aa", "-----BEGIN ",
                                       "-----BEGIN PRIVATE KEY-----", "eyJhbGciOiJI.",
                                       "mrn: ", "ssn 1 ", "Mary Lopez ", "the patient is ", "54-year-old man ",
                                       "password=", "http://a:b@c ", "sk-a1", "1.2.3.4.",
                                       "(415) 555-2671 ", "medical record ", "name: ", "\\n\\\"ssn", "card number "};
    for (size_t i = 0; i < COUNT(slow); i++) {
        uint64_t once = confirms_for(slow[i], 16384), four = confirms_for(slow[i], 65536);
        if (four > once * 5 + 64) fail_msg("\"%s\": %llu searches in 16 KiB, %llu in 64 KiB", slow[i],
                                           (unsigned long long)once, (unsigned long long)four);
        if (once > 16384) fail_msg("\"%s\": %llu searches in 16 KiB", slow[i], (unsigned long long)once);
    }
}

static void test_too_many_findings_are_a_failure(void **state)
{
    (void)state;
    static const char unit[] = "a@b.co,";
    size_t total = (sizeof unit - 1) * (SCAN_MAX_RAW + 1000u);
    char *text = malloc(total);
    for (size_t i = 0; i < total; i++) text[i] = unit[i % (sizeof unit - 1)];
    struct view *v = scanner_view(scanner);
    arena_reset(arena);
    view_reset(v);
    assert_int_equal(view_add_text(v, PART_BODY, (struct span){text, total}, (struct span){text, total}), FAIL_OK);
    assert_int_equal(scan(scanner, v, arena, &found), FAIL_INSPECT_LIMIT);
    assert_int_equal(found.n, 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_pattern), cmocka_unit_test(test_no_pattern_is_untested),
            cmocka_unit_test(test_keys_give_context),
        cmocka_unit_test(test_a_value_never_spans_strings), cmocka_unit_test(test_json_in_a_string),
            cmocka_unit_test(test_patients),
        cmocka_unit_test(test_privilege), cmocka_unit_test(test_weak_shapes), cmocka_unit_test(test_overlaps_merge),
        cmocka_unit_test(test_parts_and_order), cmocka_unit_test(test_same_every_time),
            cmocka_unit_test(test_work_is_linear),
        cmocka_unit_test(test_too_many_findings_are_a_failure),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
