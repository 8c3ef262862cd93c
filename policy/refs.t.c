/* What requests refer to: a table of places in every dialect, and what is none. */
#include "policy/contents.h"
#include "policy/refs_find.h"
#include "wire/names.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

static struct arena *arena;
static const struct id_key id_key = {{7}};
static char local_id[64];

static int before(void **state)
{
    struct obuf o = {0};
    (void)state;
    arena = arena_new(0);
    local_id_put(&o, &id_key, "resp_", SPAN("exchange"), 1, 5);
    snprintf(local_id, sizeof local_id, "%.*s", (int)o.n, o.p);
    obuf_fini(&o);
    return 0;
}

static int after(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct judge_case case_of(const char *target, const char *json)
{
    struct judge_case c = {.target = span_str(target), .body = span_str(json), .arena = arena, .id_key = &id_key};
    c.is_json = c.body.n > 0 && jscan(c.body, arena, &c.doc, &c.at) == FAIL_OK;
    return c;
}

static const char *kind_name(enum ref_kind k)
{
    static const char *const names[] = {"id", "local", "session", "sealed", "text"};
    return names[k];
}

/* All refs but texts, "kind:value" with commas; continuing ones with a plus. */
static const char *told(const struct judge_case *c, bool texts)
{
    static char out[4096];
    size_t at = 0;
    out[0] = '\0';
    for (size_t i = 0; i < c->n_refs; i++) {
        const struct ref *r = &c->refs[i];
        if ((r->kind == REF_TEXT) != texts) continue;
        const char *more = texts ? (r->recordable ? r->sensitive ? "!" : "" : r->sensitive ? "~!" : "~") : r->continues ? "+" : "";
        at += (size_t)snprintf(out + at, sizeof out - at, "%s%s%s:%.*s", at ? "," : "", kind_name(r->kind), more,
                               (int)r->value.n, r->value.p);
    }
    return out;
}

static void expect(const char *target, const char *json, const char *want)
{
    struct judge_case c = case_of(target, json);
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    if (strcmp(told(&c, false), want) != 0) fail_msg("%s %s: %s, not %s", target, json, told(&c, false), want);
    for (size_t i = 0; i < c.n_refs; i++) {
        const struct ref *r = &c.refs[i];
        if (r->part == PART_BODY) assert_true(r->start < r->end && r->end <= c.body.n);
        if (r->part == PART_PATH) assert_true(r->start < r->end && r->end <= c.target.n);
    }
}

static void ids_in_bodies(void **state)
{
    (void)state;
    static const struct { const char *json, *want; } table[] = {
        {"{\"model\":\"m\",\"previous_response_id\":\"resp_abc\"}", "id+:resp_abc"},
        {"{\"previous_response_id\":null}", ""},
        {"{\"previous_response_id\":\"\"}", ""},
        {"{\"previous_response_id\":\"resp\\u005fabc\"}", "id+:resp_abc"},
        {"{\"conversation\":\"conv_1\"}", "id+:conv_1"},
        {"{\"conversation\":{\"id\":\"conv_1\"}}", "id+:conv_1"},
        {"{\"thread\":{\"type\":\"continue\",\"previous_message_id\":\"msg_1\"}}", "id+:msg_1"},
        {"{\"diagnostics\":{\"previous_message_id\":\"msg_1\"}}", ""},
        {"{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_file\",\"file_id\":\"file-1\"}]}]}", "id:file-1"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{\"file_id\":\"file-1\"}}]}]}", "id:file-1"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"source\":{\"type\":\"file\",\"file_id\":"
         "\"file_011\"}}]}]}", "id:file_011"},
        {"{\"input\":[{\"type\":\"item_reference\",\"id\":\"msg_1\"}]}", "id:msg_1"},
        {"{\"input\":[{\"type\":\"message\",\"id\":\"msg_1\",\"role\":\"assistant\",\"content\":\"x\"}]}", ""},
        {"{\"prompt\":{\"id\":\"pmpt_1\",\"version\":\"2\",\"variables\":{\"a\":\"b\"}}}", "id:pmpt_1"},
        {"{\"prompt\":\"say this\"}", ""},
        {"{\"tools\":[{\"type\":\"file_search\",\"vector_store_ids\":[\"vs_1\",\"vs_2\"]}]}", "id:vs_1,id:vs_2"},
        {"{\"tools\":[{\"type\":\"code_interpreter\",\"container\":\"cntr_1\"}]}", "id:cntr_1"},
        {"{\"tools\":[{\"type\":\"code_interpreter\",\"container\":{\"type\":\"auto\",\"file_ids\":[\"file-2\"]}}]}", "id:file-2"},
        {"{\"container\":{\"id\":\"container_1\",\"skills\":[{\"skill_id\":\"skill_1\"}]}}", "id:container_1,id:skill_1"},
        {"{\"cachedContent\":\"cachedContents/c1\"}", "id:cachedContents/c1"},
        {"{\"cached_content\":\"projects/p/locations/l/cachedContents/c1\"}", "id:cachedContents/c1"},
        {"{\"contents\":[{\"parts\":[{\"fileData\":{\"fileUri\":\"https://generativelanguage.googleapis.com/v1beta/files/f1\"}}]}]}",
         "id:files/f1"},
        {"{\"contents\":[{\"parts\":[{\"fileData\":{\"fileUri\":\"gs://bucket/x\"}}]}]}", ""},
        {"{\"batch\":{\"input_config\":{\"file_name\":\"files/f1\"}}}", "id:files/f1"},
        {"{\"input_file_id\":\"file-3\",\"endpoint\":\"/v1/responses\"}", "id:file-3"},
        {"{\"input_files\":[\"aaaa-1\"]}", "id:aaaa-1"},
        {"{\"training_file\":\"file-4\"}", "id:file-4"},
        {"{\"messages\":[{\"role\":\"assistant\",\"audio\":{\"id\":\"audio_1\"}}]}", "id:audio_1"},
        {"{\"assistant_id\":\"asst_1\",\"thread\":{}}", "id:asst_1"},
        {"{\"continuationToken\":\"t-1\"}", "id:t-1"},
        {"{\"tools\":[{\"collection_ids\":[\"collection_1\"]}]}", "id:collection_1"},
        {"{\"message\":\"hi\",\"connectors\":[{\"id\":\"our-files\"}]}", "id:our-files"},
        {"{\"tools\":[{\"retrieval\":{\"vertexRagStore\":{\"ragResources\":[{\"ragCorpus\":\"projects/p/ragCorpora/1\"}]}}}]}",
         "id:projects/p/ragCorpora/1"},
        {"{\"tools\":[{\"retrieval\":{\"vertexAiSearch\":{\"datastore\":\"projects/p/dataStores/d\"}}}]}", "id:projects/p/dataStores/d"},
        /* not ids: calls, models, and what tools and schemas call their own members */
        {"{\"model\":\"ft:gpt:org\",\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":\"x\"}]}", ""},
        {"{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"f\",\"input\":"
         "{\"file_id\":\"mine\",\"conversation\":\"c\"}}]}]}", ""},
        {"{\"contents\":[{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":{\"thread_id\":\"x\"}}}]}]}", ""},
        {"{\"tools\":[{\"input_schema\":{\"properties\":{\"file_id\":{\"const\":\"x\"}},\"file_id\":\"y\"}}]}", ""},
        {"{\"conversation\":\"We talked about it.\"}", ""},
    };
    for (size_t i = 0; i < COUNT(table); i++) expect("", table[i].json, table[i].want);
}

static void ids_in_paths(void **state)
{
    (void)state;
    static const struct { const char *target, *want; } table[] = {
        {"/v1/responses", ""}, {"/v1/responses/resp_1", "id:resp_1"}, {"/v1/responses/resp_1/input_items?limit=2", "id:resp_1"},
        {"/v1/responses/resp_1/cancel", "id:resp_1"}, {"/v1/responses/compact", ""}, {"/v1/responses/input_tokens", ""},
        {"/v1/files/file-1/content", "id:file-1"}, {"/v1/batches/batch_1", "id:batch_1"}, {"/v1/files?after=file-1", ""},
        {"/v1/conversations/conv_1/items", "id:conv_1"}, {"/v1/chat/completions", ""},
        {"/v1/chat/completions/chatcmpl-1", "id:chatcmpl-1"}, {"/v1/messages/batches", ""}, {"/v1/messages/count_tokens", ""},
        {"/v1/messages/batches/msgbatch_1/results", "id:msgbatch_1"}, {"/v1beta/files/abc", "id:files/abc"},
        {"/v1beta/cachedContents/abc?key=k", "id:cachedContents/abc"}, {"/v1beta/batches/b:cancel", "id:batches/b"},
        {"/v1beta/models/gemini-2:generateContent", ""}, {"/v1/models/gpt-4o", ""},
        {"/v1/vector_stores/vs_1/files/file-1", "id:vs_1,id:file-1"}, {"/v1/threads/thread_1/runs", "id:thread_1"},
        {"/v1/fine_tuning/jobs/ftjob-1", "id:ftjob-1"}, {"/v1/files/file%2D1", "id:file-1"}, {"/x?response_id=resp_1", "id:resp_1"},
        {"/v1beta/x?response_id=resp_1", "id:resp_1"},
        {"/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aprompt%2FP1%3A2/converse", "id:arn:aws:bedrock:us-east-1:1:prompt/P1:2"},
        {"/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.model/converse", ""},
        {"/async-invoke/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aasync-invoke%2Fi1", "id:arn:aws:bedrock:us-east-1:1:async-invoke/i1"},
        {"/v1/responses/", ""}, {"?", ""}, {"/", ""},
    };
    for (size_t i = 0; i < COUNT(table); i++) expect(table[i].target, "", table[i].want);
}

/* `@` of the form is the id. */
static void with_id(char out[512], const char *form, const char *id)
{
    const char *at = strchr(form, '@');
    snprintf(out, 512, "%.*s%s%s", (int)(at - form), form, id, at + 1);
}

static void local_ids(void **state)
{
    (void)state;
    char json[512], want[512], forged[64];
    snprintf(forged, sizeof forged, "%s", local_id);
    forged[20] = forged[20] == '0' ? '1' : '0';
    const char *const found[] = {
        "{\"previous_response_id\":\"@\"}", "{\"input\":[{\"type\":\"item_reference\",\"id\":\"@\"}]}", "{\"x\":{\"@\":1}}",
        "{\"messages\":[{\"tool_call_id\":\"@\"}]}", "{\"a\":\"what is @ please\"}", "[\"{\\\"id\\\":\\\"@\\\"}\"]",
        "{\"conversation\":{\"id\":\"@\"}}",
    };
    const bool goes_on[] = {true, false, false, false, false, false, true};
    for (size_t i = 0; i < COUNT(found); i++) {
        with_id(json, found[i], local_id);
        snprintf(want, sizeof want, "local%s:%s", goes_on[i] ? "+" : "", local_id);
        expect("", json, want);
        with_id(json, found[i], forged);
        struct judge_case c = case_of("", json);
        assert_int_equal(refs_find(&c, NULL), FAIL_OK);
        assert_null(strstr(told(&c, false), "local"));
    }
    snprintf(json, sizeof json, "{\"x\":\"\\u0072%s\",\"y\":\"%s\",\"\\u0072%s\":\"%s\"}", local_id + 1, local_id, local_id + 1, "z");
    snprintf(want, sizeof want, "local:%s,local:%s,local:%s", local_id, local_id, local_id);
    struct judge_case c = case_of("", json);   /* the escaped key first: it is found by the walk */
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    assert_int_equal(c.n_refs, 3);
    assert_int_equal(c.refs[0].local_classes, 5);
    /* no JSON, the path, the query */
    snprintf(json, sizeof json, "name=x&id=%s&y=1", local_id);
    snprintf(want, sizeof want, "local:%s", local_id);
    expect("", json, want);
    snprintf(json, sizeof json, "/v1/responses/%s/cancel", local_id);
    expect(json, "", want);
    snprintf(json, sizeof json, "/v1/responses?after=%s", local_id);
    expect(json, "", want);
    snprintf(json, sizeof json, "/v1/responses/%%72%s", local_id + 1);
    c = case_of(json, "");
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    assert_int_equal(c.refs[0].kind, REF_LOCAL_ID);
    assert_true(span_is(c.refs[0].value, local_id));
    /* nobody's key */
    snprintf(json, sizeof json, "{\"previous_response_id\":\"%s\"}", local_id);
    c = case_of("", json);
    c.id_key = NULL;
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    assert_int_equal(c.refs[0].kind, REF_ID);
}

/* The same id as inspection reads it: escapes within a longer string, JSON in a string, base64, a header. */
static void local_ids_in_every_reading(void **state)
{
    (void)state;
    char json[1024], id[96], glued[512];
    snprintf(id, sizeof id, "%.10s\\u00%02x%s", local_id, (unsigned)local_id[10], local_id + 11);
    snprintf(json, sizeof json, "{\"a\":\"see %s, and %s\",\"b\":\"{\\\"c\\\":\\\"%.10s\\\\u00%02x%s\\\"}\"}", id, id, local_id,
             (unsigned)local_id[10], local_id + 11);
    struct judge_case c = case_of("", json);
    struct view v = {0};
    view_reset(&v);
    assert_true(c.is_json);
    assert_int_equal(view_add_json(&v, &c.doc), FAIL_OK);
    uint32_t src;
    assert_int_equal(view_derive(&v, (struct view_src){.text = span_str(local_id), .start = 2, .end = 9, .part = PART_BODY}, &src), FAIL_OK);
    assert_int_equal(view_add(&v, (struct segment){.src = src, .src_end = (uint32_t)strlen(local_id), .part = PART_BODY}), FAIL_OK);
    assert_int_equal(view_add_text(&v, PART_HEADER, span_str(local_id), span_str(local_id)), FAIL_OK);
    assert_int_equal(refs_find(&c, &v), FAIL_OK);
    static const uint8_t parts[] = {PART_BODY, PART_BODY, PART_BODY, PART_BODY, PART_HEADER};
    assert_true(c.n_refs > COUNT(parts) && c.refs[COUNT(parts)].kind == REF_TEXT);
    for (size_t i = 0; i < COUNT(parts); i++) {
        assert_int_equal(c.refs[i].kind, REF_LOCAL_ID);
        assert_int_equal(c.refs[i].part, parts[i]);
        assert_int_equal(c.refs[i].local_classes, 5);
        assert_true(span_is(c.refs[i].value, local_id));
    }
    assert_int_equal(memcmp(json + c.refs[0].start, id, strlen(id)), 0);
    assert_int_equal(c.refs[0].end - c.refs[0].start, strlen(id));
    assert_true(c.refs[1].start > c.refs[0].end);
    view_fini(&v);
    /* glued to something, and without its prefix */
    const char *const around[] = {"x-@yy", "a.@.b", "abc@", "@abc"};
    for (size_t i = 0; i < COUNT(around); i++) {
        with_id(glued, around[i], i >= 2 ? local_id + 5 : local_id);
        c = case_of("", glued);
        assert_int_equal(refs_find(&c, NULL), FAIL_OK);
        if (c.n_refs != 1 || c.refs[0].kind != REF_LOCAL_ID) fail_msg("%s: %zu", glued, c.n_refs);
    }
}

/* A name that nobody else has by chance is one session, whatever key it comes with. */
static void unique_sessions(void **state)
{
    (void)state;
    static const struct { const char *name; bool unique; } table[] = {
        {"6a1c0f52-1b1e-4a50-9d07-1f2f8e0f3c11", true}, {"user_a_session_6A1C0F52-1b1e-4a50-9d07-1f2f8e0f3c11", true},
        {"6a1c0f521b1e4a509d071f2f8e0f3c11", true}, {"my-application", false}, {"6a1c0f52-1b1e", false},
        {"6a1c0f5-21b1e-4a50-9d07-1f2f8e0f3c11", false}, {"2026-11-25-2026-11-25-2026-11-25-2026-11-25", false},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        char json[128];
        snprintf(json, sizeof json, "{\"prompt_cache_key\":\"%s\"}", table[i].name);
        struct judge_case c = case_of("", json);
        assert_int_equal(refs_find(&c, NULL), FAIL_OK);
        assert_int_equal(c.n_refs, 1);
        if (c.refs[0].unique != table[i].unique) fail_msg("%s", table[i].name);
    }
}

static void sessions(void **state)
{
    (void)state;
    static const struct { const char *json, *want; } table[] = {
        {"{\"prompt_cache_key\":\"session-1\"}", "session:session-1"},
        {"{\"session_id\":\"12345678\"}", "session:12345678"},
        {"{\"conversation_id\":\"12345678\"}", "session:12345678"},
        {"{\"session_id\":\"short\"}", ""},
        {"{\"x\":{\"session_id\":\"12345678\"}}", ""},
        {"{\"metadata\":{\"session_id\":\"12345678\"}}", "session:12345678"},
        {"{\"client_metadata\":{\"session_id\":\"12345678\"}}", "session:12345678"},
        {"{\"metadata\":{\"user_id\":\"{\\\"device_id\\\":\\\"d\\\",\\\"session_id\\\":\\\"0f0e-1234\\\"}\"}}", "session:0f0e-1234"},
        {"{\"metadata\":{\"user_id\":\"user_aa_account_bb_session_0f0e-1234\"}}", "session:0f0e-1234"},
        {"{\"metadata\":{\"user_id\":\"{not json\"}}", ""},
        {"{\"user\":\"person-number-1\",\"safety_identifier\":\"person-number-1\"}", ""},
    };
    for (size_t i = 0; i < COUNT(table); i++) expect("", table[i].json, table[i].want);
    struct judge_header headers[] = {{SPAN("X-Claude-Code-Session-Id"), SPAN("0f0e-1234")}, {SPAN("x-other"), SPAN("0f0e-1234")}};
    struct judge_case c = case_of("", "{\"session_id\":\"12345678\"}");
    c.headers = headers;
    c.n_headers = 2;
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    assert_string_equal(told(&c, false), "session:12345678,session:0f0e-1234");
    assert_int_equal(c.refs[1].part, PART_STATE);
    static char other[] = "x-other";
    char *names[] = {other};
    struct conf conf = {.state = {.sessions = true, .min_text = 32, .session_headers = names, .n_session_headers = 1}};
    c.conf = &conf;
    headers[1].value = SPAN("other-5678");
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    assert_string_equal(told(&c, false), "session:12345678,session:other-5678");
    conf.state.sessions = false;
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    assert_int_equal(c.n_refs, 0);
}

#define BLOB "QUJDREVGR0hJSktMTU5PUA=="

static void sealed(void **state)
{
    (void)state;
    static const struct { const char *json, *want; } table[] = {
        {"{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"" BLOB "\"}]}]}",
         "sealed:" BLOB},
        {"{\"input\":[{\"type\":\"reasoning\",\"id\":\"rs_1\",\"encrypted_content\":\"" BLOB "\"}]}", "sealed:" BLOB},
        {"{\"contents\":[{\"parts\":[{\"thoughtSignature\":\"" BLOB "\"}]}]}", "sealed:" BLOB},
        {"{\"contents\":[{\"parts\":[{\"thought_signature\":\"" BLOB "\"}]}]}", "sealed:" BLOB},
        {"{\"messages\":[{\"content\":[{\"type\":\"redacted_thinking\",\"data\":\"" BLOB "\"}]}]}", "sealed:" BLOB},
        {"{\"messages\":[{\"content\":[{\"type\":\"base64\",\"data\":\"" BLOB "\"}]}]}", ""},
        {"{\"x\":{\"signature\":\"\"},\"y\":{\"signature\":\"short\"}}", ""},
        {"{\"x\":{\"signature\":\"QUJDREVGR0hJSktMTU5P\\/A==\"}}", "sealed:QUJDREVGR0hJSktMTU5P/A=="},
    };
    for (size_t i = 0; i < COUNT(table); i++) expect("", table[i].json, table[i].want);
}

static void opaque_runs_are_taken_once(void **state)
{
    (void)state;
    struct judge_case c = case_of("", "{\"a\":{\"signature\":\"" BLOB "\"},\"b\":\"zzzzzzzzzzzzzzzzzzzzzzzz\"}");
    struct opaque_run runs[] = {{OPAQUE_ENCRYPTED, PART_BODY, 19, 43, SPAN(BLOB)},
                                {OPAQUE_ENCRYPTED, PART_BODY, 51, 75, SPAN("zzzzzzzzzzzzzzzzzzzzzzzz")}};
    struct contents contents = {.opaque = runs, .n_opaque = 2};
    c.contents = &contents;
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    assert_string_equal(told(&c, false), "sealed:" BLOB ",sealed:zzzzzzzzzzzzzzzzzzzzzzzz");
}

static void rows_of_a_batch(void **state)
{
    (void)state;
    static const char body[] = "{\"custom_id\":\"1\",\"body\":{\"previous_response_id\":\"resp_1\"}}\n"
                               "{\"custom_id\":\"2\",\"body\":{\"input\":[{\"file_id\":\"file\\u002d2\"}]}}\n";
    struct judge_case c = {.body = SPAN(body), .arena = arena, .id_key = &id_key};
    struct judge_row rows[] = {{.line = 1, .start = 0, .end = 60}, {.line = 2, .start = 61, .end = sizeof body - 2}};
    struct contents contents = {.form = BODY_JSON_LINES, .rows = rows, .n_rows = 2};
    rows[0].end = (size_t)(strchr(body, '\n') - body);
    rows[1].start = rows[0].end + 1;
    c.contents = &contents;
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    assert_string_equal(told(&c, false), "id+:resp_1,id:file-2");
    assert_int_equal(memcmp(body + c.refs[0].start, "resp_1", 6), 0);
    assert_true(c.refs[1].start > rows[1].start);
}

/* ---- texts ---- */

#define LONG_A "this text is long enough to be told apart"
#define LONG_B "another text that is long enough, and other"

static void expect_texts(const char *json, const char *want)
{
    struct judge_case c = case_of("", json);
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    if (strcmp(told(&c, true), want) != 0) fail_msg("%s: %s, not %s", json, told(&c, true), want);
}

/* What a model said in one turn, cut up: in parts, and in a message for each piece of a stream. */
static void turns_put_together(void **state)
{
    (void)state;
    struct conv_msg msgs[] = {{.role = ROLE_USER, .text = SPAN("What was it?")},     {.role = ROLE_ASSISTANT, .text = SPAN("this text is long ")},
                              {.role = ROLE_ASSISTANT, .text = SPAN("enough to be ")}, {.role = ROLE_ASSISTANT, .text = SPAN("told apart")},
                              {.role = ROLE_USER, .text = SPAN("And then?")},          {.role = ROLE_ASSISTANT, .text = SPAN("short")}};
    struct judge_case c = case_of("", "{}");
    c.conv = (struct conv){.msgs = msgs, .n_msgs = COUNT(msgs)};
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    assert_string_equal(told(&c, true), "text~:" LONG_A);
    assert_int_equal(c.refs[0].part, PART_STATE);
    /* a turn that is a string of the body is taken once */
    c = case_of("", "{\"messages\":[{\"role\":\"assistant\",\"content\":\"" LONG_A "\"}]}");
    msgs[1].text = (struct span){strstr(c.body.p, LONG_A), sizeof LONG_A - 1};
    c.conv = (struct conv){.msgs = msgs + 1, .n_msgs = 1};
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    assert_string_equal(told(&c, true), "text:" LONG_A);
}

static void texts_in_documents_in_strings(void **state)
{
    (void)state;
    expect_texts("{\"messages\":[{\"tool_calls\":[{\"function\":{\"arguments\":\"{\\\"note\\\":\\\"" LONG_A "\\\"}\"}}]}]}",
                 "text:{\"note\":\"" LONG_A "\"},text~:" LONG_A);
    expect_texts("{\"messages\":[{\"content\":\"{no document, and yet long enough}\"}]}", "text:{no document, and yet long enough}");
}

static void texts(void **state)
{
    (void)state;
    expect_texts("{\"messages\":[{\"role\":\"user\",\"content\":\"" LONG_A "\"}]}", "text:" LONG_A);
    expect_texts("{\"messages\":[{\"content\":\"" LONG_A "\",\"role\":\"system\"}]}", "text~:" LONG_A);
    expect_texts("{\"input\":[{\"role\":\"developer\",\"content\":[{\"text\":\"" LONG_A "\"}]}]}", "text~:" LONG_A);
    expect_texts("{\"system\":[{\"type\":\"text\",\"text\":\"" LONG_A "\"}],\"messages\":[{\"role\":\"user\",\"content\":\"" LONG_B
                 "\"}]}", "text~:" LONG_A ",text:" LONG_B);
    expect_texts("{\"instructions\":\"" LONG_A "\",\"input\":\"" LONG_B "\"}", "text~:" LONG_A ",text:" LONG_B);
    expect_texts("{\"systemInstruction\":{\"parts\":[{\"text\":\"" LONG_A "\"}]},\"contents\":[{\"parts\":[{\"text\":\"" LONG_B
                 "\"}]}]}", "text~:" LONG_A ",text:" LONG_B);
    expect_texts("{\"tools\":[{\"description\":\"" LONG_A "\"}],\"metadata\":{\"a\":\"" LONG_A "\"}}", "");
    expect_texts("{\"messages\":[{\"content\":\"short\"}]}", "");
    expect_texts("{\"messages\":[{\"content\":\"  this text is\\n\\tlong   enough to be told apart \\n\"}]}", "text:" LONG_A);
    expect_texts("{\"text\":{\"format\":{\"a\":\"" LONG_A "\"}},\"prompt\":\"" LONG_B "\"}", "text:" LONG_B);
    expect_texts("{\"a\":\"                                             \"}", "");
    /* 32 characters are not 32 bytes */
    expect_texts("{\"input\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"}", "");
}

static void findings_make_texts_sensitive(void **state)
{
    (void)state;
    const char *json = "{\"messages\":[{\"content\":\"" LONG_A "\"},{\"content\":\"" LONG_B "\"}]}";
    struct judge_case c = case_of("", json);
    struct finding f[] = {{.part = PART_PATH, .start = 0, .end = 200}, {.part = PART_BODY, .start = 0, .end = 0},
                          {.part = PART_BODY}};
    f[2].start = (size_t)(strstr(json, "another") - json) + 5;
    f[2].end = f[2].start + 1;
    c.findings = (struct findings){f, 3};
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    assert_string_equal(told(&c, true), "text:" LONG_A ",text!:" LONG_B);
    f[1].end = c.body.n;   /* one that reaches over all, first in the list */
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    assert_string_equal(told(&c, true), "text!:" LONG_A ",text!:" LONG_B);
}

static void pictures_are_no_texts(void **state)
{
    (void)state;
    struct judge_case c = case_of("", "{\"messages\":[\"data:image/png;base64," BLOB BLOB BLOB "\",\"" LONG_A "\"]}");
    size_t start = (size_t)(strstr(c.body.p, BLOB) - c.body.p);
    struct opaque_run run = {OPAQUE_IMAGE, PART_BODY, start, start + 72, SPAN_NONE};
    struct contents contents = {.opaque = &run, .n_opaque = 1};
    c.contents = &contents;
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    assert_string_equal(told(&c, true), "text:" LONG_A);
}

static void the_last_texts_of_too_many(void **state)
{
    (void)state;
    struct obuf o = {0};
    obuf_str(&o, "{\"input\":[");
    for (int i = 0; i < 5000; i++) obuf_printf(&o, "%s\"text number %05d that is long enough\"", i ? "," : "", i);
    obuf_put(&o, "]}", 3);
    struct judge_case c = case_of("", o.p);
    assert_int_equal(refs_find(&c, NULL), FAIL_OK);
    assert_int_equal(c.n_refs, 4096);
    assert_true(span_is(c.refs[0].value, "text number 00904 that is long enough"));
    assert_true(span_is(c.refs[4095].value, "text number 04999 that is long enough"));
    obuf_fini(&o);
}

static void too_many_ids_are_refused(void **state)
{
    (void)state;
    struct obuf o = {0};
    obuf_str(&o, "{\"file_ids\":[");
    for (int i = 0; i < 17000; i++) obuf_printf(&o, "%s\"file-%d\"", i ? "," : "", i);
    obuf_put(&o, "]}", 3);
    struct judge_case c = case_of("", o.p);
    assert_int_equal(refs_find(&c, NULL), FAIL_INSPECT_LIMIT);
    obuf_fini(&o);
}

/* ---- time ---- */

static double seconds_of(struct judge_case *c)
{
    struct timespec a, b;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    assert_int_equal(refs_find(c, NULL), FAIL_OK);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

/* Hostile bodies cost what their size costs: 2 MB of things that look like something at first. */
static void time_is_linear(void **state)
{
    (void)state;
    static const char *const kinds[] = {"0123456789012345678901234567890123456789", "abc_", "x_0123456789012345678901234567890123456789 ",
                                        " \\n", "\\\\\\\"", "\\u0072\\u0065"};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        struct obuf o = {0};
        obuf_str(&o, "{\"messages\":[\"");
        while (o.n < 2000000) obuf_str(&o, kinds[k]);
        obuf_put(&o, "\"]}", 4);
        struct judge_case c = case_of("", o.p);
        assert_true(c.is_json);
        assert_true(seconds_of(&c) < 2);
        obuf_fini(&o);
        arena_reset(arena);
    }
}

/* A request of an agent: 25 tools of 3 KB, few messages. */
static void time_of_an_agent_request(void **state)
{
    (void)state;
    struct obuf o = {0};
    obuf_str(&o, "{\"model\":\"m\",\"messages\":[");
    for (int i = 0; i < 20; i++)
        obuf_printf(&o, "%s{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"message %d of many,\\nlong enough to count\"}]}",
                    i ? "," : "", i);
    obuf_str(&o, "],\"tools\":[");
    for (int i = 0; i < 25; i++) {
        obuf_printf(&o, "%s{\"name\":\"t%d\",\"input_schema\":{\"type\":\"object\",\"properties\":{", i ? "," : "", i);
        for (int k = 0; k < 30; k++)
            obuf_printf(&o, "%s\"p%d\":{\"type\":\"string\",\"description\":\"a parameter, and what it is for: some sixty bytes\"}",
                        k ? "," : "", k);
        obuf_str(&o, "}}}");
    }
    obuf_put(&o, "]}", 3);
    struct judge_case c = case_of("", o.p);
    double best = 1;
    for (int i = 0; i < 20; i++) {
        double s = seconds_of(&c);
        best = s < best ? s : best;
    }
    print_message("refs of %zu bytes: %.0f us\n", c.body.n, best * 1e6);
    assert_true(best < 0.05);
    obuf_fini(&o);
}

static void normal_form(void **state)
{
    (void)state;
    static const struct { const char *text, *want; } table[] = {
        {"", ""}, {" ", ""}, {"a", "a"}, {" a ", "a"}, {"a b", "a b"}, {"a  b", "a b"}, {"a\nb", "a b"}, {"a \n\t b\r\n", "a b"},
        {"a b  c d", "a b c d"},
    };
    for (size_t i = 0; i < COUNT(table); i++) assert_true(span_is(refs_normal(span_str(table[i].text), arena), table[i].want));
}

/* The table is searched by halves. */
static void names_are_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_refs_members; i++) assert_int_equal(refs_member(refs_members[i].name), refs_members[i].what);
    assert_int_equal(refs_member(SPAN("")), 0);
    assert_int_equal(refs_member(SPAN("file_ie")), 0);
    assert_int_equal(refs_member(SPAN_NONE), 0);
}

static void object_names(void **state)
{
    (void)state;
    assert_true(span_is(names_object(SPAN("https://h/v1beta/files/x")), "files/x"));
    assert_true(span_is(names_object(SPAN("projects/p/locations/l/cachedContents/1")), "cachedContents/1"));
    assert_true(span_is(names_object(SPAN("https://h/other/x")), "https://h/other/x"));
    assert_true(span_is(names_object(SPAN("file-1")), "file-1"));
    assert_true(names_google_object(SPAN("files/x")));
    assert_false(names_google_object(SPAN("files/")));
    assert_false(names_google_object(SPAN("files/x/y")));
    assert_false(names_google_object(SPAN("src/files/x")));
    assert_false(names_google_object(SPAN("models/x")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, before, after)
        T(ids_in_bodies), T(ids_in_paths), T(local_ids), T(local_ids_in_every_reading), T(sessions), T(unique_sessions),
        T(sealed), T(opaque_runs_are_taken_once), T(rows_of_a_batch), T(texts), T(turns_put_together),
        T(texts_in_documents_in_strings), T(findings_make_texts_sensitive), T(pictures_are_no_texts),
        T(the_last_texts_of_too_many),
        T(too_many_ids_are_refused), T(time_is_linear), T(time_of_an_agent_request), T(normal_form), T(object_names), T(names_are_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
