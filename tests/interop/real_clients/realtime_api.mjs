// A turn in text with the npm package `openai-realtime-api`.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.cwd() + "/");
const { RealtimeClient } = await import(pathToFileURL(require.resolve("openai-realtime-api")).href);
const client = new RealtimeClient({
  url: process.env.REALTIME_ENDPOINT,
  apiKey: process.env.DASHSCOPE_API_KEY,
  model: "qwen3.5-omni-flash-realtime",
  sessionConfig: { modalities: ["text"] },
});
await client.connect();
await client.waitForSessionCreated();
const replied = new Promise((resolve) => {
  client.on("realtime.event", ({ event }) => event.type === "response.done" && resolve());
});
client.sendUserMessageContent([{ type: "input_text", text: "hello" }]);
await replied;
client.disconnect();
