import { expect, test } from "vitest";
import { fillTemplate } from "../../../src/core/challenge/fill-template.ts";

test.each([
  ["{a} and {b}", { a: "1", b: "2" }, "1 and 2"],
  ["{a}{a}", { a: "x" }, "xx"],
  ["{a}", { a: "{b}", b: "2" }, "{b}"],
  ["{a}", { a: "$& $1 $$" }, "$& $1 $$"],
  ["{c} {A} {} {a b} {a1}", { a: "1" }, "{c} {A} {} {a b} {a1}"],
  ["{constructor} {proto}", {}, "{constructor} {proto}"],
  ["{{a}}", { a: "1" }, "{1}"],
])("%j with %j becomes %j", (template, values, filled) => {
  expect(fillTemplate(template, values)).toBe(filled);
});
