import com.aliyun.odps.Column;
import com.aliyun.odps.Instance;
import com.aliyun.odps.Odps;
import com.aliyun.odps.OdpsException;
import com.aliyun.odps.Partition;
import com.aliyun.odps.PartitionSpec;
import com.aliyun.odps.ReloadException;
import com.aliyun.odps.Schema;
import com.aliyun.odps.Table;
import com.aliyun.odps.TableFilter;
import com.aliyun.odps.TableSchema;
import com.aliyun.odps.account.AliyunAccount;
import com.aliyun.odps.data.ArrayRecord;
import com.aliyun.odps.data.ArrowReaderWrapper;
import com.aliyun.odps.data.ArrowStreamRecordReader;
import com.aliyun.odps.data.Record;
import com.aliyun.odps.data.RecordReader;
import com.aliyun.odps.data.RecordWriter;
import com.aliyun.odps.data.ResultSet;
import com.aliyun.odps.task.SQLTask;
import com.aliyun.odps.tunnel.Configuration;
import com.aliyun.odps.tunnel.InstanceTunnel;
import com.aliyun.odps.tunnel.TableTunnel;
import com.aliyun.odps.tunnel.io.CompressOption;
import com.aliyun.odps.tunnel.io.CompressOption.CompressAlgorithm;
import com.aliyun.odps.tunnel.io.TunnelBufferedWriter;
import com.aliyun.odps.tunnel.streams.UpsertStream;
import com.aliyun.odps.type.TypeInfo;
import com.aliyun.odps.type.TypeInfoParser;
import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;

/** Runs the jobs of the interop suite with the Java SDK: a JSON job a line in, a JSON answer a line out. */
public final class Client {
  private static final Gson GSON = new Gson();
  private static final Map<String, CompressAlgorithm> ALGORITHMS = new HashMap<>();

  static {
    ALGORITHMS.put("raw", CompressAlgorithm.ODPS_RAW);
    ALGORITHMS.put("deflate", CompressAlgorithm.ODPS_ZLIB);
    ALGORITHMS.put("snappy", CompressAlgorithm.ODPS_SNAPPY);
    ALGORITHMS.put("zstd", CompressAlgorithm.ODPS_ZSTD);
    ALGORITHMS.put("lz4", CompressAlgorithm.ODPS_LZ4_FRAME);
  }

  private final Map<String, TableTunnel.UploadSession> uploads = new HashMap<>();
  private final Map<String, TableTunnel.StreamUploadSession> streams = new HashMap<>();
  private final Map<String, TableTunnel.DownloadSession> downloads = new HashMap<>();

