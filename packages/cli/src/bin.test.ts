import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const CLI = fileURLToPath(new URL('..', import.meta.url))
const [EARLIER, LATER] = [new Date('2025-01-01'), new Date('2026-01-01')]

const PACKAGES = ['core', 'docstore', 'relay', 'cli']
const SOURCES = Object.fromEntries(PACKAGES.map((name) => [`${name}/src/run.ts`, EARLIER]))

const root = mkdtempSync(join(tmpdir(), 'docstore-bin-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Packages of a clone whose program says what it was loaded from; `sources` tells when each of them was written. */
function clone(name: string, sources: Readonly<Record<string, Date>>): string {
  const packages = join(root, name)
  const write = (file: string, text: string, at: Date): void => {
    const path = join(packages, file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    utimesSync(path, at, at)
  }
  cpSync(join(CLI, 'bin'), join(packages, 'cli/bin'), { recursive: true })
  cpSync(join(CLI, 'package.json'), join(packages, 'cli/package.json'))
  write('cli/dist/node/run.js', 'export const run = () => console.log("built")', EARLIER)
  for (const name of PACKAGES) write(`${name}/dist/THIRD-PARTY.md`, '', EARLIER)
  for (const [file, at] of Object.entries(sources)) write(file, 'export const run = () => console.log("sources")', at)
  return join(packages, 'cli/bin/docstore.js')
}

function says(bin: string): string {
  // Here it looks for itself.
  const { P2P_DOCSTORE_SOURCES: _told, ...env } = process.env
  const { stdout, stderr } = spawnSync(process.execPath, [bin], { encoding: 'utf8', env })
  return stderr + stdout.trim()
}

describe('bin/docstore.js', () => {
  it('is executable', () => {
    expect(statSync(join(CLI, 'bin/docstore.js')).mode & 0o111).toBe(0o111)
  })

  it('runs what was built, where it was installed and where nothing was edited since', () => {
    expect(says(clone('installed', {}))).toBe('built')
    expect(says(clone('fresh', { ...SOURCES, 'core/src/run.test.ts': LATER }))).toBe('built')
  })

  it('runs the sources where nothing was built', () => {
    const bin = clone('unbuilt', SOURCES)
    rmSync(join(dirname(bin), '../dist'), { recursive: true })
    expect(says(bin)).toBe('sources')
  })

  it('says in a sentence that Node is too old', () => {
    const older = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.5' } })`
    const { status, stderr } = spawnSync(process.execPath, ['--import', older, clone('older', {})], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([1, expect.stringMatching(/^docstore: this is Node 20\.19\.5, and Node 24 or later is needed\..*\n$/)])
  })

  it('runs the sources after any of them was edited', () => {
    for (const name of PACKAGES) expect(says(clone(name, { ...SOURCES, [`${name}/src/run.ts`]: LATER }))).toBe('sources')
  })
})
