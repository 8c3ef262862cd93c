#include "localmodel/chat_shim.h"

#include "chat.h"
#include "common.h"
#include "json-schema-to-grammar.h"
#include "json.h"
#include "llama.h"
#include "log.h"
#include "sampling.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <vector>

using json = common_json;

// cmake/llama.sh points the archives' fprintf here: the grammar compiler prints what it cannot read, which is the
// client's, straight to standard error. Nothing of ours depends on what they print.
extern "C" int cordon_llama_fprintf(FILE *, const char *, ...);
extern "C" int cordon_llama_fprintf(FILE *, const char *, ...) { return 0; }

struct chat {
    const llama_vocab *vocab = nullptr;
    const llama_model *model = nullptr;
    common_chat_templates_ptr templates;
    std::string source;
    bool sees_tools = false;   // the template shows the tools to the model
    bool plain = false;        // without tools, the text is the answer but for the reasoning
    bool ascii_marks = false;  // so are the marks of the reasoning
};

struct chat_reply {
    const chat *owner = nullptr;
    common_chat_params params;
    common_chat_parser_params parser;
    common_sampler_ptr sampler;
    std::vector<llama_token> prompt;
    std::set<llama_token> shown;   // control tokens that are part of the format
    std::set<llama_token> ends;
    bool own_grammar = false;      // the format's grammar is ours, not the template's
    std::string tools;             // that the prompt shows
    std::vector<std::string> stops;
    std::vector<std::string> tool_names;
    common_chat_msg said;          // what chat_parse has given already
    chat_mode mode = CHAT_PLAIN;
};

namespace {

// Runs `body`; what it throws becomes a result.
template <typename F> chat_result guarded(chat_result otherwise, F body) noexcept
{
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return CHAT_NO_MEMORY;
    } catch (...) {
        return otherwise;
    }
}

std::string trimmed(const std::string &s)
{
    const char *blanks = " \t\r\n";
    size_t from = s.find_first_not_of(blanks);
    if (from == std::string::npos) return "";
    return s.substr(from, s.find_last_not_of(blanks) - from + 1);
}

bool ends_with(const std::string &s, const std::string &tail)
{
    return s.size() >= tail.size() && s.compare(s.size() - tail.size(), tail.size(), tail) == 0;
}

bool holds(const std::string &s, const char *part) { return s.find(part) != std::string::npos; }

bool think_open(const common_chat_params &p)
{
    return !p.thinking_start_tag.empty() && ends_with(trimmed(p.generation_prompt), p.thinking_start_tag);
}

std::string think_end(const common_chat_params &p) { return p.thinking_end_tags.empty() ? "" : p.thinking_end_tags[0]; }

common_chat_parser_params parser_of(const common_chat_params &p)
{
    common_chat_parser_params parser(p);
    parser.reasoning_format = COMMON_REASONING_FORMAT_AUTO;
    if (!p.parser.empty()) parser.parser.load(p.parser);
    return parser;
}

common_chat_templates_inputs inputs_of(const std::string &messages)
{
    common_chat_templates_inputs in;
    in.messages = common_chat_msgs_parse_oaicompat(json::parse(messages));
    in.use_jinja = true;
    in.reasoning_format = COMMON_REASONING_FORMAT_AUTO;
    return in;
}

// Whether cutting the reasoning off by its marks gives what the format's own parser gives: asked of the parser, with
// two small texts. Formats with channels or other wrappers fail this and are parsed.
bool plain_enough(const common_chat_params &p)
{
    const std::string text = "Hello <b>world</b>, {1}";
    std::string open = p.thinking_start_tag, close = think_end(p);
    if (open.empty() != close.empty()) return false;
    common_chat_parser_params parser = parser_of(p);
    std::string direct = think_open(p) ? "hm" + close + text : text;
    if (trimmed(common_chat_parse(direct, false, parser).content) != text) return false;
    if (open.empty() || think_open(p)) return true;
    return trimmed(common_chat_parse(open + "\nhm\n" + close + "\n\n" + text, false, parser).content) == text;
}

