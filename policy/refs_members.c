/* What members of a JSON document are about, by their names. One look for all that a name can mean: this is asked for every
 * member of every request. */
#include "policy/refs_find.h"

#define ID MEMBER_ID
#define CONTINUES MEMBER_CONTINUES
#define HOLDS_ID MEMBER_HOLDS_ID
#define GOOGLE MEMBER_GOOGLE
#define FREE MEMBER_FREE
#define SETTING MEMBER_SETTING
#define SYSTEM MEMBER_SYSTEM
#define TOOLS MEMBER_TOOLS

/* By length, then by bytes: it is searched by halves. */
const struct refs_member refs_members[] = {
    {SPAN("uri"), GOOGLE}, {SPAN("args"), FREE}, {SPAN("json"), FREE}, {SPAN("stop"), SETTING}, {SPAN("user"), SETTING},
    {SPAN("audio"), HOLDS_ID}, {SPAN("model"), SETTING}, {SPAN("tools"), TOOLS}, {SPAN("labels"), SETTING},
    {SPAN("prompt"), HOLDS_ID}, {SPAN("run_id"), ID}, {SPAN("schema"), FREE}, {SPAN("system"), SYSTEM},
    {SPAN("thread"), CONTINUES},
    {SPAN("fileUri"), GOOGLE}, {SPAN("file_id"), ID}, {SPAN("include"), SETTING}, {SPAN("agent_id"), ID},
    {SPAN("batch_id"), ID}, {SPAN("fileName"), GOOGLE}, {SPAN("file_ids"), ID}, {SPAN("file_uri"), GOOGLE},
    {SPAN("metadata"), SETTING}, {SPAN("part_ids"), ID}, {SPAN("preamble"), SYSTEM}, {SPAN("response"), FREE},
    {SPAN("skill_id"), ID}, {SPAN("arguments"), FREE}, {SPAN("container"), ID | HOLDS_ID}, {SPAN("dataStore"), ID},
    {SPAN("datastore"), ID}, {SPAN("file_name"), GOOGLE}, {SPAN("functions"), TOOLS}, {SPAN("ragCorpus"), ID},
    {SPAN("thread_id"), ID}, {SPAN("upload_id"), ID}, {SPAN("connectors"), HOLDS_ID}, {SPAN("parameters"), FREE},
    {SPAN("rag_corpus"), ID}, {SPAN("session_id"), SETTING}, {SPAN("toolConfig"), SETTING}, {SPAN("inputSchema"), FREE},
    {SPAN("input_files"), ID}, {SPAN("json_schema"), FREE}, {SPAN("library_ids"), ID}, {SPAN("mcp_servers"), SETTING},
    {SPAN("response_id"), ID}, {SPAN("tool_choice"), SETTING}, {SPAN("tool_config"), SETTING}, {SPAN("assistant_id"), ID},
    {SPAN("container_id"), ID}, {SPAN("conversation"), ID | CONTINUES | HOLDS_ID}, {SPAN("input_schema"), FREE},
    {SPAN("instructions"), SYSTEM}, {SPAN("outputConfig"), SETTING}, {SPAN("cachedContent"), ID},
    {SPAN("input_file_id"), ID}, {SPAN("output_config"), SETTING}, {SPAN("training_file"), ID},
    {SPAN("cached_content"), ID}, {SPAN("collection_ids"), ID}, {SPAN("interaction_id"), ID},
    {SPAN("safetySettings"), SETTING}, {SPAN("stop_sequences"), SETTING}, {SPAN("client_metadata"), SETTING},
    {SPAN("continuation_id"), ID}, {SPAN("guardrailConfig"), SETTING}, {SPAN("inferenceConfig"), SETTING},
    {SPAN("knowledgeBaseId"), ID}, {SPAN("memory_store_id"), ID}, {SPAN("requestMetadata"), SETTING},
    {SPAN("response_format"), SETTING}, {SPAN("safety_settings"), SETTING}, {SPAN("validation_file"), ID},
    {SPAN("vector_store_id"), ID}, {SPAN("generationConfig"), SETTING}, {SPAN("prompt_cache_key"), SETTING},
    {SPAN("vector_store_ids"), ID}, {SPAN("continuationToken"), ID}, {SPAN("generation_config"), SETTING},
    {SPAN("safety_identifier"), SETTING}, {SPAN("systemInstruction"), SYSTEM}, {SPAN("continuation_token"), ID},
    {SPAN("system_instruction"), SYSTEM}, {SPAN("fileSearchStoreNames"), ID}, {SPAN("parametersJsonSchema"), FREE},
    {SPAN("previous_response_id"), ID | CONTINUES}, {SPAN("file_search_store_names"), ID},
    {SPAN("previous_interaction_id"), ID | CONTINUES}, {SPAN("additionalModelRequestFields"), SETTING},
};
const size_t n_refs_members = COUNT(refs_members);

unsigned refs_member(struct span name)
{
    size_t lo = 0, hi = COUNT(refs_members);
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        const struct span *s = &refs_members[mid].name;
        int order = s->n != name.n ? (s->n < name.n ? -1 : 1) : memcmp(s->p, name.p, name.n);
        if (order == 0) return refs_members[mid].what;
        if (order < 0) lo = mid + 1;
        else hi = mid;
    }
    return 0;
}
