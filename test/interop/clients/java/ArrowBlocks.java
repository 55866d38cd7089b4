import com.aliyun.odps.data.ArrowRecordReader;
import com.aliyun.odps.data.ArrowRecordWriter;
import com.aliyun.odps.tunnel.TableTunnel;
import com.aliyun.odps.tunnel.io.CompressOption;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.ipc.ReadChannel;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.ipc.message.MessageSerializer;
import org.apache.arrow.vector.types.IntervalUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.Schema;

/** Blocks in Arrow. Record batches come as messages and go as IPC streams; pyarrow makes the ones and reads the others. */
final class ArrowBlocks {
  private static final BufferAllocator ALLOCATOR = new RootAllocator();

  private ArrowBlocks() {}

  /** Writes a record batch as one block and commits it; its buffers are taken under the SDK's own types. */
  static void write(TableTunnel.UploadSession session, String message, CompressOption compression) throws Exception {
    ReadChannel channel =
        new ReadChannel(Channels.newChannel(new ByteArrayInputStream(Base64.getDecoder().decode(message))));
    try (VectorSchemaRoot root = VectorSchemaRoot.create(session.getArrowSchema(), ALLOCATOR);
        ArrowRecordBatch batch = (ArrowRecordBatch) MessageSerializer.deserializeMessageBatch(channel, ALLOCATOR)) {
      new VectorLoader(root).load(batch);
      ArrowRecordWriter writer = session.openArrowRecordWriter(0, compression);
      writer.write(root);
      writer.close();
    }
    session.commit(new Long[] {0L});
  }

  /** The rows as an IPC stream. */
  static String read(TableTunnel.DownloadSession session, CompressOption compression) throws Exception {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    try (ArrowRecordReader reader = session.openArrowRecordReader(0, session.getRecordCount(), null, ALLOCATOR, compression)) {
      for (VectorSchemaRoot root = reader.read(); root != null; root = reader.read()) {
        if (stream.size() > 0) {
          throw new IllegalStateException("more than one record batch");
        }
        try (VectorSchemaRoot plain = readable(root);
            ArrowStreamWriter writer = new ArrowStreamWriter(plain, null, stream)) {
          writer.writeBatch();
        }
      }
    }
    return Base64.getEncoder().encodeToString(stream.toByteArray());
  }

  /** pyarrow cannot read intervals, so they are sent as integers of their width; nor 54 digits in 128 bits, as the SDK has the old DECIMAL. */
  private static VectorSchemaRoot readable(VectorSchemaRoot root) {
    List<Field> fields = new ArrayList<>();
    for (Field field : root.getSchema().getFields()) {
      ArrowType type = readable(field.getType());
      fields.add(type == field.getType() ? field : Field.nullable(field.getName(), type));
    }
    VectorSchemaRoot plain = VectorSchemaRoot.create(new Schema(fields), ALLOCATOR);
    try (ArrowRecordBatch batch = new VectorUnloader(root).getRecordBatch()) {
      new VectorLoader(plain).load(batch);
    }
    return plain;
  }

  private static ArrowType readable(ArrowType type) {
    if (type instanceof ArrowType.Interval) {
      return new ArrowType.Int(((ArrowType.Interval) type).getUnit() == IntervalUnit.YEAR_MONTH ? 32 : 64, true);
    }
    if (type instanceof ArrowType.Decimal && ((ArrowType.Decimal) type).getPrecision() > 38) {
      return new ArrowType.Decimal(38, ((ArrowType.Decimal) type).getScale(), 128);
    }
    return type;
  }
}
