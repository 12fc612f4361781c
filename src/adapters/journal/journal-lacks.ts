import type { DatabaseSync } from "node:sqlite";

/** Each cycle of the folder's journal with that of the file, which may have given up the records of cycles sealed long ago. */
const PAIR = `pair AS MATERIALIZED (SELECT here.netuid, here.mechid, here.epoch, here.id AS here, there.id AS there,
  there.seal IS NOT NULL AND there.state IS NULL AS given_up
  FROM main.cycle AS here LEFT JOIN file.cycle AS there
    ON (there.netuid, there.mechid, there.epoch) = (here.netuid, here.mechid, here.epoch) AND there.secret = here.secret)`;
const PLACE = "netuid, mechid, epoch";
const BOTH = "pair JOIN main.cycle AS here ON here.id = pair.here JOIN file.cycle AS there ON there.id = pair.there";

/** Step n of each cycle. */
function numbered(schema: "main" | "file"): string {
  return `(SELECT cycle, state, facts, row_number() OVER (PARTITION BY cycle ORDER BY id) AS place FROM ${schema}.step)`;
}

/** What can be lacking: in words, and the first place where it is. */
const QUESTIONS: readonly (readonly [what: string, sql: string])[] = [
  ["the cycle", `SELECT ${PLACE} FROM pair WHERE there IS NULL`],
  ["the claim", `SELECT pair.* FROM ${BOTH} WHERE here.claim IS NOT NULL AND there.claim IS NOT here.claim`],
  [
    "the seal",
    `SELECT pair.* FROM ${BOTH} WHERE (here.seal IS NOT NULL AND there.seal IS NOT here.seal)
       OR (here.bundle IS NOT NULL AND there.bundle IS NOT here.bundle)`,
  ],
  [
    "a step",
    `SELECT ${PLACE} FROM pair JOIN ${numbered("main")} AS mine ON mine.cycle = pair.here
     LEFT JOIN ${numbered("file")} AS its ON its.cycle = pair.there AND its.place = mine.place
     WHERE NOT given_up AND (its.state IS NOT mine.state OR its.facts IS NOT mine.facts)`,
  ],
  [
    "a record",
    `SELECT ${PLACE} FROM pair JOIN main.record AS mine ON mine.cycle = pair.here
     LEFT JOIN file.record AS its ON its.cycle = pair.there AND its.kind = mine.kind AND its.key = mine.key
     WHERE NOT given_up AND its.digest IS NOT mine.digest`,
  ],
  [
    // A result may be replaced by a later one of the same name.
    "a paid call",
    `SELECT ${PLACE} FROM pair JOIN main.purchase AS mine ON mine.cycle = pair.here
     LEFT JOIN file.purchase AS its ON its.cycle = pair.there AND its.name = mine.name
     WHERE NOT given_up AND (its.name IS NULL OR its.announced < mine.announced OR (its.kept IS NULL AND mine.kept IS NOT NULL))`,
  ],
  [
    "an own update",
    `SELECT mine.netuid, mine.mechid, NULL AS epoch FROM main.own_update AS mine LEFT JOIN file.own_update AS its
       ON (its.hotkey, its.netuid, its.mechid) = (mine.hotkey, mine.netuid, mine.mechid)
     WHERE its.block IS NULL OR its.block < mine.block`,
  ],
];

/**
 * What a data folder's journal has and the journal in a file, of this version's schema, has not; undefined when it has everything.
 * Whatever went on from the folder's journal has: cycles, claims, seals and own updates are for ever, and records, steps and paid
 * calls go with a seal only.
 */
export function journalLacks(folder: DatabaseSync, file: string): string | undefined {
  folder.prepare("ATTACH DATABASE ? AS file").run(file);
  try {
    for (const [what, sql] of QUESTIONS) {
      const row = folder.prepare(`WITH ${PAIR} ${sql} LIMIT 1`).get();
      if (row === undefined) continue;
      const epoch = row["epoch"] === null ? "" : `, epoch ${Number(row["epoch"])}`;
      return `${what} of subnet ${Number(row["netuid"])}, mechanism ${Number(row["mechid"])}${epoch}`;
    }
    return undefined;
  } finally {
    folder.exec("DETACH DATABASE file");
  }
}
