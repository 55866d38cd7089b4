"""Benchmark rows made from the row number alone, the same in every language; see ../../README.md."""

from datetime import datetime, timedelta
from decimal import Decimal

MASK = 0xFFFFFFFF
EPOCH = datetime(1970, 1, 1)


def hash32(i, j):
    x = (i * 0x9E3779B1 + j * 0x85EBCA77) & MASK
    x ^= x >> 16
    x = (x * 0x7FEB352D) & MASK
    x ^= x >> 15
    x = (x * 0x846CA68B) & MASK
    return x ^ (x >> 16)


ALPHABET = "abcdefghijklmnopqrstuvwxyz012345"
POOL = "".join(" " if hash32(k, 7777) % 6 == 0 else ALPHABET[hash32(k, 7778) & 31] for k in range(65536))
HAN = "".join(chr(0x4E00 + hash32(k, 7779) % 5000) for k in range(8192))


def pool_text(start, length):
    return POOL[start : start + length]


def han_text(start, length):
    return HAN[start : start + length]


def letters(bits):
    return "".join(ALPHABET[(bits >> (5 * k)) & 31] for k in range(6))


def moment(i, j):
    spread = (hash32(i, j) * 64 + (hash32(i, j + 1) & 63)) % 300_000_000_000
    return EPOCH + timedelta(milliseconds=1_500_000_000_000 + spread)


def thousandth(i, j):
    return (hash32(i, j) - 2_147_483_648) / 1000


def narrow(i):
    return [i * 1_000_003 + 17, letters(hash32(i, 1)) + letters(hash32(i, 2)), thousandth(i, 3), moment(i, 4)]


def wide(i):
    row = [
        i,
        hash32(i, 11),
        -(hash32(i, 12) & 0xFFFF),
        hash32(i, 13) * 1_048_576 + (hash32(i, 14) & 0xFFFFF),
        ((hash32(i, 15) << 32 | hash32(i, 16)) + (1 << 63)) % (1 << 64) - (1 << 63),
    ]
    row += [(hash32(i, 20 + k) - 2_147_483_648) / 10**k for k in range(5)]
    lengths = [8 + hash32(i, 30 + k) % 33 for k in range(6)]
    row += [pool_text(hash32(i, 40 + k) % 65_472, lengths[k]) for k in range(5)]
    row.append(han_text(hash32(i, 45) % 8000, (lengths[5] + 2) // 3))
    row += [moment(i, 50), moment(i, 52), (hash32(i, 60) & 1) == 1]
    sign = "-" if hash32(i, 61) & 1 else ""
    row.append(Decimal("%s%d.%02d" % (sign, hash32(i, 62), hash32(i, 63) % 100)))
    return [None if hash32(i, 100 + c) % 10 == 0 else cell for c, cell in enumerate(row)]


def text(i):
    start = hash32(i, 2) % 64_512
    long = han_text(hash32(i, 3) % 7936, 256) + pool_text(start, 256) if i % 4 == 3 else pool_text(start, 1024)
    return [i, pool_text(hash32(i, 1) % 65_336, 200), long]


def nested_text(i, slot):
    return pool_text(hash32(i, slot) % 65_472, 4 + hash32(i, slot + 1) % 12)


def nested(i):
    tags = [nested_text(i, 10 + 2 * k) for k in range(hash32(i, 1) % 5)]
    counts = {"key%d" % k: hash32(i, 30 + k) for k in range(hash32(i, 2) % 4)}
    return [i, tags, counts, (thousandth(i, 3), thousandth(i, 4), nested_text(i, 50))]


def partition(i):
    return "p%d" % (hash32(i, 4242) % 20)


WORKLOADS = {"narrow": narrow, "wide": wide, "text": text, "nested": nested}
