/* cordon ca init|show: the organisation's certificate authority, as files in a directory. Needs no configuration. */
#include "admin/commands.h"
#include "core/attrib.h"
#include "core/digest.h"
#include "proxy/ca.h"
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: cordon ca init DIR [--organisation NAME]\n"
    "       cordon ca show DIR\n"
    "\n"
    "init  makes a certificate authority in DIR: ca.key (keep it secret; nothing but cordon's signer reads it), ca.pem\n"
    "      (what clients must trust) and bundle.pem (the system's authorities and ca.pem, for clients whose setting\n"
    "      replaces the system's store, such as SSL_CERT_FILE). Never overwrites one.\n"
    "show  prints its names, dates, key id and SHA-256 fingerprint.\n"
    "\n"
    "  --organisation NAME   the O of its name, 1 to 64 characters (default: cordon)\n"
    "  --help                this text\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 usage.\n";

struct ca_args {
    const char *dir, *organisation;
    bool help;
};

static bool parse_args(int argc, char **argv, bool may_name, struct ca_args *a)
{
    *a = (struct ca_args){NULL, NULL, false};
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) a->help = true;
        else if (may_name && strcmp(argv[i], "--organisation") == 0 && i + 1 < argc) a->organisation = argv[++i];
        else if (argv[i][0] == '-' || argv[i][0] == '\0' || a->dir != NULL) return false;
        else a->dir = argv[i];
    }
    return a->dir != NULL || a->help;
}

static enum fail init_command(const struct ca_args *a, struct why *why)
{
    enum fail f = ca_init(a->dir, a->organisation, why);
    if (f) return f;
    printf("A certificate authority was made in %s. Clients must trust %s/ca.pem;\n"
           "ca.key beside it must stay here, and secret.\n\n", a->dir, a->dir);
    return ca_show(a->dir, stdout, why);
}

static enum fail show_command(const struct ca_args *a, struct why *why) { return ca_show(a->dir, stdout, why); }

static int run(const char *verb, enum fail (*command)(const struct ca_args *a, struct why *why), const struct ca_args *a)
{
    struct why why = {""};
    digest_init();
    enum fail f = command(a, &why);
    if (f == FAIL_OK && fflush(stdout) != 0) {
        f = FAIL_IO;
        why_set(&why, "the answer cannot be written");
    }
    if (f) fprintf(stderr, "cordon ca %s: %s\n", verb, why.text[0] ? why.text : fail_text(f));
    return f ? EXIT_FAILED : EXIT_OK;
}

static int help(void) { return fputs(usage, stdout) == EOF ? EXIT_FAILED : EXIT_OK; }

int cmd_ca(int argc, char **argv)
{
    static const struct {
        const char *name;
        bool may_name;
        enum fail (*run)(const struct ca_args *a, struct why *why);
    } verbs[] = {{"init", true, init_command}, {"show", false, show_command}};
    struct ca_args a;
    if (argc > 1 && strcmp(argv[1], "--help") == 0) return help();
    for (size_t i = 0; argc > 1 && i < COUNT(verbs); i++) {
        if (strcmp(argv[1], verbs[i].name) != 0) continue;
        if (!parse_args(argc, argv, verbs[i].may_name, &a)) break;
        return a.help ? help() : run(verbs[i].name, verbs[i].run, &a);
    }
    fputs(usage, stderr);
    return EXIT_USAGE;
}
