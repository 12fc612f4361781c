import net from "node:net";

/**
 * No test leaves this machine: a connection to anything but loopback throws at once. It is a net below all clients
 * (undici, ws, http), so that a forgotten fake is seen and not silently slow.
 */
const LOOPBACK = new Set(["127.0.0.1", "localhost", "::1", ""]);
const { connect }: { connect: (this: net.Socket, ...args: never[]) => net.Socket } = net.Socket.prototype;

function hostOf(args: readonly unknown[]): string {
  const first: unknown = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (typeof first === "object" && first !== null && "host" in first) {
    return typeof first.host === "string" ? first.host : "";
  }
  return typeof args[1] === "string" ? args[1] : "";
}

net.Socket.prototype.connect = function guarded(this: net.Socket, ...args: unknown[]): net.Socket {
  const host = hostOf(args);
  if (!LOOPBACK.has(host)) throw new Error(`a test tried to reach ${host}`);
  return Reflect.apply(connect, this, args) as net.Socket;
};
