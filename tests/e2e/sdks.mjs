// sdks.mjs - one call of one of the real Node SDKs, told by the environment; prints what came as one line of JSON.
// tests/e2e/sdks_node.py runs it.
//   SDK        openai_responses | anthropic | gemini
//   CASE       chat | stream | tool | structured | embed | count
//   PROMPT     the user's text
//   BASE_URL   or PROXY, for a CONNECT through cordon (Node needs a proxy agent for it; NODE_EXTRA_CA_CERTS has the CA)
import OpenAI from 'openai';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { ProxyAgent, fetch as undiciFetch } from 'undici';

const { SDK, CASE, PROMPT, BASE_URL, PROXY } = process.env;
const schema = { type: 'object', properties: { reason: { type: 'string', enum: ['checkup', 'emergency'] } }, required: ['reason'], additionalProperties: false };
const name = 'record_visit', description = 'Record a visit.';
const way = PROXY ? { fetch: undiciFetch, fetchOptions: { dispatcher: new ProxyAgent(PROXY) } } : {};
const many = CASE === 'tool' || CASE === 'structured' ? 120 : 12;

const sdks = {
  openai_responses() {
    const k = new OpenAI({ apiKey: 'sk-e2e', maxRetries: 2, timeout: 120000, ...(BASE_URL ? { baseURL: BASE_URL + '/v1' } : {}), ...way });
    const body = { model: 'gpt-5', input: PROMPT, max_output_tokens: many };
    return {
      chat: async () => (await k.responses.create(body)).output_text,
      stream: async () => {
        let said = '';
        for await (const e of await k.responses.create({ ...body, stream: true })) if (e.type === 'response.output_text.delta') said += e.delta;
        return said;
      },
      tool: async () => {
        const tools = [{ type: 'function', name, description, parameters: schema, strict: true }];
        const call = (await k.responses.create({ ...body, tools, tool_choice: 'required' })).output.find((i) => i.type === 'function_call');
        return [call.name, JSON.parse(call.arguments)];
      },
      structured: async () => JSON.parse((await k.responses.create({ ...body, text: { format: { type: 'json_schema', name: 'visit', strict: true, schema } } })).output_text),
      embed: async () => (await k.embeddings.create({ model: 'text-embedding-3-small', input: [PROMPT] })).data.map((d) => d.embedding),
      count: async () => (await k.responses.inputTokens.count({ model: 'gpt-5', input: PROMPT })).input_tokens,
    };
  },
  anthropic() {
    const k = new Anthropic({ apiKey: 'sk-ant-e2e', maxRetries: 2, timeout: 120000, ...(BASE_URL ? { baseURL: BASE_URL } : {}), ...way });
    const body = { model: 'claude-up', messages: [{ role: 'user', content: PROMPT }], max_tokens: many };
    return {
      chat: async () => (await k.messages.create(body)).content[0].text,
      stream: async () => (await k.messages.stream(body).finalMessage()).content[0].text,
      tool: async () => {
        const tools = [{ name, description, input_schema: schema }];
        const call = (await k.messages.create({ ...body, tools, tool_choice: { type: 'any' } })).content.find((b) => b.type === 'tool_use');
        return [call.name, call.input];
      },
      structured: async () => JSON.parse((await k.messages.create({ ...body, output_config: { format: { type: 'json_schema', schema } } })).content[0].text),
      count: async () => (await k.messages.countTokens({ model: body.model, messages: body.messages })).input_tokens,
    };
  },
  gemini() {
    const k = new GoogleGenAI({ apiKey: 'e2e-key', httpOptions: { baseUrl: BASE_URL } });
    const ask = (config = {}) => ({ model: 'gemini-up', contents: PROMPT, config: { maxOutputTokens: many, ...config } });
    return {
      chat: async () => (await k.models.generateContent(ask())).text,
      stream: async () => {
        let said = '';
        for await (const c of await k.models.generateContentStream(ask())) said += c.text ?? '';
        return said;
      },
      tool: async () => {
        const tools = [{ functionDeclarations: [{ name, description, parametersJsonSchema: schema }] }];
        const call = (await k.models.generateContent(ask({ tools, toolConfig: { functionCallingConfig: { mode: 'ANY' } } }))).functionCalls[0];
        return [call.name, call.args];
      },
      structured: async () => JSON.parse((await k.models.generateContent(ask({ responseMimeType: 'application/json', responseJsonSchema: schema }))).text),
      embed: async () => (await k.models.embedContent({ model: 'embed-up', contents: PROMPT })).embeddings.map((e) => e.values),
      count: async () => (await k.models.countTokens({ model: 'gemini-up', contents: PROMPT })).totalTokens,
    };
  },
};

try {
  console.log(JSON.stringify({ got: await sdks[SDK]()[CASE]() }));
} catch (e) {
  console.log(JSON.stringify({ error: e.constructor.name, status: e.status, message: e.message }));
}
process.exit(0);
