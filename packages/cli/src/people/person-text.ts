import type { DeviceInfo, PersonInfo } from 'p2p-docstore'
import { textTable } from '../output/text-table.ts'

/** A person as people read it. */
export function personText({ person, devices, words }: PersonInfo): string {
  if (person === undefined) return 'This folder signs for its own key alone. New folders sign for a person.'
  const lines = [`person  ${person}`, `words   ${WORDS[words]}`]
  return [...lines, '', devicesText(devices)].join('\n')
}

const WORDS: Readonly<Record<PersonInfo['words'], string>> = {
  here: 'on this device still: docstore person words --check once they are written down',
  written: 'written down',
  elsewhere: 'not on this device: written down, or on another one still',
}

/** Their devices, one a line. */
export function devicesText(devices: readonly DeviceInfo[]): string {
  return textTable(
    devices.map(({ key, label, until, reason, revokedBy, isThis }) => [
      key,
      label === '' ? '(no name)' : label,
      [isThis ? 'this device' : [], until === undefined ? [] : `revoked ${until} as ${reason ?? 'lost'}, by ${revokedBy ?? 'a device'}`]
        .flat()
        .join(', '),
    ]),
  )
}
