/* The store in Redis, with a real redis-server of our own: on a free port of the loopback, in a folder of its own. */
#include "state/redis.h"
#include "state/rig.t.h"
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define PASSWORD "not-a-secret-1"

static char dir[64], address[32], prefix[] = "test:", file[128];
static int port;
static pid_t server;
static const struct state_owner alice = {{1}}, bob = {{2}};

static int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    close(fd);
    return ntohs(a.sin_port);
}

static bool listens(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool yes = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    close(fd);
    return yes;
}

/* `tls`: with a port for TLS instead of a plain one, and certificates of make_certificates(). */
static void server_start_as(bool tls)
{
    char p[16], log[128], crt[80], key[80], ca[80];
    snprintf(p, sizeof p, "%d", port);
    snprintf(log, sizeof log, "%s/log", dir);
    snprintf(crt, sizeof crt, "%s/crt", dir);
    snprintf(key, sizeof key, "%s/tls-key", dir);
    snprintf(ca, sizeof ca, "%s/ca", dir);
    const char *argv[] = {"redis-server", tls ? "--tls-port" : "--port", p, "--bind", "127.0.0.1", "--dir", dir, "--save", "",
                          "--appendonly", "yes", "--appendfsync", "always", "--requirepass", PASSWORD, "--logfile", log,
                          tls ? "--port" : NULL, "0", "--tls-cert-file", crt, "--tls-key-file", key, "--tls-ca-cert-file", ca, NULL};
    server = fork();
    assert_true(server >= 0);
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);   /* however the test ends */
        execvp(argv[0], (char **)(uintptr_t)argv);
        _exit(127);
    }
    for (int i = 0; i < 500 && !listens(); i++) poll(NULL, 0, 20);
    assert_true(listens());
}

static void server_start(void) { server_start_as(false); }

static void server_stop(int sig)
{
    if (server <= 0) return;
    kill(server, sig);
    kill(server, SIGCONT);
    waitpid(server, NULL, 0);
    server = 0;
}

static int before_all(void **state)
{
    (void)state;
    rig_dir(dir);
    port = free_port();
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    snprintf(file, sizeof file, "%s/password", dir);
    FILE *f = fopen(file, "w");
    fprintf(f, "%s\n", PASSWORD);
    fclose(f);
    server_start();
    return 0;
}

static int after_all(void **state)
{
    (void)state;
    server_stop(SIGKILL);
    rig_dir_remove(dir);
    return 0;
}

static struct conf_redis_tls *use_tls;   /* of the stores that are opened */

static struct state *open_store(const char *password_file, uint32_t keep_s, uint32_t timeout_ms)
{
    struct conf_redis r = {.address = address, .password_from_file = (char *)(uintptr_t)password_file, .prefix = prefix,
                           .timeout_ms = timeout_ms, .database = 1, .tls = use_tls};
    struct conf_state c = {.dir = dir, .redis = &r, .keep_s = keep_s};
    struct why why;
    struct state *s = state_open(&c, &why);
    if (s == NULL) fail_msg("%s", why.text);
    return s;
}

static void await(struct rig *r, bool up)
{
    for (int i = 0; i < 800 && state_up(r->state) != up; i++) rig_turn(r, 10);
    assert_int_equal(state_up(r->state), up);
}

static void start(struct rig *r)
{
    rig_start(r, open_store(file, 1000, 1000));
    await(r, true);
}

static void stop(struct rig *r)
{
    rig_stop(r);
    state_close(r->state);
}

/* One command by a connection of the test's own. */
static redisReply *ask(const char *command)
{
    redisContext *c = redisConnect("127.0.0.1", port);
    assert_int_equal(c->err, 0);
    freeReplyObject(redisCommand(c, "AUTH " PASSWORD));
    freeReplyObject(redisCommand(c, "SELECT 1"));
    size_t n = strlen(command);
    char *argv[4], text[512];
    size_t argc = 0;
    assert_true(n < sizeof text);
    memcpy(text, command, n + 1);
    for (char *word = strtok(text, " "); word && argc < COUNT(argv); word = strtok(NULL, " ")) argv[argc++] = word;
    redisReply *r = redisCommandArgv(c, (int)argc, (const char **)argv, NULL);
    assert_non_null(r);
    redisFree(c);
    return r;
}

