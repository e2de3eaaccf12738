/**
 * Tables of files, since version 7. `files`: what documents name, by CID and size, and uploads that are not finished, whose cid is their name and whose
 * size is -1. `uses` is how many documents name it, 1 for an upload; without any, its blocks are removed bit by bit. `state` is 0 where some of it may be
 * missing, 1 where all of it is here, 2 where no such file can be. `touched` is when an upload got its last piece, Unix milliseconds.
 * `file_references`: which document names which file. `held_blocks`: which files have a block; it goes with the last of them.
 */
export const FILE_TABLES = `
CREATE TABLE files (file INTEGER PRIMARY KEY, cid TEXT NOT NULL, size INTEGER NOT NULL, uses INTEGER NOT NULL, state INTEGER NOT NULL DEFAULT 0,
  touched INTEGER NOT NULL DEFAULT 0, UNIQUE (cid, size));
CREATE INDEX files_unused ON files (file) WHERE uses = 0;
CREATE INDEX files_partial ON files (file) WHERE state = 0;
CREATE TABLE file_references (ns INTEGER NOT NULL, id TEXT NOT NULL, file INTEGER NOT NULL, PRIMARY KEY (ns, id)) WITHOUT ROWID;
CREATE INDEX file_references_by_file ON file_references (file, ns);
CREATE TABLE blocks (block INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL);
CREATE TABLE held_blocks (block INTEGER NOT NULL, file INTEGER NOT NULL, PRIMARY KEY (block, file)) WITHOUT ROWID;
CREATE INDEX held_blocks_by_file ON held_blocks (file);
`

/** Since version 10: files of one CID by their state, so that those which can be no file are not looked at to find one that can. */
export const FILES_BY_CID = 'CREATE INDEX files_by_cid ON files (cid, state, file);'
