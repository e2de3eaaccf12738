import { type CommitEvent, type NamespacePrint, type Replica, sha256, utf8 } from '@p2p-docstore/core'
import { expect, it } from 'vitest'
import { SectorContents } from './sector-contents.ts'

const ID = 'bafyreiazusoqt24yzl5ctf3kcyhgf6n3oqhlw7p6ncew2fgvpjmpoqnyfa'

/** As much of a replica as contents use, with one namespace. */
class OneNamespace implements Pick<Replica, 'namespaceIds' | 'print' | 'onCommit'> {
  readonly listeners = new Set<(event: CommitEvent) => void>()
  version = 0
  printed = 0

  async namespaceIds(): Promise<readonly string[]> {
    return [ID]
  }

  async print(): Promise<NamespacePrint> {
    this.printed++
    return { print: sha256(utf8(`${this.version}`)), seq: this.version, count: this.version }
  }

  onCommit(listener: (event: CommitEvent) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  commit(): void {
    this.version++
    for (const listener of this.listeners) listener({ namespace: ID, from: this.version - 1, to: this.version, collections: ['docs'] })
  }
}

it('contents of sectors are looked at when somebody needs them, and then after each change', async () => {
  const replica = new OneNamespace()
  const contents = new SectorContents({ replica, homesOf: () => [{ sector: 5, parts: undefined }], isKept: () => true, isToGo: () => true })
  replica.commit()
  expect([replica.printed, replica.listeners.size, contents.isKnown, contents.all]).toEqual([0, 0, false, []])

  await contents.refresh()
  expect([replica.printed, contents.isKnown, contents.all]).toEqual([1, true, [5]])
  expect(contents.namespaces(5)).toMatchObject([{ id: ID, seq: 1 }])
  const before = contents.print(5)

  await contents.refresh()
  expect(replica.printed).toBe(1)
  replica.commit()
  await contents.refresh()
  expect(contents.namespaces(5)).toMatchObject([{ id: ID, seq: 2 }])
  expect(contents.print(5)).not.toEqual(before)
  contents.stop()
  expect(replica.listeners.size).toBe(0)
})
