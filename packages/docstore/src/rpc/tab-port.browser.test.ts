import { expect, it } from 'vitest'
import { takeLock } from './locks-web.ts'
import { TabPort } from './tab-port-web.ts'

const never = new AbortController().signal
let lines = 0

async function openLine(): Promise<{ name: string; caller: TabPort; owner: TabPort }> {
  const name = `line/${++lines}`
  const [caller, owner] = await Promise.all([TabPort.open(name, 'caller', never), TabPort.open(name, 'owner', never)])
  caller.watch()
  owner.watch()
  return { name, caller, owner }
}

function next(port: TabPort): Promise<unknown> {
  return new Promise((resolve) => port.onMessage(resolve))
}

function closed(port: TabPort): Promise<void> {
  return new Promise((resolve) => port.onClose(resolve))
}

it('carries structured clones both ways', async () => {
  const { caller, owner } = await openLine()
  const asked = next(owner)
  const answered = next(caller)
  caller.post({ bytes: Uint8Array.of(1, 2), none: undefined })
  expect(await asked).toEqual({ bytes: Uint8Array.of(1, 2), none: undefined })
  owner.post(['answer'])
  expect(await answered).toEqual(['answer'])
  caller.close()
  await closed(owner)
})

it.each(['caller', 'owner'] as const)('is closed at the other end when the %s hangs up, and leaves no lock behind', async (end) => {
  const line = await openLine()
  line[end].close()
  await closed(end === 'caller' ? line.owner : line.caller)
  await closed(line[end])
  const names = async (): Promise<unknown[]> => ((await navigator.locks.query()).held ?? []).map(({ name }) => name)
  await expect.poll(names).not.toContainEqual(expect.stringContaining(line.name))
})

it('is closed when a signal aborts, before or after it was opened', async () => {
  const controller = new AbortController()
  const port = await TabPort.open('line/aborted', 'caller', controller.signal)
  controller.abort()
  await closed(port)
  await closed(await TabPort.open('line/aborted', 'caller', controller.signal))
})

it('is closed when the other end is there but answers no more, and stays open where it answers', { timeout: 20_000 }, async () => {
  const { caller, owner } = await openLine()
  const sleeping = await takeLock('line/silent/owner')
  const silent = await TabPort.open('line/silent', 'caller', never)
  silent.watch()
  await closed(silent)
  sleeping()
  // Nothing else was said on this one either.
  const asked = next(owner)
  caller.post('still there')
  expect(await asked).toBe('still there')
  caller.close()
})