bool is_ascii(const std::string &s)
{
    return std::all_of(s.begin(), s.end(), [](char c) { return (unsigned char)c < 0x80; });
}

void probe(chat &c)
{
    try {
        common_chat_templates_inputs in = inputs_of("[{\"role\":\"user\",\"content\":\"hi\"}]");
        common_chat_params p = common_chat_templates_apply(c.templates.get(), in);
        c.plain = plain_enough(p);
        c.ascii_marks = is_ascii(p.thinking_start_tag) && is_ascii(think_end(p));
    } catch (...) {
        c.plain = false;
    }
}

// --- a schema ---

// Members of a schema whose value is data, in which a "$ref" is no reference.
bool is_data(const std::string &key) { return key == "enum" || key == "const" || key == "default" || key == "examples"; }

const char WHOLE_NAME[] = "the-whole", WHOLE_REF[] = "#/$defs/the-whole";

// Whether the schema refers to itself as a whole; it then does so by that name.
bool name_whole(json &schema)
{
    bool found = false;
    if (schema.is_array())
        for (size_t i = 0; i < schema.size(); i++) found |= name_whole(schema.at(i));
    if (!schema.is_object()) return found;
    for (auto it = schema.begin(); it != schema.end(); ++it) {
        bool whole = it.key() == "$ref" && it.value() == "#";
        if (whole) it.value() = WHOLE_REF;
        found |= whole || (!is_data(it.key()) && name_whole(it.value()));
    }
    return found;
}

// llama.cpp follows references into a document, but not "#", by which OpenAI's guide describes trees.
json with_whole_named(json schema)
{
    if (!name_whole(schema)) return schema;
    json defs = schema.contains("$defs") ? schema.at("$defs") : json::object();
    defs.set({WHOLE_NAME, schema});
    schema.set({"$defs", defs});
    schema.set({"$ref", WHOLE_REF});
    return schema;
}

// --- the prompt ---

// For a template that shows no tools: the first system message tells of them.
void tell_of_tools(std::vector<common_chat_msg> &messages, const std::string &tools)
{
    std::string told = "You can call the functions listed here. To call one, reply with nothing but a JSON object of "
                       "the form {\"name\": \"...\", \"arguments\": {...}}. Otherwise, answer in plain text.\n" + tools;
    bool has_system = !messages.empty() && (messages[0].role == "system" || messages[0].role == "developer");
    if (has_system) {
        messages[0].content += "\n\n" + told;
        return;
    }
    common_chat_msg system;
    system.role = "system";
    system.content = told;
    messages.insert(messages.begin(), system);
}

// For a template that wants user and assistant in turn, and nothing else: results of calls become the user's words,
// calls the assistant's, and neighbours of one role are joined.
void level(std::vector<common_chat_msg> &messages)
{
    std::vector<common_chat_msg> out;
    for (auto &m : messages) {
        if (m.role == "developer") m.role = "system";
        if (m.role == "tool") m.role = "user";
        for (const auto &call : m.tool_calls)
            m.content += (m.content.empty() ? "{\"name\": " : "\n{\"name\": ") + json::make(call.name).dump() +
                         ", \"arguments\": " + call.arguments + "}";
        m.tool_calls.clear();
        m.tool_name = m.tool_call_id = "";
        if (!out.empty() && out.back().role == m.role) out.back().content += "\n\n" + m.content;
        else out.push_back(m);
    }
    messages = out;
}

// How a conversation is put to the template, in the order of trying: some raise errors of their own over tools, or
// over roles that do not alternate.
enum way { WITH_TOOLS, TOOLS_TOLD, LEVELLED };

const char *schema_of(const chat_ask &ask)
{
    return ask.format == CHAT_FORMAT_SCHEMA && ask.schema ? ask.schema : "{\"type\": \"object\"}";
}

