#include "conf/options.h"
#include "conf/conf.h"

#define TABLE(name, told, type, line) \
    static const struct options name##_options = {told, sizeof(type), line, name##_keys, COUNT(name##_keys)}
#define AT(type, member) .at = offsetof(type, member)
#define LIST(type, member) .at = offsetof(type, member), .count_at = offsetof(type, n_##member)

static const char *const modes[] = {"reverse", "connect", "transparent", NULL};
static const char *const perimeters[] = {"outside", "inside", NULL};
static const char *const actions[] = {"forward", "redact", "local", "refuse", NULL};   /* as enum action */
static const char *const levels[] = {"error", "warn", "info", "debug", NULL};

_Static_assert(ACTION_FORWARD == 0 && ACTION_REDACT == 1 && ACTION_LOCAL == 2 && ACTION_REFUSE == 3, "actions[]");
_Static_assert(sizeof(enum action) == sizeof(int) && sizeof(enum listen_mode) == sizeof(int), "O_CHOICE writes an int");

static const struct option tls_keys[] = {
    {"certificate", O_PATH, AT(struct conf_listener, certificate)},
    {"key", O_PATH, AT(struct conf_listener, key)},
    {"from_ca", O_BOOL, AT(struct conf_listener, tls), .usual = "false"},
};
TABLE(tls, "`tls`", struct conf_listener, NO_LINE);

static const struct option listener_keys[] = {
    {"name", O_NAME, AT(struct conf_listener, name), .required = true},
    {"mode", O_CHOICE, AT(struct conf_listener, mode), .required = true, .names = modes},
    {"address", O_ADDRESS, AT(struct conf_listener, address), .required = true},
    {"tls", O_GROUP, .of = &tls_options},
};
TABLE(listener, "a listener", struct conf_listener, offsetof(struct conf_listener, line));

static const struct option credential_keys[] = {
    {"header", O_WORD, AT(struct conf_credential, header), .usual = "authorization"},
    {"prefix", O_VALUE, AT(struct conf_credential, prefix)},
    {"from_env", O_WORD, AT(struct conf_credential, from_env)},
    {"from_file", O_PATH, AT(struct conf_credential, from_file)},
};
TABLE(credential, "`credential`", struct conf_credential, NO_LINE);

static const struct option aws_keys[] = {
    {"access_key_id", O_WORD, AT(struct conf_aws, access_key_id), .required = true},
    {"secret_from_env", O_WORD, AT(struct conf_aws, secret_from_env)},
    {"secret_from_file", O_PATH, AT(struct conf_aws, secret_from_file)},
    {"session_token_from_env", O_WORD, AT(struct conf_aws, session_token_from_env)},
    {"session_token_from_file", O_PATH, AT(struct conf_aws, session_token_from_file)},
    {"region", O_NAME, AT(struct conf_aws, region), .required = true},
    {"service", O_NAME, AT(struct conf_aws, service), .usual = "bedrock"},
};
TABLE(aws, "`aws`", struct conf_aws, NO_LINE);

static const struct option upstream_keys[] = {
    {"name", O_NAME, AT(struct conf_upstream, name), .required = true},
    {"api", O_NAME, AT(struct conf_upstream, api), .required = true},
    {"host", O_HOST, AT(struct conf_upstream, host), .required = true},
    {"also", O_HOSTS, LIST(struct conf_upstream, also)},
    {"port", O_PORT, AT(struct conf_upstream, port), .min = 1, .usual = "443"},
    {"address", O_ADDRESS, AT(struct conf_upstream, address)},
    {"plaintext", O_BOOL, AT(struct conf_upstream, plaintext), .usual = "false"},
    {"ca_file", O_PATH, AT(struct conf_upstream, ca_file)},
    {"region", O_NAME, AT(struct conf_upstream, region)},
    {"baa", O_TRISTATE, AT(struct conf_upstream, baa)},
    {"perimeter", O_CHOICE, AT(struct conf_upstream, inside), .names = perimeters, .usual = "outside"},
    {"base_path", O_VALUE, AT(struct conf_upstream, base_path)},
    {"mount", O_WORD, AT(struct conf_upstream, mount)},
    {"credential", O_OBJECT, AT(struct conf_upstream, credential), .of = &credential_options},
    {"aws", O_OBJECT, AT(struct conf_upstream, aws), .of = &aws_options},
};
TABLE(upstream, "an upstream", struct conf_upstream, offsetof(struct conf_upstream, line));

