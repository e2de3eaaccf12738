import { readFileSync } from 'node:fs'

/** What the system says of a process. `there`: it may work or hang; no more is known. */
export type ProcessState = 'gone' | 'stopped' | 'there'

/** How a process of this machine is. Only Linux tells whether one was stopped. */
export function processState(pid: number): ProcessState {
  if (process.platform === 'linux') {
    try {
      // The name before the state may have spaces and brackets in it (proc_pid_stat(5)).
      const state = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.[0]
      return state === 'T' || state === 't' ? 'stopped' : state === 'Z' || state === 'X' ? 'gone' : 'there'
    } catch {
      return 'gone'
    }
  }
  try {
    process.kill(pid, 0)
    return 'there'
  } catch (error) {
    // A process of another user is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM' ? 'there' : 'gone'
  }
}