static void flush(void) { freeReplyObject(ask("FLUSHALL")); }

/* ---- what it keeps ---- */

static void facts_and_their_union(void **state)
{
    (void)state;
    struct rig a, b;
    flush();
    start(&a);
    start(&b);   /* another instance with the same key */
    rig_knows_not(&a, STATE_ID, "resp_1");
    assert_int_equal(rig_remember(&a, STATE_ID, "resp_1", ""), FAIL_OK);
    rig_knows(&b, STATE_ID, "resp_1", "");
    assert_int_equal(rig_remember(&a, STATE_ID, "resp_1", "phi"), FAIL_OK);
    assert_int_equal(rig_remember(&b, STATE_ID, "resp_1", "privileged,phi"), FAIL_OK);
    rig_knows(&a, STATE_ID, "resp_1", "phi,privileged");
    rig_knows(&b, STATE_ID, "resp_1", "phi,privileged");
    rig_knows_not(&a, STATE_SESSION, "resp_1");
    stop(&a);
    stop(&b);
}

static void many_at_once(void **state)
{
    (void)state;
    struct rig r;
    struct rig_wait w = {0};
    struct state_key keys[500];
    struct state_fact facts[500];
    bool later;
    char name[32];
    start(&r);
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof name, "id-%d", i);
        keys[i] = rig_key(&r, STATE_TEXT, name);
    }
    enum fail f = state_remember(r.port, keys, 250, "phi,financial", rig_done, &w, &later);
    assert_int_equal(rig_await(&r, &w, f, later), FAIL_OK);
    w.called = 0;
    f = state_recall(r.port, keys, 500, facts, rig_done, &w, &later);
    memset(keys, 0, sizeof keys);   /* copied */
    assert_int_equal(rig_await(&r, &w, f, later), FAIL_OK);
    for (int i = 0; i < 500; i++) assert_int_equal(facts[i].known, i < 250);
    assert_true(rig_same_classes(facts[0].classes, "phi,financial"));
    stop(&r);
}

static void objects_are_kept_per_owner(void **state)
{
    (void)state;
    struct rig r;
    struct span got;
    start(&r);
    struct state_key mine = state_key_of(r.state, STATE_OBJECT, &alice, SPAN("resp_x"));
    struct state_key theirs = state_key_of(r.state, STATE_OBJECT, &bob, SPAN("resp_x"));
    assert_int_equal(rig_fetch(&r, mine, &got), FAIL_OK);
    assert_null(got.p);
    char *big = malloc(3000000);
    memset(big, 'x', 3000000);
    assert_int_equal(rig_keep(&r, mine, (struct span){big, 3000000}), FAIL_OK);
    assert_int_equal(rig_fetch(&r, mine, &got), FAIL_OK);
    assert_true(got.n == 3000000 && memcmp(got.p, big, got.n) == 0);
    free(big);
    assert_int_equal(rig_fetch(&r, theirs, &got), FAIL_OK);
    assert_null(got.p);
    assert_int_equal(rig_keep(&r, mine, SPAN_NONE), FAIL_OK);
    assert_int_equal(rig_fetch(&r, mine, &got), FAIL_OK);
    assert_true(got.p != NULL && got.n == 0);
    assert_int_equal(rig_forget(&r, mine), FAIL_OK);
    assert_int_equal(rig_fetch(&r, mine, &got), FAIL_OK);
    assert_null(got.p);
    stop(&r);
}

static void life_ends(void **state)
{
    (void)state;
    struct rig r;
    struct span got;
    flush();
    struct state_fact fact = {.known = true};
    rig_start(&r, open_store(file, 3, 1000));
    await(&r, true);
    assert_int_equal(rig_keep(&r, rig_key(&r, STATE_OBJECT, "o"), SPAN("x")), FAIL_OK);
    assert_int_equal(rig_remember(&r, STATE_ID, "a", "phi"), FAIL_OK);
    rig_knows(&r, STATE_ID, "a", "phi");
    for (int i = 0; i < 150 && fact.known; i++) {
        rig_turn(&r, 50);
        assert_int_equal(rig_recall(&r, STATE_ID, "a", &fact), FAIL_OK);
    }
    assert_false(fact.known);
    assert_int_equal(rig_fetch(&r, rig_key(&r, STATE_OBJECT, "o"), &got), FAIL_OK);
    assert_null(got.p);
    stop(&r);
}

