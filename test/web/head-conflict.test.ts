import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDocstore, type Docstore } from 'p2p-docstore'
import { expect, it } from 'vitest'
import { conflictLines, settleHead, standingFields } from '../../apps/web/src/namespaces/settle-head.ts'

it('what two devices of an owner set at once is named with both values, and settled by taking one or leaving the other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'docstore-heads-'))
  try {
    const began = await createDocstore({ data: join(folder, 'phone'), network: 'off' })
    const { id } = await began.namespaces.create({ name: 'Notes', write: 'anyone' })
    await began.close()
    // The same person on another machine.
    cpSync(join(folder, 'phone'), join(folder, 'desk'), { recursive: true })
    await using phone = await createDocstore({ data: join(folder, 'phone'), network: 'off' })
    await using desk = await createDocstore({ data: join(folder, 'desk'), network: 'off' })
    const stores = { phone, desk }
    for (const [name, store] of Object.entries(stores)) {
      const namespace = await store.namespaces.open(id)
      await namespace.set({ name, history: name.length, listed: true })
      await namespace.setRules({ docs: { maxBytes: 1000 * name.length } })
    }
    const meet = async (from: Docstore, to: Docstore): Promise<void> => {
      const sent = await from.replica.exportNamespace(id)
      if (sent !== undefined) await to.replica.importNamespace(sent.genesis, sent.head, sent.signature)
    }
    await meet(desk, phone)
    await meet(phone, desk)
    const infos = [await phone.replica.namespace(id), await desk.replica.namespace(id)]
    const at = infos.findIndex((info) => info?.conflict !== undefined)
    const [store, info] = [[phone, desk][at], infos[at]]
    if (store === undefined || info === undefined) throw new Error('nobody was told')
    const [won, lost] = info.name === 'phone' ? ['phone', 'desk'] : ['desk', 'phone']
    // Both said the same of being listed.
    expect(conflictLines(info, info.conflict ?? {})).toEqual([
      `name: “${won}”; here it was “${lost}”`,
      `days of earlier versions: ${won.length}; here it was ${lost.length}`,
      `rules of its collections: {"docs":{"maxBytes":${won.length}000}}; here it was {"docs":{"maxBytes":${lost.length}000}}`,
    ])
    const { name, ...others } = info.conflict ?? {}
    await settleHead(store, info, { ...(name !== undefined && { name }) })
    expect(await store.replica.namespace(id)).toMatchObject({ name: lost, history: won.length, conflict: others })
    await settleHead(store, info, standingFields(info, others))
    const settled = await store.replica.namespace(id)
    expect(settled).toMatchObject({ name: lost, history: won.length, collections: { docs: { maxBytes: won.length * 1000 } } })
    expect(settled).not.toHaveProperty('conflict')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
