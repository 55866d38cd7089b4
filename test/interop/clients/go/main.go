// Runs the jobs of the interop suite with the Go SDK: a JSON job a line in, a JSON answer a line out.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata"

	"github.com/aliyun/aliyun-odps-go-sdk/odps"
	"github.com/aliyun/aliyun-odps-go-sdk/odps/account"
	"github.com/aliyun/aliyun-odps-go-sdk/odps/data"
	"github.com/aliyun/aliyun-odps-go-sdk/odps/datatype"
	"github.com/aliyun/aliyun-odps-go-sdk/odps/restclient"
	"github.com/aliyun/aliyun-odps-go-sdk/odps/tableschema"
	"github.com/aliyun/aliyun-odps-go-sdk/odps/tunnel"
	"github.com/pkg/errors"
)

type place struct {
	Endpoint, Project, AccessKeyId, AccessKeySecret, Region, TunnelEndpoint, QuotaName string
}

type columnOf struct {
	Name, Type string
}

type job struct {
	Id               int
	Op               string
	Place            place
	Table            string
	SchemaName       string
	Columns          json.RawMessage
	PartitionColumns []columnOf
	Comment          string
	Lifecycle        int
	IfNotExists      bool
	IfExists         bool
	Prefix           string
	Partition        string
	Zone             string
	Query            string
	SessionId        string
	Compression      string
	Overwrite        bool
	CreatePartition  bool
	BlockId          int
	BlockIds         []int
	Slots            int
	CheckSchema      bool
	Rows             [][]interface{}
	Start            int
	Count            *int
	Limit            int64
	Bytes            string
	Statements       []string
	Arguments        []interface{}
}

type client struct {
	uploads   map[string]*tunnel.UploadSession
	streams   map[string]*tunnel.StreamUploadSession
	downloads map[string]*tunnel.DownloadSession
}

func (c *client) odps(j *job) *odps.Odps {
	var key *account.AliyunAccount
	if j.Place.Region == "" {
		key = account.NewAliyunAccount(j.Place.AccessKeyId, j.Place.AccessKeySecret)
	} else {
		key = account.NewAliyunAccount(j.Place.AccessKeyId, j.Place.AccessKeySecret, j.Place.Region)
	}
	ins := odps.NewOdps(key, j.Place.Endpoint)
	ins.SetDefaultProjectName(j.Place.Project)
	return ins
}

func (c *client) tunnel(j *job) *tunnel.Tunnel {
	var t *tunnel.Tunnel
	if j.Place.TunnelEndpoint == "" {
		t = tunnel.NewTunnel(c.odps(j))
	} else {
		t = tunnel.NewTunnel(c.odps(j), j.Place.TunnelEndpoint)
	}
	t.SetQuotaName(j.Place.QuotaName)
	return t
}

func (c *client) table(j *job) *odps.Table {
	return odps.NewTable(c.odps(j), j.Place.Project, j.SchemaName, j.Table)
}

// Go's table API separates the levels of a partition with a slash.
func slashes(partition string) string { return strings.ReplaceAll(partition, ",", "/") }

func (c *client) run(j *job) (interface{}, error) {
	switch j.Op {
	case "versions":
		return versions(), nil
	case "setTimeZone":
		zone, err := time.LoadLocation(j.Zone)
		if err == nil {
			time.Local = zone
		}
		return nil, err
	case "createTable":
		return nil, c.createTable(j)
	case "dropTable":
		return nil, odps.NewTables(c.odps(j), j.Place.Project, j.SchemaName).Delete(j.Table, j.IfExists)
	case "tableExists":
		return c.table(j).Exists()
	case "describeTable":
		return c.describeTable(j)
	case "listTables":
		return c.listTables(j)
	case "addPartition":
		return nil, c.table(j).AddPartition(j.IfNotExists, slashes(j.Partition))
	case "dropPartition":
		return nil, c.table(j).DeletePartition(j.IfExists, slashes(j.Partition))
	case "partitionExists":
		return c.partitionExists(j)
	case "listPartitions":
		return c.listPartitions(j)
	case "preview":
		return c.preview(j)
	case "sql":
		return c.sql(j)
	case "queryRows":
		return c.queryRows(j)
	case "sqlDriver":
		return sqlDriver(j)
	case "writeArrow":
		return nil, c.writeArrow(j)
	case "readArrow":
		return c.readArrow(j)
	case "execute":
		return nil, c.execute(j)
	case "createSchema":
		return nil, odps.NewSchemas(c.odps(j), j.Place.Project).Create(j.SchemaName, false, "")
	case "listSchemas":
		return c.listSchemas(j)
	case "schemaExists":
		return odps.NewSchema(c.odps(j), j.Place.Project, j.SchemaName).Exists()
	case "dropSchema":
		return nil, odps.NewSchemas(c.odps(j), j.Place.Project).Delete(j.SchemaName)
	}
	return c.runSession(j)
}