static void restarts_forget_nothing(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    assert_int_equal(rig_remember(&r, STATE_ID, "stays", "phi"), FAIL_OK);
    stop(&r);
    server_stop(SIGTERM);
    server_start();
    start(&r);
    rig_knows(&r, STATE_ID, "stays", "phi");
    stop(&r);
}

/* ---- what can be seen ---- */

static bool holds(const redisReply *r, const char *word)
{
    if (r->type == REDIS_REPLY_STRING) return memmem(r->str, r->len, word, strlen(word)) != NULL;
    for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i < r->elements; i++)
        if (holds(r->element[i], word)) return true;
    return false;
}

static void nothing_can_be_read(void **state)
{
    (void)state;
    static const char *const words[] = {"resp_visible", "privileged", "phi", "patient"};
    struct rig r;
    flush();
    start(&r);
    assert_int_equal(rig_remember(&r, STATE_ID, "resp_visible", "privileged,phi"), FAIL_OK);
    assert_int_equal(rig_keep(&r, rig_key(&r, STATE_OBJECT, "resp_visible"), SPAN("the patient is well")), FAIL_OK);
    stop(&r);
    redisReply *keys = ask("KEYS *");
    assert_int_equal(keys->elements, 3);
    for (size_t i = 0; i < keys->elements; i++) {
        char command[256];
        if (strcmp(keys->element[i]->str, "test:mark") == 0) continue;   /* a random number */
        assert_true(strncmp(keys->element[i]->str, "test:", 5) == 0);
        bool fact = keys->element[i]->str[5] == 'f';
        snprintf(command, sizeof command, "%s %s", fact ? "HGETALL" : "GET", keys->element[i]->str);
        redisReply *value = ask(command);
        assert_int_equal(value->type, fact ? REDIS_REPLY_ARRAY : REDIS_REPLY_STRING);
        for (size_t k = 0; k < COUNT(words); k++) assert_false(holds(value, words[k]) || holds(keys, words[k]));
        for (size_t k = 1; fact && k < value->elements; k += 2) assert_int_equal(value->element[k]->len, 32 + SEAL_OVERHEAD);
        freeReplyObject(value);
        snprintf(command, sizeof command, "TTL %s", keys->element[i]->str);
        value = ask(command);
        assert_true(value->integer > 900 && value->integer <= 1000);
        freeReplyObject(value);
    }
    freeReplyObject(keys);
}

/* A fact that is copied to another key, or made up, is not taken. */
static void nothing_can_be_moved(void **state)
{
    (void)state;
    struct rig r;
    struct state_fact fact;
    struct span got;
    char command[256], hex[33], other[33];
    flush();
    start(&r);
    assert_int_equal(rig_remember(&r, STATE_ID, "a", "phi"), FAIL_OK);
    struct state_key a = rig_key(&r, STATE_ID, "a"), b = rig_key(&r, STATE_ID, "b");
    hex_put(hex, a.b, 16);
    hex_put(other, b.b, 16);
    snprintf(command, sizeof command, "COPY test:f:%s test:f:%s", hex, other);
    freeReplyObject(ask(command));
    assert_int_equal(rig_recall(&r, STATE_ID, "b", &fact), FAIL_STATE_DOWN);
    rig_knows(&r, STATE_ID, "a", "phi");
    snprintf(command, sizeof command, "SET test:o:%s made-up", hex);
    freeReplyObject(ask(command));
    assert_int_equal(rig_fetch(&r, a, &got), FAIL_STATE_DOWN);
    assert_int_equal(rig_keep(&r, a, SPAN("true")), FAIL_OK);
    snprintf(command, sizeof command, "COPY test:o:%s test:o:%s", hex, other);
    freeReplyObject(ask(command));
    assert_int_equal(rig_fetch(&r, b, &got), FAIL_STATE_DOWN);
    assert_null(got.p);
    /* a key of another type */
    snprintf(command, sizeof command, "SET test:f:%s x", other);
    freeReplyObject(ask(command));
    assert_int_equal(rig_recall(&r, STATE_ID, "b", &fact), FAIL_STATE_DOWN);
    assert_int_equal(rig_remember(&r, STATE_ID, "b", "phi"), FAIL_STATE_DOWN);
    stop(&r);
}