static const struct option model_keys[] = {
    {"name", O_NAME, AT(struct conf_model, name), .required = true},
    {"file", O_PATH, AT(struct conf_model, file), .required = true},
    {"context", O_COUNT, AT(struct conf_model, context), .max = 1u << 24, .usual = "0"},
    {"parallel", O_COUNT, AT(struct conf_model, parallel), .max = 256, .usual = "4"},
    {"threads", O_COUNT, AT(struct conf_model, threads), .max = 1024, .usual = "1"},
    {"queue", O_COUNT, AT(struct conf_model, queue), .max = 65536, .usual = "32"},
    {"chat_template", O_PATH, AT(struct conf_model, chat_template)},
};
TABLE(model, "a model", struct conf_model, offsetof(struct conf_model, line));

static const struct option client_keys[] = {
    {"name", O_NAME, AT(struct conf_client, name), .required = true},
    {"networks", O_WORDS, LIST(struct conf_client, networks), .min = 1, .required = true},
};
TABLE(client, "a client", struct conf_client, offsetof(struct conf_client, line));

static const struct option class_keys[] = {
    {"name", O_NAME, AT(struct conf_class, name), .required = true},
    {"threshold", O_SCORE, AT(struct conf_class, threshold), .usual = "0.5"},
};
TABLE(class, "a class", struct conf_class, offsetof(struct conf_class, line));

static const struct option pattern_keys[] = {
    {"type", O_NAME, AT(struct conf_pattern, type), .required = true},
    {"class", O_NAME, AT(struct conf_pattern, klass), .required = true},
    {"regex", O_WORD, AT(struct conf_pattern, regex), .required = true},
    {"score", O_SCORE, AT(struct conf_pattern, score), .usual = "0.8"},
    {"context", O_WORDS, LIST(struct conf_pattern, context)},
    {"context_required", O_BOOL, AT(struct conf_pattern, context_required), .usual = "false"},
    {"validator", O_NAME, AT(struct conf_pattern, validator)},
};
TABLE(pattern, "a pattern", struct conf_pattern, offsetof(struct conf_pattern, line));

static const struct option words_keys[] = {
    {"type", O_NAME, AT(struct conf_words, type), .required = true},
    {"class", O_NAME, AT(struct conf_words, klass), .required = true},
    {"words", O_WORDS, LIST(struct conf_words, words), .min = 1},
    {"file", O_PATH, AT(struct conf_words, file)},
    {"score", O_SCORE, AT(struct conf_words, score), .usual = "0.8"},
    {"ignore_case", O_BOOL, AT(struct conf_words, ignore_case), .usual = "true"},
};
TABLE(words, "a word list", struct conf_words, offsetof(struct conf_words, line));

static const struct option when_keys[] = {
    {"classes", O_NAMES, LIST(struct conf_rule, classes), .min = 1},
    {"min_score", O_SCORE, AT(struct conf_rule, min_score), .usual = "0"},
    {"types", O_NAMES, LIST(struct conf_rule, types), .min = 1},
    {"clients", O_NAMES, LIST(struct conf_rule, clients), .min = 1},
    {"apis", O_NAMES, LIST(struct conf_rule, apis), .min = 1},
    {"upstreams", O_NAMES, LIST(struct conf_rule, upstreams), .min = 1},
    {"regions", O_NAMES, LIST(struct conf_rule, regions), .min = 1},
    {"models", O_WORDS, LIST(struct conf_rule, models), .min = 1},
    {"baa", O_TRISTATE, AT(struct conf_rule, baa)},
    {"perimeter", O_CHOICE, AT(struct conf_rule, inside), .names = perimeters},
    {"paths", O_WORDS, LIST(struct conf_rule, paths), .min = 1},
    {"opaque", O_NAMES, LIST(struct conf_rule, opaque), .min = 1},
    {"unknown_ids", O_TRISTATE, AT(struct conf_rule, unknown_ids)},
    {"unknown_endpoint", O_TRISTATE, AT(struct conf_rule, unknown_endpoint)},
};
TABLE(when, "`when`", struct conf_rule, NO_LINE);

