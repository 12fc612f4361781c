import { readFile } from "node:fs/promises";
import { ValidatorError } from "../core/model/fault.ts";
import type { UpgradeRequest } from "./node/upgrade.ts";

const FIELDS = ["specVersion", "metadata", "order"];
const HEX = /^0x(?:[0-9a-f]{2})+$/i;

/**
 * Reads the body of `POST /upgrade`: `{"specVersion"?, "metadata"?, "order"?}`, where `metadata` is 0x hex or the path of a
 * file, and `order` says which message about the upgrade clients get first (`version-first`, `head-first`).
 * @throws ValidatorError with a sentence
 */
export async function readUpgradeRequest(body: unknown): Promise<UpgradeRequest> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw refused("the upgrade is no object", 'send e.g. {"specVersion":476}');
  }
  const unknown = Object.keys(body).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw refused(`the upgrade has an unknown field "${unknown}"`, `use ${FIELDS.join(", ")}`);
  const { specVersion, metadata, order } = body as Record<string, unknown>;
  if (specVersion !== undefined && typeof specVersion !== "number") {
    throw refused("specVersion is no number", "give a whole number");
  }
  if (order !== undefined && order !== "version-first" && order !== "head-first") {
    throw refused(`order is ${JSON.stringify(order)}`, "give version-first or head-first");
  }
  const bytes = await metadataBytes(metadata);
  return {
    ...(specVersion === undefined ? {} : { specVersion }),
    ...(bytes === undefined ? {} : { metadata: bytes }),
    ...(order === undefined ? {} : { order }),
  };
}

async function metadataBytes(metadata: unknown): Promise<Uint8Array | undefined> {
  if (metadata === undefined) return undefined;
  if (typeof metadata !== "string") throw refused("metadata is no text", "give 0x hex or the path of a file");
  if (HEX.test(metadata)) return new Uint8Array(Buffer.from(metadata.slice(2), "hex"));
  try {
    return await readFile(metadata);
  } catch (cause) {
    throw refused(
      `the metadata file ${metadata} cannot be read`,
      "give the path of a file this process may read",
      cause,
    );
  }
}

function refused(message: string, remedy: string, cause?: unknown): ValidatorError {
  return new ValidatorError(message, {
    exit: "configuration",
    code: "upgrade-invalid",
    blame: "validator",
    remedy,
    cause,
  });
}