/* ---- when it does not work ---- */

static void goes_and_comes_back(void **state)
{
    (void)state;
    struct rig r;
    struct state_fact fact;
    struct rig_wait w[20] = {{0}};
    struct state_fact facts[20];
    bool later;
    start(&r);
    assert_int_equal(rig_remember(&r, STATE_ID, "before", "phi"), FAIL_OK);
    kill(server, SIGSTOP);   /* so that all of these wait when it goes */
    for (size_t i = 0; i < COUNT(w); i++) {
        struct state_key k = rig_key(&r, STATE_ID, "before");
        assert_int_equal(state_recall(r.port, &k, 1, &facts[i], rig_done, &w[i], &later), FAIL_OK);
        assert_true(later);
    }
    rig_turn(&r, 50);
    server_stop(SIGKILL);
    for (size_t i = 0; i < COUNT(w); i++) assert_int_equal(rig_await(&r, &w[i], FAIL_OK, true), FAIL_STATE_DOWN);
    assert_int_equal(rig_recall(&r, STATE_ID, "before", &fact), FAIL_STATE_DOWN);
    await(&r, false);
    rig_turn(&r, 500);
    assert_int_equal(rig_remember(&r, STATE_ID, "lost", "phi"), FAIL_STATE_DOWN);
    server_start();
    await(&r, true);
    rig_knows(&r, STATE_ID, "before", "phi");
    rig_knows_not(&r, STATE_ID, "lost");
    for (size_t i = 0; i < COUNT(w); i++) assert_int_equal(w[i].called, 1);
    stop(&r);
}

static void hangs(void **state)
{
    (void)state;
    struct rig r;
    struct state_fact fact;
    rig_start(&r, open_store(file, 1000, 200));
    await(&r, true);
    kill(server, SIGSTOP);
    uint64_t from = clock_mono_us();
    assert_int_equal(rig_recall(&r, STATE_ID, "x", &fact), FAIL_STATE_DOWN);
    uint64_t took = clock_mono_us() - from;
    assert_true(took >= 150000 && took < 3000000);
    assert_false(state_up(r.state));
    kill(server, SIGCONT);
    await(&r, true);
    rig_knows_not(&r, STATE_ID, "x");
    stop(&r);
}

/* Nobody asks anything, and it is noticed nevertheless: /readyz tells the truth. */
static void hangs_while_nothing_is_asked(void **state)
{
    (void)state;
    struct rig r;
    rig_start(&r, open_store(file, 1000, 200));
    await(&r, true);
    kill(server, SIGSTOP);
    await(&r, false);
    kill(server, SIGCONT);
    await(&r, true);
    stop(&r);
}

static void not_there_at_start(void **state)
{
    (void)state;
    struct rig r;
    struct state_fact fact;
    server_stop(SIGKILL);
    rig_start(&r, open_store(file, 1000, 1000));
    assert_false(state_up(r.state));
    assert_int_equal(rig_recall(&r, STATE_ID, "x", &fact), FAIL_STATE_DOWN);
    server_start();
    await(&r, true);
    rig_knows_not(&r, STATE_ID, "x");
    stop(&r);
}

