/* commands.h - the commands of the `cordon` program, one file each (admin/cmd_*.c); admin/main.c picks by name. Each gets
 * its own name as argv[0] and the rest of the command line after it, writes its answer to standard output and its
 * complaints to standard error, and returns the exit code:
 *   0  done, nothing wrong
 *   1  failed, or found something wrong (a broken chain, a line that is no JSON)
 *   2  usage: an unknown option, a missing argument
 *   3  the configuration is not valid, or what it names cannot be had
 * Every command takes --help. docs/cordon.8 says the same. Main thread. */
#ifndef CORDON_ADMIN_COMMANDS_H
#define CORDON_ADMIN_COMMANDS_H

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CONFIG = 3 };

int cmd_run(int argc, char **argv);       /* run -c FILE */
int cmd_check(int argc, char **argv);     /* check -c FILE */
int cmd_explain(int argc, char **argv);   /* explain -c FILE [--api openai.chat|text] [--jsonl] [--upstream NAME] [--client NAME] */
int cmd_ca(int argc, char **argv);        /* ca init DIR | ca show DIR */
int cmd_audit(int argc, char **argv);     /* audit show DIR | audit verify DIR */

/* The FILE of `-c FILE` or `--config FILE`. NULL when the command line asks for help or is wrong: `usage` was printed and
 * *status is the exit code. */
const char *config_option(int argc, char **argv, const char *usage, int *status);

#endif