bool formatted(const chat_ask &ask) { return ask.format != CHAT_FORMAT_TEXT && ask.use_tools != CHAT_TOOLS_FORCED; }

common_chat_templates_inputs inputs_for(const chat_ask &ask, way w, chat_reply &r)
{
    common_chat_templates_inputs in = inputs_of(ask.messages);
    if (w == LEVELLED) level(in.messages);
    if (formatted(ask) && !r.own_grammar) in.json_schema = with_whole_named(json::parse(schema_of(ask))).dump();
    if (ask.use_tools == CHAT_TOOLS_NONE) return in;
    std::vector<common_chat_tool> tools = common_chat_tools_parse_oaicompat(json::parse(ask.tools));
    r.tool_names.clear();
    for (const auto &t : tools) r.tool_names.push_back(t.name);
    in.parallel_tool_calls = ask.parallel_tool_calls;
    if (w == WITH_TOOLS) in.tools = tools;
    else tell_of_tools(in.messages, ask.tools);
    // A forced call is written at once: a model that thinks first would think under the call's grammar.
    if (ask.use_tools == CHAT_TOOLS_FORCED) in.enable_thinking = false;
    return in;
}

common_chat_params apply(const chat &c, const chat_ask &ask, chat_reply &r)
{
    int w = ask.use_tools != CHAT_TOOLS_NONE && c.sees_tools ? WITH_TOOLS : TOOLS_TOLD;
    for (; w < LEVELLED; w++) {
        try {
            return common_chat_templates_apply(c.templates.get(), inputs_for(ask, (way)w, r));
        } catch (const std::bad_alloc &) {
            throw;
        } catch (...) {
            continue;
        }
    }
    return common_chat_templates_apply(c.templates.get(), inputs_for(ask, LEVELLED, r));
}

// --- grammars of our own ---

// One alternative a tool: {"name": "…", "arguments": <its schema>}. Each schema is its own document, so that its
// references resolve. Our own grammar and not the template's: it holds for every model, also for those whose template
// has no tools, and it cannot be left by not beginning the call.
std::string call_rule(const common_grammar_builder &b, const char *tools_text, const char *only)
{
    json tools = json::parse(tools_text);
    size_t used = 0;
    std::string rule;
    for (const auto &tool : tools) {
        const json &function = tool.at("function");
        std::string name = function.at("name").get<std::string>();
        if (only && name != only) continue;
        json schema = with_whole_named(common_chat_tool_parameters(function));
        common_chat_schema_document doc = common_chat_schema_from_json(schema);
        std::string arguments = b.add_schema("arguments-" + std::to_string(used++), *doc.root);
        std::string head = "{\"name\": " + json::make(name).dump() + ", \"arguments\": ";
        rule += (rule.empty() ? "" : " | ") + gbnf_format_literal(head) + " " + arguments + " \"}\"";
    }
    if (used == 0) throw std::invalid_argument("no such tool");
    return rule;
}

std::string call_grammar(const char *tools, const char *only)
{
    return build_grammar([&](const common_grammar_builder &b) { b.add_rule("root", call_rule(b, tools, only)); });
}

// Where a text stands that has matched `at` characters of `mark`, one character later.
size_t matched(const std::string &mark, size_t at, char c)
{
    std::string seen = mark.substr(0, at) + c;
    size_t n = std::min(seen.size(), mark.size());
    while (n && seen.compare(seen.size() - n, n, mark, 0, n) != 0) n--;
    return n;
}

std::string in_brackets(char c)
{
    char text[8];
    snprintf(text, sizeof text, "\\x%02X", (unsigned char)c);
    return text;
}

