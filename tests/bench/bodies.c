/* Bodies of every dialect, see bodies.h. */
#include "bodies.h"
#include "wire/dialects.h"
#include <stdio.h>
#include <stdlib.h>

static const char *const sentences[] = {
    "Summarise the attached discharge letter in two sentences. ",
    "She said \"not before Tuesday\", and the ward agreed.\n",
    "Please write a function that parses ISO 8601 dates and explain the edge cases. ",
    "Caf\xc3\xa9 M\xc3\xbcller, 3 rue de la Paix, is where they met. ",
    "The quarterly figures are in the table below; compare them with last year's. ",
};

/* ---- turns ---- */

static void text_turn(struct obuf *o, bool assistant, struct span text)
{
    jo_open(o, NULL, '{');
    jo_cstr(o, "role", assistant ? "assistant" : "user");
    jo_str(o, "content", text);
    jo_close(o, '}');
}

static void list_of_text(struct obuf *o, const char *key, const char *role, const char *list, bool typed, struct span text)
{
    jo_open(o, key, '{');
    jo_cstr(o, "role", role);
    jo_open(o, list, '[');
    jo_open(o, NULL, '{');
    if (typed) jo_cstr(o, "type", "text");
    jo_str(o, "text", text);
    jo_close(o, '}');
    jo_close(o, ']');
    jo_close(o, '}');
}

static void parts_turn(struct obuf *o, bool assistant, struct span text)
{
    list_of_text(o, NULL, assistant ? "assistant" : "user", "content", true, text);
}

static void converse_turn(struct obuf *o, bool assistant, struct span text)
{
    list_of_text(o, NULL, assistant ? "assistant" : "user", "content", false, text);
}

static void contents_turn(struct obuf *o, bool assistant, struct span text)
{
    list_of_text(o, NULL, assistant ? "model" : "user", "parts", false, text);
}

static void history_turn(struct obuf *o, bool assistant, struct span text)
{
    jo_open(o, NULL, '{');
    jo_cstr(o, "role", assistant ? "CHATBOT" : "USER");
    jo_str(o, "message", text);
    jo_close(o, '}');
}

static void string_turn(struct obuf *o, bool assistant, struct span text)
{
    (void)assistant;
    jo_str(o, NULL, text);
}

static void instance_turn(struct obuf *o, bool assistant, struct span text)
{
    (void)assistant;
    jo_open(o, NULL, '{');
    jo_str(o, "content", text);
    jo_close(o, '}');
}

static void embed_turn(struct obuf *o, bool assistant, struct span text)
{
    jo_open(o, NULL, '{');
    jo_cstr(o, "model", "models/g");
    list_of_text(o, "content", assistant ? "model" : "user", "parts", false, text);
    jo_close(o, '}');
}

/* ---- dialects ---- */

#define MODEL "{\"model\":\"some-model-1\","
#define VERTEX "/v1/projects/p/locations/l/publishers/"

