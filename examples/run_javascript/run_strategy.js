#!/usr/bin/env node
/**
 * Runs a strategy over a lake and prints the net of each day, then of the whole, in rupees.
 *
 *     node run_strategy.js STRATEGY LAKE RUNS [NAME=VALUE…]
 */

import { ask, InputError, readTable, rupees } from './nfolab.js'

const USAGE = 'usage: node run_strategy.js STRATEGY LAKE RUNS [NAME=VALUE…]'

async function main() {
  const [strategy, lake, runs, ...given] = process.argv.slice(2)
  if (runs === undefined) throw new InputError(USAGE)
  const settings = given.flatMap((one) => ['--set', one])
  const { document, partFailed } = await ask(['run', strategy, '--lake', lake, '--runs', runs, ...settings])
  for (const remark of document.remarks) console.log(remark)
  const trades = await readTable(document.path, 'trades', ['day', 'net_paise'])
  const byDay = new Map()
  for (const { day, net_paise } of trades) {
    const date = day.toISOString().slice(0, 10)
    byDay.set(date, (byDay.get(date) ?? 0n) + net_paise)
  }
  for (const [date, paise] of byDay) console.log(`${date}\t${rupees(paise)}`)
  console.log(`all\t${rupees([...byDay.values()].reduce((sum, one) => sum + one, 0n))}`)
  console.log(`band\t${document.band.worst}\t${document.band.best}`)
  if (partFailed) console.log('a part failed: see the ledger')
}

main().catch((problem) => {
  if (!(problem instanceof InputError)) throw problem
  console.error(problem.message)
  process.exitCode = 2
})
