import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ENV = { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env['PATH'] ?? ''}` }
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

describe('every command in the documentation works', () => {
  for (const page of PAGES) {
    const commands = blocks(page, 'sh').filter((block) => block.includes('npx docstore'))
    if (commands.length === 0) continue
    it(page, async () => {
      let link = ''
      let namespace = ''
      for (const block of commands) {
        const script = block.replaceAll('npx docstore', 'docstore').replaceAll('LINK', `'${link}'`).replaceAll('NAMESPACE', namespace)
        if (script.startsWith('docstore relay')) link = await startRelay(`${script.trim()} --port 0 --json`)
        else {
          const { status, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder, env: ENV, encoding: 'utf8' })
          expect(status, stderr).toBe(0)
          const list = spawnSync('docstore', ['--data', 'alice', 'namespace', 'list', '--json'], { cwd: folder, env: ENV, encoding: 'utf8' })
          namespace = (JSON.parse(list.stdout) as { id: string }[])[0]?.id ?? ''
        }
      }
    })
  }
})

/** Starts a relay for the commands that follow; resolves with its join link. */
async function startRelay(command: string): Promise<string> {
  const child = spawn('bash', ['-c', `exec ${command}`], { cwd: folder, env: ENV, stdio: ['ignore', 'pipe', 'inherit'] })
  running.push(child)
  for await (const line of createInterface({ input: child.stdout })) return (JSON.parse(line) as { join: string }).join
  throw new Error('the relay ended before it was ready')
}