// Any text up to the first `mark`, and that: one rule for each number of characters matched.
std::string until_rule(const common_grammar_builder &b, const std::string &mark)
{
    std::set<char> special(mark.begin(), mark.end());
    auto name = [](size_t i) { return "thought-" + std::to_string(i); };
    for (size_t i = 0; i < mark.size(); i++) {
        std::string rule = "[^";
        for (char c : special) rule += in_brackets(c);
        rule += "] " + name(0);
        for (char c : special) {
            size_t next = matched(mark, i, c);
            rule += " | [" + in_brackets(c) + "]" + (next == mark.size() ? "" : " " + name(next));
        }
        b.add_rule(name(i), rule);
    }
    return name(0);
}

// Models that write calls as <tool_call>{"name": …}</tool_call>.
bool is_hermes(const chat &c)
{
    return holds(c.source, "<tool_call>") && holds(c.source, "\"name\"") && !holds(c.source, "<function=");
}

// The answer under a format: what the model thinks, where it does, then a document of the schema or, where it has tools
// to choose from, a call. Ours, because the template's lets a fence stand round the document, and knows no calls beside it.
std::string format_grammar(const chat_reply &r, const chat_ask &ask)
{
    json schema = with_whole_named(json::parse(schema_of(ask)));
    bool calls = r.mode == CHAT_PARSED;
    const std::string &open = r.params.thinking_start_tag;
    return build_grammar([&](const common_grammar_builder &b) {
        common_chat_schema_document doc = common_chat_schema_from_json(schema);
        std::string root = b.add_schema("answer", *doc.root);
        if (calls) {
            std::string call = b.add_rule("call", call_rule(b, r.tools.c_str(), nullptr));
            if (is_hermes(*r.owner)) call = "\"<tool_call>\\n\" " + call + " \"\\n</tool_call>\"";
            root = "(" + root + " | " + call + ")";
        }
        if (!open.empty()) {
            std::string thought = until_rule(b, think_end(r.params)) + " [\\n]{0,2} ";
            if (think_open(r.params)) root = thought + root;
            else root = "([\\n]? " + gbnf_format_literal(open) + " " + thought + ")? " + root;
        }
        b.add_rule("root", root);
    });
}

// What the model would write itself before the call, so that the forced text is one it has been trained on.
std::string call_prefix(const chat &c, const common_chat_params &p)
{
    std::string prefix = think_open(p) ? think_end(p) + "\n\n" : "";
    return is_hermes(c) ? prefix + "<tool_call>\n" : prefix;
}

// --- the sampler ---

void set_thinking(const chat_reply &r, common_params_sampling &s)
{
    if (r.params.thinking_start_tag.empty() || r.params.thinking_end_tags.empty()) return;
    s.reasoning_budget_start = common_tokenize(r.owner->vocab, r.params.thinking_start_tag, false, true);
    for (const auto &tag : r.params.thinking_end_tags)
        s.reasoning_budget_end.push_back(common_tokenize(r.owner->vocab, tag, false, true));
}

// The template's own grammar, which takes hold when the model begins a call.
void set_lazy_grammar(const chat_reply &r, common_params_sampling &s)
{
    if (r.params.grammar.empty() || !r.params.grammar_lazy) return;
    s.grammar = common_grammar(COMMON_GRAMMAR_TYPE_TOOL_CALLS, r.params.grammar);
    s.grammar_lazy = true;
    for (const auto &trigger : r.params.grammar_triggers) {
        auto ids = common_tokenize(r.owner->vocab, trigger.value, false, true);
        common_grammar_trigger t = trigger;
        if (t.type == COMMON_GRAMMAR_TRIGGER_TYPE_WORD && ids.size() == 1) {
            t.type = COMMON_GRAMMAR_TRIGGER_TYPE_TOKEN;
            t.token = ids[0];
        }
        s.grammar_triggers.push_back(t);
    }
    if (s.grammar_triggers.empty()) s.grammar = common_grammar();
    set_thinking(r, s);
}