func versions() interface{} {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/aliyun/aliyun-odps-go-sdk" {
			return object{"client": strings.TrimPrefix(module.Version, "v")}
		}
	}
	return nil
}

func (c *client) createTable(j *job) error {
	var columns []columnOf
	if err := json.Unmarshal(j.Columns, &columns); err != nil {
		return err
	}
	builder := tableschema.NewSchemaBuilder()
	builder.Name(j.Table).Comment(j.Comment)
	if j.Lifecycle > 0 {
		builder.Lifecycle(j.Lifecycle)
	}
	for _, each := range columns {
		kind, err := datatype.ParseDataType(each.Type)
		if err != nil {
			return err
		}
		builder.Column(tableschema.Column{Name: each.Name, Type: kind})
	}
	for _, each := range j.PartitionColumns {
		kind, err := datatype.ParseDataType(each.Type)
		if err != nil {
			return err
		}
		builder.PartitionColumn(tableschema.Column{Name: each.Name, Type: kind})
	}
	tables := odps.NewTables(c.odps(j), j.Place.Project, j.SchemaName)
	return tables.Create(builder.Build(), j.IfNotExists, nil, nil)
}

func (c *client) describeTable(j *job) (interface{}, error) {
	table := c.table(j)
	if err := table.Load(); err != nil {
		return nil, err
	}
	schema := table.Schema()
	return object{
		"name":             table.Name(),
		"comment":          table.Comment(),
		"columns":          describeColumns(schema.Columns),
		"partitionColumns": describeColumns(table.PartitionColumns()),
		"lifecycle":        table.LifeCycle(),
		"isVirtualView":    schema.IsVirtualView,
	}, nil
}

func describeColumns(columns []tableschema.Column) interface{} {
	described := []interface{}{}
	for _, column := range columns {
		kind := strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(column.Type.Name()), " ", ""), "`", "")
		described = append(described, object{"name": column.Name, "type": kind})
	}
	return described
}

func (c *client) listTables(j *job) (interface{}, error) {
	names := []string{}
	var failure error
	odps.NewTables(c.odps(j), j.Place.Project, j.SchemaName).List(func(table *odps.Table, err error) {
		if err != nil {
			failure = err
			return
		}
		names = append(names, table.Name())
	}, odps.TableFilter.NamePrefix(j.Prefix))
	sort.Strings(names)
	return names, failure
}

func (c *client) partitionExists(j *job) (interface{}, error) {
	partition := odps.NewPartition(c.odps(j), j.Place.Project, j.SchemaName, j.Table, slashes(j.Partition))
	err := partition.Load()
	var refused restclient.HttpError
	if errors.As(err, &refused) && refused.StatusCode == 404 {
		return false, nil
	}
	return err == nil, err
}

func (c *client) listPartitions(j *job) (interface{}, error) {
	names := []string{}
	partitions, err := c.table(j).GetPartitions()
	for _, partition := range partitions {
		names = append(names, strings.ReplaceAll(partition.Value(), "/", ","))
	}
	values, valuesErr := c.table(j).GetPartitionValues()
	if err == nil {
		err = valuesErr
	}
	if err == nil && len(values) != len(names) {
		err = fmt.Errorf("%d names for %d partitions", len(values), len(names))
	}
	return names, err
}

func (c *client) preview(j *job) (interface{}, error) {
	table := c.table(j)
	records, err := c.tunnel(j).Preview(table, j.Partition, j.Limit)
	schema := table.Schema()
	columns := append(schema.Columns, schema.PartitionColumns...)
	rows := []interface{}{}
	for _, record := range records {
		row := []interface{}{}
		for i, value := range record {
			row = append(row, toCell(value, columns[i].Type))
		}
		rows = append(rows, row)
	}
	return rows, err
}

func (c *client) execute(j *job) error {
	instance, err := c.odps(j).ExecSQl(j.Query)
	if err != nil {
		return err
	}
	return instance.WaitForSuccess()
}

func (c *client) listSchemas(j *job) (interface{}, error) {
	names := []string{}
	err := odps.NewSchemas(c.odps(j), j.Place.Project).List(func(schema *odps.Schema, err error) {
		if err == nil {
			names = append(names, schema.Name())
		}
	})
	sort.Strings(names)
	return names, err
}

