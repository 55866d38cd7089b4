import com.aliyun.odps.Column;
import com.aliyun.odps.Odps;
import com.aliyun.odps.OdpsType;
import com.aliyun.odps.PartitionSpec;
import com.aliyun.odps.TableSchema;
import com.aliyun.odps.account.AliyunAccount;
import com.aliyun.odps.commons.proto.ProtobufRecordStreamReader;
import com.aliyun.odps.commons.proto.ProtobufRecordStreamWriter;
import com.aliyun.odps.data.ArrayRecord;
import com.aliyun.odps.data.Record;
import com.aliyun.odps.data.RecordReader;
import com.aliyun.odps.data.RecordWriter;
import com.aliyun.odps.tunnel.TableTunnel;
import com.aliyun.odps.tunnel.io.CompressOption;
import com.aliyun.odps.tunnel.io.CompressOption.CompressAlgorithm;
import com.aliyun.odps.tunnel.io.TunnelRecordReader;
import com.aliyun.odps.tunnel.streams.UpsertStream;
import com.aliyun.odps.type.TypeInfoParser;
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** The Java SDK as a contender; see ../../README.md for the jobs. */
public final class Contender {
  private static final Gson GSON = new Gson();
  private static final Map<String, CompressAlgorithm> ALGORITHMS = new HashMap<>();

  static {
    ALGORITHMS.put("raw", CompressAlgorithm.ODPS_RAW);
    ALGORITHMS.put("deflate", CompressAlgorithm.ODPS_ZLIB);
    ALGORITHMS.put("snappy", CompressAlgorithm.ODPS_SNAPPY);
    ALGORITHMS.put("zstd", CompressAlgorithm.ODPS_ZSTD);
    ALGORITHMS.put("lz4", CompressAlgorithm.ODPS_LZ4_FRAME);
  }

  private static final CompressOption RAW = new CompressOption(CompressAlgorithm.ODPS_RAW, 1, 0);

  private TableSchema schema;
  private boolean[] isText;
  private byte[] stream;
  private Object[][] rows;
  private ArrayRecord[] records;

