import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The working tree that this program lies in. */
const HERE: string = fileURLToPath(new URL('../..', import.meta.url))
/** What measures, copied over what the commit has: the same program measures both. */
const PROGRAM = ['bench/documents.ts', 'bench/against/tree-program.ts']
/** Largest commit that is unpacked, bytes as tar. */
const MAX_TAR_BYTES = 256 * 1024 * 1024

/** A tree that can be measured. */
export interface Tree {
  readonly folder: string
  /** How the table calls it. */
  readonly name: string
}

/** The working tree, as it lies there. */
export function workingTree(): Tree {
  const isChanged = git('status', '--porcelain', '--untracked-files=no').toString() !== ''
  return { folder: HERE, name: `${git('rev-parse', '--short', 'HEAD').toString().trim()}${isChanged ? ' and what is changed' : ''}` }
}

/** The whole hash of a commit; `undefined` where there is none of that name. */
export function resolveCommit(commit: string): string | undefined {
  const words = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`]
  const { status, stdout } = spawnSync('git', words, { cwd: HERE, encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

/** A commit in a scratch folder, ready to run from its sources, until it is disposed of. */
export function checkOut(hash: string): Tree & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-commit-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    execFileSync('tar', ['-x', '-C', folder], { input: git('archive', '--format=tar', hash) })
    if (readFileSync(join(folder, 'package-lock.json'), 'utf8') === readFileSync(join(HERE, 'package-lock.json'), 'utf8')) linkPackages(folder)
    else installPackages(folder)
    for (const path of PROGRAM) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      copyFileSync(join(HERE, path), join(folder, path))
    }
  } catch (error) {
    remove()
    throw error
  }
  return { folder, name: git('rev-parse', '--short', hash).toString().trim(), [Symbol.dispose]: remove }
}

function git(...words: readonly string[]): Buffer {
  return execFileSync('git', words, { cwd: HERE, maxBuffer: MAX_TAR_BYTES, stdio: ['ignore', 'pipe', 'ignore'] })
}

/** The same packages as here. Those of the workspace are links already, and have to lead into the new tree. */
function linkPackages(folder: string): void {
  const workspaces = ['.', ...['packages', 'apps'].flatMap((parent) => readdirSync(join(HERE, parent)).map((name) => join(parent, name)))]
  for (const workspace of workspaces) {
    const [from, to] = [join(HERE, workspace, 'node_modules'), join(folder, workspace, 'node_modules')]
    if (existsSync(from) && existsSync(dirname(to))) linkFolder(from, to)
  }
}

function linkFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    // A scope has links to the workspace beside packages.
    if (entry.isDirectory() && entry.name.startsWith('@')) linkFolder(source, target)
    // What leads to the workspace says so from where it lies, and there it stays.
    else symlinkSync(entry.isSymbolicLink() ? readlinkSync(source) : source, target)
  }
}

/** Scripts of packages are not run: Node is the one that runs this. */
function installPackages(folder: string): void {
  console.error('The commit has other packages: npm ci …')
  const { status, error } = spawnSync('npm', ['ci', '--ignore-scripts'], { cwd: folder, stdio: ['ignore', process.stderr, 'inherit'] })
  if (status !== 0) throw new Error('The packages of the commit could not be installed', { cause: error })
}