func (c *client) sql(j *job) (interface{}, error) {
	rows := []interface{}{}
	err := c.eachResult(j, func(record data.Record, _ []tableschema.Column) {
		row := []string{}
		for _, value := range record {
			row = append(row, value.String())
		}
		rows = append(rows, row)
	})
	return rows, err
}

func (c *client) queryRows(j *job) (interface{}, error) {
	rows := []interface{}{}
	err := c.eachResult(j, func(record data.Record, columns []tableschema.Column) {
		row := []interface{}{}
		for i, value := range record {
			row = append(row, toCell(value, columns[i].Type))
		}
		rows = append(rows, row)
	})
	return rows, err
}

func (c *client) eachResult(j *job, each func(data.Record, []tableschema.Column)) error {
	instance, err := c.odps(j).ExecSQl(j.Query)
	if err != nil {
		return err
	}
	if err = instance.WaitForSuccess(); err != nil {
		return err
	}
	session, err := c.tunnel(j).CreateInstanceResultDownloadSession(j.Place.Project, instance.Id())
	if err != nil {
		return err
	}
	reader, err := session.OpenRecordReader(0, session.RecordCount(), 0, nil)
	if err != nil {
		return err
	}
	return reader.Iterator(func(record data.Record, _ error) { each(record, session.Schema().Columns) })
}

func (c *client) runSession(j *job) (interface{}, error) {
	switch j.Op {
	case "createUpload":
		return c.createUpload(j)
	case "writeBlock":
		return c.writeBlock(j)
	case "createStream":
		return c.createStream(j)
	case "writePack":
		return nil, c.writePack(j)
	case "loadUpload":
		session := c.uploads[j.SessionId]
		err := session.Load()
		return object{"status": strings.ToLower(session.Status().String()), "blockIds": session.BlockIds()}, err
	case "commitUpload":
		return nil, c.uploads[j.SessionId].Commit(j.BlockIds)
	case "createDownload":
		return c.createDownload(j)
	case "loadDownload":
		session, err := c.tunnel(j).AttachToExistedDownloadSession(j.Place.Project, j.Table, j.SessionId, c.options(j)...)
		if err != nil {
			return nil, err
		}
		return object{"status": strings.ToLower(session.Status().String()), "recordCount": session.RecordCount()}, nil
	case "read":
		return c.read(j)
	}
	return nil, fmt.Errorf("no job %s", j.Op)
}

func (c *client) options(j *job) []tunnel.Option {
	options := []tunnel.Option{}
	if j.Partition != "" {
		options = append(options, tunnel.SessionCfg.WithPartitionKey(j.Partition))
	}
	if j.SchemaName != "" {
		options = append(options, tunnel.SessionCfg.WithSchemaName(j.SchemaName))
	}
	if j.Overwrite {
		options = append(options, tunnel.SessionCfg.Overwrite())
	}
	if j.CreatePartition {
		options = append(options, tunnel.SessionCfg.WithCreatePartition())
	}
	switch j.Compression {
	case "deflate":
		options = append(options, tunnel.SessionCfg.WithDefaultDeflateCompressor())
	case "snappy":
		options = append(options, tunnel.SessionCfg.WithSnappyFramedCompressor())
	case "zstd":
		options = append(options, tunnel.SessionCfg.WithDefaultZstdCompressor())
	}
	return options
}

func (c *client) createUpload(j *job) (interface{}, error) {
	var session *tunnel.UploadSession
	var err error
	if j.SessionId == "" {
		session, err = c.tunnel(j).CreateUploadSession(j.Place.Project, j.Table, c.options(j)...)
	} else {
		session, err = c.tunnel(j).AttachToExistedUploadSession(j.Place.Project, j.Table, j.SessionId, c.options(j)...)
	}
	if err != nil {
		return nil, err
	}
	c.uploads[session.Id] = session
	status := strings.ToLower(session.Status().String())
	return object{"sessionId": session.Id, "status": status, "quotaName": session.QuotaName}, nil
}

// Cells that the SDK itself does not take are written as NULL and told of.
func (c *client) writeBlock(j *job) (interface{}, error) {
	session := c.uploads[j.SessionId]
	columns := session.Schema().Columns
	writer, err := session.OpenRecordWriter(j.BlockId)
	if err != nil {
		return nil, err
	}
	refused := []interface{}{}
	for rowIndex, row := range j.Rows {
		record := data.NewRecord(len(row))
		for index, cell := range row {
			value, err := toValue(cell, columns[index].Type)
			if err != nil {
				refused = append(refused, []interface{}{rowIndex, index, kindOf(err)})
				continue
			}
			record[index] = value
		}
		if err := writer.Write(record); err != nil {
			return nil, err
		}
	}
	return object{"rows": len(j.Rows), "refused": refused}, writer.Close()
}

