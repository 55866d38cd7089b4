import com.aliyun.odps.data.Binary;
import com.aliyun.odps.data.Char;
import com.aliyun.odps.data.IntervalDayTime;
import com.aliyun.odps.data.IntervalYearMonth;
import com.aliyun.odps.data.SimpleJsonValue;
import com.aliyun.odps.data.SimpleStruct;
import com.aliyun.odps.data.Struct;
import com.aliyun.odps.data.Varchar;
import com.aliyun.odps.type.ArrayTypeInfo;
import com.aliyun.odps.type.MapTypeInfo;
import com.aliyun.odps.type.StructTypeInfo;
import com.aliyun.odps.type.TypeInfo;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Cells between the Java SDK's values and the neutral JSON form of ../../cells.ts. */
final class Cells {
  private Cells() {}

  /** The value that a Java program would put into a record. */
  static Object toValue(JsonElement cell, TypeInfo type) {
    if (cell == null || cell.isJsonNull()) {
      return null;
    }
    switch (type.getOdpsType()) {
      case BIGINT:
        return Long.parseLong(cell.getAsString());
      case INT:
        return cell.getAsInt();
      case SMALLINT:
        return cell.getAsShort();
      case TINYINT:
        return cell.getAsByte();
      case BOOLEAN:
        return cell.getAsBoolean();
      case DOUBLE:
        return Double.parseDouble(cell.getAsString());
      case FLOAT:
        return Float.parseFloat(cell.getAsString());
      case STRING:
        return cell.isJsonObject() ? (Object) bytes(cell.getAsJsonObject().get("bytesHex")) : cell.getAsString();
      case CHAR:
        return new Char(cell.getAsString());
      case VARCHAR:
        return new Varchar(cell.getAsString());
      case BINARY:
        return new Binary(bytes(cell));
      case DECIMAL:
        return new BigDecimal(cell.getAsString());
      case DATETIME:
        return ms(cell).atZone(ZoneId.systemDefault());
      case DATE:
        return LocalDate.parse(cell.getAsJsonObject().get("iso").getAsString());
      case TIMESTAMP:
        return Instant.ofEpochSecond(seconds(cell), nanos(cell));
      case TIMESTAMP_NTZ:
        return LocalDateTime.ofEpochSecond(seconds(cell), nanos(cell), ZoneOffset.UTC);
      case INTERVAL_DAY_TIME:
        return new IntervalDayTime(seconds(cell), nanos(cell));
      case INTERVAL_YEAR_MONTH:
        return new IntervalYearMonth(cell.getAsJsonObject().get("months").getAsInt());
      case JSON:
        return new SimpleJsonValue(cell.getAsString());
      default:
        return toNested(cell, type);
    }
  }

