/* InvokeModel of the families that take a prompt (Llama, Mistral, Titan, DeepSeek) or a message with a history (Command
 * R). */
#include "wire/bedrock_invoke.h"

static const char *prompt_member(enum bedrock_family f)
{
    return f == FAMILY_TITAN ? "inputText" : f == FAMILY_COHERE ? "message" : "prompt";
}

static void titan_config(struct reader *r, const struct reader_field *f, uint32_t i)
{
    static const struct reader_field rows[] = {
        {"maxTokenCount", reader_max_tokens, 0, 0, 0},
        {"temperature", reader_double, READER_AT(temperature), 0, 1},
        {"topP", reader_double, READER_AT(top_p), 0, 1},
        {"stopSequences", reader_stops, 0, 0, 0},
    };
    if (reader_is(r, i, J_OBJECT)) reader_fields(r, i, rows, COUNT(rows), jdoc_is);
    else reader_unsupported(r, f->name);
}

/* All families in one table: none gives one of these names another meaning. */
static const struct reader_field fields[] = {
    {"max_gen_len", reader_max_tokens, 0, 0, 0},
    {"max_tokens", reader_max_tokens, 0, 0, 0},
    {"textGenerationConfig", titan_config, 0, 0, 0},
    {"temperature", reader_double, READER_AT(temperature), 0, 2},
    {"top_p", reader_double, READER_AT(top_p), 0, 1},
    {"p", reader_double, READER_AT(top_p), 0, 1},
    {"top_k", reader_top_k, 0, 0, 0},
    {"k", reader_top_k, 0, 0, 0},
    {"seed", reader_seed, 0, 0, 0},
    {"stop", reader_stops, 0, 0, 0},
    {"stop_sequences", reader_stops, 0, 0, 0},
    {"frequency_penalty", reader_double, READER_AT(frequency_penalty), 0, 1},
    {"presence_penalty", reader_double, READER_AT(presence_penalty), 0, 1},
    {"images", reader_only_empty, 0, 0, 0},
    {"tools", reader_only_empty, 0, 0, 0},
    {"tool_results", reader_only_empty, 0, 0, 0},
    {"documents", reader_only_empty, 0, 0, 0},
    {"return_prompt", reader_only_false, 0, 0, 0},
    {"raw_prompting", reader_only_false, 0, 0, 0},
};

/* ---- Command R ---- */

static enum conv_role cohere_role(struct reader *r, uint32_t turn)
{
    uint32_t role = jdoc_get(r->d, turn, "role");
    if (jdoc_is(r->d, role, "CHATBOT")) return ROLE_ASSISTANT;
    if (jdoc_is(r->d, role, "SYSTEM")) return ROLE_SYSTEM;
    if (!jdoc_is(r->d, role, "USER")) reader_unsupported(r, "chat_history");
    return ROLE_USER;
}

static void cohere_turn(struct reader *r, enum conv_role role, uint32_t text, const char *name)
{
    if (!reader_is(r, text, J_STRING)) reader_unsupported(r, name);
    else r->conv->msgs[r->conv->n_msgs++] = (struct conv_msg){.role = role, .text = reader_text(r, text)};
}

static void cohere_messages(struct reader *r, uint32_t message)
{
    uint32_t history = reader_given(r, 0, "chat_history"), preamble = reader_given(r, 0, "preamble");
    uint32_t n = reader_is(r, history, J_ARRAY) ? reader_count(r, history, READER_MAX_MESSAGES) : 0;
    if (n > READER_MAX_MESSAGES || (history != J_NONE && !reader_is(r, history, J_ARRAY))) {
        reader_unsupported(r, "chat_history");
        n = 0;
    }
    r->conv->msgs = reader_array(r, (size_t)n + 2, sizeof *r->conv->msgs);
    if (r->conv->msgs == NULL) return;
    if (preamble != J_NONE) cohere_turn(r, ROLE_SYSTEM, preamble, "preamble");
    for (uint32_t k = n ? jdoc_first(history) : J_NONE; n && k < jdoc_end(r->d, history); k = r->d->tok[k].next)
        cohere_turn(r, cohere_role(r, k), jdoc_get(r->d, k, "message"), "chat_history");
    cohere_turn(r, ROLE_USER, message, "message");
}

/* ---- any ---- */

enum fail bedrock_prompt_decode(struct reader *r, enum bedrock_family family, const char **field, size_t *at)
{
    const char *name = prompt_member(family);
    uint32_t prompt = reader_given(r, 0, name);
    reader_fields(r, 0, fields, COUNT(fields), jdoc_is);
    if (!reader_is(r, prompt, J_STRING)) return reader_invalid(r, prompt, name, field, at);
    if (family == FAMILY_COHERE) cohere_messages(r, prompt);
    else bedrock_template(r, family, reader_text(r, prompt));
    return reader_end(r);
}
