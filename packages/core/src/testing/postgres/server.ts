/// <reference types="node" />
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Debian's folders of PostgreSQL, one for each version. */
const DEBIAN = '/usr/lib/postgresql'

/** A server of a test. */
export interface PostgresServer {
  /** Address of its database, without a schema. */
  readonly url: string
  /** Starts it, again perhaps; resolves when it lets others in. */
  start(): Promise<void>
  /** Ends it as a machine that fails does, or politely. */
  stop(signal: 'SIGQUIT' | 'SIGKILL' | 'SIGINT'): Promise<void>
  /** Ends it and removes what it kept. */
  [Symbol.asyncDispose](): Promise<void>
}

/** The folder of the server's programs; `undefined` where there is none, which `npm test` installs where it may. */
export function postgresPrograms(): string | undefined {
  const given = process.env['POSTGRES_BIN']
  if (given !== undefined && given !== '') return given
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : []
  const [newest] = versions.filter((version) => existsSync(join(DEBIAN, version, 'bin/postgres'))).sort((a, b) => Number(b) - Number(a))
  return newest === undefined ? undefined : join(DEBIAN, newest, 'bin')
}

/** A server of its own in a new folder, which is not started yet. It ends with this process. Nothing is flushed unless `isFlushed`. */
export async function newPostgres({ isFlushed = false }: { readonly isFlushed?: boolean } = {}): Promise<PostgresServer> {
  const programs = postgresPrograms()
  if (programs === undefined) throw new Error('There is no PostgreSQL here')
  const folder = await mkdtemp(join(tmpdir(), 'docstore-postgres-'))
  const user = serverUser()
  if (user !== undefined) await chown(folder, user.uid, user.gid)
  const options = { ...user, cwd: folder, stdio: 'ignore' } as const
  const data = join(folder, 'data')
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'docstore', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C'], options)
  const settings = [`unix_socket_directories=${folder}`, 'listen_addresses=', ...(isFlushed ? [] : ['fsync=off', 'full_page_writes=off'])]
  let server: ChildProcess | undefined
  let pid = 0
  let exited: Promise<unknown> = Promise.resolve()
  return {
    url: `postgres://docstore@localhost/postgres?host=${encodeURIComponent(folder)}`,
    start: async () => {
      // The shell ends it when this process is gone, whichever way that goes.
      const program = [join(programs, 'postgres'), '-D', data, ...settings.flatMap((setting) => ['-c', setting])].map((word) => `'${word}'`).join(' ')
      const script = `exec 3<&0; ${program} >'${folder}/log' 2>&1 3<&- & pid=$!; echo $pid; (cat <&3 >/dev/null; kill -INT $pid 2>/dev/null) & wait $pid`
      const started = spawn('/bin/sh', ['-c', script], { ...user, cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] })
      server = started
      exited = new Promise((done) => started.once('exit', done))
      const ready = (): boolean => {
        try {
          execFileSync(join(programs, 'pg_isready'), ['-q', '-h', folder], { stdio: 'ignore' })
          return true
        } catch {
          return false
        }
      }
      pid = Number(await new Promise<string>((done) => started.stdout?.once('data', (text) => done(String(text)))))
      while (!ready() && started.exitCode === null) await new Promise((done) => setTimeout(done, 20))
    },
    stop: async (signal) => {
      if (server === undefined) return
      const children = signal === 'SIGKILL' ? childrenOf(pid) : []
      process.kill(pid, signal)
      // A machine that fails takes them along. By themselves they would notice later, and write until then what the next server recovers.
      for (const child of children) kill(child)
      await exited
      server.stdin?.end()
      server = undefined
      await rm(join(data, 'postmaster.pid'), { force: true })
    },
    [Symbol.asyncDispose]: async () => {
      if (server !== undefined) {
        process.kill(pid, 'SIGQUIT')
        server.stdin?.end()
        await exited
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Its processes, each of which has a group of its own; Linux tells them. */
function childrenOf(pid: number): readonly number[] {
  const path = `/proc/${pid}/task/${pid}/children`
  return existsSync(path) ? readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number) : []
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}

/** PostgreSQL refuses to run as root: Debian's package has a user for it, every system has `nobody`. */
function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((what) =>
        Number(execFileSync('id', [what, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })),
      )
      if (uid !== undefined && gid !== undefined) return { uid, gid }
    } catch {
      // There is no such user.
    }
  }
  return undefined
}