void set_grammar(const chat_reply &r, const chat_ask &ask, common_params_sampling &s)
{
    const std::string &theirs = r.params.grammar;
    if (r.mode == CHAT_CALL) {
        s.grammar = common_grammar(COMMON_GRAMMAR_TYPE_USER, call_grammar(r.tools.c_str(), ask.tool_name));
    } else if (r.own_grammar) {
        s.grammar = common_grammar(COMMON_GRAMMAR_TYPE_USER, format_grammar(r, ask));
    } else if (!formatted(ask)) {
        set_lazy_grammar(r, s);
    } else {
        if (theirs.empty() || r.params.grammar_lazy) throw std::invalid_argument("the template binds no format");
        s.grammar = common_grammar(COMMON_GRAMMAR_TYPE_OUTPUT_FORMAT, theirs);
    }
}

void make_sampler(chat_reply &r, const chat_ask &ask)
{
    common_params_sampling s;
    s.seed = ask.seed;
    s.top_k = ask.top_k;
    s.temp = ask.temperature;
    s.top_p = ask.top_p;
    s.penalty_freq = ask.frequency_penalty;
    s.penalty_present = ask.presence_penalty;
    s.penalty_last_n = ask.penalty_tokens;
    s.no_perf = true;
    s.generation_prompt = r.params.generation_prompt;
    s.samplers = {COMMON_SAMPLER_TYPE_TOP_K, COMMON_SAMPLER_TYPE_TOP_P, COMMON_SAMPLER_TYPE_MIN_P,
                  COMMON_SAMPLER_TYPE_TEMPERATURE};
    if (ask.frequency_penalty != 0 || ask.presence_penalty != 0)
        s.samplers.insert(s.samplers.begin(), COMMON_SAMPLER_TYPE_PENALTIES);
    set_grammar(r, ask, s);
    r.sampler.reset(common_sampler_init(r.owner->model, s));
}

void add_marks(chat_reply &r)
{
    std::vector<std::string> marks = r.params.preserved_tokens;
    marks.push_back(r.params.thinking_start_tag);
    marks.insert(marks.end(), r.params.thinking_end_tags.begin(), r.params.thinking_end_tags.end());
    for (const auto &mark : marks) {
        auto ids = common_tokenize(r.owner->vocab, mark, false, true);
        if (ids.size() == 1) r.shown.insert(ids[0]);
    }
    for (const auto &stop : r.params.additional_stops) {
        auto ids = common_tokenize(r.owner->vocab, stop, false, true);
        if (ids.size() == 1) r.ends.insert(ids[0]);
        else r.stops.push_back(stop);
    }
}

chat_mode mode_of(const chat &c, const chat_ask &ask)
{
    if (ask.use_tools == CHAT_TOOLS_FORCED) return CHAT_CALL;
    return ask.use_tools == CHAT_TOOLS_NONE && c.plain ? CHAT_PLAIN : CHAT_PARSED;
}

void begin(chat &c, const chat_ask &ask, chat_reply &r)
{
    r.owner = &c;
    r.tools = ask.tools ? ask.tools : "";
    r.mode = mode_of(c, ask);
    r.own_grammar = formatted(ask) && c.plain && c.ascii_marks;
    bool theirs = formatted(ask) && !r.own_grammar;   // the template's own way of binding the format, which knows no tools
    if (theirs && ask.use_tools != CHAT_TOOLS_NONE) throw std::invalid_argument("format and tools");
    if (theirs) r.mode = CHAT_PARSED;
    r.params = apply(c, ask, r);
    r.parser = parser_of(r.params);
    std::string prompt = r.params.prompt;
    if (r.mode == CHAT_CALL) prompt += call_prefix(c, r.params);
    r.prompt = common_tokenize(c.vocab, prompt, true, true);
    add_marks(r);
}

// --- reading a reply ---

