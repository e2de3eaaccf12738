/**
 * Tables of history, since version 10. `history`: records of documents that are here no longer because others took their place, in the order in which that
 * happened; its numbers are those of `records`, `ns * SEQ_SPAN + n`. `document` is the slot of the document, `path` the field of an edit, `content`
 * what the record said, NULL for a tombstone. `gone` is when it went, Unix milliseconds; `size` what it counts for. `history_sizes`: what those of a
 * namespace add up to that are not beyond `last`.
 */
export const HISTORY_TABLES = `
CREATE TABLE history (hid INTEGER PRIMARY KEY, document BLOB NOT NULL, at INTEGER NOT NULL, hash BLOB NOT NULL, author INTEGER NOT NULL,
  gone INTEGER NOT NULL, size INTEGER NOT NULL, path TEXT, content TEXT);
CREATE INDEX history_by_document ON history (document, at);
CREATE INDEX history_deletes ON history (document) WHERE content IS NULL;
CREATE TABLE history_sizes (ns INTEGER PRIMARY KEY, versions INTEGER NOT NULL, bytes INTEGER NOT NULL, last INTEGER NOT NULL);
`
