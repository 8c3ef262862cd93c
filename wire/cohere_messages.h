/* cohere_messages.h - the part of Cohere's decoders that reads messages and documents. */
#ifndef CORDON_WIRE_COHERE_MESSAGES_H
#define CORDON_WIRE_COHERE_MESSAGES_H

#include "wire/reader.h"

/* The documents (J_NONE: none) as a message of the system's, then `messages` (an array). */
void cohere_messages(struct reader *r, uint32_t messages, uint32_t documents);

/* The documents as one text for the model; p is NULL when there are none, or when they are no list, which is unsupported. */
struct span cohere_documents(struct reader *r, uint32_t documents);

#endif
