/** Networks that one store is in. Each has connections, a database and, in a browser, a worker of its own: some 15 MB. */
export const MAX_NETWORKS = 4
/** How long nothing may move while what is in a network that is left goes to a relay, milliseconds. */
export const LEAVE_TIMEOUT_MS = 5000