  public static void main(String[] args) throws Exception {
    PrintStream answers = new PrintStream(System.out, true, "UTF-8");
    System.setOut(System.err);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Client client = new Client();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      answers.println(GSON.toJson(client.answer(new JsonParser().parse(line).getAsJsonObject())));
    }
    System.exit(0);
  }

  private JsonObject answer(JsonObject job) {
    JsonObject answer = new JsonObject();
    answer.add("id", job.get("id"));
    try {
      answer.add("value", run(job));
    } catch (Throwable error) {
      answer.add("error", describe(error));
    }
    return answer;
  }

  /** The exception as a program would catch it, with the service's code and status where the SDK keeps them. */
  private static JsonObject describe(Throwable error) {
    JsonObject described = new JsonObject();
    described.addProperty("kind", error.getClass().getSimpleName());
    described.addProperty("message", String.valueOf(error.getMessage()));
    for (Throwable each = error; each != null; each = each.getCause()) {
      if (each instanceof OdpsException && ((OdpsException) each).getErrorCode() != null) {
        described.addProperty("code", ((OdpsException) each).getErrorCode());
        described.addProperty("status", ((OdpsException) each).getStatus());
      }
    }
    return described;
  }

  private static String text(JsonObject job, String name) {
    JsonElement value = job.get(name);
    return value == null || value.isJsonNull() ? null : value.getAsString();
  }

  private static boolean flag(JsonObject job, String name) {
    return job.has(name) && job.get(name).getAsBoolean();
  }

  private static Odps odps(JsonObject job) {
    JsonObject place = job.getAsJsonObject("place");
    AliyunAccount account =
        new AliyunAccount(text(place, "accessKeyId"), text(place, "accessKeySecret"), text(place, "region"));
    Odps odps = new Odps(account);
    odps.setEndpoint(text(place, "endpoint"));
    odps.setDefaultProject(text(place, "project"));
    return odps;
  }

  private static TableTunnel tunnel(JsonObject job) {
    JsonObject place = job.getAsJsonObject("place");
    Odps odps = odps(job);
    Configuration configuration = Configuration.builder(odps).withQuotaName(text(place, "quotaName")).build();
    TableTunnel tunnel = new TableTunnel(odps, configuration);
    if (place.has("tunnelEndpoint")) {
      tunnel.setEndpoint(text(place, "tunnelEndpoint"));
    }
    return tunnel;
  }

  private static String project(JsonObject job) {
    return text(job.getAsJsonObject("place"), "project");
  }

  private static Table table(JsonObject job) {
    return odps(job).tables().get(project(job), text(job, "schemaName"), text(job, "table"));
  }

  private static PartitionSpec partition(JsonObject job) {
    return job.has("partition") ? new PartitionSpec(text(job, "partition")) : null;
  }

  private static CompressOption compression(JsonObject job) {
    String name = job.has("compression") ? text(job, "compression") : "raw";
    return new CompressOption(ALGORITHMS.get(name), 1, 0);
  }

  private JsonElement run(JsonObject job) throws Exception {
    switch (text(job, "op")) {
      case "versions":
        return versions();
      case "setTimeZone":
        TimeZone.setDefault(TimeZone.getTimeZone(text(job, "zone")));
        return JsonNull.INSTANCE;
      case "createTable":
        return createTable(job);
      case "dropTable":
        odps(job).tables().delete(project(job), text(job, "schemaName"), text(job, "table"), flag(job, "ifExists"));
        return JsonNull.INSTANCE;
      case "tableExists":
        return new JsonPrimitive(odps(job).tables().exists(project(job), text(job, "schemaName"), text(job, "table")));
      case "describeTable":
        return describeTable(table(job));
      case "listTables":
        return listTables(job);
      case "addPartition":
        table(job).createPartition(partition(job), flag(job, "ifNotExists"));
        return JsonNull.INSTANCE;
      case "dropPartition":
        table(job).deletePartition(partition(job), flag(job, "ifExists"));
        return JsonNull.INSTANCE;
      case "partitionExists":
        return new JsonPrimitive(table(job).hasPartition(partition(job)));
      case "listPartitions":
        return listPartitions(table(job));
      case "preview":
        return preview(job);
      case "sql":
        return sql(job);
      case "queryRows":
        return queryRows(job);
      case "execute":
        SQLTask.run(odps(job), text(job, "query")).waitForSuccess();
        return null;
      case "createSchema":
        odps(job).schemas().create(text(job, "schemaName"));
        return null;
      case "listSchemas":
        return listSchemas(job);
      case "schemaExists":
        return new JsonPrimitive(odps(job).schemas().exists(text(job, "schemaName")));
      case "dropSchema":
        odps(job).schemas().delete(text(job, "schemaName"));
        return null;
      default:
        return runSession(job);
    }
  }

  private static JsonElement versions() throws Exception {
    String path = Odps.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    JsonObject versions = new JsonObject();
    versions.addProperty("client", path.replaceAll(".*odps-sdk-core-|\\.jar$", ""));
    return versions;
  }

  private static List<Column> columns(JsonObject job, String name) {
    List<Column> columns = new ArrayList<>();
    if (job.has(name)) {
      for (JsonElement each : job.getAsJsonArray(name)) {
        JsonObject column = each.getAsJsonObject();
        TypeInfo type = TypeInfoParser.getTypeInfoFromTypeString(text(column, "type"));
        columns.add(new Column(text(column, "name"), type));
      }
    }
    return columns;
  }

  private static JsonElement createTable(JsonObject job) throws OdpsException {
    TableSchema schema = new TableSchema();
    columns(job, "columns").forEach(schema::addColumn);
    columns(job, "partitionColumns").forEach(schema::addPartitionColumn);
    Long lifecycle = job.has("lifecycle") ? job.get("lifecycle").getAsLong() : null;
    odps(job)
        .tables()
        .create(
            project(job),
            text(job, "schemaName"),
            text(job, "table"),
            schema,
            text(job, "comment"),
            flag(job, "ifNotExists"),
            lifecycle,
            null,
            null);
    return JsonNull.INSTANCE;
  }

  private static JsonElement describeTable(Table table) throws OdpsException {
    table.reload();
    JsonObject described = new JsonObject();
    described.addProperty("name", table.getName());
    described.addProperty("comment", table.getComment() == null ? "" : table.getComment());
    described.add("columns", describeColumns(table.getSchema().getColumns()));
    described.add("partitionColumns", describeColumns(table.getSchema().getPartitionColumns()));
    described.addProperty("lifecycle", table.getLife());
    described.addProperty("isVirtualView", table.isVirtualView());
    table.reloadExtendInfo();
    described.addProperty("isArchived", table.isArchived());
    described.addProperty("physicalSize", table.getPhysicalSize());
    described.addProperty("fileNum", table.getFileNum());
    return described;
  }

  private static JsonArray describeColumns(List<Column> columns) {
    JsonArray described = new JsonArray();
    for (Column column : columns) {
      JsonObject each = new JsonObject();
      each.addProperty("name", column.getName());
      each.addProperty("type", column.getTypeInfo().getTypeName().toLowerCase().replaceAll("[ `]", ""));
      described.add(each);
    }
    return described;
  }

  private static JsonElement listTables(JsonObject job) {
    TableFilter filter = new TableFilter();
    filter.setName(text(job, "prefix"));
    List<String> names = new ArrayList<>();
    Iterator<Table> tables = odps(job).tables().iterator(project(job), filter);
    while (tables.hasNext()) {
      names.add(tables.next().getName());
    }
    Collections.sort(names);
    return GSON.toJsonTree(names);
  }

  private static JsonElement listPartitions(Table table) {
    JsonArray names = new JsonArray();
    for (Partition partition : table.getPartitions()) {
      names.add(new JsonPrimitive(partition.getPartitionSpec().toString().replace("'", "")));
    }
    return names;
  }

  private static JsonElement listSchemas(JsonObject job) {
    List<String> names = new ArrayList<>();
    Iterator<Schema> schemas = odps(job).schemas().iterator();
    while (schemas.hasNext()) {
      names.add(schemas.next().getName());
    }
    Collections.sort(names);
    return GSON.toJsonTree(names);
  }

  private static JsonElement sql(JsonObject job) throws Exception {
    Instance instance = SQLTask.run(odps(job), text(job, "query"));
    instance.waitForSuccess();
    ResultSet records = SQLTask.getResultSet(instance);
    JsonArray rows = new JsonArray();
    while (records.hasNext()) {
      Record record = records.next();
      JsonArray row = new JsonArray();
      for (int i = 0; i < record.getColumnCount(); i++) {
        Object value = record.get(i);
        row.add(new JsonPrimitive(value instanceof byte[] ? new String((byte[]) value, StandardCharsets.UTF_8) : String.valueOf(value)));
      }
      rows.add(row);
    }
    return rows;
  }

  /** All rows of a result, by the instance tunnel. */
  private static JsonElement queryRows(JsonObject job) throws Exception {
    Odps odps = odps(job);
    Instance instance = SQLTask.run(odps, text(job, "query"));
    instance.waitForSuccess();
    InstanceTunnel.DownloadSession session =
        new InstanceTunnel(odps).createDownloadSession(project(job), instance.getId(), false);
    List<Column> columns = session.getSchema().getColumns();
    return rowsOf(session.openRecordReader(0, session.getRecordCount(), compression(job)), columns);
  }

  private static JsonArray rowsOf(RecordReader reader, List<Column> columns) throws Exception {
    JsonArray rows = new JsonArray();
    for (Record record = reader.read(); record != null; record = reader.read()) {
      JsonArray row = new JsonArray();
      for (int i = 0; i < columns.size(); i++) {
        row.add(Cells.toCell(((ArrayRecord) record).get(i), columns.get(i).getTypeInfo()));
      }
      rows.add(row);
    }
    reader.close();
    return rows;
  }

  /** The tunnel's preview where columns are asked for, else what `Table.read` makes of it. */
  private static JsonElement preview(JsonObject job) throws Exception {
    Table table = table(job);
    TableSchema schema = table.getSchema();
    List<Column> columns = new ArrayList<>(schema.getColumns());
    columns.addAll(schema.getPartitionColumns());
    RecordReader reader;
    if (job.has("columns")) {
      List<String> names = Arrays.asList(GSON.fromJson(job.get("columns"), String[].class));
      columns.removeIf(column -> !names.contains(column.getName()));
      String spec = job.has("partition") ? text(job, "partition") : null;
      long limit = job.get("limit").getAsLong();
      ArrowReaderWrapper arrow =
          new ArrowReaderWrapper(
              tunnel(job).preview(project(job), text(job, "schemaName"), text(job, "table"), spec, limit, names));
      reader = new ArrowStreamRecordReader(arrow, schema, new HashSet<>(names), true, true);
    } else {
      reader = table.read(partition(job), null, job.get("limit").getAsInt(), null, false, null);
    }
    return rowsOf(reader, columns);
  }

  private JsonElement runSession(JsonObject job) throws Exception {
    switch (text(job, "op")) {
      case "createUpload":
        return createUpload(job);
      case "writeBlock":
        return writeBlock(job);
      case "upsert":
        return upsert(job);
      case "createStream":
        return createStream(job);
      case "writePack":
        return writePack(job);
      case "loadUpload":
        return loadUpload(job);
      case "writeBuffered":
        return writeBuffered(job);
      case "commitUpload":
        uploads.get(text(job, "sessionId")).commit(GSON.fromJson(job.get("blockIds"), Long[].class));
        return JsonNull.INSTANCE;
      case "createDownload":
        return createDownload(job);
      case "loadDownload":
        return loadDownload(job);
      case "read":
        return read(job);
      case "writeArrow":
        ArrowBlocks.write(createSession(job), text(job, "bytes"), compression(job));
        return JsonNull.INSTANCE;
      case "readArrow":
        String id = text(createDownload(job).getAsJsonObject(), "sessionId");
        return new JsonPrimitive(ArrowBlocks.read(downloads.get(id), compression(job)));
      default:
        throw new IllegalArgumentException("no job " + text(job, "op"));
    }
  }

  private static TableTunnel.UploadSession createSession(JsonObject job) throws Exception {
    TableTunnel tunnel = tunnel(job);
    String schemaName = text(job, "schemaName");
    String name = text(job, "table");
    PartitionSpec spec = partition(job);
    TableTunnel.UploadSession session;
    if (job.has("sessionId")) {
      session = tunnel.getUploadSession(project(job), schemaName, name, spec, text(job, "sessionId"));
    } else if (spec == null) {
      session = tunnel.createUploadSession(project(job), schemaName, name, flag(job, "overwrite"));
    } else {
      session = tunnel.createUploadSession(project(job), schemaName, name, spec, flag(job, "overwrite"));
    }
    return session;
  }

  private JsonElement createUpload(JsonObject job) throws Exception {
    TableTunnel.UploadSession session = createSession(job);
    uploads.put(session.getId(), session);
    JsonObject value = new JsonObject();
    value.addProperty("sessionId", session.getId());
    value.addProperty("status", session.getStatus().toString().toLowerCase());
    value.addProperty("quotaName", session.getQuotaName());
    return value;
  }

  /** Cells that the SDK itself does not take are written as NULL and told of. */
  private JsonElement createStream(JsonObject job) throws Exception {
    TableTunnel.StreamUploadSession.Builder builder =
        tunnel(job).buildStreamUploadSession(project(job), text(job, "table"));
    if (job.has("partition")) {
      builder.setPartitionSpec(partition(job));
    }
    if (job.has("slots")) {
      builder.setSlotNum(job.get("slots").getAsLong());
    }
    builder.setCreatePartition(flag(job, "createPartition"));
    builder.allowSchemaMismatch(!flag(job, "checkSchema"));
    TableTunnel.StreamUploadSession session = builder.build();
    streams.put(session.getId(), session);
    JsonObject value = new JsonObject();
    value.addProperty("sessionId", session.getId());
    return value;
  }

  private JsonElement writePack(JsonObject job) throws Exception {
    TableTunnel.StreamUploadSession session = streams.get(text(job, "sessionId"));
    List<Column> columns = session.getSchema().getColumns();
    TableTunnel.StreamRecordPack pack = session.newRecordPack(compression(job));
    for (JsonElement each : job.getAsJsonArray("rows")) {
      JsonArray row = each.getAsJsonArray();
      ArrayRecord record = (ArrayRecord) session.newRecord();
      for (int i = 0; i < row.size(); i++) {
        record.set(i, Cells.toValue(row.get(i), columns.get(i).getTypeInfo()));
      }
      pack.append(record);
    }
    pack.flush();
    return JsonNull.INSTANCE;
  }

  /** Rows, deletions and partial rows in one session, committed. */
  private static JsonElement upsert(JsonObject job) throws Exception {
    TableTunnel.UpsertSession.Builder builder = tunnel(job).buildUpsertSession(project(job), text(job, "table"));
    builder.setSlotNum(job.get("slots").getAsLong());
    if (job.has("partition")) {
      builder.setPartitionSpec(text(job, "partition"));
    }
    TableTunnel.UpsertSession session = builder.build();
    List<Column> columns = session.getSchema().getColumns();
    UpsertStream stream = session.buildUpsertStream().setCompressOption(compression(job)).build();
    for (JsonElement each : job.getAsJsonArray("changes")) {
      JsonObject change = each.getAsJsonObject();
      JsonArray row = change.getAsJsonArray("row");
      Record record = session.newRecord();
      for (int i = 0; i < row.size(); i++) {
        record.set(i, Cells.toValue(row.get(i), columns.get(i).getTypeInfo()));
      }
      if (change.has("columns")) {
        stream.upsert(record, Arrays.asList(GSON.fromJson(change.get("columns"), String[].class)));
      } else if (flag(change, "delete")) {
        stream.delete(record);
      } else {
        stream.upsert(record);
      }
    }
    stream.close();
    session.commit(false);
    session.close();
    return JsonNull.INSTANCE;
  }

  private JsonElement writeBlock(JsonObject job) throws Exception {
    TableTunnel.UploadSession session = uploads.get(text(job, "sessionId"));
    List<Column> columns = session.getSchema().getColumns();
    JsonArray refused = new JsonArray();
    RecordWriter writer = session.openRecordWriter(job.get("blockId").getAsLong(), compression(job));
    JsonArray rows = job.getAsJsonArray("rows");
    for (int rowIndex = 0; rowIndex < rows.size(); rowIndex++) {
      ArrayRecord record = (ArrayRecord) session.newRecord();
      JsonArray row = rows.get(rowIndex).getAsJsonArray();
      for (int i = 0; i < row.size(); i++) {
        try {
          record.set(i, Cells.toValue(row.get(i), columns.get(i).getTypeInfo()));
        } catch (RuntimeException error) {
          JsonArray told = new JsonArray();
          told.add(new JsonPrimitive(rowIndex));
          told.add(new JsonPrimitive(i));
          told.add(new JsonPrimitive(error.getClass().getSimpleName()));
          refused.add(told);
        }
      }
      writer.write(record);
    }
    writer.close();
    JsonObject value = new JsonObject();
    value.addProperty("rows", rows.size());
    value.add("refused", refused);
    return value;
  }

  /** The writer that cuts blocks by itself, small ones here; then the commit. */
  private JsonElement writeBuffered(JsonObject job) throws Exception {
    TableTunnel.UploadSession session = uploads.get(text(job, "sessionId"));
    List<Column> columns = session.getSchema().getColumns();
    TunnelBufferedWriter writer = (TunnelBufferedWriter) session.openBufferedWriter(compression(job));
    writer.setBufferSize(job.get("bufferBytes").getAsLong());
    for (JsonElement row : job.getAsJsonArray("rows")) {
      ArrayRecord record = (ArrayRecord) session.newRecord();
      for (int i = 0; i < columns.size(); i++) {
        record.set(i, Cells.toValue(row.getAsJsonArray().get(i), columns.get(i).getTypeInfo()));
      }
      writer.write(record);
    }
    writer.close();
    int blocks = session.getBlockList().length;
    session.commit();
    return new JsonPrimitive(blocks);
  }

  private JsonElement loadUpload(JsonObject job) throws Exception {
    TableTunnel.UploadSession session = uploads.get(text(job, "sessionId"));
    JsonObject value = new JsonObject();
    value.addProperty("status", session.getStatus().toString().toLowerCase());
    Long[] blockIds = session.getBlockList();
    Arrays.sort(blockIds);
    value.add("blockIds", GSON.toJsonTree(blockIds));
    return value;
  }

  private JsonElement createDownload(JsonObject job) throws Exception {
    TableTunnel tunnel = tunnel(job);
    String schemaName = text(job, "schemaName");
    String name = text(job, "table");
    PartitionSpec spec = partition(job);
    TableTunnel.DownloadSession session;
    if (job.has("sessionId") && spec == null) {
      session = tunnel.getDownloadSession(project(job), schemaName, name, text(job, "sessionId"));
    } else if (job.has("sessionId")) {
      session = tunnel.getDownloadSession(project(job), schemaName, name, spec, text(job, "sessionId"));
    } else if (spec == null) {
      session = tunnel.createDownloadSession(project(job), schemaName, name, false);
    } else {
      session = tunnel.createDownloadSession(project(job), schemaName, name, spec, false);
    }
    downloads.put(session.getId(), session);
    JsonObject value = statusOf(session);
    value.addProperty("sessionId", session.getId());
    value.addProperty("quotaName", session.getQuotaName());
    return value;
  }

  private static JsonObject statusOf(TableTunnel.DownloadSession session) throws Exception {
    JsonObject value = new JsonObject();
    value.addProperty("status", session.getStatus().toString().toLowerCase());
    value.addProperty("recordCount", session.getRecordCount());
    return value;
  }

  private JsonElement loadDownload(JsonObject job) throws Exception {
    return statusOf(downloads.get(text(job, "sessionId")));
  }

  private JsonElement read(JsonObject job) throws Exception {
    TableTunnel.DownloadSession session = downloads.get(text(job, "sessionId"));
    List<Column> columns = session.getSchema().getColumns();
    if (job.has("columns")) {
      columns = new ArrayList<>();
      for (JsonElement name : job.getAsJsonArray("columns")) {
        columns.add(session.getSchema().getColumn(name.getAsString()));
      }
    }
    long start = job.has("start") ? job.get("start").getAsLong() : 0;
    long count = job.has("count") ? job.get("count").getAsLong() : session.getRecordCount();
    RecordReader reader = session.openRecordReader(start, count, compression(job), job.has("columns") ? columns : null);
    return rowsOf(reader, columns);
  }
}
