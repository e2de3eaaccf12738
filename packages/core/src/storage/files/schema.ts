/** Tables of files: what documents name, and the blocks that are kept for it. Beside `SCHEMA`, because every database of before gets them as they are. */
export const FILE_TABLES = `
-- Files that documents name, by CID and size, and uploads that are not finished: these have their name as cid and size -1.
CREATE TABLE files (file INTEGER PRIMARY KEY, cid TEXT NOT NULL, size INTEGER NOT NULL,
  uses INTEGER NOT NULL, -- documents that name it; 1 for an upload. Without any, its blocks are removed bit by bit
  state INTEGER NOT NULL DEFAULT 0, -- 0 some of it may be missing, 1 all of it is here, 2 no such file can be
  touched INTEGER NOT NULL DEFAULT 0, -- of an upload: Unix milliseconds of the last piece
  UNIQUE (cid, size));
CREATE INDEX files_unused ON files (file) WHERE uses = 0;
CREATE INDEX files_partial ON files (file) WHERE state = 0;
CREATE TABLE file_references (ns INTEGER NOT NULL, id TEXT NOT NULL, file INTEGER NOT NULL, PRIMARY KEY (ns, id)) WITHOUT ROWID;
CREATE INDEX file_references_by_file ON file_references (file, ns);
CREATE TABLE blocks (block INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL);
-- Which files have a block: it goes with the last of them.
CREATE TABLE held_blocks (block INTEGER NOT NULL, file INTEGER NOT NULL, PRIMARY KEY (block, file)) WITHOUT ROWID;
CREATE INDEX held_blocks_by_file ON held_blocks (file);
`
