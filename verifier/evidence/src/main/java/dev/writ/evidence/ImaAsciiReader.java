// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Arrays;

/**
 * Reads {@code ascii_runtime_measurements} (Linux, ima_ascii_measurements_show), one entry a line:
 *
 * <pre>
 * pcr(2) ' ' template digest(hex) ' ' template name (' ' field)* '\n'
 * </pre>
 *
 * <p>An empty field leaves two spaces. Fields after the path are found from the line's end, so that a
 * space in a path, which the kernel writes as an underscore, would not move them. The template's data
 * is put together again as it was hashed. Of a template that is not known it cannot be.
 */
final class ImaAsciiReader extends ImaListReader {
  private static final int[] NO_TAIL = {};
  private static final byte[] DIGITS = new byte[128];

  static {
    Arrays.fill(DIGITS, (byte) -1);
    for (int i = 0; i < 16; i++) {
      DIGITS[Character.forDigit(i, 16)] = (byte) i;
    }
  }

  /** Longest line in bytes: a path and the longest buffer in hexadecimal digits. */
  private static final int MAX_LINE = 2 * ImaTemplate.MAX_BUFFER + ImaTemplate.MAX_PATH + 1024;

  /** Template data of the entry read last. */
  private byte[] data = new byte[1024];

  private int used;
  private int cursor;
  private int lineEnd;

  ImaAsciiReader(byte[] bytes, int at, int end, long start, TpmAlg listHash) {
    super(bytes, at, end, start, listHash);
  }

  @Override
  void readEntry(ImaEntry entry) throws MalformedEvidenceException {
    findLine(entry);
    cursor = next;
    used = 0;
    entry.pcr = pcr(entry);
    int digestBytes = listHash.digestBytes();
    int digestEnd = token(entry, "templateDigest");
    if (digestEnd - cursor != 2 * digestBytes) {
      throw entry.malformed(
          "templateDigest", 2 * digestBytes + " hexadecimal digits", digestEnd - cursor + " bytes");
    }
    hex(entry, "templateDigest", cursor, digestEnd);
    System.arraycopy(data, 0, entry.templateDigest, 0, digestBytes);
    used = 0;
    cursor = digestEnd + 1;
    entry.violation = listedDigestIsZero(entry);

    int nameEnd = token(entry, "templateName");
    if (nameEnd - cursor > MAX_TEMPLATE_NAME) {
      throw entry.malformed(
          "templateName", "at most " + MAX_TEMPLATE_NAME + " bytes", nameEnd - cursor + " bytes");
    }
    entry.nameTemplate(bytes, cursor, nameEnd - cursor);
    cursor = nameEnd + 1;

    if (entry.template != ImaTemplate.OTHER) {
      putTogether(entry);
    }
    entry.read(data, 0, used);
    entry.dataKnown = entry.template != ImaTemplate.OTHER;
    next = lineEnd + 1;
  }

  private void findLine(ImaEntry entry) throws MalformedEvidenceException {
    int limit = Math.min(end, next + MAX_LINE);
    lineEnd = next;
    while (lineEnd < limit && bytes[lineEnd] != '\n') {
      lineEnd++;
    }
    if (lineEnd == end) {
      throw entry.malformed("line", "ended by a line feed", "cut off");
    }
    if (lineEnd == limit) {
      throw entry.malformed("line", "at most " + MAX_LINE + " bytes", "more");
    }
  }

  /** Two places, with a space before a single digit. */
  private int pcr(ImaEntry entry) throws MalformedEvidenceException {
    if (lineEnd - cursor < 3 || bytes[cursor + 2] != ' ') {
      throw entry.malformed("pcr", "two places and a space", "not");
    }
    byte tens = bytes[cursor];
    byte ones = bytes[cursor + 1];
    boolean digits = (tens == ' ' || (tens >= '1' && tens <= '2')) && ones >= '0' && ones <= '9';
    int pcr = (tens == ' ' ? 0 : tens - '0') * 10 + ones - '0';
    if (!digits || pcr >= PcrSelection.PCRS) {
      throw entry.malformed("pcr", "0 to " + (PcrSelection.PCRS - 1), "another");
    }
    cursor += 3;
    return pcr;
  }

