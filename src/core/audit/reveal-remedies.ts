import type { RevealCause } from "../model/records.ts";

/** What an operator is told when a commit has not become the own row: what happened, and what to do (chain.md §4.5). */
export const REVEAL_REMEDIES: Readonly<Record<RevealCause, string>> = {
  "not-due":
    "The chain has not tried to open the commit yet. Nothing to do: it is opened in the first blocks of its epoch.",
  "pulse-missing":
    "The chain had not received the beacon's pulse of the commit's round. Nothing to do here: the chain's beacon feed lags; if it happens again, tell the network's operators.",
  "round-skipped":
    "The chain passed over the beacon's pulse of the commit's round and will never open it. Nothing to do here: the next commit takes another round; if it happens again, tell the network's operators.",
  "commit-gone":
    "The commit was taken out of the chain's queue before it was opened: a pruning, a hotkey swap or another mode of the subnet. Ask the subnet's owner; the next commit replaces it.",
  "commit-unreadable":
    "The pulse does not open the commit that this validator made. Compare with `touchstone timelock open`, check memory and disk of this machine, and report it with the bundle.",
  "content-differs":
    "The commit opens to other weights than those on record. Another program may sign with this hotkey: look for it, and report it with the bundle.",
  "not-registered": "The hotkey had lost its seat when the commit was opened. Register it again.",
  "mechanism-gone":
    "The mechanism does not exist any more. Correct mechid in the configuration, or ask the subnet's owner.",
  "stake-too-low": "The stake was below the chain's threshold when the commit was opened. Stake more to the hotkey.",
  "version-key-newer":
    "The subnet's owner raised the version key after the commit. Update Touchstone and the pack; the next commit carries the new key.",
  "no-permit":
    "The hotkey had no validator permit when the commit was opened. Stake more to it; on a Null subnet only the elected validator may set weights.",
  "uids-gone":
    "The subnet was trimmed below uids in the commit. Nothing to do: the next commit is made for those that are left.",
  "too-few-weights":
    "The subnet's owner raised the least number of weights after the commit. Nothing to do: the next commit fills up.",
  "row-differs":
    "The commit opens as it was sent, but another row stands. Another program may set weights with this hotkey: look for it.",
};
