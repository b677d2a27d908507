#!/usr/bin/env node
/**
 * Prints one contract's seconds from a lake: time, last price, best bid and best ask, in rupees.
 *
 *     node print_contract.js LAKE UNDERLYING DAY EXPIRY STRIKE KIND [--json [COLUMN…]]
 */

import { parseArgs } from 'node:util'
import { indianTime, InputError, newestOfEachSecond, OptionsDay, rupees } from './lake.js'

const SHOWN = ['timestamp', 'price_paise', 'bp0_paise', 'sp0_paise']
const USAGE = 'usage: node print_contract.js LAKE UNDERLYING DAY EXPIRY STRIKE KIND [--json [COLUMN…]]'

/** Clocks need more digits than a number has, so they become text; days become 2025-12-30. */
function plain(name, value) {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  return value
}

function withPlainDates(row) {
  const days = Object.entries(row).filter(([, value]) => value instanceof Date)
  return { ...row, ...Object.fromEntries(days.map(([name, value]) => [name, value.toISOString().slice(0, 10)])) }
}

function words() {
  try {
    return parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } })
  } catch {
    throw new InputError(USAGE)
  }
}

async function main() {
  const { values, positionals } = words()
  const [lake, underlying, date, expiry, strike, kind, ...columns] = positionals
  if (kind === undefined) throw new InputError(USAGE)
  const day = await OptionsDay.open(lake, underlying, date)
  const contract = day.contract(expiry, Number(strike), kind)
  if (values.json) {
    const rows = await day.read(contract, columns.length > 0 ? columns : SHOWN)
    const { source, about, bytesRead } = day
    console.log(JSON.stringify({ source, about, contract, bytesRead, rows: rows.map(withPlainDates) }, plain))
    return
  }
  if (day.source === 'synthetic') console.log('SYNTHETIC DATA')
  console.log(['time', 'price', 'bid', 'ask'].join('\t'))
  for (const row of newestOfEachSecond(await day.read(contract, SHOWN))) {
    const prices = [row.price_paise, row.bp0_paise, row.sp0_paise].map(rupees)
    console.log([indianTime(row.timestamp), ...prices].join('\t'))
  }
}

main().catch((problem) => {
  if (!(problem instanceof InputError)) throw problem
  console.error(problem.message)
  process.exitCode = 2
})
