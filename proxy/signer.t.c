#include "proxy/signer.h"
#include "core/clock.h"
#include "core/digest.h"
#include "core/log.h"
#include "proxy/ca_store.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <cmocka.h>
#include "proxy/tls.t.h"

struct fixture {
    struct scratch dir;
    struct signer *signer;
};

static int set_up(void **state)
{
    static struct fixture f;
    struct why why = {""};
    digest_init();
    log_level = LOG_ERROR;
    scratch_make(&f.dir);
    assert_int_equal(ca_init(f.dir.dir, "Org", &why), FAIL_OK);
    f.signer = signer_start(f.dir.dir, &why);
    assert_string_equal(why.text, "");
    assert_non_null(f.signer);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    pid_t pid = signer_pid(f->signer);
    signer_stop(f->signer);
    assert_int_not_equal(kill(pid, 0), 0);   /* gone, and not a zombie either */
    scratch_remove(&f->dir);
    return 0;
}

static bool is_leaf_for(struct fixture *f, X509 *leaf, const char *host)
{
    X509 *ca = read_cert(&f->dir, "ca.pem");
    bool ok = X509_check_host(leaf, host, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1 &&
              X509_verify(leaf, X509_get0_pubkey(ca)) == 1 && X509_check_private_key(leaf, signer_leaf_key(f->signer)) == 1;
    X509_free(ca);
    return ok;
}

static enum fail ask(struct fixture *f, const char *host)
{
    X509 *leaf = NULL;
    enum fail r = signer_ask(f->signer, span_str(host), &leaf);
    if (r == FAIL_OK) assert_true(is_leaf_for(f, leaf, host));
    else assert_null(leaf);
    X509_free(leaf);
    return r;
}

static void signs_host_names(void **state)
{
    assert_int_equal(ask(*state, "api.openai.com"), FAIL_OK);
    assert_int_equal(ask(*state, "api.anthropic.com"), FAIL_OK);
    assert_int_equal(sk_X509_num(signer_chain(((struct fixture *)*state)->signer)), 0);
}

/* It looks at the name itself, and goes on after a refusal. */
static void refuses_other_names(void **state)
{
    static const char *const bad[] = {"", "a.example,DNS:b.example", "UPPER.example", "*", "a b", "a..b", "1.2.3"};
    char too_long[300];
    for (size_t i = 0; i < sizeof too_long; i++) too_long[i] = i % 2 ? '.' : 'a';
    too_long[255] = '\0';
    assert_int_equal(ask(*state, too_long), FAIL_INTERNAL);
    for (size_t i = 0; i < COUNT(bad); i++) assert_int_equal(ask(*state, bad[i]), FAIL_INTERNAL);
    assert_int_equal(ask(*state, "api.openai.com"), FAIL_OK);
}

/* Gives NULL, or a complaint. */
static void *ask_often(void *arg)
{
    static char refused[] = "refused", others[] = "another host's leaf";
    static const char *const hosts[] = {"a.example", "bb.example", "ccc.example"};
    for (size_t i = 0; i < 30; i++) {
        X509 *leaf = NULL;
        if (signer_ask(((struct fixture *)arg)->signer, span_str(hosts[i % 3]), &leaf) != FAIL_OK) return refused;
        bool right = X509_check_host(leaf, hosts[i % 3], 0, 0, NULL) == 1;
        X509_free(leaf);
        if (!right) return others;
    }
    return NULL;
}

static void many_workers_ask(void **state)
{
    pthread_t t[3];
    for (size_t i = 0; i < COUNT(t); i++) assert_int_equal(pthread_create(&t[i], NULL, ask_often, *state), 0);
    for (size_t i = 0; i < COUNT(t); i++) {
        void *complaint = NULL;
        pthread_join(t[i], &complaint);
        assert_null(complaint);
    }
}

static bool status_says(pid_t pid, const char *line)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return strstr(text, line) != NULL;
}

/* Of its descriptors: standard input, output and error, and the socket. Only root may look. */
static size_t open_files(pid_t pid)
{
    char path[64];
    size_t n = 0;
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    DIR *d = opendir(path);
    if (d == NULL) return 4;
    while (readdir(d)) n++;
    closedir(d);
    return n - 2;
}

static void has_no_rights(void **state)
{
    pid_t pid = signer_pid(((struct fixture *)*state)->signer);
    assert_true(status_says(pid, "Name:\tcordon-signer\n"));
    assert_true(status_says(pid, "NoNewPrivs:\t1\n"));
    assert_int_equal(ask(*state, "api.openai.com"), FAIL_OK);   /* so it is past its start */
    assert_true(status_says(pid, "Seccomp:\t2\n"));
    assert_int_equal(open_files(pid), 4);
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "/proc/%ld/mem", (long)pid);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_uid, 0);   /* not dumpable: its memory belongs to root, whoever runs it */
}

/* Of a process of its own: 1 when what the signer needs goes and what it must not do does not. */
static void filter_forbids(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        char b[16];
        bool set = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && signer_filter();
        bool kept = getrandom(b, sizeof b, 0) == sizeof b && getpid() > 0;
        bool file = open("/dev/null", O_RDONLY) >= 0 || errno != EPERM;
        bool net = socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EPERM;
        bool process = fork() >= 0 || errno != EPERM;
        bool program = execl("/bin/true", "true", NULL) >= 0 || errno != EPERM;
        _exit(set && kept && !file && !net && !process && !program);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
}

