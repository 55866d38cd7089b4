"""Runs the jobs of the interop suite with PyODPS: a JSON job a line in, a JSON answer a line out."""

import base64
import contextlib
import io
import json
import os
import sys
import threading
import time

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import pyarrow as pa  # noqa: E402
from odps import ODPS, options, types  # noqa: E402
from odps.tunnel import TableTunnel  # noqa: E402
from odps.tunnel.io.types import odps_type_to_arrow_type  # noqa: E402

from arrow import layout_of, rows_of, to_array  # noqa: E402
from cells import to_cell, to_value  # noqa: E402

options.allow_antique_date = True
ALGORITHMS = {"raw": "RAW", "deflate": "ZLIB", "snappy": "SNAPPY", "zstd": "ZSTD", "lz4": "LZ4"}


class Refused(Exception):
    """The client itself does not take a value."""


class Client:
    def __init__(self):
        self.places = {}
        self.uploads = {}
        self.streams = {}
        self.downloads = {}

    def odps(self, job):
        """One object for each way to connect."""
        place = job["place"]
        key = json.dumps(place, sort_keys=True)
        if key not in self.places:
            options.region_name = place.get("region")
            self.places[key] = ODPS(
                place["accessKeyId"],
                place["accessKeySecret"],
                project=place["project"],
                endpoint=place["endpoint"],
                region_name=place.get("region"),
            )
        return self.places[key]

    def tunnel(self, job):
        place = job["place"]
        return TableTunnel(self.odps(job), endpoint=place.get("tunnelEndpoint"), quota_name=place.get("quotaName"))

    def versions(self, _job):
        import odps
        from odps.tunnel.pb import encoder_c  # the compiled encoder must be there

        return {"client": odps.__version__, "compiled": encoder_c.__name__}

    def setTimeZone(self, job):
        """`zone` is the process' own one; `option` is PyODPS' option of that name."""
        os.environ["TZ"] = job["zone"]
        time.tzset()
        options.local_timezone = job.get("option")

    def run(self, job):
        """Python as it stands in the documentation, with `o` as the project; gives what it prints."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(job["code"], {"o": self.odps(job), "TableTunnel": TableTunnel})
        return printed.getvalue()

    def sqlAlchemy(self, job):
        """Runs Python with `engine`, an SQLAlchemy engine at the project; gives what it prints."""
        import pandas
        import sqlalchemy

        place = job["place"]
        key, secret = place["accessKeyId"], place["accessKeySecret"]
        engine = sqlalchemy.create_engine(f"odps://{key}:{secret}@{place['project']}/?endpoint={place['endpoint']}")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(job["code"], {"engine": engine, "sa": sqlalchemy, "pd": pandas})
        engine.dispose()
        return printed.getvalue()

    # Tables

    def createTable(self, job):
        kinds = lambda columns: [types.Column(each["name"], each["type"]) for each in columns]
        partitions = [types.Partition(each["name"], each["type"]) for each in job.get("partitionColumns", [])]
        schema = types.OdpsSchema(kinds(job["columns"]), partitions or None)
        self.odps(job).create_table(
            job["table"],
            schema,
            schema=job.get("schemaName"),
            comment=job.get("comment"),
            if_not_exists=job.get("ifNotExists", False),
            lifecycle=job.get("lifecycle"),
        )

    def dropTable(self, job):
        self.odps(job).delete_table(job["table"], schema=job.get("schemaName"), if_exists=job.get("ifExists", False))

    def tableExists(self, job):
        return self.odps(job).exist_table(job["table"], schema=job.get("schemaName"))

    def table(self, job):
        return self.odps(job).get_table(job["table"], schema=job.get("schemaName"))

    def describeTable(self, job):
        table = self.table(job)
        table.reload()
        schema = table.table_schema
        print_column = lambda column: {"name": column.name, "type": str(column.type).lower().replace(" ", "")}
        table.reload_extend_info()
        return {
            "name": table.name,
            "comment": table.comment or "",
            "columns": [print_column(column) for column in schema.simple_columns],
            "partitionColumns": [print_column(column) for column in schema.partitions or []],
            "lifecycle": table.lifecycle,
            "isVirtualView": table.is_virtual_view,
            "isArchived": table.is_archived,
            "physicalSize": table.physical_size,
            "fileNum": table.file_num,
        }

    def listTables(self, job):
        return sorted(table.name for table in self.odps(job).list_tables(prefix=job["prefix"]))

    def addPartition(self, job):
        self.table(job).create_partition(job["partition"], if_not_exists=job.get("ifNotExists", False))

    def dropPartition(self, job):
        self.table(job).delete_partition(job["partition"], if_exists=job.get("ifExists", False))

    def partitionExists(self, job):
        return self.table(job).exist_partition(job["partition"])

    def listPartitions(self, job):
        return [str(partition.partition_spec).replace("'", "") for partition in self.table(job).partitions]

    def head(self, job):
        """The rows `Table.head` previews, in the service's CSV."""
        kinds = {column.name: column.type for column in self.table(job).table_schema.simple_columns}
        records = self.table(job).head(job["limit"], partition=job.get("partition"))
        return [[to_cell(record[name], kind) for name, kind in kinds.items()] for record in records]

    def preview(self, job):
        """The tunnel's preview, in Arrow."""
        table = self.table(job)
        names = job.get("columns")
        by_name = {column.name: column.type for column in table.table_schema.columns}
        reader = self.tunnel(job).open_preview_reader(
            table,
            partition_spec=job.get("partition"),
            columns=names,
            limit=job["limit"],
            arrow=False,
            **self.compress_options(job),
        )
        with reader:
            kinds = [by_name[name] for name in names or by_name]
            return [[to_cell(value, kind) for value, kind in zip(record.values, kinds)] for record in reader]

    def sql(self, job):
        instance = self.odps(job).execute_sql(job["query"])
        with instance.open_reader(tunnel=job.get("tunnel", True)) as reader:
            return [[str(value) for value in record.values] for record in reader]

    def queryRows(self, job):
        """All rows of a result, by the instance tunnel."""
        instance = self.odps(job).execute_sql(job["query"])
        with instance.open_reader(tunnel=True) as reader:
            kinds = [column.type for column in reader.schema.columns]
            return [[to_cell(value, kind) for value, kind in zip(record.values, kinds)] for record in reader]

    def queryArrow(self, job):
        """The same in Arrow."""
        instance = self.odps(job).execute_sql(job["query"])
        with instance.open_reader(tunnel=True, arrow=True) as reader:
            return [row for batch in reader for row in rows_of(batch)]

    def queryFrame(self, job):
        """A result as a DataFrame: its columns' types, and its rows as pandas prints them in JSON."""
        instance = self.odps(job).execute_sql(job["query"])
        with instance.open_reader(tunnel=True, arrow=job["arrow"]) as reader:
            return frame_of(reader.to_pandas())

    def execute(self, job):
        self.odps(job).execute_sql(job["query"])

    def createSchema(self, job):
        self.odps(job).create_schema(job["schemaName"])

    def listSchemas(self, job):
        return sorted(schema.name for schema in self.odps(job).list_schemas())

    def schemaExists(self, job):
        return self.odps(job).exist_schema(job["schemaName"])

    def dropSchema(self, job):
        self.odps(job).delete_schema(job["schemaName"])

    # Sessions

    def compress_options(self, job):
        name = job.get("compression", "raw")
        return {} if name == "raw" else {"compress_algo": ALGORITHMS[name].lower()}

    def createUpload(self, job):
        session = self.tunnel(job).create_upload_session(
            job["table"],
            partition_spec=job.get("partition"),
            schema=job.get("schemaName"),
            overwrite=job.get("overwrite", False),
            create_partition=job.get("createPartition", False),
            upload_id=job.get("sessionId"),
            **self.compress_options(job),
        )
        self.uploads[session.id] = session
        return {"sessionId": session.id, "status": session.status.value.lower(), "quotaName": session.quota_name}

    def writeBlock(self, job):
        """Cells that PyODPS itself does not take are written as NULL and told of."""
        session = self.uploads[job["sessionId"]]
        refused = []
        with session.open_record_writer(job["blockId"]) as writer:
            for row_index, row in enumerate(job["rows"]):
                writer.write(self.record_of(session, row, row_index, refused))
        return {"rows": len(job["rows"]), "refused": refused}

    def writeBuffered(self, job):
        """The writer that cuts blocks by itself, small ones here; then the commit."""
        session = self.uploads[job["sessionId"]]
        with session.open_record_writer(buffer_size=job["bufferBytes"]) as writer:
            for row in job["rows"]:
                writer.write(self.record_of(session, row, 0, []))
        blocks = writer.get_blocks_written()
        session.commit(blocks)
        return len(blocks)

    def writeTable(self, job):
        """The whole way in one call."""
        kinds = [column.type for column in self.table(job).table_schema.simple_columns]
        rows = [[to_value(cell, kind) for cell, kind in zip(row, kinds)] for row in job["rows"]]
        self.odps(job).write_table(job["table"], rows, partition=job["partition"], create_partition=True)

    def readTable(self, job):
        kinds = [column.type for column in self.table(job).table_schema.simple_columns]
        records = self.odps(job).read_table(job["table"], partition=job["partition"])
        return [[to_cell(value, kind) for value, kind in zip(record.values, kinds)] for record in records]

    def writeFrame(self, job):
        """A DataFrame, as it stands in the job's Python."""
        self.odps(job).write_table(job["table"], frame_from(job["frame"]), **job.get("options", {}))

    def readFrame(self, job):
        """A table as a DataFrame."""
        with self.table(job).open_reader(partition=job.get("partition"), arrow=job["arrow"]) as reader:
            return frame_of(reader.to_pandas())

    def readTableArrow(self, job):
        with self.table(job).open_reader(partition=job.get("partition"), arrow=True) as reader:
            return [row for batch in reader for row in rows_of(batch)]

    def record_of(self, session, row, row_index, refused):
        record = session.new_record()
        for index, (cell, column) in enumerate(zip(row, session.schema.simple_columns)):
            try:
                record[index] = to_value(cell, column.type)
            except Exception as error:
                record[index] = None
                refused.append([row_index, index, describe(error)["kind"]])
        return record

    def createStream(self, job):
        session = self.tunnel(job).create_stream_upload_session(
            job["table"],
            partition_spec=job.get("partition"),
            create_partition=job.get("createPartition", False),
            slot_num=job.get("slots", 0),
            allow_schema_mismatch=not job.get("checkSchema", False),
            **self.compress_options(job),
        )
        self.streams[session.id] = session
        return {"sessionId": session.id}

    def writePack(self, job):
        session = self.streams[job["sessionId"]]
        with session.open_record_writer(compress=job.get("compression", "raw") != "raw") as writer:
            for row in job["rows"]:
                writer.write(self.record_of(session, row, 0, []))

    def upsert(self, job):
        """Rows and deletions in one session, committed."""
        session = self.tunnel(job).create_upsert_session(
            job["table"],
            partition_spec=job.get("partition"),
            slot_num=job["slots"],
            **self.compress_options(job),
        )
        stream = session.open_upsert_stream(compress=job.get("compression", "raw") != "raw")
        for change in job["changes"]:
            record = self.record_of(session, change["row"], 0, [])
            if change.get("delete"):
                stream.delete(record)
            else:
                stream.upsert(record)
        stream.close()
        session.commit()

    def writeParallel(self, job):
        """Each thread attaches to the session by itself and fills its blocks."""
        errors = []

        def fill(blocks):
            try:
                place = dict(job, sessionId=job["sessionId"])
                session = TableTunnel(self.odps(place)).create_upload_session(
                    job["table"], upload_id=job["sessionId"], **self.compress_options(job)
                )
                for block in blocks:
                    with session.open_record_writer(block["blockId"]) as writer:
                        for row in block["rows"]:
                            writer.write(self.record_of(session, row, 0, []))
            except Exception as error:
                errors.append(repr(error))

        threads = [threading.Thread(target=fill, args=(blocks,)) for blocks in job["threads"]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return errors

    def loadUpload(self, job):
        session = self.uploads[job["sessionId"]]
        session.reload()
        return {"status": session.status.value.lower(), "blockIds": sorted(int(block) for block in session.blocks)}

    def commitUpload(self, job):
        self.uploads[job["sessionId"]].commit(job["blockIds"])

    def createDownload(self, job):
        session = self.tunnel(job).create_download_session(
            job["table"],
            partition_spec=job.get("partition"),
            schema=job.get("schemaName"),
            download_id=job.get("sessionId"),
            **self.compress_options(job),
        )
        self.downloads[session.id] = session
        return {
            "sessionId": session.id,
            "status": session.status.value.lower(),
            "recordCount": session.count,
            "quotaName": session.quota_name,
        }

    def loadDownload(self, job):
        session = self.downloads[job["sessionId"]]
        session.reload()
        return {"status": session.status.value.lower(), "recordCount": session.count}

    def read(self, job):
        session = self.downloads[job["sessionId"]]
        columns = job.get("columns")
        by_name = {column.name: column for column in session.schema.simple_columns}
        kinds = [by_name[name].type for name in columns or by_name]
        count = job.get("count", session.count)
        reader = session.open_record_reader(
            job.get("start", 0),
            count,
            compress=job.get("compression", "raw") != "raw",
            columns=columns,
            append_partitions=False,
        )
        with reader:
            return [[to_cell(value, kind) for value, kind in zip(record.values, kinds)] for record in reader]

    # Arrow

    def writeArrow(self, job):
        """One block of one record batch, committed."""
        session = self.uploads[self.createUpload(job)["sessionId"]]
        columns = session.schema.simple_columns
        kinds = [odps_type_to_arrow_type(column.type) for column in columns]
        arrays = [to_array([row[i] for row in job["rows"]], kind) for i, kind in enumerate(kinds)]
        batch = pa.RecordBatch.from_arrays(arrays, [column.name for column in columns])
        with session.open_arrow_writer(0, compress=job.get("compression", "raw") != "raw") as writer:
            writer.write(batch)
        session.commit([0])

    def readArrow(self, job):
        session = self.downloads[self.createDownload(job)["sessionId"]]
        compress = job.get("compression", "raw") != "raw"
        with session.open_arrow_reader(0, session.count, compress=compress) as reader:
            return [row for batch in reader for row in rows_of(batch)]

    def arrowMessage(self, job):
        """A record batch without a schema, in the layouts that the Java and Go SDKs have for the columns."""
        columns = job["columns"]
        arrays = [to_array([row[i] for row in job["rows"]], layout_of(each["type"])) for i, each in enumerate(columns)]
        batch = pa.RecordBatch.from_arrays(arrays, [each["name"] for each in columns])
        return base64.b64encode(batch.serialize()).decode()

    def readIpc(self, job):
        """What pyarrow makes of an IPC stream."""
        table = pa.ipc.open_stream(base64.b64decode(job["bytes"])).read_all()
        return rows_of(table, job.get("intervals", ()))


def frame_from(frame):
    import pandas as pd

    return pd.DataFrame({name: pd.Series(values, dtype=kind) for name, (kind, values) in frame.items()})


def frame_of(frame):
    columns = {name: str(kind) for name, kind in frame.dtypes.items()}
    return {"columns": columns, "rows": json.loads(frame.to_json(orient="values", date_format="iso"))}


def describe(error):
    """The error as a program would tell it: its class, and the service's code and status where it keeps them."""
    return {
        "kind": type(error).__name__,
        "code": getattr(error, "code", None),
        "status": getattr(error, "status_code", None),
        "message": str(error),
    }


def main():
    client = Client()
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer = {"id": job["id"], "value": getattr(client, job["op"])(job)}
        except Exception as error:
            answer = {"id": job["id"], "error": describe(error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
