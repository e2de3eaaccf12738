import { Command, Option } from 'commander'
import type { Context, Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import { fetchNamespaces } from '../people/fetch-namespaces.ts'
import { personText } from '../people/person-text.ts'
import { tellOthers, toldText } from '../people/tell-others.ts'
import { TypedLines } from '../people/typed-lines.ts'
import { readInput } from '../read-input.ts'

/** What the words of a recovery key are read with. */
export const WORDS_LIMIT = {
  what: 'the 24 recovery words',
  maxLength: 1000,
  tooLong: ['bad-words', 'That is too long for 24 words. Give the words alone'],
} as const

/** `docstore person …` */
export function personCommand(run: Run): Command {
  return new Command('person')
    .description('the person for whom this folder signs: their devices, and the words that bring them back')
    .addCommand(showCommand(run))
    .addCommand(wordsCommand(run))
    .addCommand(restoreCommand(run))
}

function showCommand(run: Run): Command {
  return new Command('show').description('show who this is; a folder without documents begins to sign for a new person').action(() =>
    run(async (context) => {
      await using store = await openStore(context, { network: 'off', person: 'new' })
      const shown = await store.person.show()
      const result = { person: shown.person ?? null, devices: shown.devices, words: shown.words, identity: store.info.identity }
      await context.output.result(result, () => personText(shown))
    }),
  )
}

function wordsCommand(run: Run): Command {
  return new Command('words')
    .description('show the 24 recovery words, to write them down')
    .option('--check', 'ask for three of them, and forget them here')
    .addOption(
      new Option(
        '--replace',
        'make others, and show them: those of before bring nobody back any more; these are read from standard input where they are not on this device',
      ).conflicts('check'),
    )
    .option('--offline', 'with --replace, tell no relay')
    .action(({ check = false, replace = false, offline = false }: { check?: boolean; replace?: boolean; offline?: boolean }) =>
      run(async (context) => {
        if (replace) {
          await replaceWords(context, offline)
          return
        }
        await using store = await openStore(context, { network: 'off', person: 'new' })
        if (!check) {
          const words = await store.person.words()
          await context.output.result({ words }, () => wordsText(words))
          return
        }
        await store.person.words()
        using lines = new TypedLines(context)
        const typed = new Map<number, string>()
        for (const place of await store.person.wordPlaces()) typed.set(place, await lines.ask(`Word ${place}:`))
        const { person } = await store.person.checkWords(Object.fromEntries(typed))
        await context.output.result(
          { person, words: 'written' },
          () => 'They are right. This device has forgotten them: only what you wrote down has them now.',
        )
      }),
    )
}

/** The words that were there prove who asks for others. */
async function replaceWords(context: Context, isOffline: boolean): Promise<void> {
  await using store = await openStore(context, { network: isOffline ? 'off' : 'auto' })
  const isHere = (await store.person.show()).words === 'here'
  const before = isHere ? await store.person.words() : await readInput(context, '-', WORDS_LIMIT)
  const words = await store.person.rotateWords(before)
  const told = await tellOthers(context, store, isOffline)
  await context.output.result({ words, ...told }, () => wordsText(words))
  context.output.note(
    `These are the words from now on: write them down, then docstore person words --check. Those of before bring nobody back any more. Replaced, and ${toldText(told)}`,
  )
}

function wordsText(words: readonly string[]): string {
  return words.map((word, i) => `${String(i + 1).padStart(2)} ${word}`).join('\n')
}

function restoreCommand(run: Run): Command {
  return new Command('restore')
    .description(
      'make this folder, which has no documents, a device of the person whose words are on standard input; with --join LINK of their network',
    )
    .option('--label <text>', 'what to call this device', '')
    .option('--person <id>', 'who is meant, where several persons name the recovery key of these words (bafyrei…)')
    .action(({ label, person: id }: { label: string; person?: string }) =>
      run(async (context) => {
        const { settings, signal, output } = context
        const words = await readInput(context, '-', WORDS_LIMIT)
        await using store = await openStore(context, { network: 'on', person: 'new' })
        const wanted = { label, ...(id === undefined ? {} : { person: id }) }
        const { person, namespaces, isProved } = await store.person.restore(words, { ...wanted, timeoutMs: settings.timeoutMs, signal })
        const fetched = await fetchNamespaces(context, store, namespaces)
        await output.result({ person, namespaces, proved: isProved }, () => `This folder signs for ${person} now.\n${fetched}`)
        if (!isProved)
          output.note(
            'Nothing shows that this person began with these words, as those do that are made now. Look whether the id and the devices are yours.',
          )
      }),
    )
}
