// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * A log as an evidence package carries it, as it is or compressed.
 *
 * <pre>
 * offset  size  field
 *      0     1  coding: 0 as it is, 1 zlib (RFC 1950)
 *      1     4  length of the log in bytes, within the bound of its kind
 *      5        the log in that coding, to the end of the section
 * </pre>
 *
 * <p>How long it says to be is bounded when the package is parsed; nothing is expanded before {@link
 * #expand} is called, which a verifier does after the quote's signature held, and nothing beyond the
 * length that was said.
 */
public final class CodedLog {
  private static final int HEADER_BYTES = 5;
  private static final int AS_IT_IS = 0;
  private static final int ZLIB = 1;

  private final byte[] section;
  private final boolean compressed;
  private final int length;

  private CodedLog(byte[] section, boolean compressed, int length) {
    this.section = section;
    this.compressed = compressed;
    this.length = length;
  }

  /**
   * Reads the head of a section.
   *
   * @param section not written to hereafter
   * @param longest a log of its kind may be, in bytes
   */
  static CodedLog parse(byte[] section, int longest) throws MalformedEvidenceException {
    TpmReader in = new TpmReader(section);
    int coding = in.u8("coding");
    if (coding > ZLIB) {
      throw in.malformed("coding", 0, "0 or 1 (zlib)", Integer.toString(coding));
    }
    long length = in.u32("length");
    if (length > longest) {
      throw in.malformed("length", 1, "at most " + longest, Long.toString(length));
    }
    if (coding == AS_IT_IS && section.length - HEADER_BYTES != length) {
      throw in.malformed(
          "content", HEADER_BYTES, length + " bytes", section.length - HEADER_BYTES + " bytes");
    }
    return new CodedLog(section, coding == ZLIB, (int) length);
  }

  /**
   * A boot log in the form of {@link #bytes}.
   *
   * @throws MalformedEvidenceException if it is not of this form, or too long
   */
  public static CodedLog ofBootLog(byte[] bytes) throws MalformedEvidenceException {
    return parse(bytes.clone(), Evidence.MAX_BOOT_LOG);
  }

  /** A section for a log, compressed where that is shorter. */
  static byte[] encode(byte[] log) {
    byte[] content = new byte[log.length];
    Deflater deflater = new Deflater();
    try {
      deflater.setInput(log);
      deflater.finish();
      int compressed = deflater.deflate(content);
      return deflater.finished()
          ? section(ZLIB, log.length, Arrays.copyOf(content, compressed))
          : section(AS_IT_IS, log.length, log);
    } finally {
      deflater.end();
    }
  }

  private static byte[] section(int coding, int length, byte[] content) {
    return new TpmWriter().u8(coding).u32(length).bytes(content).toByteArray();
  }

  /** The section: the log as it came, coding and length before it. */
  public byte[] bytes() {
    return section.clone();
  }

  /** Length of the log in bytes, as it says. */
  public int length() {
    return length;
  }

  /**
   * The log.
   *
   * @throws MalformedEvidenceException if it is of another length than it says, or its coding does not
   *     end at the end
   */
  public byte[] expand() throws MalformedEvidenceException {
    if (!compressed) {
      return Arrays.copyOfRange(section, HEADER_BYTES, section.length);
    }
    // The JDK's inflater: it ends with the stream, and its checksum covers all that came out.
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(section, HEADER_BYTES, section.length - HEADER_BYTES);
      byte[] log = new byte[length];
      int filled = inflate(inflater, log);
      if (filled < length) {
        throw malformed(length + " bytes", "ended after " + filled);
      }
      if (inflate(inflater, new byte[1]) != 0) {
        throw malformed(length + " bytes", "more");
      }
      if (!inflater.finished() || inflater.getRemaining() != 0) {
        throw malformed("a zlib stream and nothing else", "cut off or followed by other bytes");
      }
      return log;
    } catch (DataFormatException e) {
      throw malformed("a zlib stream", String.valueOf(e.getMessage()));
    } finally {
      inflater.end();
    }
  }

  /** Fills {@code into} as far as the stream goes; how far that is. */
  private static int inflate(Inflater inflater, byte[] into) throws DataFormatException {
    int filled = 0;
    int inflated = 1;
    while (inflated > 0 && filled < into.length) {
      inflated = inflater.inflate(into, filled, into.length - filled);
      filled += inflated;
    }
    return filled;
  }

  private static MalformedEvidenceException malformed(String expected, String actual) {
    return new MalformedEvidenceException("content", HEADER_BYTES, expected, actual);
  }
}
