import { z } from "zod";
import { configSchema } from "../adapters/system/config-shape.ts";
import { ValidatorError } from "../core/model/fault.ts";
import { SHAPES } from "./shapes.ts";

/** JSON Schema of a document of the machine interface, or of touchstone.yaml by the name `config`. @throws ValidatorError exit `configuration` for an unknown name. */
export function schema(name: string): unknown {
  if (name === "config") return configSchema();
  const shape = SHAPES[name];
  if (shape !== undefined && Object.hasOwn(SHAPES, name)) return z.toJSONSchema(shape);
  throw new ValidatorError(`There is no schema called "${name}".`, {
    exit: "configuration",
    code: "schema-unknown",
    blame: "validator",
    remedy: `Ask for one of: config, ${Object.keys(SHAPES).join(", ")}.`,
  });
}