static const struct option rule_keys[] = {
    {"name", O_NAME, AT(struct conf_rule, name), .required = true},
    {"when", O_GROUP, .of = &when_options},
    {"action", O_CHOICE, AT(struct conf_rule, action), .required = true, .names = actions},
    {"observe", O_BOOL, AT(struct conf_rule, observe), .usual = "false"},
    {"message", O_TEXT, AT(struct conf_rule, message)},
    {"model", O_NAME, AT(struct conf_rule, model)},
    {"notice", O_TEXT, AT(struct conf_rule, notice)},
    {"min_parameters", O_PARAMETERS, AT(struct conf_rule, min_parameters)},
    {"no_store", O_BOOL, AT(struct conf_rule, no_store), .usual = "false"},
    {"prune_tools", O_BOOL, AT(struct conf_rule, prune_tools), .usual = "true"},
};
TABLE(rule, "a rule", struct conf_rule, offsetof(struct conf_rule, line));

static const struct option ca_keys[] = {
    {"directory", O_PATH, AT(struct conf, ca_dir), .required = true},
};
TABLE(ca, "`ca`", struct conf, NO_LINE);

static const struct option limits_keys[] = {
    {"body", O_SIZE, AT(struct conf, max_body), .min = 1024, .max = 1u << 30, .usual = "32MiB"},
    {"inflated", O_SIZE, AT(struct conf, max_inflated), .min = 1024, .max = 1u << 30, .usual = "32MiB"},
    {"inflate_ratio", O_COUNT, AT(struct conf, max_ratio), .min = 1, .max = 10000, .usual = "100"},
    {"head", O_SIZE32, AT(struct conf, max_head), .min = 1024, .max = 1u << 20, .usual = "32KiB"},
    {"connections", O_COUNT, AT(struct conf, max_connections), .min = 1, .max = 1000000, .usual = "4096"},
    {"connect_ports", O_PORTS, LIST(struct conf, connect_ports), .min = 1, .usual = "443"},
};
TABLE(limits, "`limits`", struct conf, NO_LINE);

#define A_DAY 86400
static const struct option timeouts_keys[] = {
    {"request", O_SECONDS, AT(struct conf, request_timeout_s), .min = 1, .max = A_DAY, .usual = "60s"},
    {"idle", O_SECONDS, AT(struct conf, idle_timeout_s), .min = 1, .max = A_DAY, .usual = "120s"},
    {"upstream_connect", O_SECONDS, AT(struct conf, upstream_connect_timeout_s), .min = 1, .max = 600, .usual = "10s"},
    {"upstream_idle", O_SECONDS, AT(struct conf, upstream_idle_timeout_s), .min = 1, .max = A_DAY, .usual = "600s"},
    {"drain", O_SECONDS, AT(struct conf, drain_timeout_s), .min = 0, .max = A_DAY, .usual = "30s"},
};
TABLE(timeouts, "`timeouts`", struct conf, NO_LINE);

static const struct option ledger_keys[] = {
    {"directory", O_PATH, AT(struct conf, ledger_dir), .required = true},
    {"segment", O_SIZE, AT(struct conf, ledger_segment), .min = 64 << 10, .max = 4ull << 30, .usual = "64MiB"},
};
TABLE(ledger, "`ledger`", struct conf, NO_LINE);

static const struct option redis_tls_keys[] = {
    {"ca_file", O_PATH, AT(struct conf_redis_tls, ca_file)},
    {"name", O_HOST, AT(struct conf_redis_tls, name)},
    {"certificate", O_PATH, AT(struct conf_redis_tls, certificate)},
    {"key", O_PATH, AT(struct conf_redis_tls, key)},
};
TABLE(redis_tls, "`tls`", struct conf_redis_tls, NO_LINE);

static const struct option redis_keys[] = {
    {"address", O_ADDRESS, AT(struct conf_redis, address), .required = true},
    {"tls", O_OBJECT, AT(struct conf_redis, tls), .of = &redis_tls_options},
    {"username", O_WORD, AT(struct conf_redis, username)},
    {"password_from_env", O_WORD, AT(struct conf_redis, password_from_env)},
    {"password_from_file", O_PATH, AT(struct conf_redis, password_from_file)},
    {"database", O_COUNT, AT(struct conf_redis, database), .max = 65535, .usual = "0"},
    {"prefix", O_WORD, AT(struct conf_redis, prefix), .usual = "cordon:"},
    {"timeout_ms", O_COUNT, AT(struct conf_redis, timeout_ms), .min = 10, .max = 60000, .usual = "1000"},
};
TABLE(redis, "`redis`", struct conf_redis, NO_LINE);

