/**
 * Replaces each `{slot}` (lower-case ASCII letters) by its value, in one pass: what a value contains is never looked at
 * again, so that text of strangers cannot name a slot. A slot without a value stays as it stands.
 */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{([a-z]+)\}/g, (slot, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? slot) : slot,
  );
}
