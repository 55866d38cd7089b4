package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/aliyun/aliyun-odps-go-sdk/odps/data"
	"github.com/aliyun/aliyun-odps-go-sdk/odps/datatype"
	"github.com/aliyun/aliyun-odps-go-sdk/odps/tableschema"
)

// Benchmark rows made from the row number alone, the same in every language; see ../../README.md.
var workloads = map[string]func(i int, columns []tableschema.Column) data.Record{
	"narrow": func(i int, _ []tableschema.Column) data.Record { return narrowRow(i) },
	"wide":   func(i int, _ []tableschema.Column) data.Record { return wideRow(i) },
	"text":   func(i int, _ []tableschema.Column) data.Record { return textRow(i) },
	"nested": nestedRow,
}

func hash(i, j int) uint32 {
	x := uint32(i)*0x9E3779B1 + uint32(j)*0x85EBCA77
	x ^= x >> 16
	x *= 0x7FEB352D
	x ^= x >> 15
	x *= 0x846CA68B
	return x ^ x>>16
}

const alphabet = "abcdefghijklmnopqrstuvwxyz012345"

var pool, hanPool = makePools()

func makePools() (string, []rune) {
	letters := make([]byte, 65536)
	for k := range letters {
		letters[k] = ' '
		if hash(k, 7777)%6 != 0 {
			letters[k] = alphabet[hash(k, 7778)&31]
		}
	}
	han := make([]rune, 8192)
	for k := range han {
		han[k] = rune(0x4E00 + hash(k, 7779)%5000)
	}
	return string(letters), han
}

// A string of its own, like the ones that come from elsewhere.
func poolText(from, length uint32) string { return strings.Clone(pool[from : from+length]) }
func hanText(from, length uint32) string  { return string(hanPool[from : from+length]) }

func letters(bits uint32) string {
	text := make([]byte, 6)
	for k := range text {
		text[k] = alphabet[bits>>(5*k)&31]
	}
	return string(text)
}

func moment(i, j int) data.DateTime {
	spread := (int64(hash(i, j))*64 + int64(hash(i, j+1)&63)) % 300_000_000_000
	return data.DateTime(time.UnixMilli(1_500_000_000_000 + spread))
}

func fraction(i, j int, divisor float64) data.Double {
	return data.Double(float64(int64(hash(i, j))-2_147_483_648) / divisor)
}

func narrowRow(i int) data.Record {
	name := letters(hash(i, 1)) + letters(hash(i, 2))
	return data.Record{data.BigInt(i*1_000_003 + 17), data.String(name), fraction(i, 3, 1000), moment(i, 4)}
}

func wideRow(i int) data.Record {
	row := data.Record{
		data.BigInt(i),
		data.BigInt(hash(i, 11)),
		data.BigInt(-int64(hash(i, 12) & 0xFFFF)),
		data.BigInt(int64(hash(i, 13))*1_048_576 + int64(hash(i, 14)&0xFFFFF)),
		data.BigInt(int64(uint64(hash(i, 15))<<32 | uint64(hash(i, 16)))),
	}
	for k := 0; k < 5; k++ {
		row = append(row, fraction(i, 20+k, math.Pow10(k)))
	}
	for k := 0; k < 6; k++ {
		length := 8 + hash(i, 30+k)%33
		if k < 5 {
			row = append(row, data.String(poolText(hash(i, 40+k)%65_472, length)))
		} else {
			row = append(row, data.String(hanText(hash(i, 45)%8000, (length+2)/3)))
		}
	}
	sign := ""
	if hash(i, 61)&1 == 1 {
		sign = "-"
	}
	amount := fmt.Sprintf("%s%d.%02d", sign, hash(i, 62), hash(i, 63)%100)
	row = append(row, moment(i, 50), moment(i, 52), data.Bool(hash(i, 60)&1 == 1), data.NewDecimal(18, 2, amount))
	for c := range row {
		if hash(i, 100+c)%10 == 0 {
			row[c] = nil
		}
	}
	return row
}

func textRow(i int) data.Record {
	from := hash(i, 2) % 64_512
	text := poolText(from, 1024)
	if i%4 == 3 {
		text = hanText(hash(i, 3)%7936, 256) + poolText(from, 256)
	}
	return data.Record{data.BigInt(i), data.String(poolText(hash(i, 1)%65_336, 200)), data.String(text)}
}

func nestedText(i, slot int) data.String {
	return data.String(poolText(hash(i, slot)%65_472, 4+hash(i, slot+1)%12))
}

func nestedRow(i int, columns []tableschema.Column) data.Record {
	tags := data.NewArrayWithType(columns[1].Type.(datatype.ArrayType))
	for k := 0; k < int(hash(i, 1)%5); k++ {
		tags.UnSafeAppend(nestedText(i, 10+2*k))
	}
	counts := data.NewMapWithType(columns[2].Type.(datatype.MapType))
	for k := 0; k < int(hash(i, 2)%4); k++ {
		counts.Set(data.String(fmt.Sprintf("key%d", k)), data.BigInt(hash(i, 30+k)))
	}
	point := data.NewStructWithTyp(columns[3].Type.(datatype.StructType))
	point.SetField("x", fraction(i, 3, 1000))
	point.SetField("y", fraction(i, 4, 1000))
	point.SetField("label", nestedText(i, 50))
	return data.Record{data.BigInt(i), tags, counts, point}
}
