import { spawnSync } from 'node:child_process'

/** Brings the loopback device up, which a new network namespace has down, and runs the rest. */
const SCRIPT = 'ip link set lo up && exec "$@"'
/** As root, and as a user where the kernel lets users have namespaces. */
const COMMANDS = [
  ['unshare', '--net'],
  ['unshare', '--user', '--map-root-user', '--net'],
] as const

/** The words before a command that run it in a network of its own; `undefined` where the system does not let us. */
export function ownNetwork(): readonly string[] | undefined {
  return COMMANDS.map((command) => [...command, 'sh', '-c', SCRIPT, 'sh']).find(
    ([program = '', ...rest]) => spawnSync(program, [...rest, 'true']).status === 0,
  )
}