static void signals_do_not_end_it(void **state)
{
    struct fixture *f = *state;
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < COUNT(signals); i++) kill(signer_pid(f->signer), signals[i]);
    usleep(20000);
    assert_int_equal(ask(f, "api.openai.com"), FAIL_OK);
}

/* A question that was given up: its late answer is not taken for the next one's. */
static void silence(void **state)
{
    struct fixture *f = *state;
    signer_set_patience(f->signer, 200, 400);
    kill(signer_pid(f->signer), SIGSTOP);
    uint64_t from = clock_mono_us();
    assert_int_equal(ask(f, "late.example"), FAIL_INTERNAL);
    assert_true(clock_mono_us() - from >= 200000);
    from = clock_mono_us();
    assert_int_equal(ask(f, "next.example"), FAIL_INTERNAL);   /* at once */
    assert_true(clock_mono_us() - from < 150000);
    kill(signer_pid(f->signer), SIGCONT);
    usleep(450000);
    signer_set_patience(f->signer, SIGNER_ANSWER_MS, SIGNER_QUIET_MS);
    assert_int_equal(ask(f, "next.example"), FAIL_OK);
}

static void death(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(kill(signer_pid(f->signer), SIGKILL), 0);
    uint64_t from = clock_mono_us();
    assert_int_equal(ask(f, "a.example"), FAIL_INTERNAL);
    assert_int_equal(ask(f, "a.example"), FAIL_INTERNAL);
    assert_true(clock_mono_us() - from < 1000000);
}

static void expect_no_start(const struct scratch *s, const char *complaint)
{
    struct why why = {""};
    assert_null(signer_start(s->dir, &why));
    if (!strstr(why.text, complaint)) fail_msg("\"%s\" is not in \"%s\"", complaint, why.text);
}

static void does_not_start(void **state)
{
    (void)state;
    struct scratch s;
    char path[256];
    EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
    X509 *ca = ca_make_root(key, "Org", time(NULL));
    X509 *leaf = ca_make_leaf(ca, key, key, SPAN("a.example"), time(NULL));
    scratch_make(&s);
    expect_no_start(&s, "ca.pem: No such file");
    write_pem(&s, "ca.pem", NULL, NULL, key);
    expect_no_start(&s, "holds no certificate");
    write_pem(&s, "ca.pem", leaf, NULL, NULL);
    write_pem(&s, "ca.key", NULL, NULL, key);
    expect_no_start(&s, "not one of a CA");
    write_pem(&s, "ca.pem", ca, NULL, NULL);
    write_pem(&s, "ca.key", NULL, NULL, other);
    expect_no_start(&s, "does not belong");
    write_pem(&s, "ca.key", ca, NULL, NULL);
    expect_no_start(&s, "holds no private key");
    write_pem(&s, "ca.key", NULL, NULL, key);
    chmod(scratch_path(&s, "ca.key", path), 0604);
    expect_no_start(&s, "chmod 600");
    unlink(path);
    expect_no_start(&s, "ca.key: No such file");
    scratch_remove(&s);
    X509_free(leaf);
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}

/* An intermediate of the operator's own PKI, with an RSA key: its leaves come with it, and not with the root. */
static void intermediate(void **state)
{
    (void)state;
    struct fixture f;
    struct why why = {""};
    X509 *leaf = NULL;
    EVP_PKEY *root_key = EVP_EC_gen("P-256"), *key = EVP_RSA_gen(2048);
    scratch_make(&f.dir);
    X509 *root = ca_make_root(root_key, "Org", time(NULL)), *middle = ca_make_root(key, "Org", time(NULL));
    assert_int_equal(X509_set_issuer_name(middle, X509_get_subject_name(root)), 1);
    assert_true(X509_sign(middle, root_key, EVP_sha256()) > 0);
    write_pem(&f.dir, "ca.pem", middle, root, NULL);
    write_pem(&f.dir, "ca.key", NULL, NULL, key);
    f.signer = signer_start(f.dir.dir, &why);
    assert_non_null(f.signer);
    assert_int_equal(signer_ask(f.signer, SPAN("a.example"), &leaf), FAIL_OK);
    assert_int_equal(X509_verify(leaf, key), 1);
    assert_int_equal(sk_X509_num(signer_chain(f.signer)), 1);
    assert_int_equal(X509_cmp(sk_X509_value(signer_chain(f.signer), 0), middle), 0);
    signer_stop(f.signer);
    scratch_remove(&f.dir);
    X509_free(leaf);
    X509_free(root);
    X509_free(middle);
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(signs_host_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_other_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_workers_ask, set_up, tear_down),
        cmocka_unit_test_setup_teardown(has_no_rights, set_up, tear_down),
        cmocka_unit_test_setup_teardown(signals_do_not_end_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(death, set_up, tear_down),
        cmocka_unit_test(filter_forbids),
        cmocka_unit_test(does_not_start),
        cmocka_unit_test(intermediate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
