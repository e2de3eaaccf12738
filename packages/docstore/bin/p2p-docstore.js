#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
// So that `npx p2p-docstore` works: it runs what the package of that name brings.
import '@p2p-docstore/cli/bin'
