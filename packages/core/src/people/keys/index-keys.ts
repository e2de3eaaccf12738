export { decodeLockedSeed, type LockedSeed, lockSeed, unlockSeed } from './locked-seed.ts'
export { recoveryCommitment, recoveryKey } from './recovery-key.ts'
export { isWordAt, placesToCheck, seedOfWords, WORD_COUNT, type WordFault, wordsOfSeed } from './words.ts'
