// sdk.mjs - one call of the real openai SDK for Node, told by the environment; prints what came as one line of JSON.
// tests/e2e/sdk_node.py runs it.
//   CASE       plain | stream | tools | tools_stream | models | retry
//   PROMPT     the user's text
//   BASE_URL   or PROXY, for a CONNECT through cordon (Node needs a proxy agent for it; NODE_EXTRA_CA_CERTS has the CA)
import OpenAI from 'openai';
import { ProxyAgent, fetch as undiciFetch } from 'undici';

const { CASE, PROMPT, BASE_URL, PROXY } = process.env;
const options = { apiKey: 'sk-e2e', maxRetries: CASE === 'retry' ? 2 : 0, timeout: 60000 };
if (BASE_URL) options.baseURL = BASE_URL;
if (PROXY) {
  options.fetch = undiciFetch;
  options.fetchOptions = { dispatcher: new ProxyAgent(PROXY) };
}
const client = new OpenAI(options);
const tools = [{
  type: 'function',
  function: {
    name: 'record_visit',
    description: 'Record a visit.',
    parameters: { type: 'object', properties: { reason: { type: 'string', enum: ['checkup', 'emergency'] } }, required: ['reason'] },
  },
}];
const body = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: PROMPT }], max_tokens: CASE.startsWith('tools') ? 120 : 8 };
if (CASE.startsWith('tools')) Object.assign(body, { tools, tool_choice: 'required', temperature: 0 });

async function whole() {
  const { data, response } = await client.chat.completions.create(body).withResponse();
  return {
    content: data.choices[0].message.content, model: data.model, finish: data.choices[0].finish_reason, usage: data.usage,
    calls: data.choices[0].message.tool_calls, action: response.headers.get('x-cordon-action'), rule: response.headers.get('x-cordon-rule'),
  };
}

async function streamed() {
  const { data, response } = await client.chat.completions
    .create({ ...body, stream: true, stream_options: { include_usage: true } }).withResponse();
  let content = '', model, usage, finish, name, args = '';
  for await (const chunk of data) {
    model ??= chunk.model;
    usage = chunk.usage ?? usage;
    const choice = chunk.choices[0];
    if (!choice) continue;
    content += choice.delta.content ?? '';
    finish = choice.finish_reason ?? finish;
    for (const call of choice.delta.tool_calls ?? []) {
      name ??= call.function.name;
      args += call.function.arguments ?? '';
    }
  }
  return {
    content, model, usage, finish, calls: name ? [{ function: { name, arguments: args } }] : undefined,
    action: response.headers.get('x-cordon-action'), rule: response.headers.get('x-cordon-rule'),
  };
}

try {
  let got;
  if (CASE === 'models') got = { models: (await client.models.list()).data.map((m) => m.id) };
  else got = await (CASE.endsWith('stream') ? streamed() : whole());
  console.log(JSON.stringify(got));
} catch (e) {
  console.log(JSON.stringify({ error: e.constructor.name, status: e.status, code: e.code, message: e.message, rule: e.headers?.get?.('x-cordon-rule') }));
}
process.exit(0);
