import { type Figure, type FigureResult, median, resultOf } from "./figure.ts";
import { launch, linesOf, report, scriptPath } from "./processes.ts";
import type { QueryRound } from "./query-child.ts";

export const queryFigure: Figure = {
  name: "query-cpu",
  lead: "CPU of a query ÷ a bare POST of the same bytes, whole and as a stream of 200 events",
  always: true,
  measure: async (runs) => {
    const server = launch([scriptPath("answer-server-child.ts")]);
    const { value: url } = await linesOf(server).next();
    if (url === undefined) throw new Error("the answering server ended before it was ready");
    try {
      const rounds = String(Math.max(3, runs));
      const json = await report<QueryRound[]>("query-child.ts", url, "json", rounds, "2000");
      const sse = await report<QueryRound[]>("query-child.ts", url, "sse", rounds, "600");
      return [...ratios("query-cpu-json", json), ...ratios("query-cpu-sse", sse)];
    } finally {
      server.stdin?.end();
    }
  },
};

/** Ratios are taken within a round, in which all were measured one after the other, each time in another order; against the cheaper way. */
function ratios(name: string, rounds: readonly QueryRound[]): readonly FigureResult[] {
  const raw = {
    "µs, bare POST by callbacks": rounds.map(({ callbacks }) => callbacks),
    "µs, bare POST by request": rounds.map(({ bare }) => bare),
    "µs, asked and parsed": rounds.map(({ adapter }) => adapter),
    "µs, asked, parsed and recorded": rounds.map(({ recorded }) => recorded),
  };
  const baseline = median(rounds.map(({ callbacks }) => callbacks));
  const rest = { unit: "× a bare POST", budget: 2, baseline };
  return [
    resultOf(
      name,
      rounds.map((round) => round.recorded / round.callbacks),
      { ...rest, raw },
    ),
    resultOf(
      `${name}-adapter`,
      rounds.map((round) => round.adapter / round.callbacks),
      rest,
    ),
  ];
}
