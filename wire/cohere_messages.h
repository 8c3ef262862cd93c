/* cohere_messages.h - what Cohere's decoders share: messages, documents, and how to answer. */
#ifndef CORDON_WIRE_COHERE_MESSAGES_H
#define CORDON_WIRE_COHERE_MESSAGES_H

#include "wire/reader.h"

/* Rows of a reader_field table: how to answer, which both versions of chat say alike. */
#define COHERE_SAMPLING \
    {"stream", reader_bool, READER_AT(stream), 0, 0}, \
    {"max_tokens", reader_max_tokens, 0, 0, 0}, \
    {"temperature", reader_double, READER_AT(temperature), 0, 2}, \
    {"p", reader_double, READER_AT(top_p), 0, 1}, \
    {"k", reader_top_k, 0, 0, 0}, \
    {"seed", reader_seed, 0, 0, 0}, \
    {"stop_sequences", reader_stops, 0, 0, 0}, \
    {"frequency_penalty", reader_double, READER_AT(frequency_penalty), -2, 2}, \
    {"presence_penalty", reader_double, READER_AT(presence_penalty), -2, 2}

/* The documents (J_NONE: none) as a message of the system's, then `messages` (an array). */
void cohere_messages(struct reader *r, uint32_t messages, uint32_t documents);

/* The documents as one text for the model; p is NULL when there are none, or when they are no list, which is unsupported. */
struct span cohere_documents(struct reader *r, uint32_t documents);

#endif
