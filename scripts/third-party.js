import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const LICENCE_FILE = /^(licen[cs]e|notice|copying)/i

/** Markdown with the licences of all packages that have parts in these bundles: their authors want them to be passed on. */
export function thirdPartyNotice(bundles) {
  const folders = new Set(bundles.flatMap(({ moduleIds = [] }) => moduleIds.flatMap(packageFolder)))
  const entries = new Map([...folders].map(describe))
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)
  return ['# Parts of others that are in this package', ...sorted].join('\n\n') + '\n'
}

/** The package that a module belongs to; none for our own. */
function packageFolder(id) {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id) ?? []
}

function describe(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const texts = readdirSync(folder)
    .filter((file) => LICENCE_FILE.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').trim())
  return [`${name} ${version}`, [`## ${name} ${version}`, `Licence: ${license}`, ...texts.map((text) => `~~~\n${text}\n~~~`)].join('\n\n')]
}
