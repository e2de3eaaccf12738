import { generateKeyPairSync, hash, sign, verify } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { benchDocument } from './documents.ts'
import type { Figures } from './local.ts'

/** What this machine can do at all with the parts that the store is made of. */
export function measureFloors(): Figures {
  return { ...sqlite(), ...crypto() }
}

function sqlite(): Figures {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-floor-'))
  const database = new DatabaseSync(join(folder, 'floor.db'))
  try {
    database.exec(
      'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE rows (id TEXT PRIMARY KEY, content TEXT)',
    )
    const insert = database.prepare('INSERT INTO rows VALUES (?, ?)')
    const get = database.prepare('SELECT content FROM rows WHERE id = ?')
    const rows = Array.from({ length: 100_000 }, (_, i) => benchDocument(i)).map((document) => [document._id, JSON.stringify(document)] as const)
    const single = perSecond(20_000, (i) => insert.run(...(rows[i] ?? ['', ''])))
    const bulk = perSecond(80, (i) => {
      database.exec('BEGIN')
      for (const row of rows.slice(20_000 + i * 1000, 21_000 + i * 1000)) insert.run(...row)
      database.exec('COMMIT')
    })
    const reads = perSecond(100_000, (i) => get.get(rows[(i * 7919) % rows.length]?.[0] ?? ''))
    return {
      'SQLite, one row per transaction, /s': single,
      'SQLite, 1,000 rows per transaction, rows/s': bulk * 1000,
      'SQLite, read by key, /s': reads,
    }
  } finally {
    database.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function crypto(): Figures {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const message = new Uint8Array(200).fill(7)
  const signature = sign(null, message, privateKey)
  const content = JSON.stringify(benchDocument(1))
  return {
    'ed25519 sign, /s': perSecond(10_000, () => sign(null, message, privateKey)),
    'ed25519 verify, /s': perSecond(5000, () => verify(null, message, publicKey, signature)),
    'sha-256 of 300 bytes, /s': perSecond(200_000, () => hash('sha256', content, 'buffer')),
  }
}

function perSecond(times: number, work: (i: number) => unknown): number {
  const began = performance.now()
  for (let i = 0; i < times; i++) work(i)
  return (times / (performance.now() - began)) * 1000
}
