import { EXIT_CODES, type ExitName } from "../core/model/fault.ts";
import type { OwnError } from "./explain-own-errors.ts";

type Entry = readonly [exit: ExitName, message: string, remedy: string];

/** Codes with which a command ends (`error.code` of its document), where the log's own sentence is no longer at hand. */
const ENTRIES: Readonly<Record<string, Entry>> = {
  "foreign-update": [
    "doppelganger",
    "Weights of this hotkey were set that this validator's journal knows nothing of.",
    "Stop the second process with this hotkey. If there is none, the data folder was lost or is an old copy: bring the newest back, or start with --accept-doppelganger-risk.",
  ],
  "moved-away": [
    "doppelganger",
    "The journal of this data folder was exported, and the validator goes on elsewhere.",
    "Run it there, or bring the journal back with touchstone journal export there and journal import here.",
  ],
  "timelock-self-check": [
    "internal",
    "This program does not seal commits as the chain's own code does; nothing is signed.",
    "Install it anew from a sound source (npm ci); if that does not help, report it with the processor's name.",
  ],
  "folder-locked": ["locked", "Another process works with the data folder.", "Stop it, or name another data folder."],
  "journal-unusable": [
    "journal",
    "The data folder cannot be written or read.",
    "Make space or repair the disk, then start again.",
  ],
  "journal-damaged": [
    "journal",
    "The journal or the exported file is damaged.",
    "Restore it from a copy, or export it again.",
  ],
  "journal-foreign": [
    "journal",
    "The file is not a journal of Touchstone.",
    "Name another data folder, or the right file.",
  ],
  "journal-version": ["journal", "The journal was written by a newer version.", "Use the version that wrote it."],
  "journal-in-use": [
    "journal",
    "The data folder has a journal with cycles already, which an import never replaces.",
    "Name another data folder, or move this one away.",
  ],
  "journal-older": [
    "journal",
    "The imported file lacks something of the journal that was moved away from here: it is older, or another validator's.",
    "Export the journal where the validator ran last.",
  ],
  "journal-missing": [
    "configuration",
    "The data folder has no journal to export.",
    "Name the configuration of the validator.",
  ],
  "journal-closed": ["internal", "The journal was used after it was closed.", "Report this as a bug."],
  "file-missing": ["configuration", "The file to import is not there.", "Name the file that journal export wrote."],
  "file-unreadable": [
    "configuration",
    "The file to import cannot be read, or is no file.",
    "Name the file that journal export wrote, and make it readable for this user.",
  ],
  "file-exists": ["configuration", "The file to export to exists already.", "Name another file."],
  "file-unwritable": [
    "configuration",
    "The file to export to cannot be written.",
    "Name a folder that this user may write to.",
  ],
  "reason-too-long": ["configuration", "The reason of a pause is too long.", "Say it in at most 500 characters."],
  "record-conflict": [
    "journal",
    "The journal holds another record in that place.",
    "Keep a copy of the data folder and report this.",
  ],
  "record-unwritable": ["journal", "A record cannot be written.", "Keep a copy of the data folder and report this."],
  "claim-held": [
    "journal",
    "Another weight vector holds the claim of the epoch.",
    "Two versions of one journal were mixed: restore the data folder from one host only.",
  ],
  "bundle-exists": [
    "journal",
    "A bundle of that epoch lies there that this journal did not write.",
    "Move it to another folder.",
  ],
  "bundle-missing": ["configuration", "There is no such bundle.", "Check the path."],
  "bundle-damaged": ["journal", "The bundle of the epoch is damaged.", "Restore the file from a copy."],
  "cycle-foreign": [
    "configuration",
    "The epoch's cycle was begun with another hotkey or pack.",
    "Go back to the former configuration until the epoch is over.",
  ],
  "data-of-another-chain": [
    "configuration",
    "The data folder was written on another chain.",
    "Correct the network, or name another data folder.",
  ],
  "chain-behind-its-past": [
    "configuration",
    "The chain is in an earlier epoch than the data folder has seen.",
    "Name a node that has caught up.",
  ],
  "not-registered": [
    "unregistered",
    "The hotkey is not registered on the subnet.",
    "Register it, or correct netuid and hotkey.",
  ],
  "subnet-not-found": ["configuration", "The chain has no such subnet or mechanism.", "Correct netuid and mechid."],
  "wrong-genesis": [
    "configuration",
    "The node serves another chain than the configured one.",
    "Correct the endpoint or genesis.",
  ],
  "endpoint-invalid": ["configuration", "The address of the node cannot be used.", "Give a ws:// or wss:// address."],
  "runtime-unsupported": [
    "runtime",
    "The node's runtime lacks what this version needs.",
    "Name another endpoint, or install a newer version.",
  ],
  "well-known-key": [
    "key",
    "A well-known development key was to sign on a public chain.",
    "Configure a hotkey of your own.",
  ],
  "key-unusable": ["key", "The hotkey's file or its password cannot be used.", "Check path, mode 0600 and password."],
  "api-key-unusable": [
    "key",
    "The file or variable of the Chutes API key cannot be used.",
    "Check path, mode 0600 and content.",
  ],
  "api-key-unreadable": ["key", "The Chutes API key cannot be sent as it is.", "Write it to its file again."],
  "wallet-missing": ["configuration", "No wallet is configured.", "Name one with --wallet, or in the configuration."],
  "config-missing": ["configuration", "There is no configuration file.", "touchstone init writes one."],
  "config-invalid": [
    "configuration",
    "The configuration cannot be used.",
    "The sentence of the error names line and remedy.",
  ],
  "pack-unknown": ["configuration", "There is no such pack.", "Name one that comes with this version."],
};

/** What one of the codes means with which this program's commands end. */
export function findProgramErrors(query: string): readonly OwnError[] {
  const asked = query.trim().toLowerCase();
  const entry = Object.hasOwn(ENTRIES, asked) ? ENTRIES[asked] : undefined;
  if (entry === undefined) return [];
  const [exit, message, remedy] = entry;
  const kind = exit === "internal" ? "retry" : "stop";
  return [{ name: `exit ${EXIT_CODES[exit]}: ${asked}`, class: kind, blame: "validator", message, remedy }];
}

/** For near misses. */
export const PROGRAM_ERRORS: readonly string[] = Object.keys(ENTRIES);