static const struct option state_keys[] = {
    {"directory", O_PATH, AT(struct conf, state.dir)},
    {"key_file", O_PATH, AT(struct conf, state.key_file)},
    {"redis", O_OBJECT, AT(struct conf, state.redis), .of = &redis_options},
    {"keep", O_SECONDS, AT(struct conf, state.keep_s), .min = 60, .max = 3650 * A_DAY, .usual = "720h"},
    {"min_text", O_COUNT, AT(struct conf, state.min_text), .min = 8, .max = 65536, .usual = "32"},
    {"sessions", O_BOOL, AT(struct conf, state.sessions), .usual = "true"},
    {"session_headers", O_NAMES, AT(struct conf, state.session_headers),
     .count_at = offsetof(struct conf, state.n_session_headers)},
};
TABLE(state, "`state`", struct conf, NO_LINE);

static const struct option opaque_keys[] = {
    {"allow", O_NAMES, AT(struct conf, opaque.allow), .count_at = offsetof(struct conf, opaque.n_allow)},
    {"classes", O_NAMES, AT(struct conf, opaque.classes), .count_at = offsetof(struct conf, opaque.n_classes)},
};
TABLE(opaque, "`opaque`", struct conf, NO_LINE);

static const struct option cache_keys[] = {
    {"directory", O_PATH, AT(struct conf, cache_dir), .required = true},
};
TABLE(cache, "`cache`", struct conf, NO_LINE);

static const struct option admin_keys[] = {
    {"address", O_ADDRESS, AT(struct conf, admin_address), .required = true},
};
TABLE(admin, "`admin`", struct conf, NO_LINE);

static const struct option log_keys[] = {
    {"level", O_CHOICE, AT(struct conf, log_level), .names = levels, .usual = "info"},
};
TABLE(log, "`log`", struct conf, NO_LINE);

static const char *const unknown_endpoint_names[] = {"forward", "", "", "refuse", NULL};   /* as enum action */

static const struct option file_keys[] = {
    {"version", O_COUNT, AT(struct conf, version), .min = 1, .max = 1, .required = true},
    {"listeners", O_OBJECTS, LIST(struct conf, listeners), .min = 1, .required = true, .of = &listener_options},
    {"ca", O_GROUP, .of = &ca_options},
    {"upstreams", O_OBJECTS, LIST(struct conf, upstreams), .of = &upstream_options},
    {"tunnels", O_HOSTS, LIST(struct conf, tunnels)},
    {"models", O_OBJECTS, LIST(struct conf, models), .of = &model_options},
    {"clients", O_OBJECTS, LIST(struct conf, clients), .of = &client_options},
    {"classes", O_OBJECTS, LIST(struct conf, classes), .of = &class_options},
    {"patterns", O_OBJECTS, LIST(struct conf, patterns), .of = &pattern_options},
    {"word_lists", O_OBJECTS, LIST(struct conf, word_lists), .of = &words_options},
    {"disabled_types", O_NAMES, LIST(struct conf, disabled_types)},
    {"rules", O_OBJECTS, LIST(struct conf, rules), .min = 1, .required = true, .of = &rule_options},
    {"unknown_endpoint", O_CHOICE, AT(struct conf, unknown_endpoint), .names = unknown_endpoint_names,
     .usual = "refuse"},
    {"limits", O_GROUP, .of = &limits_options},
    {"timeouts", O_GROUP, .of = &timeouts_options},
    {"ledger", O_GROUP, .required = true, .of = &ledger_options},
    {"state", O_GROUP, .of = &state_options},
    {"opaque", O_GROUP, .of = &opaque_options},
    {"cache", O_GROUP, .of = &cache_options},
    {"admin", O_GROUP, .of = &admin_options},
    {"workers", O_COUNT, AT(struct conf, workers), .max = 1024, .usual = "0"},
    {"log", O_GROUP, .of = &log_options},
};

const struct options conf_options = {"the file", sizeof(struct conf), NO_LINE, file_keys, COUNT(file_keys)};

bool option_is_list(const struct option *o)
{
    return (o->kind >= O_NAMES && o->kind <= O_PORTS) || o->kind == O_OBJECTS;
}

bool option_is_map(const struct option *o) { return o->kind == O_GROUP || o->kind == O_OBJECT; }
