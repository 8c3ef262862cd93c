/* valid.h - the forms of text that the configuration takes. Internal to conf/. */
#ifndef CORDON_CONF_VALID_H
#define CORDON_CONF_VALID_H

#include "conf/conf.h"

bool valid_name(const char *s);
/* No control characters; `lines`: but line ends and tabs. */
bool valid_text(const char *s, bool lines);
/* RFC 1123 in lower case, at most 253 characters; the last label has a letter, so that no IPv4 address passes. */
bool valid_host(const char *s);
/* A header's name (RFC 9110, token) in lower case. */
bool valid_header(const char *s);
/* "10.1.0.0/16", "2001:db8::/32", or one address. False: not of that form, or with bits outside the prefix (then
 * *stray is set). */
CD_USE bool network_parse(const char *s, struct conf_network *out, bool *stray);
bool address_is_loopback(const char *address);   /* of a valid "127.0.0.1:80" */

#endif
