// Writes docs/guides/errors.md: npm run errors-page
import { writeFileSync } from 'node:fs'
import { ERROR_CODES } from '../packages/core/src/error-codes.ts'
import { OTHER_FAULTS } from '../packages/docstore/src/store/doctor/fault-names.ts'
import { CLOCK_FAULTS, RELAY_FAULTS } from '../packages/docstore/src/store/doctor/faults.ts'

const INTRODUCTION = `# Errors and faults

<!-- Made by \`npm run errors-page\` from packages/core/src/error-codes.ts and packages/docstore/src/store/doctor/fault*.ts -->

Every error of the library and of the command line is a \`DocstoreError\`: match on its \`code\`, which is stable, never on its message, which is
a sentence for people and says more than this page. The command line prints the message, with \`--json\` as
\`{"error":{"code","message"}}\`, and ends with 1, or with 2 for \`usage\`. Errors of other peers, and of programs of another version, keep the codes that these gave them.
A \`TypeError\` or \`RangeError\` is a mistake of the program that calls.
`

/** Cells hold text as it is; a line that bends would end the table. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`

const byName = ([a]: readonly string[], [b]: readonly string[]): number => ((a ?? '') < (b ?? '') ? -1 : 1)

/** The page about error codes, and about what the doctor finds. */
export function errorsPage(): string {
  const codes = Object.entries(ERROR_CODES).map(([code, { means, fix }]) => [`\`${code}\``, sentence(means), sentence(fix)])
  const relays = Object.entries(RELAY_FAULTS).map(([fault, { what, fix }]) => [`\`${fault}\``, sentence(`the relay ${what}`), sentence(fix)])
  const clocks = Object.entries(CLOCK_FAULTS).map(([fault, fix]) => [`\`${fault}\``, CLOCKS[fault as keyof typeof CLOCK_FAULTS], sentence(fix)])
  const others = Object.entries(OTHER_FAULTS).map(([fault, { what, fix }]) => [`\`${fault}\``, sentence(what), sentence(fix)])
  return [
    INTRODUCTION,
    '## Error codes\n',
    table(['code', 'what it means', 'what to do'], codes.toSorted(byName)),
    '\n## Faults that the doctor finds\n',
    'The `fault` of what `store.doctor()` and `docstore doctor` find wrong, on the way to a relay, with clocks and elsewhere.\n',
    table(['fault', 'what it means', 'what to do'], [...relays, ...clocks, ...others].toSorted(byName)),
    '',
  ].join('\n')
}

/** What the doctor says of clocks in figures. */
const CLOCKS: Readonly<Record<keyof typeof CLOCK_FAULTS, string>> = {
  'clock-skew': 'The clocks of this machine and of a relay differ, and nobody can say which is wrong.',
  'relay-clock': 'The clock of a relay is wrong: most others disagree with it.',
  'own-clock': 'The clock of this machine is wrong: most relays agree with another time.',
}

if (import.meta.main) writeFileSync(new URL('../docs/guides/errors.md', import.meta.url), errorsPage())
