/** What finds events, made with the first namespace of Nostr in a database. What these tables say follows from the records: they change in the same transactions. */
export const NOSTR_TABLES: string = `
CREATE TABLE IF NOT EXISTS nostr_events (
  rid INTEGER PRIMARY KEY, -- of the record
  pos BLOB NOT NULL, -- place in the order of clients, see position.ts
  kind INTEGER NOT NULL, author INTEGER NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS nostr_by_time ON nostr_events (pos, kind, author); -- all that a look at everything asks
CREATE INDEX IF NOT EXISTS nostr_by_kind ON nostr_events (kind, pos);
CREATE INDEX IF NOT EXISTS nostr_by_author ON nostr_events (author, kind, pos);
CREATE TABLE IF NOT EXISTS nostr_tags (
  tag NOT NULL, -- letter and value, see tag-key.ts
  pos BLOB NOT NULL, rid INTEGER NOT NULL, kind INTEGER NOT NULL, author INTEGER NOT NULL, PRIMARY KEY (tag, pos)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS nostr_deletions (
  target BLOB NOT NULL, -- an id, or a hash of a coordinate with a zero behind it
  author INTEGER NOT NULL, rid INTEGER NOT NULL,
  upto INTEGER NOT NULL, -- the latest created_at that is deleted
  hit INTEGER NOT NULL DEFAULT 0, -- whether the target was seen, and is one that this author may delete
  PRIMARY KEY (target, author, rid)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS nostr_vanished (key BLOB NOT NULL, rid INTEGER NOT NULL, upto INTEGER NOT NULL, PRIMARY KEY (key, rid)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS nostr_banned (id BLOB PRIMARY KEY) WITHOUT ROWID;
`

/** Words of events, without the texts. Deleted ones go at once, see `text-indexes.ts`. */
export const NOSTR_WORDS = `CREATE VIRTUAL TABLE nostr_words USING fts5(words, content='', tokenize='unicode61 remove_diacritics 2');
INSERT INTO nostr_words (nostr_words, rank) VALUES ('secure-delete', 1);`

/** All of them. */
export const NOSTR_TABLE_NAMES = ['nostr_events', 'nostr_tags', 'nostr_deletions', 'nostr_vanished', 'nostr_banned', 'nostr_words'] as const
