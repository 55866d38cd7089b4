// The Go SDK as a contender; see ../../README.md for the jobs.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
	_ "unsafe" // for go:linkname

	"github.com/aliyun/aliyun-odps-go-sdk/odps"
	"github.com/aliyun/aliyun-odps-go-sdk/odps/account"
	"github.com/aliyun/aliyun-odps-go-sdk/odps/data"
	"github.com/aliyun/aliyun-odps-go-sdk/odps/datatype"
	"github.com/aliyun/aliyun-odps-go-sdk/odps/tableschema"
	"github.com/aliyun/aliyun-odps-go-sdk/odps/tunnel"
	"github.com/pkg/errors"
)

// The SDK makes record writers and readers for connections only; these are the functions behind them.

//go:linkname newWriter github.com/aliyun/aliyun-odps-go-sdk/odps/tunnel.newRecordProtocWriter
func newWriter(w io.WriteCloser, columns []tableschema.Column, transform bool) tunnel.RecordProtocWriter

//go:linkname newReader github.com/aliyun/aliyun-odps-go-sdk/odps/tunnel.newRecordProtocReader
func newReader(response *http.Response, columns []tableschema.Column, transform bool) tunnel.RecordProtocReader

type place struct {
	Endpoint, Project, AccessKeyId, AccessKeySecret string
}

type job struct {
	Id          int
	Op          string
	Place       place
	Table       string
	Compression string
	Rounds      int
	File        string
	Workload    string
	Rows        int
	Columns     []struct{ Name, Type string }
}

type contender struct {
	columns []tableschema.Column
	stream  []byte
	rows    []data.Record
}

// Like the connection of an upload, it takes what it is given at once.
type sink struct{}

func (sink) Write(b []byte) (int, error) { return len(b), nil }
func (sink) Close() error                { return nil }

// A socket behind a pipe takes small pieces badly, so the SDK is given a buffer where it has none itself.
type file struct {
	*bufio.Writer
	under *os.File
}

func (f file) Close() error {
	if err := f.Flush(); err != nil {
		return err
	}
	return f.under.Close()
}

func (c *contender) run(j *job) (interface{}, error) {
	switch j.Op {
	case "versions":
		return versions(), nil
	case "peak":
		return peak()
	case "load":
		return c.load(j)
	case "encode":
		return costOf(func() (int, error) { return c.encode(j.Rounds) })
	case "encodeToFile":
		return nil, c.write(j.File, len(c.rows), func(i int) data.Record { return c.rows[i] })
	case "decodeToFile":
		rows, err := c.readRows()
		if err != nil {
			return nil, err
		}
		return nil, c.write(j.File, len(rows), func(i int) data.Record { return rows[i] })
	case "generateToFile":
		if err := c.readColumns(j); err != nil {
			return nil, err
		}
		return nil, c.write(j.File, j.Rows, func(i int) data.Record { return workloads[j.Workload](i, c.columns) })
	case "decode":
		return costOf(func() (int, error) { return c.decode(j.Rounds) })
	case "upload":
		return costOf(func() (int, error) { return c.upload(j) })
	case "download":
		return costOf(func() (int, error) { return c.download(j, nil) })
	case "downloadToFile":
		return nil, c.downloadToFile(j)
	}
	return nil, fmt.Errorf("no job %s", j.Op)
}

func versions() interface{} {
	info, _ := debug.ReadBuildInfo()
	version := ""
	for _, module := range info.Deps {
		if module.Path == "github.com/aliyun/aliyun-odps-go-sdk" {
			version = strings.TrimPrefix(module.Version, "v")
		}
	}
	return map[string]string{"client": "Go SDK " + version, "runtime": runtime.Version()}
}

// The most memory since the last time; and starts anew.
func peak() (interface{}, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil, err
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	kilobytes, err := strconv.Atoi(string(found[1]))
	if err == nil {
		err = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	}
	return map[string]int{"peakBytes": kilobytes * 1024}, err
}

func cpuMs() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e6
}

func costOf(work func() (int, error)) (interface{}, error) {
	cpu, start := cpuMs(), time.Now()
	rows, err := work()
	wallMs := float64(time.Since(start).Nanoseconds()) / 1e6
	return map[string]interface{}{"rows": rows, "wallMs": wallMs, "cpuMs": cpuMs() - cpu}, err
}

func (c *contender) readColumns(j *job) error {
	c.columns = nil
	for _, each := range j.Columns {
		kind, err := datatype.ParseDataType(each.Type)
		if err != nil {
			return err
		}
		c.columns = append(c.columns, tableschema.Column{Name: each.Name, Type: kind})
	}
	return nil
}