  /** Where the space is that ends the token at the cursor. */
  private int token(ImaEntry entry, String field) throws MalformedEvidenceException {
    int at = cursor;
    while (at < lineEnd && bytes[at] != ' ') {
      at++;
    }
    if (at == lineEnd) {
      throw entry.malformed(field, "followed by a space", "at the line's end");
    }
    return at;
  }

  private void putTogether(ImaEntry entry) throws MalformedEvidenceException {
    boolean old = entry.template == ImaTemplate.IMA;
    int digestEnd = token(entry, "digest");
    if (old) {
      hex(entry, "digest", cursor, digestEnd);
      if (used != ImaTemplate.OLD_DIGEST) {
        throw entry.malformed("digest", ImaTemplate.OLD_DIGEST + " bytes", used + " bytes");
      }
    } else {
      digestWithName(entry, "digest", cursor, digestEnd);
    }
    cursor = digestEnd + 1;

    int[] tail = tail(entry);
    int pathEnd = tail.length == 0 ? lineEnd : tail[0];
    int pathLength = pathEnd - cursor;
    int maxPath = old ? ImaTemplate.MAX_OLD_PATH : ImaTemplate.MAX_PATH;
    if (pathLength > maxPath) {
      throw entry.malformed("path", "at most " + maxPath + " bytes", pathLength + " bytes");
    }
    if (!old) {
      length(pathLength + 1);
    }
    reserve(pathLength + 1);
    System.arraycopy(bytes, cursor, data, used, pathLength);
    used += pathLength;
    if (!old) {
      data[used++] = 0;
    }
    for (int i = 0; i < tail.length; i++) {
      int from = tail[i] + 1;
      int to = i + 1 < tail.length ? tail[i + 1] : lineEnd;
      if (i == 1) {
        digestWithName(entry, "modsigDigest", from, to);
      } else {
        length((to - from) / 2);
        hex(entry, "tail", from, to);
      }
    }
  }

  /** The space before each field after the path. */
  private int[] tail(ImaEntry entry) throws MalformedEvidenceException {
    if (entry.template.tail() == 0) {
      return NO_TAIL;
    }
    int[] spaces = new int[entry.template.tail()];
    int at = lineEnd;
    for (int i = spaces.length - 1; i >= 0; i--) {
      do {
        at--;
      } while (at > cursor && bytes[at] != ' ');
      if (at <= cursor) {
        throw entry.malformed("line", spaces.length + " fields after the path", "fewer");
      }
      spaces[i] = at;
    }
    return spaces;
  }

  /** {@code algorithm:hex} as {@code algorithm:\0} and the digest, behind their length. */
  private void digestWithName(ImaEntry entry, String field, int from, int to)
      throws MalformedEvidenceException {
    if (from == to) {
      length(0);
      return;
    }
    int colon = to - 1;
    while (colon > from && bytes[colon] != ':') {
      colon--;
    }
    if (bytes[colon] != ':') {
      throw entry.malformed(field, "an algorithm, a colon and a digest", "no colon");
    }
    int name = colon + 1 - from;
    length(name + 1 + (to - colon - 1) / 2);
    reserve(name + 1);
    System.arraycopy(bytes, from, data, used, name);
    used += name;
    data[used++] = 0;
    hex(entry, field, colon + 1, to);
  }

  private void length(int length) {
    reserve(4);
    data[used++] = (byte) length;
    data[used++] = (byte) (length >>> 8);
    data[used++] = (byte) (length >>> 16);
    data[used++] = (byte) (length >>> 24);
  }

  private void hex(ImaEntry entry, String field, int from, int to)
      throws MalformedEvidenceException {
    if ((to - from) % 2 != 0) {
      throw entry.malformed(field, "an even number of hexadecimal digits", to - from + " bytes");
    }
    reserve((to - from) / 2);
    for (int i = from; i < to; i += 2) {
      int high = digit(bytes[i]);
      int low = digit(bytes[i + 1]);
      if (high < 0 || low < 0) {
        throw entry.malformed(field, "lower-case hexadecimal digits", "another byte");
      }
      data[used++] = (byte) (high << 4 | low);
    }
  }

  /** The value of a lower-case hexadecimal digit; negative of every other byte. */
  private static int digit(byte ascii) {
    return ascii < 0 ? -1 : DIGITS[ascii];
  }

  /** A line is bounded, and so is what grows here. */
  private void reserve(int more) {
    if (more > data.length - used) {
      data = Arrays.copyOf(data, Math.max(2 * data.length, used + more));
    }
  }
}