static void the_password_counts(void **state)
{
    (void)state;
    char wrong[128];
    struct rig r;
    struct state_fact fact;
    snprintf(wrong, sizeof wrong, "%s/wrong", dir);
    FILE *f = fopen(wrong, "w");
    fprintf(f, "wrong");
    fclose(f);
    for (int i = 0; i < 2; i++) {
        rig_start(&r, open_store(i ? NULL : wrong, 1000, 1000));
        rig_turn(&r, 300);
        assert_false(state_up(r.state));
        assert_int_equal(rig_recall(&r, STATE_ID, "x", &fact), FAIL_STATE_DOWN);
        stop(&r);
    }
    struct conf_redis redis = {.address = address, .password_from_env = (char[]){"CORDON_TEST_NO_SUCH_NAME"}};
    struct conf_state c = {.dir = dir, .redis = &redis, .keep_s = 10};
    struct why why;
    assert_null(state_open(&c, &why));
    assert_non_null(strstr(why.text, "CORDON_TEST_NO_SUCH_NAME"));
}

static void expect_ok(const char *command)
{
    redisReply *r = ask(command);
    if (r->type == REDIS_REPLY_ERROR) fail_msg("%s: %s", command, r->str);
    freeReplyObject(r);
}

/* It answers, and yet nothing can be kept in it: as when it is gone, and back by itself. */
static void answers_but_cannot_be_written_to(void **state)
{
    (void)state;
    static const struct { const char *breaks, *mends; } ways[] = {
        {"REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"}, {"CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"}};
    struct rig r;
    struct state_fact fact;
    for (size_t i = 0; i < COUNT(ways); i++) {
        start(&r);
        assert_int_equal(rig_remember(&r, STATE_ID, "kept", "phi"), FAIL_OK);
        expect_ok(ways[i].breaks);
        assert_int_equal(rig_remember(&r, STATE_ID, "not kept", "phi"), FAIL_STATE_DOWN);
        await(&r, false);
        assert_int_equal(rig_recall(&r, STATE_ID, "kept", &fact), FAIL_STATE_DOWN);
        expect_ok(ways[i].mends);
        await(&r, true);
        rig_knows(&r, STATE_ID, "kept", "phi");
        stop(&r);
        start(&r);   /* nobody asks for anything: it is found out nevertheless */
        expect_ok(ways[i].breaks);
        await(&r, false);
        expect_ok(ways[i].mends);
        await(&r, true);
        stop(&r);
    }
}

/* Its data are gone: that is told, as nothing else would tell. */
static void emptied(void **state)
{
    (void)state;
    struct rig r;
    start(&r);
    uint64_t before = atomic_load(&((struct redis_store *)r.state)->mark);
    assert_int_not_equal(before, 0);
    flush();
    for (int i = 0; i < 500 && atomic_load(&((struct redis_store *)r.state)->mark) == before; i++) rig_turn(&r, 10);
    assert_int_not_equal(atomic_load(&((struct redis_store *)r.state)->mark), before);
    assert_true(state_up(r.state));
    stop(&r);
}

/* ---- TLS ---- */

static bool make_certificates(void)
{
    char command[1024];
    snprintf(command, sizeof command,
             "cd %s && exec >/dev/null 2>&1 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca-key "
             "-out ca -days 2 -subj /CN=test-ca && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls-key "
             "-out csr -subj /CN=redis.test -addext 'subjectAltName=DNS:redis.test,IP:127.0.0.1' && "
             "openssl x509 -req -in csr -CA ca -CAkey ca-key -out crt -days 2 -copy_extensions copy", dir);
    return system(command) == 0;
}