  private static Object toNested(JsonElement cell, TypeInfo type) {
    switch (type.getOdpsType()) {
      case ARRAY: {
        List<Object> items = new ArrayList<>();
        for (JsonElement item : cell.getAsJsonArray()) {
          items.add(toValue(item, ((ArrayTypeInfo) type).getElementTypeInfo()));
        }
        return items;
      }
      case MAP: {
        Map<Object, Object> pairs = new LinkedHashMap<>();
        MapTypeInfo map = (MapTypeInfo) type;
        for (JsonElement pair : cell.getAsJsonArray()) {
          JsonArray parts = pair.getAsJsonArray();
          pairs.put(toValue(parts.get(0), map.getKeyTypeInfo()), toValue(parts.get(1), map.getValueTypeInfo()));
        }
        return pairs;
      }
      case STRUCT: {
        StructTypeInfo struct = (StructTypeInfo) type;
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < struct.getFieldCount(); i++) {
          values.add(toValue(cell.getAsJsonObject().get(struct.getFieldNames().get(i)), struct.getFieldTypeInfos().get(i)));
        }
        return new SimpleStruct(struct, values);
      }
      default:
        throw new IllegalArgumentException("no cell form for " + type.getTypeName());
    }
  }

  private static byte[] bytes(JsonElement hex) {
    String text = hex.getAsString();
    byte[] bytes = new byte[text.length() / 2];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Integer.parseInt(text.substring(2 * i, 2 * i + 2), 16);
    }
    return bytes;
  }

  private static Instant ms(JsonElement cell) {
    return Instant.ofEpochMilli(cell.getAsJsonObject().get("ms").getAsLong());
  }

  private static long seconds(JsonElement cell) {
    return Long.parseLong(cell.getAsJsonObject().get("seconds").getAsString());
  }

  private static int nanos(JsonElement cell) {
    return cell.getAsJsonObject().get("nanos").getAsInt();
  }

  static JsonElement toCell(Object value, TypeInfo type) {
    if (value == null) {
      return JsonNull.INSTANCE;
    }
    switch (type.getOdpsType()) {
      case BIGINT:
        return new JsonPrimitive(value.toString());
      case INT:
      case SMALLINT:
      case TINYINT:
        return new JsonPrimitive((Number) value);
      case BOOLEAN:
        return new JsonPrimitive((Boolean) value);
      case DOUBLE:
      case FLOAT:
        return floatCell(((Number) value).doubleValue());
      case STRING:
        return textCell(value);
      case CHAR:
        return new JsonPrimitive(((Char) value).getValue());
      case VARCHAR:
        return new JsonPrimitive(((Varchar) value).getValue());
      case BINARY:
        return new JsonPrimitive(hex(((Binary) value).data()));
      case DECIMAL:
        return new JsonPrimitive(value.toString());
      case DATETIME:
        return object("ms", ((ZonedDateTime) value).toInstant().toEpochMilli());
      case DATE:
        return object("iso", value.toString());
      case TIMESTAMP:
        return secondsCell(((Instant) value).getEpochSecond(), ((Instant) value).getNano());
      case TIMESTAMP_NTZ: {
        LocalDateTime moment = (LocalDateTime) value;
        return secondsCell(moment.toEpochSecond(ZoneOffset.UTC), moment.getNano());
      }
      case INTERVAL_DAY_TIME: {
        IntervalDayTime interval = (IntervalDayTime) value;
        return secondsCell(interval.getTotalSeconds(), interval.getNanos());
      }
      case INTERVAL_YEAR_MONTH:
        return object("months", ((IntervalYearMonth) value).getTotalMonths());
      case JSON:
        return new JsonPrimitive(value.toString());
      default:
        return toNestedCell(value, type);
    }
  }

  private static JsonElement toNestedCell(Object value, TypeInfo type) {
    switch (type.getOdpsType()) {
      case ARRAY: {
        JsonArray items = new JsonArray();
        for (Object item : (List<?>) value) {
          items.add(toCell(item, ((ArrayTypeInfo) type).getElementTypeInfo()));
        }
        return items;
      }
      case MAP: {
        JsonArray pairs = new JsonArray();
        MapTypeInfo map = (MapTypeInfo) type;
        for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
          JsonArray pair = new JsonArray();
          pair.add(toCell(entry.getKey(), map.getKeyTypeInfo()));
          pair.add(toCell(entry.getValue(), map.getValueTypeInfo()));
          pairs.add(pair);
        }
        return pairs;
      }
      case STRUCT: {
        JsonObject parts = new JsonObject();
        Struct struct = (Struct) value;
        for (int i = 0; i < struct.getFieldCount(); i++) {
          parts.add(struct.getFieldName(i), toCell(struct.getFieldValue(i), struct.getFieldTypeInfo(i)));
        }
        return parts;
      }
      default:
        throw new IllegalArgumentException("no cell form for " + type.getTypeName());
    }
  }

  private static JsonElement floatCell(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return new JsonPrimitive(Double.toString(value));
    }
    if (value == 0 && Double.doubleToRawLongBits(value) != 0) {
      return new JsonPrimitive("-0");
    }
    return new JsonPrimitive(value);
  }

  private static JsonElement textCell(Object value) {
    if (value instanceof String) {
      return new JsonPrimitive((String) value);
    }
    byte[] bytes = (byte[]) value;
    try {
      return new JsonPrimitive(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return object("bytesHex", hex(bytes));
    }
  }

  private static String hex(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (byte each : bytes) {
      text.append(String.format("%02x", each));
    }
    return text.toString();
  }

  private static JsonObject object(String name, Object value) {
    JsonObject object = new JsonObject();
    object.add(name, value instanceof Number ? new JsonPrimitive((Number) value) : new JsonPrimitive((String) value));
    return object;
  }

  private static JsonObject secondsCell(long seconds, int nanos) {
    JsonObject cell = object("seconds", Long.toString(seconds));
    cell.addProperty("nanos", nanos);
    return cell;
  }
}
