/** Storage prefix of `SubtensorModule.Weights`: twox128 of both names; the two keys behind it are as they are. */
const WEIGHTS = "0x658faa385070e074c85bf6b568cf0555a1e7036061f484bc3048a64b64e35ec4";

/** The weights of a uid in mechanism 0 as the node has them at its best block: pairs of uid and value. */
export async function storedRow(
  node: string,
  netuid: number,
  uid: number,
): Promise<readonly (readonly [number, number])[]> {
  const key = Buffer.alloc(4);
  key.writeUInt16LE(netuid, 0);
  key.writeUInt16LE(uid, 2);
  const stored = await ask(node, "state_getStorage", [`${WEIGHTS}${key.toString("hex")}`]);
  return typeof stored === "string" ? pairs(Buffer.from(stored.slice(2), "hex")) : [];
}

function ask(node: string, method: string, params: readonly unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(node);
    socket.onopen = () => socket.send(JSON.stringify({ id: 1, jsonrpc: "2.0", method, params }));
    socket.onerror = () => reject(new Error(`${node} does not answer`));
    socket.onmessage = ({ data }) => {
      socket.close();
      resolve((JSON.parse(String(data)) as { readonly result?: unknown }).result);
    };
  });
}

/** SCALE: a compact length, then two u16 each. */
function pairs(bytes: Buffer): readonly (readonly [number, number])[] {
  if (bytes.length === 0) return [];
  const start = [1, 2, 4][bytes.readUInt8(0) % 4] ?? 0;
  const count = (bytes.length - start) / 4;
  return Array.from({ length: count }, (_, at) => [
    bytes.readUInt16LE(start + 4 * at),
    bytes.readUInt16LE(start + 4 * at + 2),
  ]);
}