static void over_tls(void **state)
{
    (void)state;
    char ca[80], crt[80], key[80], its_name[] = "redis.test", other[] = "other.test";
    snprintf(ca, sizeof ca, "%s/ca", dir);
    snprintf(crt, sizeof crt, "%s/crt", dir);
    snprintf(key, sizeof key, "%s/tls-key", dir);
    struct conf_redis_tls good[] = {{.ca_file = ca, .certificate = crt, .key = key},
                                    {.ca_file = ca, .name = its_name, .certificate = crt, .key = key}};
    struct conf_redis_tls bad[] = {{.ca_file = ca, .name = other, .certificate = crt, .key = key},
                                   {.certificate = crt, .key = key}, {.ca_file = ca}};
    struct rig r;
    assert_true(make_certificates());
    server_stop(SIGKILL);
    server_start_as(true);
    for (size_t i = 0; i < COUNT(good); i++) {
        use_tls = &good[i];
        start(&r);
        assert_int_equal(rig_remember(&r, STATE_ID, "over tls", "phi"), FAIL_OK);
        rig_knows(&r, STATE_ID, "over tls", "phi");
        stop(&r);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        use_tls = &bad[i];
        rig_start(&r, open_store(file, 1000, 1000));
        rig_turn(&r, 400);
        assert_false(state_up(r.state));
        stop(&r);
    }
    use_tls = NULL;   /* plain words to a TLS port */
    rig_start(&r, open_store(file, 1000, 1000));
    rig_turn(&r, 300);
    assert_false(state_up(r.state));
    stop(&r);
    server_stop(SIGKILL);
    server_start();
    struct conf_redis_tls none = {.ca_file = file};
    struct conf_redis redis = {.address = address, .tls = &none};
    struct conf_state c = {.dir = dir, .redis = &redis, .keep_s = 10};
    struct why why;
    assert_null(state_open(&c, &why));
    assert_non_null(strstr(why.text, "no CA certificate"));
}

/* ---- something else answers ---- */

static void not_redis(void **state)
{
    (void)state;
    static const char *const says[] = {"HTTP/1.1 200 OK\r\n\r\n", "+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n", "*-7\r\n", ""};
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    struct rig r;
    int yes = 1;
    server_stop(SIGKILL);
    for (size_t i = 0; i < COUNT(says); i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
        assert_int_equal(listen(fd, 8), 0);
        rig_start(&r, open_store(file, 1000, 200));
        rig_turn(&r, 20);
        int to = accept(fd, NULL, NULL);
        assert_int_equal(write(to, says[i], strlen(says[i])), (ssize_t)strlen(says[i]));
        rig_turn(&r, 300);
        assert_false(state_up(r.state));
        stop(&r);
        close(to);
        close(fd);
    }
    server_start();
}

static void cancelled_and_freed(void **state)
{
    (void)state;
    struct rig r;
    struct rig_wait gone = {0}, stays = {0}, never = {0};
    struct state_fact fact = {.known = true};
    struct span got = SPAN_NONE;
    bool later;
    start(&r);
    struct state_key k = rig_key(&r, STATE_ID, "y");
    assert_int_equal(state_recall(r.port, &k, 1, &fact, rig_done, &gone, &later), FAIL_OK);
    assert_int_equal(state_remember(r.port, &k, 1, "phi", rig_done, &gone, &later), FAIL_OK);
    assert_int_equal(state_fetch(r.port, k, r.arena, &got, rig_done, &stays, &later), FAIL_OK);
    state_cancel(r.port, &gone);
    assert_int_equal(rig_await(&r, &stays, FAIL_OK, later), FAIL_OK);
    assert_int_equal(gone.called, 0);
    rig_knows(&r, STATE_ID, "y", "phi");
    assert_int_equal(state_recall(r.port, &k, 1, &fact, rig_done, &never, &later), FAIL_OK);
    assert_int_equal(state_remember(r.port, &k, 1, "pii", NULL, NULL, &later), FAIL_OK);
    assert_false(later);
    stop(&r);
    assert_int_equal(never.called, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_and_their_union), cmocka_unit_test(many_at_once), cmocka_unit_test(objects_are_kept_per_owner),
        cmocka_unit_test(life_ends), cmocka_unit_test(restarts_forget_nothing), cmocka_unit_test(nothing_can_be_read),
        cmocka_unit_test(nothing_can_be_moved), cmocka_unit_test(goes_and_comes_back), cmocka_unit_test(hangs),
        cmocka_unit_test(hangs_while_nothing_is_asked), cmocka_unit_test(not_there_at_start),
        cmocka_unit_test(the_password_counts), cmocka_unit_test(cancelled_and_freed),
        cmocka_unit_test(answers_but_cannot_be_written_to), cmocka_unit_test(emptied), cmocka_unit_test(over_tls),
        cmocka_unit_test(not_redis),
    };
    if (system("redis-server --version >/dev/null 2>&1") != 0) {
        print_message("SKIPPED: redis-server is not installed (deploy/packages-test.txt)\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, before_all, after_all);
}
