/* cohere_messages.h - the part of Cohere's decoder that reads messages and documents. */
#ifndef CORDON_WIRE_COHERE_MESSAGES_H
#define CORDON_WIRE_COHERE_MESSAGES_H

#include "wire/reader.h"

/* The documents (J_NONE: none) as a message of the system's, then `messages` (an array). */
void cohere_messages(struct reader *r, uint32_t messages, uint32_t documents);

#endif
