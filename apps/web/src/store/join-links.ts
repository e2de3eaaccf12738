// Loaded when a link is read or shown: the first screen does without.
export { DocstoreError, formatJoinLink, knownOrigins, parseJoinLink, readNetwork } from 'p2p-docstore'
