import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the other machine reaches the relay's, and addresses of that one which lead nowhere from there: those of containers, tunnels, virtual machines. */
export const RELAY_HOST = '10.77.0.1'
const CLIENT_HOST = '10.77.0.2'
const NOWHERE: readonly string[] = ['172.17.0.1', '10.8.0.1', '192.168.122.1']

/** Two machines inside this one, a relay's and another, with a line between them. */
export interface TwoMachines {
  /** What a command begins with that is to run on one of them. */
  readonly relay: readonly string[]
  readonly client: readonly string[]
  /** A program that runs Chromium on the other machine. */
  chromium(folder: string, ...flags: readonly string[]): string
  close(): void
}

/** What lies between them. */
export interface LineOptions {
  /** Whether UDP gets through. */
  readonly udp: boolean
  /** Whether the relay's machine has three further addresses, told before the one that is reached. */
  readonly decoys: boolean
}

/** Made so far by this process. */
let count = 0

/** Makes such machines, with Linux's network namespaces and nftables; `undefined` where this user or this machine cannot. */
export function twoMachines({ udp, decoys }: LineOptions): TwoMachines | undefined {
  const id = `${process.pid}-${count++}`
  const [relay, client] = [`docstore-r${id}`, `docstore-c${id}`]
  const run = (...args: readonly string[]): void => void execFileSync('ip', args, { stdio: 'ignore' })
  const nft = (rules: string): void => run('netns', 'exec', client, 'nft', rules)
  const made: string[] = []
  const close = (): void => made.splice(0).forEach((name) => run('netns', 'del', name))
  try {
    for (const name of [relay, client]) {
      run('netns', 'add', name)
      made.push(name)
      run('-n', name, 'link', 'set', 'lo', 'up')
    }
    run('-n', relay, 'link', 'add', 'line', 'type', 'veth', 'peer', 'name', 'line', 'netns', client)
    for (const address of decoys ? NOWHERE : []) run('-n', relay, 'address', 'add', `${address}/24`, 'dev', 'line')
    run('-n', relay, 'address', 'add', `${RELAY_HOST}/24`, 'dev', 'line')
    run('-n', client, 'address', 'add', `${CLIENT_HOST}/24`, 'dev', 'line')
    for (const name of [relay, client]) run('-n', name, 'link', 'set', 'line', 'up')
    run('-n', client, 'route', 'add', 'default', 'via', RELAY_HOST)
    nft('add table inet line; add chain inet line out { type filter hook output priority 0; }')
    nft(`add rule inet line out ip daddr { ${NOWHERE.join(', ')} } drop`)
    if (!udp) nft('add rule inet line out meta l4proto udp drop')
  } catch {
    close()
    return undefined
  }
  return {
    relay: ['ip', 'netns', 'exec', relay],
    client: ['ip', 'netns', 'exec', client],
    chromium: (folder, ...flags) => {
      const program = join(folder, `chromium-${count++}`)
      const command = ['ip', 'netns', 'exec', client, process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium', ...flags]
      writeFileSync(program, `#!/bin/sh\nexec ${command.join(' ')} "$@"\n`)
      chmodSync(program, 0o755)
      return program
    },
    close,
  }
}
