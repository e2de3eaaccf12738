import { spawn, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ENV = {
  ...process.env,
  PATH: `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env['PATH'] ?? ''}`,
}
const PAGES = [
  'README.md',
  'packages/docstore/README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/** Blocks of one language in a page, in order. */
function blocks(page: string, language: string): string[] {
  return [...readFileSync(join(ROOT, page), 'utf8').matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1] ?? '')
}

const folder = mkdtempSync(join(tmpdir(), 'docs-test-'))
const scripts = join(ROOT, '.tmp/docs')
const running: ReturnType<typeof spawn>[] = []
afterAll(async () => {
  for (const child of running) {
    const ended = new Promise((done) => child.once('exit', done))
    child.kill('SIGTERM')
    await ended
  }
  rmSync(folder, { recursive: true, force: true })
  rmSync(scripts, { recursive: true, force: true })
})

describe('every program in the documentation runs', () => {
  for (const page of PAGES) {
    for (const [i, code] of blocks(page, 'ts').entries()) {
      it(`${page}, block ${i + 1}`, () => {
        mkdirSync(scripts, { recursive: true })
        const file = join(scripts, `${page.replaceAll('/', '-')}-${i}.ts`)
        writeFileSync(file, code)
        const { status, stderr } = spawnSync(process.execPath, [file], { cwd: folder, env: ENV, encoding: 'utf8' })
        expect(stderr).toBe('')
        expect(status).toBe(0)
      })
    }
  }
})

describe('every JSON in the documentation is JSON', () => {
  for (const page of PAGES) {
    const values = blocks(page, 'json')
    if (values.length > 0) it(page, () => expect(values.map((value) => JSON.parse(value) as unknown)).not.toContain(null))
  }
})

describe('every command in the documentation works', () => {
  for (const page of PAGES) {
    const commands = blocks(page, 'sh').filter((block) => block.includes('npx docstore'))
    if (commands.length === 0) continue
    it(page, async () => {
      let link = ''
      /** What `docstore id` has shown last, for `DID1` and so on. */
      let identities: string[] = []
      for (const block of commands) {
        const named = block
          .replaceAll('npx docstore', 'docstore')
          .replaceAll('LINK', link)
          .replaceAll(/DID(\d)/g, (_, place) => identities[Number(place) - 1] ?? expect.unreachable(`There is no identity ${place}`))
        const script = named.includes('NAMESPACE') ? named.replaceAll('NAMESPACE', firstNamespace()) : named
        if (script.startsWith('docstore relay')) link = await startRelay(`${script.trim()} --port 0 --json`)
        else {
          const { status, stderr, stdout } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env: ENV, encoding: 'utf8' })
          expect(status, stderr).toBe(0)
          const shown = [...stdout.matchAll(/^identity\s+(did:key:\S+)$/gm)].map(([, identity = '']) => identity)
          if (shown.length > 0) identities = shown
        }
      }
    })
  }
})

describe('the documentation leads somewhere', () => {
  const isOurs = (name: string): boolean => !['node_modules', 'dist', '.git', '.tmp'].includes(name)
  const files = globSync('**/*.{ts,tsx,sh,md}', { cwd: ROOT, exclude: (path) => !isOurs(basename(path)) }).map((path) => `/${path}`)
  const isThere = (path: string): boolean => files.some((file) => file.endsWith(`/${path}`))
  const pages = files.filter((file) => file.endsWith('.md')).map((file) => file.slice(1))

  for (const page of pages) {
    it(page, () => {
      const text = readFileSync(join(ROOT, page), 'utf8')
      const sources = [...text.matchAll(/`([\w./-]+\.(?:tsx?|sh))`/g)].map((match) => match[1] ?? '')
      expect(sources.filter((path) => !isThere(path) && path !== 'program.ts')).toEqual([])
      const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '').filter((link) => !/^https?:/.test(link))
      expect(links.filter((link) => !leads(page, link))).toEqual([])
    })
  }

  it('decisions have a number each', () => {
    const numbers = readdirSync(join(ROOT, 'docs/decisions')).map((name) => /^(\d{4})-[\w-]+\.md$/.exec(name)?.[1] ?? name)
    expect(numbers).toEqual([...new Set(numbers)])
  })
})

/** Whether a link of a page has a file, and a headline where it names one. */
function leads(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? join(ROOT, page) : join(ROOT, dirname(page), path)
  if (!existsSync(target)) return false
  if (anchor === undefined || !target.endsWith('.md')) return true
  const headlines = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map((match) => match[1] ?? '')
  return headlines.some(
    (headline) =>
      headline
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-') === anchor,
  )
}

/** Id of what the pages call NAMESPACE. */
function firstNamespace(): string {
  const { stdout } = spawnSync('docstore', ['--data', 'alice', 'namespace', 'list', '--json'], { cwd: folder, env: ENV, encoding: 'utf8' })
  return (JSON.parse(stdout) as { id: string }[])[0]?.id ?? ''
}

/** Starts a relay for the commands that follow; resolves with its join link. */
async function startRelay(command: string): Promise<string> {
  const child = spawn('bash', ['-c', `exec ${command}`], { cwd: folder, env: ENV, stdio: ['ignore', 'pipe', 'inherit'] })
  running.push(child)
  for await (const line of createInterface({ input: child.stdout })) return (JSON.parse(line) as { join: string }).join
  throw new Error('the relay ended before it was ready')
}
