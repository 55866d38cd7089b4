package main

// Blocks in Arrow. Record batches come as messages and go as IPC streams; pyarrow makes the ones and reads the others.

import (
	"bytes"
	"encoding/base64"
	"io"

	"github.com/aliyun/aliyun-odps-go-sdk/arrow"
	"github.com/aliyun/aliyun-odps-go-sdk/arrow/array"
	"github.com/aliyun/aliyun-odps-go-sdk/arrow/ipc"
	"github.com/pkg/errors"
)

// writeArrow writes a record batch as one block and commits it. The batch is an Arrow message without a schema; its buffers
// are taken under the SDK's own types, the only ones its writer takes.
func (c *client) writeArrow(j *job) error {
	message, err := base64.StdEncoding.DecodeString(j.Bytes)
	if err != nil {
		return err
	}
	session, err := c.tunnel(j).CreateUploadSession(j.Place.Project, j.Table, c.options(j)...)
	if err != nil {
		return err
	}
	batch, err := ipc.NewRecordBatchReader(bytes.NewReader(message), session.ArrowSchema()).Read()
	if err != nil {
		return err
	}
	writer, err := session.OpenRecordArrowWriter(0)
	if err != nil {
		return err
	}
	if err := writer.WriteArrowRecord(batch); err != nil {
		return err
	}
	if err := writer.Close(); err != nil {
		return err
	}
	return session.Commit([]int{0})
}

// readArrow gives the rows as an IPC stream.
func (c *client) readArrow(j *job) (interface{}, error) {
	session, err := c.tunnel(j).CreateDownloadSession(j.Place.Project, j.Table, c.options(j)...)
	if err != nil {
		return nil, err
	}
	reader, err := session.OpenRecordArrowReader(0, session.RecordCount(), nil)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	var stream bytes.Buffer
	schema := withoutIntervals(session.ArrowSchema())
	writer := ipc.NewWriter(&stream, ipc.WithSchema(schema))
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := writer.Write(retyped(record, schema)); err != nil {
			return nil, err
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return base64.StdEncoding.EncodeToString(stream.Bytes()), nil
}

// pyarrow cannot read intervals, so they are sent as integers of their width.
func withoutIntervals(schema *arrow.Schema) *arrow.Schema {
	fields := []arrow.Field{}
	for _, field := range schema.Fields() {
		switch field.Type.ID() {
		case arrow.INTERVAL_MONTHS:
			field.Type = arrow.PrimitiveTypes.Int32
		case arrow.INTERVAL_DAY_TIME:
			field.Type = arrow.PrimitiveTypes.Int64
		}
		fields = append(fields, field)
	}
	return arrow.NewSchema(fields, nil)
}

func retyped(record array.Record, schema *arrow.Schema) array.Record {
	columns := []array.Interface{}
	for i, column := range record.Columns() {
		kind, from := schema.Field(i).Type, column.Data()
		if from.DataType().ID() != kind.ID() {
			column = array.MakeFromData(array.NewData(kind, from.Len(), from.Buffers(), nil, from.NullN(), from.Offset()))
		}
		columns = append(columns, column)
	}
	return array.NewRecord(schema, columns, record.NumRows())
}
