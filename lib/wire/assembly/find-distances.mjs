/*
 * Finds the distances by which fold.ts may move bytes: `node lib/wire/assembly/find-distances.mjs` prints the sets of seven distances of 16 to
 * 112 bytes whose x^-8d add up to 1 modulo the polynomial of CRC-32C. All sums of three are kept, and of all sums of four those looked up that
 * make 1 with one of them: seconds, not years. Of the five sets the one in use has a distance that is a whole number of blocks, and
 * needs nothing cut for it; only one of its distances is under 33, so that a block waits for the block before it only once.
 */

const polynomial = 0x82f63b78
const [least, most] = [16, 112]

/** Divides by x: the polynomial is reflected, so x^0 is the highest bit. */
const byX = rest => (rest < 0 ? (rest << 1) ^ ((polynomial << 1) | 1) : rest << 1)

const one = 1 << 31
const powers = [one]
for (let distance = 1; distance <= most; distance++) {
  let power = powers[distance - 1]
  for (let bit = 0; bit < 8; bit++) power = byX(power)
  powers.push(power)
}

const sumsOfThree = new Map()
for (let a = least; a <= most; a++)
  for (let b = a + 1; b <= most; b++)
    for (let c = b + 1; c <= most; c++) {
      const sum = powers[a] ^ powers[b] ^ powers[c]
      sumsOfThree.set(sum, [...(sumsOfThree.get(sum) ?? []), [a, b, c]])
    }

for (let d = least; d <= most; d++)
  for (let e = d + 1; e <= most; e++)
    for (let f = e + 1; f <= most; f++)
      for (let g = f + 1; g <= most; g++)
        for (const three of sumsOfThree.get(one ^ powers[d] ^ powers[e] ^ powers[f] ^ powers[g]) ?? [])
          if (three[2] < d) process.stdout.write(`${[...three, d, e, f, g].join(', ')}\n`)