void give(const common_chat_msg_diff &d, bool is_new_call, const chat_sink &sink)
{
    const std::string &thought = d.reasoning_content_delta;
    if (!thought.empty()) sink.reasoning(sink.arg, thought.data(), thought.size());
    if (!d.content_delta.empty()) sink.text(sink.arg, d.content_delta.data(), d.content_delta.size());
    if (d.tool_call_index == std::string::npos) return;
    auto index = (uint32_t)d.tool_call_index;
    const auto &call = d.tool_call_delta;
    if (is_new_call) sink.call(sink.arg, index, call.name.c_str());
    if (!call.arguments.empty()) sink.arguments(sink.arg, index, call.arguments.data(), call.arguments.size());
}

void parse(chat_reply &r, const std::string &text, bool partial, const chat_sink &sink)
{
    common_chat_msg now = common_chat_parse(text, partial, r.parser);
    // While a name may still grow, its call has not begun.
    if (partial && now.tool_calls.size() > r.said.tool_calls.size() && now.tool_calls.back().arguments.empty())
        now.tool_calls.pop_back();
    auto diffs = common_chat_msg_diff::compute_diffs(r.said, now);
    size_t known = r.said.tool_calls.size();
    for (const auto &d : diffs) give(d, d.tool_call_index != std::string::npos && d.tool_call_index >= known, sink);
    // What a later reading lost again (a text cut in the middle of a mark) stays said.
    if (now.content.size() < r.said.content.size()) now.content = r.said.content;
    if (now.reasoning_content.size() < r.said.reasoning_content.size()) now.reasoning_content = r.said.reasoning_content;
    r.said = now;
}

std::string unfenced(const std::string &text)
{
    std::string s = trimmed(text);
    if (s.compare(0, 3, "```") != 0) return s;
    size_t line = s.find('\n'), close = s.rfind("```");
    if (line == std::string::npos || close <= line) return s;
    return trimmed(s.substr(line, close - line));
}

struct bare_call {
    std::string name, arguments;
};

// Throws when `v` is no call of one of the tools.
bare_call bare_call_of(const chat_reply &r, const json &v)
{
    bare_call call;
    call.name = v.at("name").get<std::string>();
    if (std::find(r.tool_names.begin(), r.tool_names.end(), call.name) == r.tool_names.end())
        throw std::invalid_argument("not a tool");
    const json &arguments = v.contains("arguments") ? v.at("arguments") : v.at("parameters");
    call.arguments = arguments.is_string() ? arguments.get<std::string>() : arguments.dump();
    if (!json::parse(call.arguments).is_object()) throw std::invalid_argument("not an object");
    return call;
}

std::vector<bare_call> bare_calls_of(const chat_reply &r, const std::string &text)
{
    std::vector<bare_call> calls;
    json v = json::parse(unfenced(text));
    if (!v.is_array()) return {bare_call_of(r, v)};
    for (const auto &one : v) calls.push_back(bare_call_of(r, one));
    return calls;
}

void copy_message(const char *text, char *to, size_t size) { snprintf(to, size, "%s", text); }

}  // namespace

chat *chat_new(const llama_model *model, const char *template_text, char *error, size_t error_size)
{
    try {
        common_log_set_verbosity_thold(-1);   // its lines hold prompts
        auto c = std::make_unique<chat>();
        c->model = model;
        c->vocab = llama_model_get_vocab(model);
        c->templates = common_chat_templates_init(model, template_text ? template_text : "");
        c->source = common_chat_templates_source(c->templates.get());
        auto caps = common_chat_templates_get_caps(c->templates.get());
        c->sees_tools = caps["supports_tools"];
        probe(*c);
        return c.release();
    } catch (const std::exception &e) {
        bool says_why = strcmp(e.what(), "std::exception") != 0;   // thrown on by value, it loses its text there
        copy_message(says_why ? e.what() : "it is not valid Jinja", error, error_size);
    } catch (...) {
        copy_message("unknown error", error, error_size);
    }
    return nullptr;
}

void chat_free(chat *c) { delete c; }

