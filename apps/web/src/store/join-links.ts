// Loaded when a link is read or shown: the first screen does without.
export { formatJoinLink, parseJoinLink, readNetwork } from 'p2p-docstore'
