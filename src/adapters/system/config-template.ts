import { checkShape } from "./config-shape.ts";
import { looksSecret } from "./secret-text.ts";

/** What a new configuration cannot do without; texts as they are to stand in the file. */
export interface ConfigAnswers {
  readonly network: string;
  readonly netuid: string;
  readonly wallet: string;
  readonly walletHotkey: string;
  readonly walletPath: string;
  readonly apiKeyFile: string;
  readonly judgeModel: string;
}
export type AnswerName = keyof ConfigAnswers;

const PLACES: Readonly<Record<AnswerName, readonly string[]>> = {
  network: ["network"],
  netuid: ["netuid"],
  wallet: ["wallet", "name"],
  walletHotkey: ["wallet", "hotkey"],
  walletPath: ["wallet", "path"],
  apiKeyFile: ["chutes", "apiKeyFile"],
  judgeModel: ["judge", "model"],
};

/** What an answer must be, when it is not: e.g. `a whole number from 0 to 65535`. */
export function answerProblem(name: AnswerName, answer: string): string | undefined {
  if (looksSecret(answer)) return "no secret, but the name or path of where it lies";
  // Variables are judged when the file is read.
  if (answer.includes("${")) return undefined;
  const [section = "", field] = PLACES[name];
  const value = name === "netuid" && /^\d{1,9}$/.test(answer) ? Number(answer) : answer;
  const whole = { netuid: 0, judge: { model: "a/b" }, [section]: field === undefined ? value : { [field]: value } };
  const checked = checkShape(whole);
  if (!Array.isArray(checked)) return undefined;
  const place = PLACES[name].join(".");
  return (checked as readonly { readonly path: readonly PropertyKey[]; readonly allowed?: string }[]).find(
    (problem) => problem.path.join(".") === place,
  )?.allowed;
}

/** The text of a touchstone.yaml with these answers; every other setting stands in it as a comment with its default. */
export function configTemplate(answers: ConfigAnswers): string {
  // JSON's texts are YAML's double-quoted ones.
  const quoted = (text: string): string => JSON.stringify(text);
  const netuid = /^\d+$/.test(answers.netuid) ? String(Number(answers.netuid)) : answers.netuid;
  return `# Touchstone: the configuration of one validator of one subnet.
# What is in effect, and where each value came from: touchstone config. A schema for editors: touchstone schema config.
# Values may take variables of the environment, e.g. data: \${HOME}/touchstone. Secrets stay in files of their own, mode 0600.

# finney, test, local, or the ws:// or wss:// address of a node. (--network, BT_NETWORK)
network: ${quoted(answers.network)}
# Other nodes of the same chain, for when that one fails; none for no other. Default: those known for the network.
# (--fallback-endpoints, BT_FALLBACK_ENDPOINTS)
#fallbackEndpoints:
# Nodes of the same chain that keep the state of every block: asked for what the others have discarded, and for nothing else;
# none for none. Default: those known for the network. (--archive-endpoints, BT_ARCHIVE_ENDPOINTS)
#archiveEndpoints:
# Requests a minute to one node of the chain. Default: 60 to the public nodes that are known, 600 to any other.
#chainRequestsPerMinute:
# The only genesis hash to accept from a local network or an address; finney and test have theirs.
#genesis:

netuid: ${netuid}
# Mechanism of the subnet; most have only 0.
#mechid: 0
# The newest version key of the subnet's owner that this installation is meant for: when the owner asks for a newer one, nothing
# is sent until it is raised here, with what it stands for installed. Without this line the owner's key is followed.
#versionKey:

# The hotkey signs; the coldkey is never needed. (--wallet-path, --wallet, --wallet-hotkey, BT_WALLET_PATH, BT_WALLET, BT_WALLET_HOTKEY)
wallet:
  path: ${quoted(answers.walletPath)}
  name: ${quoted(answers.wallet)}
  hotkey: ${quoted(answers.walletHotkey)}
  # A file with the password of an encrypted hotkey and nothing else, chmod 600. Without it: BT_PW_… as the Python wallets set it, or a prompt.
  #passwordFile:

# For dry-run without a wallet: the hotkey of the validator whose row on chain is compared with.
#compareWith:

chutes:
  # A file with the API key (cpk_…) and nothing else, for its owner only: chmod 600. Without this line: CHUTES_API_KEY.
  apiKeyFile: ${quoted(answers.apiKeyFile)}
  # How requests to miners are signed: epistula-v2, legacy-004 or none.
  #signing: epistula-v2
  # What the platform allows one user; more is answered with 429.
  #requestsPerMinute: 60
  # Requests under way at one time.
  #concurrency: 8
  # Where the platform is.
  #api: https://api.chutes.ai
  #llm: https://llm.chutes.ai
  #invoke:
  #domain: chutes.ai

judge:
  # The reference model, by its id in GET /v1/models. All validators of a subnet should have the same.
  model: ${quoted(answers.judgeModel)}
  # The chute it must run on.
  #chuteId:
  # How often an unreadable verdict is asked for again.
  #attempts: 2

# Tasks of a cycle: with an exact answer, and judged by the reference model.
#tasks:
#  verifiable: 12
#  judged: 4

#scoring:
#  decay: 0.8908987181403393
#  judgedWeight: 0.5
#  crossCap: 1
#  excuseCap: 0.4
#  availabilityFloor: 0.95
#  quorum: 0.3
#  minEligible: 8
#  temperature: 0.2

# Bounds of one cycle, in requests, millionths of a US dollar, seconds and bytes. Nothing is sent beyond them.
#limits:
#  requests: 10000
#  microUsd: 5000000
#  answerSeconds: 120
#  judgeSeconds: 120
#  idleSeconds: 30
#  catalogueSeconds: 30
#  attempts: 3
#  answerBytes: 32768

# What is deleted from the data folder: sealed bundles beyond an age or a size (the newest two of a mechanism always stay), and
# the journal's copy of cycles older than the newest so many. Without bounds bundles, the evidence, are kept for ever.
#retention:
#  bundles:
#    days:
#    megabytes:
#  records: 8

# Journal, lock and bundles; relative to this file.
#data: ./data
# Tasks, rubric and rules of the subnet.
#pack: general
`;
}
