// Loaded when a link is read or shown: the first screen does without.
export { DocstoreError, formatJoinLink, isAlone, knownOrigins, parseJoinLink, readNetwork } from 'p2p-docstore'
