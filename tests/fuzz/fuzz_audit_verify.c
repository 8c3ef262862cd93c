/* Fuzzes reading a ledger back. The first byte chooses how the rest becomes a ledger:
 *   'f'  files: the bytes of the segments, one after the other, separated by lines of "%%"
 *   else bodies: each line is the body of a record, which gets a right frame and hash, so that what lies behind the
 *        hash is reached; "%%" starts a new segment.
 * Oracles: a ledger that verifies does not verify with any one byte changed (the input says which); verify and show agree
 * on whether all holds; what show prints is printable. */
#include "audit/dir.h"
#include "audit/frame.h"
#include "audit/verify.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define REQUIRE(x) ((x) ? (void)0 : (fprintf(stderr, "does not hold: %s\n", #x), abort()))
#define SEGMENTS_MAX 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/tmp/cordon-fuzz-XXXXXX";
static uint64_t n_files;

static void remove_dir(void)
{
    rmdir(dir);
}

static void make_dir(void)
{
    static bool made;
    if (made) return;
    REQUIRE(mkdtemp(dir) != NULL);
    atexit(remove_dir);
    made = true;
}

static void path_of(uint64_t number, char out[80])
{
    char name[SEGMENT_NAME_MAX];
    segment_name(number, name);
    snprintf(out, 80, "%s/%s", dir, name);
}

static void write_file(struct span bytes)
{
    char path[80];
    path_of(++n_files, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    REQUIRE(fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
    close(fd);
}

static void remove_files(void)
{
    char path[80];
    for (; n_files > 0; n_files--) {
        path_of(n_files, path);
        unlink(path);
    }
}

/* Takes the bytes up to a line of "%%" or the end. */
static struct span take_part(struct span *rest)
{
    const char *mark = rest->n ? memmem(rest->p, rest->n, "%%\n", 3) : NULL;
    struct span part = {rest->p, mark ? (size_t)(mark - rest->p) : rest->n};
    *rest = span_from(*rest, mark ? part.n + 3 : part.n);
    return part;
}

static void files(struct span rest)
{
    while (rest.n > 0 && n_files < SEGMENTS_MAX) write_file(take_part(&rest));
}

static void put_head(struct chain *c, struct obuf *o, uint64_t ns)
{
    char body[120];
    int n = snprintf(body, sizeof body, "\"kind\":\"segment\",\"segment\":%u,\"key_id\":\"k-0\",\"previous_segment\":%u",
                     (unsigned)n_files + 1, (unsigned)n_files);
    chain_append(c, (struct span){body, (size_t)n}, ns, o);
}

static void bodies(struct span rest)
{
    struct chain c;
    uint64_t ns = 1767225600000000000u;
    chain_start(&c);
    while (rest.n > 0 && n_files < SEGMENTS_MAX) {
        struct span part = take_part(&rest);
        struct obuf o = {0};
        /* A part that begins with its own segment record is left to itself. */
        if (!span_starts(part, SPAN("\"kind\":\"segment\""))) put_head(&c, &o, ns);
        while (part.n > 0) {
            const char *nl = memchr(part.p, '\n', part.n);
            struct span line = {part.p, nl ? (size_t)(nl - part.p) : part.n};
            chain_append(&c, line, ns += 1000, &o);
            part = span_from(part, line.n + 1);
        }
        write_file(obuf_span(&o));
        obuf_fini(&o);
    }
}

static void one_byte_more_or_less(uint32_t where)
{
    char path[80], was, is;
    struct verify_report r;
    path_of(where % n_files + 1, path);
    int fd = open(path, O_RDWR);
    off_t size = lseek(fd, 0, SEEK_END);
    REQUIRE(fd >= 0);
    if (size > 0) {
        off_t at = (off_t)(where / n_files) % size;
        REQUIRE(pread(fd, &was, 1, at) == 1);
        is = (char)(was ^ (1 << (where >> 29)));
        REQUIRE(pwrite(fd, &is, 1, at) == 1);
        REQUIRE(audit_verify(dir, &r) != VERIFY_OK);
    }
    close(fd);
}

/* A gap left by a given-up tail or segment is not under any hash: its bytes may be anything. */
static bool all_counts(const struct verify_report *r) { return r->abandoned == 0; }

static bool show_holds(bool json)
{
    char *text = NULL;
    size_t n = 0;
    struct why why;
    FILE *out = open_memstream(&text, &n);
    REQUIRE(out != NULL);
    enum fail f = audit_show(dir, out, json, json ? 2 : 0, &why);
    fclose(out);
    for (size_t i = 0; !json && i < n; i++) REQUIRE(text[i] == '\n' || (text[i] >= 0x20 && text[i] < 0x7f));
    free(text);
    return f == FAIL_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct verify_report r;
    uint32_t where;
    if (size < 6 || size > 60000) return 0;
    make_dir();
    memcpy(&where, data + 1, sizeof where);
    struct span rest = {(const char *)data + 5, size - 5};
    if (data[0] == 'f') files(rest);
    else bodies(rest);
    enum verify_result result = audit_verify(dir, &r);
    REQUIRE(result == VERIFY_OK || r.text[0] != '\0');
    REQUIRE(show_holds(false) == (result == VERIFY_OK));
    (void)show_holds(true);
    if (result == VERIFY_OK && n_files > 0 && all_counts(&r)) one_byte_more_or_less(where);
    remove_files();
    return 0;
}