chat_result chat_begin(chat *c, const chat_ask *ask, chat_reply **out)
{
    *out = nullptr;
    return guarded(CHAT_UNSUPPORTED, [&] {
        auto r = std::make_unique<chat_reply>();
        begin(*c, *ask, *r);
        *out = r.release();
        return CHAT_OK;
    });
}

chat_result chat_ready(chat_reply *r, const chat_ask *ask)
{
    return guarded(CHAT_UNSUPPORTED, [&] {
        make_sampler(*r, *ask);
        return CHAT_OK;
    });
}

void chat_reply_free(chat_reply *r) { delete r; }

const int32_t *chat_prompt(const chat_reply *r, size_t *n)
{
    *n = r->prompt.size();
    return r->prompt.data();
}

chat_mode chat_reply_mode(const chat_reply *r) { return r->mode; }

void chat_think(const chat_reply *r, const char **open, const char **close, bool *inside)
{
    *open = r->params.thinking_start_tag.c_str();
    *close = r->params.thinking_end_tags.empty() ? "" : r->params.thinking_end_tags[0].c_str();
    *inside = think_open(r->params);
}

const char *chat_extra_stop(const chat_reply *r, size_t i) { return i < r->stops.size() ? r->stops[i].c_str() : nullptr; }

int chat_decode(llama_context *lc, const llama_batch *batch)
{
    try {
        return llama_decode(lc, *batch);
    } catch (...) {
        return -100;
    }
}

int32_t chat_tokenise(const llama_model *model, const char *p, size_t n, int32_t *tokens, int32_t cap)
{
    try {
        int32_t got = llama_tokenize(llama_model_get_vocab(model), p, (int32_t)n, tokens, cap, true, false);
        return got < 0 ? -got : got;
    } catch (...) {
        return -1;
    }
}

int chat_embed(llama_context *lc, const llama_batch *batch)
{
    try {
        llama_memory_t memory = llama_get_memory(lc);
        if (memory == nullptr) return llama_encode(lc, *batch);
        llama_memory_clear(memory, false);
        return llama_decode(lc, *batch);
    } catch (...) {
        return -100;
    }
}

chat_result chat_sample(chat_reply *r, llama_context *lc, int32_t row, int32_t *token, bool *end)
{
    return guarded(CHAT_FAILED, [&] {
        *token = common_sampler_sample(r->sampler.get(), lc, row);
        *end = llama_vocab_is_eog(r->owner->vocab, *token) || r->ends.count(*token) != 0;
        if (!*end) common_sampler_accept(r->sampler.get(), *token, true);
        return CHAT_OK;
    });
}

size_t chat_piece(const chat_reply *r, int32_t token, char *buf, size_t cap)
{
    int32_t n = llama_token_to_piece(r->owner->vocab, token, buf, (int32_t)cap, 0, r->shown.count(token) != 0);
    return n > 0 ? (size_t)n : 0;
}

chat_result chat_parse(chat_reply *r, const char *text, size_t n, bool partial, const chat_sink *sink)
{
    return guarded(partial ? CHAT_OK : CHAT_FAILED, [&] {
        parse(*r, std::string(text, n), partial, *sink);
        return CHAT_OK;
    });
}

bool chat_bare_calls(const chat_reply *r, const char *text, size_t n, const chat_sink *sink)
{
    std::vector<bare_call> calls;
    chat_result result = guarded(CHAT_UNSUPPORTED, [&] {
        calls = bare_calls_of(*r, std::string(text, n));
        return CHAT_OK;
    });
    if (result != CHAT_OK) return false;
    for (size_t i = 0; i < calls.size(); i++) {
        sink->call(sink->arg, (uint32_t)i, calls[i].name.c_str());
        sink->arguments(sink->arg, (uint32_t)i, calls[i].arguments.data(), calls[i].arguments.size());
    }
    return !calls.empty();
}