func (c *contender) load(j *job) (interface{}, error) {
	if err := c.readColumns(j); err != nil {
		return nil, err
	}
	stream, err := os.ReadFile(j.File)
	if err != nil {
		return nil, err
	}
	c.stream = stream
	if make := workloads[j.Workload]; make != nil {
		c.rows = nil
		for i := 0; i < j.Rows; i++ {
			c.rows = append(c.rows, make(i, c.columns))
		}
	} else if c.rows, err = c.readRows(); err != nil {
		return nil, err
	}
	return map[string]int{"rows": len(c.rows)}, nil
}

func (c *contender) readRows() ([]data.Record, error) {
	var rows []data.Record
	reader := c.reader()
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, record)
	}
}

func (c *contender) reader() tunnel.RecordProtocReader {
	return newReader(&http.Response{Body: io.NopCloser(bytes.NewReader(c.stream))}, c.columns, false)
}

func (c *contender) encode(rounds int) (int, error) {
	for round := 0; round < rounds; round++ {
		writer := newWriter(sink{}, c.columns, false)
		for _, row := range c.rows {
			if err := writer.Write(row); err != nil {
				return 0, err
			}
		}
		if err := writer.Close(); err != nil {
			return 0, err
		}
	}
	return rounds * len(c.rows), nil
}

func create(name string) (file, error) {
	under, err := os.Create(name)
	return file{bufio.NewWriter(under), under}, err
}

func (c *contender) write(name string, count int, rowOf func(int) data.Record) error {
	out, err := create(name)
	if err != nil {
		return err
	}
	writer := newWriter(out, c.columns, false)
	for i := 0; i < count; i++ {
		if err := writer.Write(rowOf(i)); err != nil {
			return err
		}
	}
	return writer.Close()
}

func (c *contender) decode(rounds int) (int, error) {
	count := 0
	for round := 0; round < rounds; round++ {
		reader := c.reader()
		for {
			_, err := reader.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return count, err
			}
			count++
		}
	}
	return count, nil
}

func (c *contender) tunnel(j *job) *tunnel.Tunnel {
	ins := odps.NewOdps(account.NewAliyunAccount(j.Place.AccessKeyId, j.Place.AccessKeySecret), j.Place.Endpoint)
	ins.SetDefaultProjectName(j.Place.Project)
	return tunnel.NewTunnel(ins)
}

func options(j *job) []tunnel.Option {
	switch j.Compression {
	case "deflate":
		return []tunnel.Option{tunnel.SessionCfg.WithDefaultDeflateCompressor()}
	case "snappy":
		return []tunnel.Option{tunnel.SessionCfg.WithSnappyFramedCompressor()}
	case "zstd":
		return []tunnel.Option{tunnel.SessionCfg.WithDefaultZstdCompressor()}
	}
	return nil
}

func (c *contender) upload(j *job) (int, error) {
	if j.Compression == "lz4" {
		return 0, errors.New("the Go SDK has no LZ4")
	}
	session, err := c.tunnel(j).CreateUploadSession(j.Place.Project, j.Table, append(options(j), tunnel.SessionCfg.Overwrite())...)
	if err != nil {
		return 0, err
	}
	writer, err := session.OpenRecordWriter(0)
	if err != nil {
		return 0, err
	}
	for round := 0; round < j.Rounds; round++ {
		for _, row := range c.rows {
			if err := writer.Write(row); err != nil {
				return 0, err
			}
		}
	}
	if err := writer.Close(); err != nil {
		return 0, err
	}
	return j.Rounds * len(c.rows), session.Commit([]int{0})
}

func (c *contender) download(j *job, copy *tunnel.RecordProtocWriter) (int, error) {
	session, err := c.tunnel(j).CreateDownloadSession(j.Place.Project, j.Table, options(j)...)
	if err != nil {
		return 0, err
	}
	reader, err := session.OpenRecordReader(0, session.RecordCount(), nil)
	if err != nil {
		return 0, err
	}
	defer reader.Close()
	for count := 0; ; count++ {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return count, nil
		}
		if err == nil && copy != nil {
			err = copy.Write(record)
		}
		if err != nil {
			return count, err
		}
	}
}

func (c *contender) downloadToFile(j *job) error {
	out, err := create(j.File)
	if err != nil {
		return err
	}
	writer := newWriter(out, c.columns, false)
	if _, err := c.download(j, &writer); err != nil {
		return err
	}
	return writer.Close()
}

func main() {
	answers := json.NewEncoder(os.Stdout)
	os.Stdout = os.Stderr
	c := &contender{}
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var j job
		answer := map[string]interface{}{}
		if err = json.Unmarshal(line, &j); err == nil {
			answer["value"], err = c.run(&j)
		}
		answer["id"] = j.Id
		if err != nil {
			answer["error"] = map[string]string{"kind": "error", "message": err.Error()}
		}
		answers.Encode(answer)
	}
}
