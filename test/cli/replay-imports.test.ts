import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const IMPORT = /(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*["']([^"']+)["']/g;

interface Reached {
  readonly files: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
}

/** Everything that loading the file loads, at once or later; types are no load. */
function reachedFrom(entry: string): Reached {
  const files = new Set<string>();
  const packages = new Set<string>();
  const open = [join(ROOT, entry)];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(relative(ROOT, file))) continue;
    files.add(relative(ROOT, file));
    const code = readFileSync(file, "utf8")
      .replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")
      .replaceAll(/^\s*(?:import|export)\s+type\s[^;]*;/gm, "");
    for (const [, specifier = ""] of code.matchAll(IMPORT)) {
      if (!specifier.startsWith(".")) packages.add(specifier);
      else if (existsSync(join(dirname(file), specifier))) open.push(join(dirname(file), specifier));
      else throw new Error(`${file} imports ${specifier}, which is not there`);
    }
  }
  return { files, packages };
}

describe("the room of replay", () => {
  const { files, packages } = reachedFrom("src/cli/replay.ts");

  test("is walked whole", () => {
    expect(files).toContain("src/core/scoring/estimate.ts");
    expect(files).toContain("src/packs/general/general-pack.ts");
    expect(files).toContain("src/adapters/wallet/verify-seal.ts");
    expect([...reachedFrom("src/cli/once.ts").files]).toContain("src/adapters/chain/connection.ts");
  });

  test("reaches neither the chain nor Chutes, nor anything that could open a connection", () => {
    const forbidden = /^src\/(adapters\/(chain|chutes|system)|application|localnet)\//;
    expect([...files].filter((file) => forbidden.test(file))).toEqual([]);
    const network = /^(undici|ws|@polkadot\/(api|keyring).*|node:(net|http|https|tls|dgram|http2|dns).*)$/;
    expect([...packages].filter((name) => network.test(name))).toEqual([]);
  });

  test("does not load @polkadot/api, whatever is loaded on the way", async () => {
    const script = `
      import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
      const { main } = await import(${JSON.stringify(join(ROOT, "src/main.ts"))}).then(() => import(${JSON.stringify(join(ROOT, "src/cli/program.ts"))}));
      process.stdout.write = () => true;
      process.stderr.write = () => true;
      const code = await main(["replay", "no-such-file.jsonl.zst", "--json"]);
      console.error = () => undefined;
      Reflect.deleteProperty(process.stdout, "write");
      const heavy = loaded.filter((url) => /node_modules.@polkadot.(api|keyring|rpc|types)|node_modules.undici/.test(url));
      process.stdout.write(JSON.stringify({ code, heavy, replay: loaded.some((url) => url.endsWith("/replay-bundle.ts")) }));
      process.exit(0);
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
    expect(JSON.parse(stdout.slice(stdout.lastIndexOf('{"code"')))).toEqual({ code: 64, heavy: [], replay: true });
  });
});
