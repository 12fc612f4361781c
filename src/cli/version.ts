import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { name, version } = require("../../package.json") as { readonly name: string; readonly version: string };

export const NAME: string = name;
export const VERSION: string = version;
