import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { installPeers } from './peers/install.ts'
import { measureQueries, type QueryFigure } from './queries.ts'

const COUNT = 100_000
const ROUNDS = 5

type Figures = Readonly<Record<string, QueryFigure | string>>

/** Questions to 100,000 documents: us, SQLite with statements written by hand, and PouchDB, one after another. */
export async function runQueries({ json = false, peers = true }: { readonly json?: boolean; readonly peers?: boolean }): Promise<void> {
  const local = await measureQueries(COUNT, ROUNDS)
  const pouch = peers ? measurePouch() : {}
  if (json) {
    console.log(JSON.stringify({ ...local, pouchdb: pouch }))
    return
  }
  console.log(`${COUNT.toLocaleString('en')} documents of 280 bytes, an index on one field; medians of ${ROUNDS}, PouchDB once. Milliseconds.\n`)
  console.log('| question | documents | ours | SQLite by hand | ours / by hand | PouchDB |\n| --- | ---: | ---: | ---: | ---: | ---: |')
  for (const question of Object.keys(local.ours)) {
    const [ours, byHand] = [local.ours[question], local['by hand'][question]]
    const ratio = typeof ours === 'object' && typeof byHand === 'object' ? (ours.ms / byHand.ms).toFixed(2) : ''
    const documents = typeof ours === 'object' ? ours.documents.toLocaleString('en') : ''
    console.log(`| ${question} | ${documents} | ${show(ours)} | ${show(byHand)} | ${ratio} | ${show(pouch[question])} |`)
    const given = new Set([ours, byHand].map((figure) => (typeof figure === 'object' ? figure.documents : undefined)))
    if (given.size > 1) throw new Error(`"${question}" gave different numbers of documents`)
  }
}

function measurePouch(): Figures {
  const folder = fileURLToPath(new URL('./peers/', import.meta.url))
  installPeers(folder)
  const { stdout, stderr, status } = spawnSync(process.execPath, [`${folder}adapters/pouchdb-queries.ts`, String(COUNT)], {
    encoding: 'utf8',
    cwd: folder,
  })
  if (status !== 0) throw new Error(`PouchDB could not be measured: ${stderr}`)
  return JSON.parse(stdout) as Figures
}

function show(figure: QueryFigure | string | undefined): string {
  if (typeof figure !== 'object') return figure ?? '–'
  return figure.ms >= 100 ? Math.round(figure.ms).toLocaleString('en') : figure.ms >= 1 ? figure.ms.toFixed(1) : figure.ms.toFixed(3)
}
