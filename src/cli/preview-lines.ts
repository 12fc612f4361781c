import type { NullPreview } from "../core/chain/null-preview.ts";
import type { Preview } from "../core/chain/preview.ts";
import type { Change, YumaPreview } from "../core/chain/yuma-preview.ts";

/** Rows shown to people; programs get all. */
const MOST_ROWS = 30;

/** A preview for people: what is refused, the own trust and dividends or the election, and who gains and loses most. */
export function previewLines(preview: Preview): readonly string[] {
  const head = preview.kind === "yuma" ? yumaHead(preview) : nullHead(preview);
  return [...head, ...rows(preview), ...preview.approximate.map((note) => `  note: ${note}`)];
}

const REFUSALS: Readonly<Record<NonNullable<Preview["refused"]>, string>> = {
  "no-permit": "  refused by the chain as it stands: this hotkey has no validator permit",
  "stake-too-low": "  refused by the chain as it stands: the stake lies below the subnet's threshold",
  "not-elected": "  refused by the chain as it stands: another validator is elected",
};

function refusal({ refused }: Preview): readonly string[] {
  return refused === null ? [] : [REFUSALS[refused]];
}

function yumaHead(preview: YumaPreview): readonly string[] {
  return [...refusal(preview), `  own trust ${change(preview.trust)}, own dividends ${change(preview.dividends)}`];
}

function nullHead(preview: NullPreview): readonly string[] {
  const { elected, election, allZero } = preview;
  const { rival, own, marginRao, wins } = election;
  return [
    ...refusal(preview),
    elected === null
      ? "  elected now: nobody"
      : `  elected now: uid ${elected.uid} (${elected.hotkey}) with ${tokens(elected.stakeRao)}`,
    `  next election: own stake ${tokens(own)}, ${rival === null ? "nobody else" : `next uid ${rival.uid} with ${tokens(rival.stakeRao)}`}, ${
      wins ? "ahead" : "behind"
    } by ${tokens(marginRao.replace("-", ""))}`,
    ...(allZero ? ["  WARNING: nothing above zero: the whole pool would be shared by all uids alike"] : []),
  ];
}

interface Row {
  readonly uid: number;
  readonly incentive: Change;
  readonly detail: string;
  readonly concerned: boolean;
}

function rows(preview: Preview): readonly string[] {
  const all = preview.kind === "yuma" ? yumaRows(preview) : nullRows(preview);
  const concerned = all.filter((row) => row.concerned || row.incentive.before > 0 || row.incentive.after > 0);
  const size = ({ incentive }: Row): number => Math.abs(incentive.after - incentive.before);
  const shown = concerned.toSorted((a, b) => size(b) - size(a) || a.uid - b.uid).slice(0, MOST_ROWS);
  const left = concerned.length - shown.length;
  return [
    ...shown.map(({ uid, incentive, detail }) => `  uid ${uid}: incentive ${change(incentive)}; ${detail}`),
    ...(left === 0 ? [] : [`  and ${left} more with smaller changes (--json has all)`]),
  ];
}

function yumaRows({ miners }: YumaPreview): readonly Row[] {
  return miners.map(({ uid, weight, consensus, clipped, incentive }) => ({
    uid,
    incentive,
    concerned: weight > 0,
    detail: `own weight ${percent(weight)}, consensus ${percent(consensus)}${clipped ? ", clipped" : ""}`,
  }));
}

function nullRows({ miners }: NullPreview): readonly Row[] {
  return miners.map(({ uid, share, rao, incentive }) => ({
    uid,
    incentive,
    concerned: share > 0,
    detail: `share ${percent(share)}${rao === null ? "" : `, ${tokens(rao)}`}`,
  }));
}

function change({ before, after }: Change): string {
  return `${percent(before / 65_535)} → ${percent(after / 65_535)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** Rao as tokens with three decimals, cut. */
function tokens(rao: string): string {
  const padded = rao.padStart(10, "0");
  return `${padded.slice(0, -9)}.${padded.slice(-9, -6)} α`;
}
