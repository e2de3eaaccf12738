import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A network of its own inside this machine, in which UDP does not get through. */
export interface BlockedNetwork {
  /** What a command begins with that is to run there. */
  readonly prefix: readonly string[]
  /** A program that runs Chromium there. */
  chromium(folder: string): string
  close(): void
}

/**
 * Makes such a network, with Linux's network namespaces and nftables; `undefined` where this user or this machine cannot.
 */
export function blockUdp(): BlockedNetwork | undefined {
  const name = `docstore-${process.pid}`
  const run = (...args: readonly string[]): void => void execFileSync('ip', args, { stdio: 'ignore' })
  const inside = (...args: readonly string[]): void => run('netns', 'exec', name, ...args)
  try {
    run('netns', 'add', name)
  } catch {
    return undefined
  }
  const close = (): void => run('netns', 'del', name)
  try {
    inside('ip', 'link', 'set', 'lo', 'up')
    inside(
      'nft',
      'add table inet blocked; add chain inet blocked out { type filter hook output priority 0; }; add rule inet blocked out meta l4proto udp drop',
    )
  } catch {
    close()
    return undefined
  }
  const prefix = ['ip', 'netns', 'exec', name]
  return {
    prefix,
    chromium: (folder) => {
      const program = join(folder, 'chromium')
      writeFileSync(program, `#!/bin/sh\nexec ${prefix.join(' ')} ${process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'} "$@"\n`)
      chmodSync(program, 0o755)
      return program
    },
    close,
  }
}
