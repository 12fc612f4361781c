import { z } from "zod";
import { ValidatorError } from "../core/model/fault.ts";
import { SHAPES } from "./shapes.ts";

/** JSON Schema of a document of the machine interface. @throws ValidatorError exit `configuration` for an unknown name. */
export function schema(name: string): unknown {
  const shape = SHAPES[name];
  if (shape !== undefined && Object.hasOwn(SHAPES, name)) return z.toJSONSchema(shape);
  throw new ValidatorError(`There is no schema called "${name}".`, {
    exit: "configuration",
    code: "schema-unknown",
    blame: "validator",
    remedy: `Ask for one of: ${Object.keys(SHAPES).join(", ")}.`,
  });
}
