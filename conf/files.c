/* The files that a configuration names and that policy depends on. */
#include "conf/load.h"
#include "core/digest.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST_FILE = 16 << 20, LONGEST_WORD = 256, MOST_WORDS = 1000000 };

static char *read_whole(int fd, size_t size, size_t *n)
{
    char *p = malloc(size + 1);
    size_t got = 0;
    while (p && got < size) {
        ssize_t r = read(fd, p + got, size - got);
        if (r < 0 && errno == EINTR) continue;
        if (r <= 0) break;
        got += (size_t)r;
    }
    if (p == NULL) return NULL;
    p[got] = '\0';
    *n = got;
    return p;
}

char *file_read(const char *path, size_t limit, size_t *n, const char **reason)
{
    struct stat st;
    char *p = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);   /* not to hang on a FIFO */
    if (fd < 0) return *reason = strerror(errno), NULL;
    if (fstat(fd, &st) != 0) *reason = strerror(errno);
    else if (!S_ISREG(st.st_mode)) *reason = "it is not a regular file";
    else if ((uint64_t)st.st_size > limit) *reason = "it is too large";
    else if ((p = read_whole(fd, (size_t)st.st_size, n)) == NULL) *reason = "out of memory";
    close(fd);
    return p;
}

static bool add_word(struct conf_words *w, size_t *cap, const char *p, size_t n)
{
    if (w->n_words == *cap) {
        size_t grown = *cap ? *cap * 2 : 256;
        char **more = realloc(w->words, grown * sizeof *more);
        if (more == NULL) return false;
        w->words = more;
        *cap = grown;
    }
    char *word = strndup(p, n);
    if (word) w->words[w->n_words++] = word;
    return word != NULL;
}

/* One word or phrase a line; spaces at its ends are taken off, blank lines and those that begin with # skipped. */
static const char *split_words(struct conf_words *w, struct span text, size_t *line)
{
    const char *p = text.p, *end = p + text.n;
    size_t cap = 0;
    for (*line = 1; p < end; (*line)++) {
        const char *eol = memchr(p, '\n', (size_t)(end - p));
        struct span word = {p, (size_t)((eol ? eol : end) - p)};
        p = eol ? eol + 1 : end;
        if (word.n && word.p[word.n - 1] == '\r') word.n--;
        word = span_trim(word);
        if (word.n == 0 || word.p[0] == '#') continue;
        if (word.n > LONGEST_WORD) return "is longer than 256 bytes";
        if (memchr(word.p, '\0', word.n)) return "holds a NUL";
        if (w->n_words == MOST_WORDS) return "is the first of more than a million words";
        if (!add_word(w, &cap, word.p, word.n)) return "does not fit in memory";
    }
    return w->n_words ? NULL : "is the end, and there was no word";
}

static void read_list(struct conf_words *w, struct place at, struct sha256_state *h, struct report *r)
{
    size_t n, line;
    const char *reason;
    char *text = file_read(w->file, LARGEST_FILE, &n, &reason);
    if (text == NULL) {
        report_at(r, at, "the word list %s cannot be read: %s", w->file, reason);
        return;
    }
    struct digest d = sha256((struct span){text, n});
    sha256_add(h, (struct span){(const char *)d.b, DIGEST_LEN});
    free(w->words);   /* the empty list of a key that was not given */
    w->words = NULL;
    w->n_words = 0;
    struct span words = {text, n};
    if (span_starts(words, SPAN("\xef\xbb\xbf"))) words = span_from(words, 3);   /* a byte-order mark */
    if ((reason = split_words(w, words, &line)) != NULL)
        report_at(r, at, "the word list %s: line %zu %s", w->file, line, reason);
    free(text);
    free(w->file);   /* read once, so that what is in force is what the digest is of */
    w->file = NULL;
}

static void hash_template(const char *path, struct place at, struct sha256_state *h, struct report *r)
{
    size_t n;
    const char *reason;
    char *text = file_read(path, LARGEST_FILE, &n, &reason);
    if (text == NULL) {
        report_at(r, at, "the chat template %s cannot be read: %s", path, reason);
        return;
    }
    struct digest d = sha256((struct span){text, n});
    sha256_add(h, (struct span){(const char *)d.b, DIGEST_LEN});
    free(text);
}

/* The digest is SHA-256 over the file's bytes and, after them, the SHA-256 of each word list file and chat template, in
 * the order of the file: with none of them it is what sha256sum prints. */
void files_read(struct conf *c, const struct lines *l, struct span text, struct report *r)
{
    struct sha256_state *h = sha256_new();
    if (h == NULL) {
        report_at(r, (struct place){0}, "out of memory");
        return;
    }
    sha256_add(h, text);
    uint32_t node = lines_item(l, lines_get(l, 0, "word_lists"), 0);
    for (size_t i = 0; i < c->n_word_lists; i++, node = l->node[node].next)
        if (c->word_lists[i].file && c->word_lists[i].n_words == 0)
            read_list(&c->word_lists[i], lines_place(l, node, "file"), h, r);
    node = lines_item(l, lines_get(l, 0, "models"), 0);
    for (size_t i = 0; i < c->n_models; i++, node = l->node[node].next)
        if (c->models[i].chat_template)
            hash_template(c->models[i].chat_template, lines_place(l, node, "chat_template"), h, r);
    struct digest d = sha256_end(h);
    hex_put(c->digest, d.b, DIGEST_LEN);
    sha256_free(h);
}