const struct body_form body_forms[] = {
    {"openai.chat", "/v1/chat/completions", MODEL "\"messages\":[", text_turn, false,
     "],\"temperature\":0.7,\"stream\":true}"},
    {"openai.responses", "/v1/responses", MODEL "\"input\":[", text_turn, false, "],\"stream\":true,\"store\":false}"},
    {"openai.responses.input_tokens", "/v1/responses/input_tokens", MODEL "\"input\":[", text_turn, false, "]}"},
    {"openai.responses.compact", "/v1/responses/compact", MODEL "\"input\":[", text_turn, false, "]}"},
    {"openai.completions", "/v1/completions", MODEL "\"prompt\":", string_turn, true, ",\"stream\":true}"},
    {"openai.embeddings", "/v1/embeddings", MODEL "\"input\":[", string_turn, false, "]}"},
    {"anthropic.messages", "/v1/messages", MODEL "\"messages\":[", parts_turn, false,
     "],\"max_tokens\":1000,\"stream\":true}"},
    {"anthropic.count_tokens", "/v1/messages/count_tokens", MODEL "\"messages\":[", parts_turn, false, "]}"},
    {"gemini.generate", "/v1beta/models/g:generateContent", "{\"contents\":[", contents_turn, false,
     "],\"generationConfig\":{\"temperature\":0.7}}"},
    {"gemini.count", "/v1beta/models/g:countTokens", "{\"contents\":[", contents_turn, false, "]}"},
    {"gemini.embed", "/v1beta/models/g:batchEmbedContents", "{\"requests\":[", embed_turn, false, "]}"},
    {"vertex.anthropic", VERTEX "anthropic/models/m:rawPredict",
     "{\"anthropic_version\":\"vertex-2023-10-16\",\"messages\":[",
     parts_turn, false, "],\"max_tokens\":1000}"},
    {"vertex.mistral", VERTEX "mistralai/models/m:rawPredict", MODEL "\"messages\":[", text_turn, false, "]}"},
    {"vertex.embed", VERTEX "google/models/m:predict", "{\"instances\":[", instance_turn, false, "]}"},
    {"mistral.chat", "/v1/chat/completions", MODEL "\"messages\":[", text_turn, false,
     "],\"temperature\":0.7,\"stream\":true}"},
    {"mistral.embed", "/v1/embeddings", MODEL "\"input\":[", string_turn, false, "]}"},
    {"bedrock.converse", "/model/m/converse", "{\"messages\":[", converse_turn, false,
     "],\"inferenceConfig\":{\"maxTokens\":1000}}"},
    {"bedrock.invoke", "/model/anthropic.claude-x/invoke", "{\"anthropic_version\":\"bedrock-2023-05-31\",\"messages\":[",
     parts_turn, false, "],\"max_tokens\":1000}"},
    {"bedrock.count", "/model/m/count-tokens", "{\"input\":{\"converse\":{\"messages\":[", converse_turn, false, "]}}}"},
    {"cohere.chat", "/v2/chat", MODEL "\"messages\":[", text_turn, false, "],\"stream\":true}"},
    {"cohere.v1_chat", "/v1/chat", MODEL "\"chat_history\":[", history_turn, false,
     "],\"message\":\"And then?\",\"stream\":true}"},
    {"cohere.embed", "/v2/embed", MODEL "\"texts\":[", string_turn, false, "],\"input_type\":\"search_query\"}"},
    {"ollama.chat", "/api/chat", MODEL "\"messages\":[", text_turn, false, "],\"options\":{\"temperature\":0.7}}"},
    {"ollama.generate", "/api/generate", MODEL "\"prompt\":", string_turn, true, "}"},
    {"ollama.embed", "/api/embed", MODEL "\"input\":[", string_turn, false, "]}"},
};
const size_t n_body_forms = COUNT(body_forms);

const struct route *body_route(const struct body_form *f)
{
    const struct route *r = route_of_api(f->api);
    if (r && r->codec->decode) return r;
    fprintf(stderr, "bench: there is no decoder %s\n", f->api);
    exit(1);
}

/* ---- writing ---- */

static void some_text(struct obuf *o, size_t from, size_t want)
{
    obuf_reset(o);
    for (size_t i = from; o->n < want; i++) obuf_str(o, sentences[i % COUNT(sentences)]);
}

void body_put(const struct body_form *f, size_t want, size_t each, struct obuf *o)
{
    struct obuf text = {0};
    obuf_reset(o);
    obuf_str(o, f->head);
    for (size_t turn = 0; turn % 2 == 0 || (o->n < want && !f->once); turn++) {
        if (f->once && turn > 0) break;
        some_text(&text, turn, f->once ? want : each);
        f->turn(o, turn % 2, obuf_span(&text));
    }
    obuf_str(o, f->tail);
    obuf_put(o, "", 1);
    if (!obuf_ok(o) || !obuf_ok(&text)) exit(1);
    o->n--;
    obuf_fini(&text);
}

/* ---- is it all of them? ---- */

static bool has_form(const struct codec *c)
{
    for (size_t i = 0; i < n_body_forms; i++)
        if (body_route(&body_forms[i])->codec == c) return true;
    return false;
}

int bodies_missing(void)
{
    static const struct dialect *const dialects[] = {
        &dialect_openai, &dialect_azure, &dialect_anthropic, &dialect_gemini, &dialect_vertex, &dialect_mistral,
        &dialect_bedrock, &dialect_cohere, &dialect_ollama,
    };
    int missing = 0;
    for (size_t i = 0; i < COUNT(dialects); i++) {
        for (size_t k = 0; k < dialects[i]->n_rows; k++) {
            const struct codec *c = dialects[i]->rows[k].route->codec;
            if (c->decode == NULL || has_form(c)) continue;
            printf("not ok bench/body-of-%s (nothing measures its decoder)\n", c->name);
            missing++;
        }
    }
    return missing;
}
