-- A journal as version 1 of the schema left it: a sealed cycle, and one in the middle of its purchases with its claim taken.
PRAGMA journal_mode = WAL;
CREATE TABLE cycle (
  id INTEGER PRIMARY KEY,
  netuid INTEGER NOT NULL, mechid INTEGER NOT NULL, epoch INTEGER NOT NULL,
  secret TEXT NOT NULL, claim TEXT, bundle TEXT, sealed INTEGER, seal TEXT, state TEXT,
  UNIQUE (netuid, mechid, epoch)
) STRICT;
CREATE TABLE record (
  cycle INTEGER NOT NULL REFERENCES cycle (id), kind TEXT NOT NULL, key TEXT NOT NULL,
  digest TEXT NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (cycle, kind, key)
) STRICT;
CREATE TABLE purchase (
  cycle INTEGER NOT NULL REFERENCES cycle (id), name TEXT NOT NULL, announced INTEGER NOT NULL, kept TEXT,
  PRIMARY KEY (cycle, name)
) STRICT;
CREATE TABLE step (
  id INTEGER PRIMARY KEY, cycle INTEGER NOT NULL REFERENCES cycle (id), state TEXT NOT NULL, facts TEXT NOT NULL
) STRICT;
CREATE INDEX step_of_cycle ON step (cycle, id);
PRAGMA application_id = 1414747214;
PRAGMA user_version = 1;
INSERT INTO cycle VALUES (1, 2, 0, 6, '0xabababababababababababababababababababababababababababababababab',
  '0xcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', 'cycle-2-0-6.jsonl.zst', 1,
  '0xcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', '{"cycles":6,"miners":[]}');
INSERT INTO cycle VALUES (2, 2, 0, 7, '0xabababababababababababababababababababababababababababababababab',
  '0xcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', NULL, NULL, NULL, NULL);
INSERT INTO record VALUES (2, 'roster', '', '0x446074cbb82d6f90824fd004b8a1357dc74fdb263841f850c5b188617fbcc5fd', '{"chutes":[],"entries":[],"kind":"roster","parents":[]}');
INSERT INTO purchase VALUES (2, 'response/1/t00', 1, NULL);
INSERT INTO purchase VALUES (2, 'judgement/1/t00', 0, '{"attempts":1}');
INSERT INTO step VALUES (1, 2, 'claimed', '{}');
