// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a measurement list: where its parts lie in the bytes of the list, or in those that were
 * put together again from a line of text. One instance is filled again for each entry.
 *
 * <p>The template's data is laid out as it was hashed: each field a u32 length, little-endian, and its
 * bytes; {@code d-ng} is {@code algorithm:\0} and the digest, {@code n-ng} the path and a zero. Only
 * the template {@code ima} differs: see {@link #hashTemplate}.
 */
final class ImaEntry {
  /** {@code verity:}, the algorithm's name, a colon, a zero and the longest digest. */
  private static final int MAX_DIGEST_FIELD = 128;

  /** Most characters of a path in a message. */
  private static final int MAX_SHOWN = 512;

  private static final byte[] ZEROS = new byte[ImaTemplate.MAX_OLD_PATH + 1];

  /** SHA-256 first, which nearly every entry has. */
  private static final TpmAlg[] HASHES = {
    TpmAlg.SHA256,
    TpmAlg.SHA1,
    TpmAlg.SHA384,
    TpmAlg.SHA512,
    TpmAlg.SHA3_256,
    TpmAlg.SHA3_384,
    TpmAlg.SHA3_512
  };

  private static final String[] HASH_NAMES =
      Arrays.stream(HASHES).map(ImaEntry::kernelName).toArray(String[]::new);

  /** Place in the whole list, from 0. */
  long index;

  /** Where the entry starts in the segment. */
  int at;

  int pcr;

  /** The template's digest as listed; so many bytes as the list's hash makes are used. */
  final byte[] templateDigest = new byte[64];

  /** The listed digest is zero: the kernel saw a race and extended the PCR with ones. */
  boolean violation;

  ImaTemplate template = ImaTemplate.OTHER;

  /** The template's name as listed. */
  String templateName = "";

  /** What the template's digest is over; no bytes where the list does not hold it. */
  byte[] data = ZEROS;

  int dataAt;
  int dataLength;
  boolean dataKnown;

  /** The digest's algorithm; absent where it is none that is judged. */
  @Nullable TpmAlg hash;

  /** The digest is that of fs-verity, over a tree and not over the file. */
  boolean verity;

  /** From here lie, without a gap: algorithm, colon, zero, digest, u32, path, zero. */
  int hashNameAt;

  int digestAt;
  int digestLength;
  int pathAt;
  int pathLength;

  /** First field after the path: a signature or a buffer. */
  int tailAt;

  int tailLength;

  /** The name that the kernel has for a hash algorithm. */
  static String kernelName(TpmAlg hash) {
    return hash.text().replace('_', '-');
  }

  /** Feeds what the template's digest is over; only the template {@code ima} is not its data alone. */
  void hashTemplate(MessageDigest digest) {
    digest.update(data, dataAt, dataLength);
    if (template == ImaTemplate.IMA) {
      digest.update(ZEROS, 0, ZEROS.length - (dataLength - ImaTemplate.OLD_DIGEST));
    }
  }

  /** Takes apart {@code length} bytes of {@code bytes} as data of this entry's template. */
  void read(byte[] bytes, int from, int length) throws MalformedEvidenceException {
    data = bytes;
    dataAt = from;
    dataLength = length;
    dataKnown = true;
    hash = null;
    verity = false;
    digestLength = 0;
    pathLength = 0;
    tailLength = 0;
    if (template == ImaTemplate.OTHER) {
      return;
    }
    if (template == ImaTemplate.IMA) {
      readOld();
      return;
    }
    int end = from + length;
    int next = readDigest(end);
    next = readPath(next, end);
    if (template.tail() > 0) {
      tailLength = fieldLength("tail", next, end, template.maxTail());
      tailAt = next + 4;
      next = tailAt + tailLength;
    }
    if (template == ImaTemplate.IMA_MODSIG) {
      next += 4 + fieldLength("modsigDigest", next, end, MAX_DIGEST_FIELD);
      next += 4 + fieldLength("modsig", next, end, ImaTemplate.MAX_MODSIG);
    }
    if (next != end) {
      throw malformed("data", "at its end after the last field", end - next + " more bytes");
    }
  }

  /** A digest without the name of its algorithm, and a path without a zero. */
  private void readOld() throws MalformedEvidenceException {
    digestAt = dataAt;
    digestLength = ImaTemplate.OLD_DIGEST;
    hash = TpmAlg.SHA1;
    pathAt = dataAt + digestLength;
    pathLength = dataLength - digestLength;
    hashNameAt = digestAt;
    checkPath();
  }

  private int readDigest(int end) throws MalformedEvidenceException {
    int length = fieldLength("digest", dataAt, end, MAX_DIGEST_FIELD);
    int at = dataAt + 4;
    int zero = at;
    while (zero < at + length && data[zero] != 0) {
      zero++;
    }
    if (zero == at + length || zero == at || data[zero - 1] != ':') {
      throw malformed("digest", "an algorithm, a colon and a zero before the digest", "none");
    }
    int colon = at;
    while (data[colon] != ':') {
      colon++;
    }
    hashNameAt = at;
    if (template.typed()) {
      verity = ImaTemplate.equal("verity", data, at, colon - at);
      if (colon >= zero - 2 || !(verity || ImaTemplate.equal("ima", data, at, colon - at))) {
        throw malformed("digest", "of type ima or verity", "another");
      }
      hashNameAt = colon + 1;
    } else if (colon < zero - 1) {
      throw malformed("digest", "an algorithm alone before it, in " + template, "a type too");
    }
    digestAt = zero + 1;
    digestLength = at + length - digestAt;
    hash = hashNamed(hashNameAt, zero - 1);
    // Older kernels write 20 zeros in a violation, whatever the algorithm.
    if (hash != null && digestLength != hash.digestBytes() && !violation) {
      throw malformed("digest", hash.digestBytes() + " bytes of " + hash, digestLength + " bytes");
    }
    return at + length;
  }

  private @Nullable TpmAlg hashNamed(int from, int to) {
    for (int i = 0; i < HASHES.length; i++) {
      if (ImaTemplate.equal(HASH_NAMES[i], data, from, to - from)) {
        return HASHES[i];
      }
    }
    return null;
  }

  private int readPath(int at, int end) throws MalformedEvidenceException {
    int length = fieldLength("path", at, end, ImaTemplate.MAX_PATH + 1);
    pathAt = at + 4;
    pathLength = length - 1;
    if (length == 0 || data[pathAt + pathLength] != 0) {
      throw malformed("path", "ended by a zero", "not");
    }
    checkPath();
    return pathAt + length;
  }

  private void checkPath() throws MalformedEvidenceException {
    if (pathLength == 0) {
      throw malformed("path", "one byte at least", "empty");
    }
    for (int i = pathAt; i < pathAt + pathLength; i++) {
      if (data[i] == 0) {
        throw malformed("path", "without a zero inside", "one at its byte " + (i - pathAt));
      }
    }
  }

  private int fieldLength(String field, int at, int end, int max)
      throws MalformedEvidenceException {
    if (end - at < 4) {
      throw malformed(field, "a u32 length", "cut off after " + (end - at) + " bytes");
    }
    long length = u32(data, at);
    if (length > max) {
      throw malformed(field, "at most " + max + " bytes", Long.toString(length));
    }
    if (length > end - at - 4) {
      throw malformed(field, length + " bytes", "cut off after " + (end - at - 4));
    }
    return (int) length;
  }

  static long u32(byte[] bytes, int at) {
    return (bytes[at] & 0xffL)
        | (bytes[at + 1] & 0xffL) << 8
        | (bytes[at + 2] & 0xffL) << 16
        | (bytes[at + 3] & 0xffL) << 24;
  }

  MalformedEvidenceException malformed(String field, String expected, String actual) {
    return new MalformedEvidenceException("imaList[" + index + "]." + field, at, expected, actual);
  }

  boolean pathIs(String ascii) {
    return ImaTemplate.equal(ascii, data, pathAt, pathLength);
  }

  /** Sets the template by the name listed; a name that is not known is kept for messages alone. */
  void nameTemplate(byte[] bytes, int from, int length) {
    template = ImaTemplate.named(bytes, from, length);
    templateName =
        template == ImaTemplate.OTHER ? printable(bytes, from, length, 80) : template.toString();
  }

  /** The path as it may stand in a message. */
  String shownPath() {
    return printable(data, pathAt, pathLength, MAX_SHOWN);
  }

  /** Bytes with all that are not printable ASCII, and the backslash, as {@code \xNN}. */
  private static String printable(byte[] bytes, int from, int length, int maxChars) {
    StringBuilder out = new StringBuilder(Math.min(length, maxChars));
    for (int i = from; i < from + length; i++) {
      if (out.length() >= maxChars) {
        return out.append("...").toString();
      }
      byte b = bytes[i];
      if (b < 0x20 || b > 0x7e || b == '\\') {
        out.append("\\x").append(HexFormat.of().toHexDigits(b));
      } else {
        out.append((char) b);
      }
    }
    return out.toString();
  }

  /** The path as text; what is not UTF-8 in it is replaced, so that it equals no text that was given. */
  String path() {
    return new String(data, pathAt, pathLength, StandardCharsets.UTF_8);
  }

  /** The digest with its algorithm, {@code sha256:00…}, as the list names it. */
  String shownDigest() {
    byte[] digest = Arrays.copyOfRange(data, digestAt, digestAt + digestLength);
    String kind = verity ? "verity:" : "";
    String name = hash == null ? "unknown" : kernelName(hash);
    return kind + name + ":" + HexFormat.of().formatHex(digest);
  }
}
