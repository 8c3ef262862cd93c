/* Azure OpenAI and AI Foundry: OpenAI's formats, and so its rows, on other paths. A deployment's name in the path is the
 * model where the body names none. Source: Azure OpenAI's REST reference and what the openai SDK's AzureOpenAI sends. */
#include "wire/dialects.h"

/* "/openai/v1" is the newer style and base_path; an api-version in the query goes with the others. */
static const char *const prefixes[] = {"/openai/v1", "/openai/deployments/*", "/openai", "/models"};

const struct dialect dialect_azure = {
    .name = "azure", .speaks = &dialect_openai, .base_path = "/openai/v1", .prefixes = prefixes,
    .n_prefixes = COUNT(prefixes)};
