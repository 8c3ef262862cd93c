/* conf.h - the configuration as loaded: plain data, one allocation domain, immutable once loaded. YAML by libcyaml for
 * the structure (unknown and repeated keys are errors, with file, line and column); scalars are read as strings and
 * parsed strictly here, because libcyaml takes any odd word as true, `10MB` as 10 and `010` as 8. `cordon check`, `run`
 * and a reload all call conf_load. docs/cordon.conf.5 is the reference. */
#ifndef CORDON_CONF_CONF_H
#define CORDON_CONF_CONF_H

#include "core/attrib.h"
#include "core/fail.h"
#include "core/finding.h"
#include "core/span.h"
#include <netinet/in.h>
#include <sys/socket.h>
#include <stdint.h>

enum listen_mode { LISTEN_REVERSE, LISTEN_CONNECT, LISTEN_TRANSPARENT };
const char *listen_mode_name(enum listen_mode m);

struct conf_listener {
    char *name;
    enum listen_mode mode;
    char *address;                /* "127.0.0.1:8080", "[::1]:8443"; port 0 takes a free one and logs it */
    char *certificate, *key;      /* PEM files; both or none. Reverse mode: TLS. */
    bool tls;                     /* reverse mode: TLS with a leaf minted by `ca` for the name the client asks for */
    uint32_t line;                /* in the file, for messages; likewise below */
};

struct conf_credential {
    char *header;                 /* default "authorization" */
    char *prefix;                 /* default "Bearer " for authorization, else "" */
    char *from_env, *from_file;   /* exactly one */
};

struct conf_aws {
    char *access_key_id;
    char *secret_from_env, *secret_from_file;          /* exactly one */
    char *session_token_from_env, *session_token_from_file;   /* at most one */
    char *region;                 /* "eu-central-1" */
    char *service;                /* default "bedrock" */
};

struct conf_upstream {
    char *name;
    char *host;                   /* lower case; the TLS name and the Host header */
    char **also;                  /* more host names that mean this upstream (intercepted likewise) */
    size_t n_also;
    char *address;                /* connect to this instead of resolving `host`: "127.0.0.1:9000"; or NULL */
    uint16_t port;                /* default 443 */
    bool plaintext;               /* only with a loopback `address` */
    char *ca_file;                /* or NULL: the system's */
    char *api;                    /* "openai" */
    char *region;                 /* or NULL */
    int baa;                      /* -1 not said, 0, 1 */
    int inside;                   /* perimeter: inside 1, outside 0 (default) */
    char *base_path;              /* what its paths begin with in place of the family's own ("/openai/v1"); NULL: as the
                                     api has it (wire/codec.h: route_base_path) */
    char *mount;                  /* reverse listeners: requests under this path ("/groq") go here, without it; or NULL */
    struct conf_aws *aws;         /* SigV4: the operator's own credential, to sign anew what was changed; or NULL */
    struct conf_credential *credential;   /* NULL: the client's own is passed on */
    uint32_t line;
};

struct conf_model {
    char *name, *file, *chat_template;
    uint32_t context, parallel, threads, queue;   /* 0: the engine's default */
    uint32_t line;
};

struct conf_network {
    int family;                   /* AF_INET, AF_INET6 */
    unsigned bits;
    unsigned char address[16];    /* network order; 4 bytes of it for AF_INET */
};

struct conf_client {              /* who: a name for addresses */
    char *name;
    char **networks;              /* "10.1.0.0/16" */
    size_t n_networks;
    struct conf_network *parsed;  /* n_networks of them */
    uint32_t line;
};

struct conf_class {
    char *name;
    double threshold;             /* a document belongs to the class from this score on; default 0.5 */
    uint32_t line;
};

struct conf_pattern {             /* the operator's own */
    char *type, *klass, *regex;
    double score;                 /* default 0.8 */
    char **context;               /* words near which it counts */
    size_t n_context;
    bool context_required;
    char *validator;              /* name of a built-in check ("luhn", "iban" …) or NULL */
    uint32_t line;
};

struct conf_words {
    char *type, *klass;
    char *file;                   /* NULL once loaded: its lines are in `words` */
    char **words;
    size_t n_words;
    double score;                 /* default 0.8 */
    bool ignore_case;             /* default true */
    uint32_t line;
};

struct conf_rule {
    char *name;
    /* conditions: all given ones must hold; a list is any of */
    char **classes;               size_t n_classes;
    double min_score;             /* of one of those classes; 0 not given */
    char **types;                 size_t n_types;       /* finding types */
    char **clients;               size_t n_clients;
    char **apis;                  size_t n_apis;        /* "openai.chat" or "openai" */
    char **upstreams;             size_t n_upstreams;
    char **regions;               size_t n_regions;
    char **models;                size_t n_models;      /* glob */
    int baa, inside;              /* -1 not given */
    char **paths;                 size_t n_paths;       /* glob over the path, without the query */
    char **opaque;                size_t n_opaque;      /* kinds of what cannot be read: "image" … (core/finding.h) */
    int unknown_ids;              /* -1 not given; 1: it refers to provider state that cordon has not seen made */
    int unknown_endpoint;         /* -1 not given; 1: only paths cordon does not know */
    /* what to do */
    enum action action;
    bool observe;
    char *message, *model, *notice;
    uint64_t min_parameters;      /* "7B" */
    bool no_store;                /* forward, redact: `store` is set to false where the API has it */
    bool prune_tools;             /* local; default true: tool definitions may be shortened and left out to fit */
    uint32_t line;                /* in the file, for messages */
};

