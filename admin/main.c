/* cordon: one binary, a handful of commands. */
#include "admin/commands.h"
#include "core/attrib.h"
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage, *about;
} commands[] = {
    {"run", cmd_run, "run -c FILE", "run the gateway"},
    {"check", cmd_check, "check -c FILE", "check a configuration and show what it would do"},
    {"explain", cmd_explain, "explain -c FILE [--api openai.chat|text] [--jsonl]", "judge a request or text on standard input"},
    {"ca", cmd_ca, "ca init|show DIR", "make or show the certificate authority"},
    {"audit", cmd_audit, "audit show|verify DIR", "read or verify the ledger"},
};

static void usage(FILE *out)
{
    fprintf(out, "cordon %s - a data-residency gateway for AI traffic\n\n", CORDON_VERSION);
    for (size_t i = 0; i < COUNT(commands); i++) fprintf(out, "  cordon %-52s %s\n", commands[i].usage, commands[i].about);
    fprintf(out, "  cordon --version | --help\n\nExit status: 0 ok, 1 failed or something is wrong, 2 usage, 3 configuration. See cordon(8).\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) return printf("cordon %s\n", CORDON_VERSION) < 0;
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return EXIT_OK;
    }
    for (size_t i = 0; i < COUNT(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "cordon: there is no command of that name\n\n");
    usage(stderr);
    return EXIT_USAGE;
}
