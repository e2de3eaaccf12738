import type { SectorsReport } from 'p2p-docstore'
import type { AdminReport } from './admin-report.ts'

/** Seconds after which a page that is open asks again. */
const REFRESH_S = 15

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #8884; vertical-align: top; overflow-wrap: anywhere }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
.fault { color: #c33; font-weight: 600 } code { font-size: .9em } small { opacity: .75 }
`

/** The page of a relay for who runs it: HTML without a script, which loads nothing. */
export function adminPage(report: AdminReport): string {
  const { network, ready, fault, uptime, memory, peers, relays, authors, placement } = report
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${REFRESH_S}">
<title>Relay of ${escape(network.name)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Relay of ${escape(network.name)}</h1>
${table([
  ['State', ready ? 'ready' : raw(`<span class="fault">not ready: ${escape(fault ?? '')}</span>`)],
  ...(report.origin === undefined ? [] : [['Address', report.origin]]),
  ['Peer', code(report.peer ?? '-')],
  ['Identity', code(report.identity)],
  ['Network', code(network.id)],
  ['Runs for', duration(uptime)],
  ['Memory', bytesText(memory)],
  ['Connected', `${peers} peers, ${relays} of them relays`],
])}
<h2 id="services">Services</h2>
${table(
  report.services.map(({ name, about, health }) => [
    name,
    about,
    health.ok ? facts(health) : raw(`<span class="fault">${escape(facts(health))}</span>`),
  ]),
  ['Service', 'Does', 'Is'],
)}
<h2 id="limits">Limits</h2>
${table(
  report.services.flatMap(({ name, settings }) =>
    Object.entries(settings)

      .filter(([, { value }]) => value !== null && !(Array.isArray(value) && value.length === 0))
      .map(([setting, { value, about }]) => [`${name}.${setting}`, [value].flat().join(', '), about]),
  ),
  ['Setting', 'Holds', 'Is'],
)}
<p><small>${
    Object.keys(report.limitsMet).length === 0
      ? 'Nobody has met a limit since the start.'
      : `Met since the start: ${Object.entries(report.limitsMet)
          .map(([limit, count]) => `${escape(limit)} ${count} times`)
          .join(', ')}.`
  } <code>docstore relay --print-config</code> says where each setting comes from.</small></p>
<h2 id="authors">Who stores how much</h2>
<p>${authors.fault === undefined ? `${authors.total} authors, ${bytesText(authors.bytes)} of records.` : `This cannot be told now: ${escape(authors.fault)}.`}</p>
${table(
  authors.most.map(({ author, label, records, bytes }) => [
    raw(`${escape(label)}<br><small><code>${escape(author)}</code></small>`),
    number(String(records)),
    number(bytesText(bytes)),
  ]),
  ['Author', number('Records'), number('Size')],
)}
<h2 id="repair">Copies and repair</h2>
${placementText(placement)}
</body>
</html>
`
}

function placementText(placement: SectorsReport | undefined): string {
  if (placement === undefined) return '<p>This relay keeps no documents for others.</p>'
  if (placement.members === 0) return '<p>This relay keeps everything that it is set to keep, and gives nothing up to others.</p>'
  const { members, copies, everywhere, draining, owned, serving, syncing, leaving, safe, unsafe, compared, dropped, moved } = placement
  return `<p>${
    draining
      ? `It is being drained: ${unsafe} namespaces are not safe with others yet.`
      : everywhere
        ? 'Every relay keeps everything: there are no more of them than copies are wanted.'
        : `${syncing} sectors are being repaired.`
  }</p>
${table([
  ['Relays that keep documents', String(members)],
  ['Copies wanted', String(copies)],
  ['Sectors owned, served, fetched', `${owned}, ${serving}, ${syncing}`],
  ['Sectors of others that still lie here, safe with them', `${leaving}, ${safe}`],
  [
    'Since the start: compared, given up, moved',
    `${compared}, ${dropped}, ${bytesText(Object.values(moved).reduce((sum, { bytes }) => sum + bytes, 0))}`,
  ],
])}`
}

/** HTML that is put in as it stands. */
interface Raw {
  readonly html: string
  readonly isNumber?: boolean
}

function raw(html: string): Raw {
  return { html }
}

function number(text: string): Raw {
  return { html: escape(text), isNumber: true }
}

function code(text: string): Raw {
  return raw(`<code>${escape(text)}</code>`)
}

function table(rows: readonly (readonly (string | Raw)[])[], heads: readonly (string | Raw)[] = []): string {
  const cell = (value: string | Raw, tag: string): string => {
    const { html, isNumber = false } = typeof value === 'string' ? raw(escape(value)) : value
    return `<${tag}${isNumber ? ' class="number"' : ''}>${html}</${tag}>`
  }
  const row = (cells: readonly (string | Raw)[], tag: string): string => `<tr>${cells.map((one) => cell(one, tag)).join('')}</tr>`
  return `<table>${[...(heads.length === 0 ? [] : [row(heads, 'th')]), ...rows.map((cells) => row(cells, 'td'))].join('\n')}</table>`
}

function facts({ ok, ...rest }: { readonly ok: boolean; readonly [fact: string]: unknown }): string {
  const told = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`)
  return [ok ? 'well' : 'not well', ...told].join(', ')
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24]
  return days > 0 ? `${days} d ${hours} h` : hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`
}

function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10))
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`
}

/** Names and settings are other people's: here they are text. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
