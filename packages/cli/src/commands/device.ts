import { DocstoreError, errorCode, errorMessage } from '@p2p-docstore/core'
import { Command } from 'commander'
import { type AddingDevice, type DeviceInfo, type Docstore, knownOrigins } from 'p2p-docstore'
import { parsePairingText } from 'p2p-docstore/people'
import type { Context, Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import { deviceKey } from '../people/device-key.ts'
import { fetchNamespaces } from '../people/fetch-namespaces.ts'
import { freshenPerson } from '../people/freshen-person.ts'
import { devicesText, personText } from '../people/person-text.ts'
import { tellOthers, toldText } from '../people/tell-others.ts'
import { TypedLines } from '../people/typed-lines.ts'
import { readInput } from '../read-input.ts'
import { WORDS_LIMIT } from './person.ts'

/** `docstore device …` */
export function deviceCommand(run: Run): Command {
  return new Command('device')
    .description('the devices of this person')
    .addCommand(addCommand(run))
    .addCommand(joinCommand(run))
    .addCommand(listCommand(run))
    .addCommand(labelCommand(run))
    .addCommand(revokeCommand(run))
}

function addCommand(run: Run): Command {
  return new Command('add')
    .description('make a link for another device, and add it once its code was typed here; the link is good for ten minutes')
    .action(() =>
      run(async (context) => {
        const { output } = context
        await using store = await openStore(context, { network: 'on', person: 'new' })
        const relays = await store.network?.connected({ timeoutMs: context.settings.timeoutMs, signal: context.signal })
        const adding = await store.person.addDevice()
        try {
          // The page of a relay reads it, too.
          const [origin] = await knownOrigins(store)
          const page = origin === undefined ? null : `${origin}/#${adding.link}`
          await output.result({ link: adding.link, page }, () => adding.link)
          if (relays === 0)
            output.note(
              'No relay is connected: the other device finds this one only where it reaches it directly, as in the same local network. With `docstore join LINK` both can meet at a relay.',
            )
          output.note('On the other device: docstore device join LINK')
          if (page !== null) output.note(`Or in a browser: ${page}`)
          using lines = new TypedLines(context)
          for await (const event of adding.events) {
            if (event.type === 'added') continue
            const code = (await lines.ask(`Code that ${event.label === '' ? 'the new device' : JSON.stringify(event.label)} shows:`)).trim()
            await confirm(context, store, { adding, event, code })
          }
        } finally {
          await adding.close()
        }
      }),
    )
}

/** Adds the device whose code was typed. With a wrong one it is turned away, and the link waits for the next: three are let try. */
async function confirm(
  context: Context,
  store: Docstore,
  {
    adding,
    event: { key, label },
    code,
  }: { readonly adding: AddingDevice; readonly event: Pick<DeviceInfo, 'key' | 'label'>; readonly code: string },
): Promise<void> {
  const { output } = context
  let added: Awaited<ReturnType<AddingDevice['confirm']>>
  try {
    added = await adding.confirm(code, { timeoutMs: context.settings.timeoutMs })
  } catch (error) {
    if (errorCode(error) !== 'wrong-check-code') throw error
    output.note(errorMessage(error))
    if (output.isJson) await output.result({ refused: key, label, reason: errorCode(error) }, () => '')
    return
  }
  const name = label === '' ? key : JSON.stringify(label)
  // The other devices learn of it from relays, however long this one is gone.
  const told = await tellOthers(context, store, false)
  await output.result({ added: key, label, code, fetched: added.hasFetched, ...told }, () => `${name} is a device of yours now.`)
  if (!added.hasFetched)
    output.note(
      `It went away before it had all that it needs, and does not know that yet. Join there again with another link of docstore device add; if it stays away: docstore device revoke ${key}`,
    )
}

function joinCommand(run: Run): Command {
  return new Command('join')
    .description('make this folder, which has no documents, a device of the person whose device made the link')
    .argument('<link>', 'what `docstore device add` printed there (bpair…), or the link that the page showed')
    .option('--label <text>', 'what to call this device', '')
    .action((link: string, { label }: { label: string }) =>
      run(async (context) => {
        const { output, settings, signal } = context
        const { join } = parsePairingText(link)
        const inNetwork = { ...context, settings: { ...settings, join: settings.join ?? join } }
        await using store = await openStore(inNetwork, { network: 'on', person: 'new' })
        const { code, person, joined } = await store.person.joinDevice(link, { label, timeoutMs: settings.timeoutMs, signal })
        await output.result({ person, code }, () => `Type this code on the other device: ${code}`)
        const { namespaces, ...shown } = await joined
        const fetched = await fetchNamespaces(inNetwork, store, namespaces)
        await output.result({ person: shown.person, joined: true, namespaces }, () => `${personText(shown)}\n${fetched}`)
      }),
    )
}

function listCommand(run: Run): Command {
  return new Command('list').description('show the devices of this person, as relays that can be reached know them').action(() =>
    run(async (context) => {
      await using store = await openStore(context)
      await freshenPerson(context, store)
      const devices = await store.person.devices()
      await context.output.result(devices, () => devicesText(devices))
    }),
  )
}

function labelCommand(run: Run): Command {
  return new Command('label')
    .description('call a device of this person something else')
    .argument('<device>', DEVICE)
    .argument('<text>', 'what to call it, 64 characters at most')
    .option('--offline', 'tell no relay')
    .action((device: string, text: string, { offline = false }: { offline?: boolean }) =>
      run(async (context) => {
        await using store = await openStore(context, { network: offline ? 'off' : 'auto' })
        await freshenPerson(context, store)
        const key = await deviceKey(store, device)
        const { devices } = await store.person.label(key, text)
        const told = await tellOthers(context, store, offline)
        await context.output.result({ key, label: text, ...told }, () => devicesText(devices))
      }),
    )
}

const DEVICE = 'its key, as `docstore device list` shows it (did:key:…), the last letters of that (six at least), or what it is called'

interface RevokeFlags {
  readonly retired?: boolean
  readonly words?: boolean
  readonly offline?: boolean
  readonly since?: string
}

function revokeCommand(run: Run): Command {
  return new Command('revoke')
    .description('let a device of this person write no more, for good: one that was lost or stolen, unless --retired')
    .argument('<device>', DEVICE)
    .option('--retired', 'it is in good hands: all that it wrote so far stands')
    .option('--since <time>', 'when it was lost, such as 2030-01-31T12:00:00Z: what it wrote after that, and roles that it gave, do not stay')
    .option('--words', 'do it as the recovery key, with the words on standard input: no device can undo that')
    .option('--offline', 'tell no relay')
    .action((device: string, { retired = false, words = false, offline = false, since }: RevokeFlags) =>
      run(async (context) => {
        const { output } = context
        const typed = words ? await readInput(context, '-', WORDS_LIMIT) : undefined
        await using store = await openStore(context, { network: offline ? 'off' : 'auto' })
        // Another device may have added it.
        await freshenPerson(context, store)
        const key = await deviceKey(store, device)
        const before = await store.person.devices()
        const after = await store.person.revoke(key, {
          retired,
          ...(since !== undefined && { since }),
          ...(typed === undefined ? {} : { words: typed }),
        })
        // What a thief had revoked is undone.
        const ended = new Set(before.filter(({ until }) => until !== undefined).map((one) => one.key))
        const again = after.devices.filter(({ key: one, until, isThis }) => ended.has(one) && until === undefined && !isThis)
        // What that one let in behind such an undone revocation has nothing left to stand on.
        const left = new Set(after.devices.filter(({ until }) => until === undefined).map((one) => one.key))
        const gone = before.filter(({ key: one, until, isThis }) => until === undefined && !isThis && one !== key && !left.has(one))
        const told = await tellOthers(context, store, offline)
        // The relays may have known that this device was revoked before.
        if ((await store.person.devices()).find((one) => one.key === key)?.until === undefined)
          throw new DocstoreError(
            'not-allowed',
            'Nothing was changed: this device was revoked before. Do it on another one, or with the recovery words',
          )
        const said = told.told === 0 ? `Revoked ${toldText(told)}` : `Revoked, and ${toldText(told)}`
        const more = {
          ...(again.length > 0 && { again: again.map((one) => one.key) }),
          ...(gone.length > 0 && { ended: gone.map((one) => one.key) }),
        }
        await output.result({ revoked: key, ...told, ...more }, () =>
          [
            said,
            ...(again.length === 0 ? [] : [`It had revoked these, which act again. Revoke each that was lost, too:\n${devicesText(again)}`]),
            ...(gone.length === 0
              ? []
              : [
                  `It had added these since then, which end with it; what they wrote stands. Add each that is yours anew, in a new folder:\n${devicesText(gone)}`,
                ]),
          ].join('\n\n'),
        )
      }),
    )
}
