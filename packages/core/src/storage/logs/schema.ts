/**
 * Tables of logs, since version 13. `logs`: those of persons, by the digests of their ids, with their geneses; and those of the roles of namespaces, by the
 * digests of the ids of these, without. `tips` are the hashes of the acts that no other act follows, one after another, or one byte
 * where there are many. `acts`: in an order in which each comes
 * after its parents. `namespace_logs`: which logs a namespace needs; 0 stands for this peer itself.
 */
export const LOG_TABLES = `
CREATE TABLE logs (lid INTEGER PRIMARY KEY, log BLOB NOT NULL UNIQUE, genesis BLOB, tips BLOB NOT NULL);
CREATE TABLE acts (aid INTEGER PRIMARY KEY, lid INTEGER NOT NULL, hash BLOB NOT NULL, bytes BLOB NOT NULL, signature BLOB NOT NULL, UNIQUE (lid, hash));
CREATE TABLE namespace_logs (ns INTEGER NOT NULL, lid INTEGER NOT NULL, PRIMARY KEY (ns, lid)) WITHOUT ROWID;
CREATE INDEX namespace_logs_by_log ON namespace_logs (lid);
`

/** Since version 15: which of these needs are only what others say, 1 for them. */
export const TOLD_LOGS = `
ALTER TABLE namespace_logs ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
`
