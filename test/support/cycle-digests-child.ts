import { recordDigest } from "../../src/core/determinism/digest.ts";
import { Bench, goodScript, sealedOf } from "./cycle-bench.ts";

/** A whole cycle in a process of its own; prints the digest of every record but the seal, whose signature is random. */
using bench = new Bench();
const { result } = await bench.run(goodScript({ miners: 3 }));
const { records } = sealedOf(result);
process.stdout.write(JSON.stringify(records.slice(0, -1).map((record) => `${record.kind} ${recordDigest(record)}`)));
