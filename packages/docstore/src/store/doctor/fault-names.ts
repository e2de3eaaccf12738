import type { CLOCK_FAULTS, RelayFault } from './faults.ts'

/**
 * What else the doctor can find, by stable name. Its own messages say more, so that programs take from here the names alone, as a type;
 * `docs/guides/errors.md` is made of this table too.
 */
export const OTHER_FAULTS = {
  'data-corrupt': { what: 'The database is damaged', fix: 'Restore a backup or an export' },
  'index-damaged': {
    what: 'An index did not have what it should',
    fix: 'It is repaired. If it happens again, make a backup: the disk may be damaged',
  },
  'data-missing': { what: 'The database of this folder is gone or empty', fix: 'Restore a backup, or say that it shall begin empty' },
  storage: { what: 'Data cannot be written', fix: 'Check the permissions of the data folder, and the disk' },
  quota: {
    what: 'The space here is used up, or a peer has no room for more records',
    fix: 'Delete documents, which works all the same, free some space, or raise the limit',
  },
  summaries: {
    what: 'What a namespace was said to hold was wrong',
    fix: 'It is right now. If it happens again, export your namespaces: the disk may be damaged',
  },
  'held-back': { what: 'Records lie in the future, so that others hold them back', fix: 'Set the clock of this machine right and connect' },
  'no-relay': { what: 'No relay is known', fix: 'Join a network with its link, or start a relay' },
  'no-reservation': { what: 'No relay has a place through which others reach this peer', fix: 'Wait, or join a second relay' },
  'ice-failed': { what: 'No direct connection came about with another browser', fix: 'Documents go through relays; a STUN server helps some' },
}

/** Stable name of what the doctor finds. */
export type Fault = RelayFault | keyof typeof CLOCK_FAULTS | keyof typeof OTHER_FAULTS
