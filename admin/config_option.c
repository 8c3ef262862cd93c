/* The command line of the commands that take a configuration file and nothing else. */
#include "admin/commands.h"
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

static const char *parse(int argc, char **argv, bool *help)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *path = NULL;
    for (int c; (c = getopt_long(argc, argv, "+c:h", options, NULL)) != -1;) {
        if (c == 'c') path = optarg;
        else if (c == 'h') *help = true;
        else return NULL;
    }
    return optind == argc ? path : NULL;
}

const char *config_option(int argc, char **argv, const char *usage, int *status)
{
    bool help = false;
    const char *path = parse(argc, argv, &help);
    if (!help && path != NULL) return path;
    fputs(usage, help ? stdout : stderr);
    *status = help ? EXIT_OK : EXIT_USAGE;
    return NULL;
}
