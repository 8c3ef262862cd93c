/* Azure OpenAI and AI Foundry: OpenAI's formats, and so its rows, on other paths. A deployment's name in the path is the
 * model where the body names none. Source: Azure OpenAI's REST reference and what the openai SDK's AzureOpenAI sends. */
#include "wire/dialects.h"

/* "/openai/v1" is the newer style and base_path; an api-version in the query goes with the others. */
static const char *const prefixes[] = {"/openai/v1", "/openai/deployments/*", "/openai", "/models"};

/* The key of a WebSocket, which has no header of its own in a browser, and what API Management takes in front of it. */
static const char *const query_credentials[] = {"api-key", "subscription-key", NULL};

const struct dialect dialect_azure = {
    .name = "azure", .speaks = &dialect_openai, .base_path = "/openai/v1", .prefixes = prefixes,
    .n_prefixes = COUNT(prefixes), .query_credentials = query_credentials};
