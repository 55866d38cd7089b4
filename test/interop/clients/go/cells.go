package main

// Cells between the Go SDK's values and the neutral JSON form of ../../cells.ts.

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/aliyun/aliyun-odps-go-sdk/odps/data"
	"github.com/aliyun/aliyun-odps-go-sdk/odps/datatype"
)

type object = map[string]interface{}

// toValue makes the value that a Go program would put into a record.
func toValue(cell interface{}, kind datatype.DataType) (data.Data, error) {
	if cell == nil {
		return nil, nil
	}
	switch t := kind.(type) {
	case datatype.CharType:
		value, err := data.MakeChar(t.Length, textOf(cell))
		return value, err
	case datatype.VarcharType:
		value, err := data.MakeVarChar(t.Length, textOf(cell))
		return value, err
	case datatype.DecimalType:
		return data.NewDecimal(int(t.Precision), int(t.Scale), cell.(string)), nil
	case datatype.ArrayType:
		return toArray(cell.([]interface{}), t)
	case datatype.MapType:
		return toMap(cell.([]interface{}), t)
	case datatype.StructType:
		return toStruct(cell.(object), t)
	case datatype.JsonType:
		return data.Json{Data: cell.(string), Valid: true}, nil
	}
	return toPrimitive(cell, kind)
}

func toPrimitive(cell interface{}, kind datatype.DataType) (data.Data, error) {
	switch kind.ID() {
	case datatype.BIGINT:
		value, err := strconv.ParseInt(cell.(string), 10, 64)
		return data.BigInt(value), err
	case datatype.INT:
		return data.Int(int32(cell.(float64))), nil
	case datatype.SMALLINT:
		return data.SmallInt(int16(cell.(float64))), nil
	case datatype.TINYINT:
		return data.TinyInt(int8(cell.(float64))), nil
	case datatype.BOOLEAN:
		return data.Bool(cell.(bool)), nil
	case datatype.DOUBLE:
		return data.Double(floatOf(cell)), nil
	case datatype.FLOAT:
		return data.Float(float32(floatOf(cell))), nil
	case datatype.STRING:
		return data.String(textOf(cell)), nil
	case datatype.BINARY:
		bytes, err := hex.DecodeString(cell.(string))
		return data.Binary(bytes), err
	case datatype.DATETIME:
		return data.DateTime(time.UnixMilli(int64(cell.(object)["ms"].(float64)))), nil
	case datatype.DATE:
		value, err := data.NewDate(cell.(object)["iso"].(string))
		return value, err
	case datatype.TIMESTAMP:
		return data.Timestamp(time.Unix(secondsOf(cell))), nil
	case datatype.TIMESTAMP_NTZ:
		return data.TimestampNtz(time.Unix(secondsOf(cell)).UTC()), nil
	case datatype.IntervalDayTime:
		seconds, nanos := secondsOf(cell)
		return data.NewIntervalDayTime(seconds, int32(nanos)), nil
	case datatype.IntervalYearMonth:
		return data.IntervalYearMonth(int32(cell.(object)["months"].(float64))), nil
	}
	return nil, fmt.Errorf("no cell form for %s", kind)
}

func textOf(cell interface{}) string {
	if parts, ok := cell.(object); ok {
		bytes, _ := hex.DecodeString(parts["bytesHex"].(string))
		return string(bytes)
	}
	return cell.(string)
}

func floatOf(cell interface{}) float64 {
	if text, ok := cell.(string); ok {
		value, _ := strconv.ParseFloat(text, 64)
		return value
	}
	return cell.(float64)
}

func secondsOf(cell interface{}) (int64, int64) {
	parts := cell.(object)
	seconds, _ := strconv.ParseInt(parts["seconds"].(string), 10, 64)
	return seconds, int64(parts["nanos"].(float64))
}

func toArray(cells []interface{}, kind datatype.ArrayType) (data.Data, error) {
	array := data.NewArrayWithType(kind)
	for _, cell := range cells {
		item, err := toValue(cell, kind.ElementType)
		if err != nil {
			return nil, err
		}
		array.UnSafeAppend(item)
	}
	return array, nil
}