struct conf_redis_tls {
    char *ca_file;                /* or NULL: the system's authorities */
    char *name;                   /* that its certificate must be for; or NULL: the address */
    char *certificate, *key;      /* ours; both or neither */
};

struct conf_redis {
    char *address;                /* "127.0.0.1:6379" */
    struct conf_redis_tls *tls;   /* NULL: plain */
    char *username;               /* or NULL */
    char *password_from_env, *password_from_file;      /* at most one */
    uint32_t database;
    char *prefix;                 /* of all keys; default "cordon:" */
    uint32_t timeout_ms;          /* of one request; default 1000 */
};

/* What outlives a request: which conversations were sensitive, what the local engine answered (state/state.h). */
struct conf_state {
    char *dir;                    /* default: `state` beside the ledger's directory */
    char *key_file;               /* 32 bytes or 64 hex digits, the same for all instances; default: made in `dir` */
    struct conf_redis *redis;     /* NULL: a sealed file in `dir` */
    uint32_t keep_s;              /* how long things are kept; default 30 days */
    uint32_t min_text;            /* shorter texts taint nothing; characters; default 32 */
    bool sessions;                /* a session that was sensitive stays so; default true */
    char **session_headers;       size_t n_session_headers;   /* default: see options.c */
};

struct conf_opaque {              /* what cannot be read */
    char **allow;                 size_t n_allow;     /* kinds that are not taken as sensitive */
    char **classes;               size_t n_classes;   /* the classes the others count as; default: all but `secret` */
    uint32_t line;
};

struct conf {
    char *path;                   /* absolute */
    uint32_t version;             /* of the format: 1 */
    char digest[65];              /* hex SHA-256 over the file and the word lists and chat templates it names (load.c) */
    struct conf_listener *listeners;   size_t n_listeners;
    struct conf_upstream *upstreams;   size_t n_upstreams;
    char **tunnels;               size_t n_tunnels;     /* hosts passed through a CONNECT without interception */
    struct conf_model *models;    size_t n_models;
    struct conf_client *clients;  size_t n_clients;
    struct conf_class *classes;   size_t n_classes;     /* thresholds of built-in ones, and new ones */
    struct conf_pattern *patterns; size_t n_patterns;
    struct conf_words *word_lists; size_t n_word_lists;
    char **disabled_types;        size_t n_disabled_types;   /* built-in patterns that are switched off */
    uint32_t disabled_types_line;
    struct conf_rule *rules;      size_t n_rules;
    struct conf_state state;
    struct conf_opaque opaque;
    enum action unknown_endpoint; /* refuse (default) or forward after generic inspection, by the rules */
    char *ca_dir;                 /* or NULL */
    char *ledger_dir;
    uint64_t ledger_segment;
    char *cache_dir;              /* compiled pattern database; or NULL */
    char *admin_address;          /* loopback, or NULL */
    uint32_t workers;             /* 0: cores - 1, at least 1 */
    uint64_t max_body, max_inflated;   /* bytes */
    uint32_t max_ratio;           /* of decompression */
    uint32_t max_head;
    uint32_t request_timeout_s, idle_timeout_s, upstream_connect_timeout_s, upstream_idle_timeout_s, drain_timeout_s;
    uint32_t max_connections;
    uint16_t *connect_ports;      size_t n_connect_ports;    /* default 443 */
    enum { CONF_LOG_ERROR, CONF_LOG_WARN, CONF_LOG_INFO, CONF_LOG_DEBUG } log_level;
};

/* NULL and *why ("FILE:LINE:COLUMN: reason; what to do") on any error; the first one when there are several. Relative
 * paths in the file are relative to the directory it is in. Boot thread and reload. */
CD_USE struct conf *conf_load(const char *path, struct why *why);
/* The same on bytes in memory; `path` gives the name for messages and the directory for relative paths. */
CD_USE struct conf *conf_load_bytes(const char *path, struct span bytes, struct why *why);
void conf_free(struct conf *c);

/* All errors of a file, each as one line of text to `line`; returns their number. For `cordon check`. */
int conf_check(const char *path, void (*line)(const char *text, void *arg), void *arg);

/* The names of the built-in classes, by number (core/finding.h). */
extern const char *const conf_builtin_classes[CLASS_BUILTIN];
/* The names of all classes, built-in ones first, then the operator's in the order of the file; at most CLASS_MAX. */
size_t conf_class_names(const struct conf *c, const char *names[CLASS_MAX]);
/* FILE:LINE: of something in the file, for messages of other layers about it. */
void why_at(struct why *why, const struct conf *c, uint32_t line, const char *fmt, ...) CD_PRINTF(4, 5);

/* "127.0.0.1:80" or "[::1]:80" to a socket address. */
CD_USE bool conf_parse_address(const char *s, struct sockaddr_storage *out, socklen_t *len);
/* Name of the client that `addr` belongs to, or NULL. The narrowest network wins, whatever the order in the file. An
 * IPv4 address mapped into IPv6 is taken as the IPv4 one. Any thread. */
const char *conf_client_name(const struct conf *c, const struct sockaddr *addr);

#endif
