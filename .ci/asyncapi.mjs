// Holds asyncapi.yaml against AsyncAPI's own parser, and every example against its schema with Ajv, which the parser
// brings: `node .ci/asyncapi.mjs FOLDER`, where FOLDER has the parser installed.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.argv[2], "here"));
const { Parser } = require("@asyncapi/parser");
const { default: Ajv } = require("ajv");
const text = readFileSync(process.argv[3] ?? new URL("../asyncapi.yaml", import.meta.url), "utf8");
const { document, diagnostics } = await new Parser().parse(text);
// Errors and warnings; a hint that there is a 3.1 is neither, and generators read 3.0 alone.
const told = diagnostics.filter(({ severity, code }) => severity < 2 || code !== "asyncapi-latest-version");
const complaints = told.map(({ code, path, message }) => `${code} ${path.join(".")} ${message}`);
const ajv = new Ajv({ strict: false, allErrors: true });
let examples = 0;
for (const message of document?.messages().all() ?? []) {
  const valid = ajv.compile(message.payload().json());
  for (const example of message.examples().all()) {
    examples += 1;
    if (!valid(example.payload())) complaints.push(`${message.name()} ${example.name()}: ${ajv.errorsText(valid.errors)}`);
  }
}
complaints.forEach((complaint) => console.error(complaint));
if (examples === 0 || complaints.length > 0) process.exit(1);
console.log(`-- ${document.messages().all().length} messages with ${examples} examples, no complaint`);
