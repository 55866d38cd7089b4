package main

// The SDK behind database/sql: what a program does that knows no more than that.

import (
	"database/sql"
	"fmt"
	"net/url"
	"reflect"

	_ "github.com/aliyun/aliyun-odps-go-sdk/sqldriver"
)

func (j *job) dsn() string {
	endpoint, _ := url.Parse(j.Place.Endpoint)
	endpoint.User = url.UserPassword(j.Place.AccessKeyId, j.Place.AccessKeySecret)
	endpoint.RawQuery = url.Values{"project": {j.Place.Project}}.Encode()
	return endpoint.String()
}

// sqlDriver runs the statements, then the query; it gives the columns, and what was scanned into the types that the driver
// names, as Go prints it.
func sqlDriver(j *job) (interface{}, error) {
	db, err := sql.Open("odps", j.dsn())
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := db.Ping(); err != nil {
		return nil, err
	}
	for _, statement := range j.Statements {
		if _, err := db.Exec(statement); err != nil {
			return nil, err
		}
	}
	rows, err := db.Query(j.Query, j.Arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	described, scanned := []interface{}{}, []interface{}{}
	for _, column := range columns {
		described = append(described, object{"name": column.Name(), "type": column.DatabaseTypeName()})
	}
	for rows.Next() {
		targets := []interface{}{}
		for _, column := range columns {
			targets = append(targets, reflect.New(column.ScanType()).Interface())
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		texts := []string{}
		for _, target := range targets {
			texts = append(texts, fmt.Sprint(reflect.ValueOf(target).Elem().Interface()))
		}
		scanned = append(scanned, texts)
	}
	return object{"columns": described, "rows": scanned}, rows.Err()
}
