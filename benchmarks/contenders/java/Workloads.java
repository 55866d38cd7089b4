import com.aliyun.odps.TableSchema;
import com.aliyun.odps.data.SimpleStruct;
import com.aliyun.odps.type.StructTypeInfo;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Benchmark rows made from the row number alone, the same in every language; see ../../README.md. */
final class Workloads {
  private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz012345";
  private static final String POOL = pool();
  private static final String HAN = hanPool();
  private static final ZoneId UTC = ZoneId.of("UTC");

  private Workloads() {}

  static boolean has(String name) {
    return Arrays.asList("narrow", "wide", "text", "nested").contains(name);
  }

  static Object[] row(String name, TableSchema schema, int i) {
    switch (name) {
      case "narrow":
        return narrow(i);
      case "wide":
        return wide(i);
      case "text":
        return text(i);
      default:
        return nested(i, (StructTypeInfo) schema.getColumn(3).getTypeInfo());
    }
  }

  static String partition(int i) {
    return "p" + hash(i, 4242) % 20;
  }

  /** A 32-bit hash, as a long that is not negative. */
  private static long hash(int i, int j) {
    int x = i * 0x9E3779B1 + j * 0x85EBCA77;
    x ^= x >>> 16;
    x *= 0x7FEB352D;
    x ^= x >>> 15;
    x *= 0x846CA68B;
    return Integer.toUnsignedLong(x ^ (x >>> 16));
  }

  private static String pool() {
    char[] chars = new char[65_536];
    for (int k = 0; k < chars.length; k++) {
      chars[k] = hash(k, 7777) % 6 == 0 ? ' ' : ALPHABET.charAt((int) hash(k, 7778) & 31);
    }
    return new String(chars);
  }

  private static String hanPool() {
    char[] chars = new char[8192];
    for (int k = 0; k < chars.length; k++) {
      chars[k] = (char) (0x4E00 + hash(k, 7779) % 5000);
    }
    return new String(chars);
  }

  private static String cut(String pool, long from, long length) {
    return pool.substring((int) from, (int) (from + length));
  }

  private static String letters(long bits) {
    char[] chars = new char[6];
    for (int k = 0; k < 6; k++) {
      chars[k] = ALPHABET.charAt((int) (bits >>> (5 * k)) & 31);
    }
    return new String(chars);
  }

  private static ZonedDateTime moment(int i, int j) {
    long spread = (hash(i, j) * 64 + (hash(i, j + 1) & 63)) % 300_000_000_000L;
    return Instant.ofEpochMilli(1_500_000_000_000L + spread).atZone(UTC);
  }

  private static double thousandth(int i, int j) {
    return (hash(i, j) - 2_147_483_648L) / 1000.0;
  }

  private static Object[] narrow(int i) {
    return new Object[] {
      i * 1_000_003L + 17, letters(hash(i, 1)) + letters(hash(i, 2)), thousandth(i, 3), moment(i, 4)
    };
  }

  private static Object[] wide(int i) {
    Object[] row = new Object[20];
    row[0] = (long) i;
    row[1] = hash(i, 11);
    row[2] = -(hash(i, 12) & 0xFFFF);
    row[3] = hash(i, 13) * 1_048_576 + (hash(i, 14) & 0xFFFFF);
    row[4] = hash(i, 15) << 32 | hash(i, 16);
    double divisor = 1;
    for (int k = 0; k < 5; k++, divisor *= 10) {
      row[5 + k] = (hash(i, 20 + k) - 2_147_483_648L) / divisor;
    }
    for (int k = 0; k < 6; k++) {
      long length = 8 + hash(i, 30 + k) % 33;
      row[10 + k] =
          k < 5
              ? cut(POOL, hash(i, 40 + k) % 65_472, length)
              : cut(HAN, hash(i, 45) % 8000, (length + 2) / 3);
    }
    row[16] = moment(i, 50);
    row[17] = moment(i, 52);
    row[18] = (hash(i, 60) & 1) == 1;
    String sign = (hash(i, 61) & 1) == 1 ? "-" : "";
    row[19] = new BigDecimal(String.format("%s%d.%02d", sign, hash(i, 62), hash(i, 63) % 100));
    for (int c = 0; c < row.length; c++) {
      if (hash(i, 100 + c) % 10 == 0) {
        row[c] = null;
      }
    }
    return row;
  }

  private static Object[] text(int i) {
    long from = hash(i, 2) % 64_512;
    String text =
        i % 4 == 3
            ? cut(HAN, hash(i, 3) % 7936, 256) + cut(POOL, from, 256)
            : cut(POOL, from, 1024);
    return new Object[] {(long) i, cut(POOL, hash(i, 1) % 65_336, 200), text};
  }

  private static String nestedText(int i, int slot) {
    return cut(POOL, hash(i, slot) % 65_472, 4 + hash(i, slot + 1) % 12);
  }

  private static Object[] nested(int i, StructTypeInfo pointType) {
    List<String> tags = new ArrayList<>();
    for (int k = 0; k < hash(i, 1) % 5; k++) {
      tags.add(nestedText(i, 10 + 2 * k));
    }
    Map<String, Long> counts = new HashMap<>();
    for (int k = 0; k < hash(i, 2) % 4; k++) {
      counts.put("key" + k, hash(i, 30 + k));
    }
    List<Object> point = Arrays.asList(thousandth(i, 3), thousandth(i, 4), nestedText(i, 50));
    return new Object[] {(long) i, tags, counts, new SimpleStruct(pointType, point)};
  }
}
