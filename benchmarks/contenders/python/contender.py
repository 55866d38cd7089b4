"""PyODPS as a contender; see ../../README.md for the jobs."""

import io
import json
import os
import sys
import time

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import odps  # noqa: E402
from odps import ODPS, types  # noqa: E402
from odps.models import Record  # noqa: E402
from odps.tunnel import TableTunnel  # noqa: E402
from odps.tunnel.io.reader import TunnelArrowReader, TunnelRecordReader  # noqa: E402
from odps.tunnel.io.stream import get_decompress_stream  # noqa: E402
from odps.tunnel.io.writer import BaseArrowWriter, BaseRecordWriter  # noqa: E402
from odps.tunnel.io import reader_c, writer_c  # noqa: E402,F401  the compiled modules must be there
from workloads import WORKLOADS, partition  # noqa: E402

ALGORITHMS = {"deflate": "zlib", "snappy": "snappy", "zstd": "zstd", "lz4": "lz4"}


class Sink(io.RawIOBase):
    """Takes bytes and forgets them."""

    def writable(self):
        return True

    def write(self, data):
        return len(data)


class Contender:
    def __init__(self):
        self.schema = None
        self.stream = b""
        self.rows = []
        self.records = []
        self.tunnels = {}

    def versions(self, _job):
        return {"client": "PyODPS " + odps.__version__, "runtime": "Python " + sys.version.split()[0]}

    def peak(self, _job):
        """The most memory since the last time, and starts anew."""
        with open("/proc/self/status") as status:
            kilobytes = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
        with open("/proc/self/clear_refs", "w") as clear:
            clear.write("5")
        return {"peakBytes": kilobytes * 1024}

    def columns(self, job):
        self.schema = types.OdpsSchema([types.Column(each["name"], each["type"]) for each in job["columns"]])

    def load(self, job):
        self.columns(job)
        with open(job["file"], "rb") as file:
            self.stream = file.read()
        make = WORKLOADS.get(job["workload"])
        if make is None:
            self.rows = [list(record.values) for record in self.reader()]
        else:
            self.rows = [make(i) for i in range(job["rows"])]
        self.records = [Record(schema=self.schema, values=row) for row in self.rows] if job.get("prebuilt") else []
        return {"rows": len(self.rows)}

    def reader(self):
        creator = lambda cursor, **_: get_decompress_stream(io.BytesIO(self.stream), None, requests=False)
        return TunnelRecordReader(self.schema, creator)

    def encode(self, job):
        """As the documentation has it: a record is made of the values of each row."""
        for _ in range(job["rounds"]):
            with BaseRecordWriter(self.schema, Sink()) as writer:
                for row in self.rows:
                    writer.write(Record(schema=self.schema, values=row))
        return job["rounds"] * len(self.rows)

    def encodePrebuilt(self, job):
        for _ in range(job["rounds"]):
            with BaseRecordWriter(self.schema, Sink()) as writer:
                for record in self.records:
                    writer.write(record)
        return job["rounds"] * len(self.records)

    def write(self, name, rows):
        with open(name, "wb") as file:
            writer = BaseRecordWriter(self.schema, file)
            for row in rows:
                writer.write(Record(schema=self.schema, values=row))
            writer.close()

    def encodeToFile(self, job):
        self.write(job["file"], self.rows)

    def decodeToFile(self, job):
        self.write(job["file"], (record.values for record in self.reader()))

    def generateToFile(self, job):
        self.columns(job)
        self.write(job["file"], map(WORKLOADS[job["workload"]], range(job["rows"])))

    def decode(self, job):
        count = 0
        for _ in range(job["rounds"]):
            for record in self.reader():
                record.values
                count += 1
        return count

    def tunnel(self, job):
        place = job["place"]
        if place["endpoint"] not in self.tunnels:
            entry = ODPS(
                place["accessKeyId"], place["accessKeySecret"], project=place["project"], endpoint=place["endpoint"]
            )
            self.tunnels[place["endpoint"]] = TableTunnel(entry)
        return self.tunnels[place["endpoint"]]

    def compression(self, job):
        name = job["compression"]
        return {} if name == "raw" else {"compress_algo": ALGORITHMS[name]}

    def upload(self, job):
        session = self.tunnel(job).create_upload_session(job["table"], overwrite=True, **self.compression(job))
        count = 0
        with session.open_record_writer(0, compress=job["compression"] != "raw") as writer:
            for _ in range(job["rounds"]):
                for row in self.rows:
                    writer.write(session.new_record(row))
                    count += 1
        session.commit([0])
        return count

    def fanout(self, job):
        """A session and a writer for each partition; all are committed when all have their rows."""
        partitions = [partition(i) for i in range(len(self.rows))]
        sessions, writers = {}, {}
        count = 0
        for _ in range(job["rounds"]):
            for row, name in zip(self.rows, partitions):
                if name not in writers:
                    sessions[name] = self.tunnel(job).create_upload_session(
                        job["table"], partition_spec="pt=" + name, overwrite=True, **self.compression(job)
                    )
                    writers[name] = sessions[name].open_record_writer(0, compress=job["compression"] != "raw")
                writers[name].write(sessions[name].new_record(row))
                count += 1
        for writer in writers.values():
            writer.close()
        for session in sessions.values():
            session.commit([0])
        return count

    def upsert(self, job):
        session = self.tunnel(job).create_upsert_session(job["table"], **self.compression(job))
        stream = session.open_upsert_stream(compress=job["compression"] != "raw")
        count = 0
        for _ in range(job["rounds"]):
            for row in self.rows:
                stream.upsert(session.new_record(row))
                count += 1
        stream.close()
        session.commit()
        return count

    def records_of(self, job):
        session = self.tunnel(job).create_download_session(job["table"], **self.compression(job))
        compress = job["compression"] != "raw"
        return session.open_record_reader(0, session.count, compress=compress)

    def download(self, job):
        count = 0
        with self.records_of(job) as reader:
            for record in reader:
                record.values
                count += 1
        return count

    def downloadToFile(self, job):
        with open(job["file"], "wb") as file, self.records_of(job) as reader:
            writer = BaseRecordWriter(self.schema, file)
            for record in reader:
                writer.write(record)
            writer.close()

    def arrow_reader(self):
        creator = lambda cursor, **_: get_decompress_stream(io.BytesIO(self.stream), None, requests=False)
        return TunnelArrowReader(self.schema, creator)

    def arrowLoad(self, job):
        self.columns(job)
        with open(job["file"], "rb") as file:
            self.stream = file.read()
        self.batches = list(self.arrow_reader())
        return {"rows": sum(batch.num_rows for batch in self.batches)}

    def arrowToParquet(self, job):
        import pyarrow.parquet  # the other jobs do without it, and their memory is measured

        pyarrow.parquet.write_table(pyarrow.Table.from_batches(self.batches), job["file"])

    def arrowDecode(self, job):
        count = 0
        for _ in range(job["rounds"]):
            for batch in self.arrow_reader():
                count += batch.num_rows
        return count

    def arrow_write(self, out):
        writer = BaseArrowWriter(self.schema, out)
        for batch in self.batches:
            writer.write(batch)
        writer.close()

    def arrowEncode(self, job):
        for _ in range(job["rounds"]):
            self.arrow_write(Sink())
        return job["rounds"] * sum(batch.num_rows for batch in self.batches)

    def arrowEncodeToFile(self, job):
        with open(job["file"], "wb") as file:
            self.arrow_write(file)


TIMED = {"arrowDecode", "arrowEncode", "encode", "encodePrebuilt", "decode", "upload", "download", "fanout", "upsert"}


def run(contender, job):
    work = getattr(contender, job["op"])
    if job["op"] not in TIMED:
        return work(job)
    cpu, wall = time.process_time(), time.perf_counter()
    rows = work(job)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"rows": rows, "cpuMs": cpu * 1000, "wallMs": wall * 1000}


def main():
    contender = Contender()
    for line in sys.stdin:
        job = json.loads(line)
        try:
            answer = {"id": job["id"], "value": run(contender, job)}
        except Exception as error:
            answer = {"id": job["id"], "error": {"kind": type(error).__name__, "message": str(error)}}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