func (c *client) createStream(j *job) (interface{}, error) {
	options := append(c.options(j), tunnel.SessionCfg.WithAllowSchemaMismatch(!j.CheckSchema))
	if j.Slots > 0 {
		options = append(options, tunnel.SessionCfg.WithSlotNum(j.Slots))
	}
	session, err := c.tunnel(j).CreateStreamUploadSession(j.Place.Project, j.Table, options...)
	if err != nil {
		return nil, err
	}
	id := strconv.Itoa(len(c.streams))
	c.streams[id] = session
	return object{"sessionId": id}, nil
}

func (c *client) writePack(j *job) error {
	session := c.streams[j.SessionId]
	columns := session.Schema().Columns
	writer := session.OpenRecordPackWriter()
	for _, row := range j.Rows {
		record := data.NewRecord(len(row))
		for index, cell := range row {
			value, err := toValue(cell, columns[index].Type)
			if err != nil {
				return err
			}
			record[index] = value
		}
		if err := writer.Append(record); err != nil {
			return err
		}
	}
	_, _, _, err := writer.Flush()
	return err
}

func (c *client) createDownload(j *job) (interface{}, error) {
	var session *tunnel.DownloadSession
	var err error
	if j.SessionId == "" {
		session, err = c.tunnel(j).CreateDownloadSession(j.Place.Project, j.Table, c.options(j)...)
	} else {
		session, err = c.tunnel(j).AttachToExistedDownloadSession(j.Place.Project, j.Table, j.SessionId, c.options(j)...)
	}
	if err != nil {
		return nil, err
	}
	c.downloads[session.Id] = session
	return object{
		"sessionId":   session.Id,
		"status":      strings.ToLower(session.Status().String()),
		"recordCount": session.RecordCount(),
		"quotaName":   session.QuotaName,
	}, nil
}

func (c *client) read(j *job) (interface{}, error) {
	session := c.downloads[j.SessionId]
	var names []string
	if len(j.Columns) > 0 {
		if err := json.Unmarshal(j.Columns, &names); err != nil {
			return nil, err
		}
	}
	schema := session.Schema()
	kinds := []datatype.DataType{}
	for _, column := range schema.Columns {
		kinds = append(kinds, column.Type)
	}
	if names != nil {
		kinds = nil
		for _, name := range names {
			column, _ := schema.FieldByName(name)
			kinds = append(kinds, column.Type)
		}
	}
	count := session.RecordCount()
	if j.Count != nil {
		count = *j.Count
	}
	reader, err := session.OpenRecordReader(j.Start, count, names)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	rows := [][]interface{}{}
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		row := make([]interface{}, len(record))
		for index, value := range record {
			row[index] = toCell(value, kinds[index])
		}
		rows = append(rows, row)
	}
}

// The type of the error at the root, as a program would look for it with errors.As.
func kindOf(err error) string {
	return strings.TrimPrefix(fmt.Sprintf("%T", errors.Cause(err)), "*")
}

func describe(err error) object {
	described := object{"kind": kindOf(err), "message": err.Error()}
	var refused restclient.HttpError
	if errors.As(err, &refused) {
		described["status"] = refused.StatusCode
		if refused.ErrorMessage != nil {
			described["code"] = refused.ErrorMessage.ErrorCode
		}
	}
	return described
}

func (c *client) answer(j *job) (answer object) {
	answer = object{"id": j.Id}
	defer func() {
		if trouble := recover(); trouble != nil {
			answer["error"] = object{"kind": "panic", "message": fmt.Sprint(trouble)}
		}
	}()
	value, err := c.run(j)
	if err != nil {
		answer["error"] = describe(err)
	} else {
		answer["value"] = value
	}
	return answer
}

func main() {
	answers := json.NewEncoder(os.Stdout)
	os.Stdout = os.Stderr
	c := &client{
		uploads:   map[string]*tunnel.UploadSession{},
		streams:   map[string]*tunnel.StreamUploadSession{},
		downloads: map[string]*tunnel.DownloadSession{},
	}
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var j job
		if err := json.Unmarshal(line, &j); err != nil {
			panic(err)
		}
		if err := answers.Encode(c.answer(&j)); err != nil {
			panic(err)
		}
	}
}