func toMap(cells []interface{}, kind datatype.MapType) (data.Data, error) {
	pairs := data.NewMapWithType(kind)
	for _, cell := range cells {
		pair := cell.([]interface{})
		key, err := toValue(pair[0], kind.KeyType)
		if err != nil {
			return nil, err
		}
		value, err := toValue(pair[1], kind.ValueType)
		if err != nil {
			return nil, err
		}
		if value == nil {
			err = pairs.Set(key, nil)
		} else {
			err = pairs.Set(key, value)
		}
		if err != nil {
			return nil, err
		}
	}
	return pairs, nil
}

func toStruct(parts object, kind datatype.StructType) (data.Data, error) {
	result := data.NewStructWithTyp(kind)
	for _, field := range kind.Fields {
		value, err := toValue(parts[field.Name], field.Type)
		if err != nil {
			return nil, err
		}
		if value == nil {
			err = result.SetField(field.Name, nil)
		} else {
			err = result.SetField(field.Name, value)
		}
		if err != nil {
			return nil, err
		}
	}
	return result, nil
}

func toCell(value data.Data, kind datatype.DataType) interface{} {
	switch v := value.(type) {
	case nil, data.NullData:
		return nil
	case data.BigInt:
		return strconv.FormatInt(int64(v), 10)
	case data.Int:
		return int32(v)
	case data.SmallInt:
		return int16(v)
	case data.TinyInt:
		return int8(v)
	case data.Bool:
		return bool(v)
	case data.Double:
		return floatCell(float64(v))
	case data.Float:
		return floatCell(float64(float32(v)))
	case data.String:
		return textCell(string(v))
	case data.Char:
		return textCell(v.Data())
	case data.VarChar:
		return textCell(v.Data())
	case data.Binary:
		return hex.EncodeToString(v)
	case data.DateTime:
		return object{"ms": v.Time().UnixMilli()}
	case data.Date:
		return object{"iso": v.Time().Format("2006-01-02")}
	case data.Timestamp:
		return secondsCell(v.Time().Unix(), int64(v.Time().Nanosecond()))
	case data.TimestampNtz:
		return secondsCell(v.Time().Unix(), int64(v.Time().Nanosecond()))
	case data.IntervalDayTime:
		return secondsCell(v.Seconds(), int64(v.NanosFraction()))
	case data.IntervalYearMonth:
		return object{"months": int32(v)}
	case *data.Decimal:
		return v.String()
	case *data.Json:
		return v.GetData()
	}
	return toNestedCell(value, kind)
}

func toNestedCell(value data.Data, kind datatype.DataType) interface{} {
	switch v := value.(type) {
	case *data.Array:
		cells := []interface{}{}
		for _, item := range v.ToSlice() {
			cells = append(cells, toCell(item, kind.(datatype.ArrayType).ElementType))
		}
		return cells
	case *data.Map:
		cells := []interface{}{}
		t := kind.(datatype.MapType)
		for key, item := range v.ToGoMap() {
			cells = append(cells, []interface{}{toCell(key, t.KeyType), toCell(item, t.ValueType)})
		}
		return cells
	case *data.Struct:
		parts := object{}
		for _, field := range v.Fields() {
			parts[field.Name] = toCell(field.Value, kind.(datatype.StructType).FieldType(field.Name))
		}
		return parts
	}
	panic(fmt.Sprintf("no cell form for %T", value))
}

func floatCell(value float64) interface{} {
	switch {
	case math.IsNaN(value):
		return "NaN"
	case math.IsInf(value, 1):
		return "Infinity"
	case math.IsInf(value, -1):
		return "-Infinity"
	case value == 0 && math.Signbit(value):
		return "-0"
	}
	return value
}

func textCell(text string) interface{} {
	if utf8.ValidString(text) {
		return text
	}
	return object{"bytesHex": hex.EncodeToString([]byte(text))}
}

func secondsCell(seconds int64, nanos int64) interface{} {
	return object{"seconds": strconv.FormatInt(seconds, 10), "nanos": nanos}
}
