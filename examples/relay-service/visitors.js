// A service of one's own for a relay: counts who came, and says so over HTTP. Run it with
// docstore relay --service ./examples/relay-service/visitors.js
export const service = {
  name: 'visitors',
  about: 'counts the peers that came',
  settings: { remembered: { kind: 'whole', min: 1, default: 1000, about: 'peers that are told apart' } },
  start({ store, http, settings, log }) {
    const seen = new Set()
    let visits = 0
    const unlisten = store.on('peer', (peers) => {
      for (const { id, state } of peers) {
        if (state !== 'connected' || seen.has(id)) continue
        if (seen.size >= settings.remembered) seen.clear()
        seen.add(id)
        visits++
        log.info({ peer: id }, 'visitor')
      }
    })
    http.get('/visitors', async () => ({ visits }))
    return {
      metrics: () => [{ name: 'docstore_visitors_total', help: 'Peers that came', type: 'counter', values: [['', visits]] }],
      health: () => ({ ok: true, visits }),
      stop: () => unlisten(),
    }
  },
}