  public static void main(String[] args) throws Exception {
    PrintStream answers = new PrintStream(System.out, true, "UTF-8");
    System.setOut(System.err);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Contender contender = new Contender();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonObject job = new JsonParser().parse(line).getAsJsonObject();
      JsonObject answer = new JsonObject();
      answer.add("id", job.get("id"));
      try {
        answer.add("value", contender.run(job));
      } catch (Throwable error) {
        error.printStackTrace();
        JsonObject told = new JsonObject();
        told.addProperty("kind", error.getClass().getSimpleName());
        told.addProperty("message", String.valueOf(error.getMessage()));
        answer.add("error", told);
      }
      answers.println(GSON.toJson(answer));
    }
    System.exit(0);
  }

  private interface Work {
    long run() throws Exception;
  }

  private JsonElement run(JsonObject job) throws Exception {
    switch (job.get("op").getAsString()) {
      case "versions":
        return versions();
      case "peak":
        return peak();
      case "load":
        return load(job);
      case "encode":
        return costOf(() -> encode(job.get("rounds").getAsInt()));
      case "encodePrebuilt":
        return costOf(() -> encodePrebuilt(job.get("rounds").getAsInt()));
      case "encodeToFile":
        return write(job, rows.length, i -> rows[i]);
      case "decodeToFile":
        Object[][] decoded = readRows();
        return write(job, decoded.length, i -> decoded[i]);
      case "generateToFile":
        readColumns(job);
        String workload = job.get("workload").getAsString();
        return write(job, job.get("rows").getAsInt(), i -> Workloads.row(workload, schema, i));
      case "decode":
        return costOf(() -> decode(job.get("rounds").getAsInt()));
      case "upload":
        return costOf(() -> upload(job));
      case "fanout":
        return costOf(() -> fanout(job));
      case "upsert":
        return costOf(() -> upsert(job));
      case "download":
        return costOf(() -> download(job, null));
      case "downloadToFile":
        try (OutputStream out = new FileOutputStream(job.get("file").getAsString())) {
          ProtobufRecordStreamWriter writer = new ProtobufRecordStreamWriter(schema, out, RAW);
          download(job, writer);
          writer.close();
        }
        return JsonNull.INSTANCE;
      default:
        throw new IllegalArgumentException("no job " + job.get("op"));
    }
  }

  /** CPU time of the whole process: the collector and the compiler count too. */
  private static JsonObject costOf(Work work) throws Exception {
    com.sun.management.OperatingSystemMXBean system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long cpu = system.getProcessCpuTime();
    long wall = System.nanoTime();
    long rows = work.run();
    JsonObject cost = new JsonObject();
    cost.addProperty("rows", rows);
    cost.addProperty("wallMs", (System.nanoTime() - wall) / 1e6);
    cost.addProperty("cpuMs", (system.getProcessCpuTime() - cpu) / 1e6);
    return cost;
  }

  private static JsonObject versions() {
    String path = Odps.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    JsonObject versions = new JsonObject();
    versions.addProperty("client", "Java SDK " + path.replaceAll(".*odps-sdk-core-|\\.jar$", ""));
    versions.addProperty("runtime", "Java " + System.getProperty("java.version"));
    return versions;
  }

  /** The most memory since the last time, and starts anew. */
  private static JsonObject peak() throws IOException {
    JsonObject peak = new JsonObject();
    for (String line : Files.readAllLines(Paths.get("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        peak.addProperty("peakBytes", Long.parseLong(line.replaceAll("\\D", "")) * 1024);
      }
    }
    Files.write(Paths.get("/proc/self/clear_refs"), "5".getBytes(StandardCharsets.UTF_8));
    return peak;
  }

  private void readColumns(JsonObject job) {
    schema = new TableSchema();
    for (JsonElement each : job.getAsJsonArray("columns")) {
      JsonObject column = each.getAsJsonObject();
      String type = column.get("type").getAsString();
      schema.addColumn(
          new Column(column.get("name").getAsString(), TypeInfoParser.getTypeInfoFromTypeString(type)));
    }
    isText = new boolean[schema.getColumns().size()];
    for (int i = 0; i < isText.length; i++) {
      isText[i] = schema.getColumn(i).getTypeInfo().getOdpsType() == OdpsType.STRING;
    }
  }

  private JsonObject load(JsonObject job) throws IOException {
    readColumns(job);
    stream = Files.readAllBytes(Paths.get(job.get("file").getAsString()));
    String workload = job.get("workload").getAsString();
    if (Workloads.has(workload)) {
      rows = new Object[job.get("rows").getAsInt()][];
      Arrays.setAll(rows, i -> Workloads.row(workload, schema, i));
    } else {
      rows = readRows();
    }
    records = null;
    if (job.has("prebuilt")) {
      records = new ArrayRecord[rows.length];
      for (int i = 0; i < rows.length; i++) {
        records[i] = new ArrayRecord(schema);
        fill(records[i], rows[i]);
      }
    }
    JsonObject value = new JsonObject();
    value.addProperty("rows", rows.length);
    return value;
  }

  private Object[][] readRows() throws IOException {
    List<Object[]> kept = new ArrayList<>();
    ProtobufRecordStreamReader reader = reader();
    for (Record record = reader.read(); record != null; record = reader.read()) {
      Object[] row = new Object[isText.length];
      for (int i = 0; i < row.length; i++) {
        row[i] = isText[i] ? record.getString(i) : ((ArrayRecord) record).get(i);
      }
      kept.add(row);
    }
    return kept.toArray(new Object[0][]);
  }

  private ProtobufRecordStreamReader reader() throws IOException {
    return new ProtobufRecordStreamReader(schema, new ByteArrayInputStream(stream), RAW);
  }

  private static void fill(ArrayRecord record, Object[] row) {
    for (int i = 0; i < row.length; i++) {
      record.set(i, row[i]);
    }
  }

  private static final class Sink extends OutputStream {
    @Override
    public void write(int b) {}

    @Override
    public void write(byte[] bytes, int from, int length) {}
  }

  /** One record is used again and again, as the SDK's samples do. */
  private long encode(int rounds) throws IOException {
    for (int round = 0; round < rounds; round++) {
      ProtobufRecordStreamWriter writer = new ProtobufRecordStreamWriter(schema, new Sink(), RAW);
      ArrayRecord record = new ArrayRecord(schema);
      for (Object[] row : rows) {
        fill(record, row);
        writer.write(record);
      }
      writer.close();
    }
    return (long) rounds * rows.length;
  }

  private long encodePrebuilt(int rounds) throws IOException {
    for (int round = 0; round < rounds; round++) {
      ProtobufRecordStreamWriter writer = new ProtobufRecordStreamWriter(schema, new Sink(), RAW);
      for (ArrayRecord record : records) {
        writer.write(record);
      }
      writer.close();
    }
    return (long) rounds * rows.length;
  }

  private JsonElement write(JsonObject job, int count, IntFunction<Object[]> rowOf) throws IOException {
    try (OutputStream out = new FileOutputStream(job.get("file").getAsString())) {
      ProtobufRecordStreamWriter writer = new ProtobufRecordStreamWriter(schema, out, RAW);
      ArrayRecord record = new ArrayRecord(schema);
      for (int i = 0; i < count; i++) {
        fill(record, rowOf.apply(i));
        writer.write(record);
      }
      writer.close();
    }
    return JsonNull.INSTANCE;
  }

  /** Each cell is asked for as a program would: text as a String. */
  private long touch(Record record) {
    long seen = 0;
    for (int i = 0; i < isText.length; i++) {
      Object value = isText[i] ? record.getString(i) : ((ArrayRecord) record).get(i);
      if (value != null) {
        seen++;
      }
    }
    return seen;
  }

  private static volatile long seen;

  private long decode(int rounds) throws IOException {
    long count = 0;
    for (int round = 0; round < rounds; round++) {
      ProtobufRecordStreamReader reader = reader();
      Record reuse = reader.createEmptyRecord();
      for (Record record = reader.read(reuse); record != null; record = reader.read(reuse)) {
        seen = touch(record);
        count++;
      }
    }
    return count;
  }

  private static TableTunnel tunnel(JsonObject job) {
    JsonObject place = job.getAsJsonObject("place");
    AliyunAccount account =
        new AliyunAccount(place.get("accessKeyId").getAsString(), place.get("accessKeySecret").getAsString());
    Odps odps = new Odps(account);
    odps.setEndpoint(place.get("endpoint").getAsString());
    odps.setDefaultProject(place.get("project").getAsString());
    return new TableTunnel(odps);
  }

  private static CompressOption compression(JsonObject job) {
    return new CompressOption(ALGORITHMS.get(job.get("compression").getAsString()), 1, 0);
  }

  private static String project(JsonObject job) {
    return job.getAsJsonObject("place").get("project").getAsString();
  }

  private long upload(JsonObject job) throws Exception {
    TableTunnel.UploadSession session =
        tunnel(job).createUploadSession(project(job), job.get("table").getAsString(), true);
    RecordWriter writer = session.openRecordWriter(0, compression(job));
    ArrayRecord record = (ArrayRecord) session.newRecord();
    int rounds = job.get("rounds").getAsInt();
    for (int round = 0; round < rounds; round++) {
      for (Object[] row : rows) {
        fill(record, row);
        writer.write(record);
      }
    }
    writer.close();
    session.commit(new Long[] {0L});
    return (long) rounds * rows.length;
  }

  /** A session and a writer for each partition; all are committed when all have their rows. */
  private long fanout(JsonObject job) throws Exception {
    Map<String, TableTunnel.UploadSession> sessions = new HashMap<>();
    Map<String, RecordWriter> writers = new HashMap<>();
    String[] partitions = new String[rows.length];
    Arrays.setAll(partitions, Workloads::partition);
    ArrayRecord record = null;
    int rounds = job.get("rounds").getAsInt();
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < rows.length; i++) {
        RecordWriter writer = writers.get(partitions[i]);
        if (writer == null) {
          TableTunnel.UploadSession session =
              tunnel(job)
                  .createUploadSession(
                      project(job),
                      job.get("table").getAsString(),
                      new PartitionSpec("pt=" + partitions[i]),
                      true);
          writer = session.openRecordWriter(0, compression(job));
          sessions.put(partitions[i], session);
          writers.put(partitions[i], writer);
          if (record == null) {
            record = (ArrayRecord) session.newRecord();
          }
        }
        fill(record, rows[i]);
        writer.write(record);
      }
    }
    for (RecordWriter writer : writers.values()) {
      writer.close();
    }
    for (TableTunnel.UploadSession session : sessions.values()) {
      session.commit(new Long[] {0L});
    }
    return (long) rounds * rows.length;
  }

  private long upsert(JsonObject job) throws Exception {
    TableTunnel.UpsertSession session =
        tunnel(job).buildUpsertSession(project(job), job.get("table").getAsString()).build();
    UpsertStream stream = session.buildUpsertStream().setCompressOption(compression(job)).build();
    Record record = session.newRecord();
    int rounds = job.get("rounds").getAsInt();
    for (int round = 0; round < rounds; round++) {
      for (Object[] row : rows) {
        for (int i = 0; i < row.length; i++) {
          record.set(i, row[i]);
        }
        stream.upsert(record);
      }
    }
    stream.close();
    session.commit(false);
    session.close();
    return (long) rounds * rows.length;
  }

  private long download(JsonObject job, ProtobufRecordStreamWriter copy) throws Exception {
    TableTunnel.DownloadSession session =
        tunnel(job).createDownloadSession(project(job), job.get("table").getAsString());
    TunnelRecordReader reader = session.openRecordReader(0, session.getRecordCount(), compression(job));
    Record reuse = new ArrayRecord(session.getSchema());
    long count = 0;
    for (Record record = reader.read(reuse); record != null; record = reader.read(reuse)) {
      if (copy == null) {
        seen = touch(record);
      } else {
        copy.write(record);
      }
      count++;
    }
    reader.close();
    return count;
  }
}
