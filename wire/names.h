/* names.h - how providers name what they keep: the fields that hold content only they can read, and the forms that one
 * object's name takes in a body, a path, a URL. Used by whoever watches replies (wire/tap.h) and by whoever reads requests
 * (policy/refs.h), so that the two agree. Sources: the OpenAI, Anthropic, Gemini, Mistral and Bedrock API references and
 * the types of their SDKs. Any thread. */
#ifndef CORDON_WIRE_NAMES_H
#define CORDON_WIRE_NAMES_H

#include "core/attrib.h"
#include "core/span.h"

#define NAMES_SEALED_MIN 16u   /* shorter values of such fields are no sealed content */

/* Whether a member of this name holds sealed content: signature, encrypted_content, thoughtSignature … */
bool names_sealed_field(struct span name);
/* `data` does only in a redacted_thinking block. */
bool names_sealed_data(struct span name);
/* The name that an object is known by: "files/x" of Google's "https://…/v1beta/files/x" and "projects/p/…/files/x", else
 * the value as it is. */
struct span names_object(struct span value);
/* Whether `value` has the form of Google's names: one of its collections, a slash, a name. */
bool names_google_object(struct span value);
/* Whether a URL is that of an object which Gemini's API itself keeps, and so an id like any other, as against one that the
 * API fetches from somewhere. */
bool names_own_url(struct span url);

#endif
