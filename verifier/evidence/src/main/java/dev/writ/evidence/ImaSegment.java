// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Objects;

/**
 * A run of entries of a host's measurement list, still unverified, as an evidence package carries it:
 *
 * <pre>
 * offset  size  field
 *      0     8  index of the first entry in the whole list of this boot
 *      8     1  form of the list: 1 binary, 2 ASCII
 *      9     2  TPM_ALG_ID of the template digests in the list: SHA-1 in the files that every kernel
 *               has, that of the suffix in binary_runtime_measurements_sha256 and the like
 *     11     n  entries as the kernel shows them; none where nothing was added
 * </pre>
 *
 * <p>Entries are read when they are replayed; {@link #parse} checks the header and the length alone. A
 * list is whole entries: one that is cut off is malformed.
 */
public final class ImaSegment {
  /** Longest run of entries in bytes. */
  public static final int MAX_LIST_BYTES = 4 << 20;

  /** Most entries in a run. */
  public static final int MAX_ENTRIES = 1 << 16;

  private static final int HEADER_BYTES = 11;

  /** Longest wire form in bytes. */
  public static final int MAX_BYTES = HEADER_BYTES + MAX_LIST_BYTES;

  /** More entries than fit a kernel's memory; keeps sums of indices far from overflow. */
  private static final long MAX_START = 1L << 40;

  private final byte[] bytes;
  private final int listAt;
  private final int end;
  private final long start;
  private final ImaFormat format;
  private final TpmAlg listHash;

  private ImaSegment(
      byte[] bytes, int listAt, int end, long start, ImaFormat format, TpmAlg listHash) {
    this.bytes = bytes;
    this.listAt = listAt;
    this.end = end;
    this.start = start;
    this.format = format;
    this.listHash = listHash;
  }

  /**
   * A segment of these entries.
   *
   * @param start index of the first in the whole list
   * @param listHash the hash of the template digests in the list
   * @param list the entries; not copied, and not to be changed
   * @throws IllegalArgumentException if a number is out of range or the list is too long
   */
  public static ImaSegment of(long start, ImaFormat format, TpmAlg listHash, byte[] list) {
    if (start < 0 || start > MAX_START || !listHash.isHash()) {
      throw new IllegalArgumentException("no segment: start " + start + ", digests of " + listHash);
    }
    if (list.length > MAX_LIST_BYTES) {
      throw new IllegalArgumentException(
          "a segment holds at most " + MAX_LIST_BYTES + " bytes, not " + list.length);
    }
    return new ImaSegment(list, 0, list.length, start, format, listHash);
  }

  /**
   * Parses the whole wire form.
   *
   * @param bytes not copied, and not to be changed
   * @throws MalformedEvidenceException if the header is none, or the list too long
   */
  public static ImaSegment parse(byte[] bytes) throws MalformedEvidenceException {
    return parse(bytes, 0, bytes.length);
  }

  /**
   * Parses {@code length} bytes from {@code offset} as the wire form; offsets of findings count from
   * the start of {@code bytes}.
   */
  static ImaSegment parse(byte[] bytes, int offset, int length) throws MalformedEvidenceException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (length < HEADER_BYTES) {
      throw new MalformedEvidenceException(
          "imaSegment", offset, HEADER_BYTES + " bytes at least", length + " bytes");
    }
    if (length > HEADER_BYTES + MAX_LIST_BYTES) {
      throw new MalformedEvidenceException(
          "imaSegment.list",
          offset + HEADER_BYTES,
          "at most " + MAX_LIST_BYTES + " bytes",
          length - HEADER_BYTES + " bytes");
    }
    long start = 0;
    for (int i = 0; i < 8; i++) {
      start = start << 8 | (bytes[offset + i] & 0xff);
    }
    if (start < 0 || start > MAX_START) {
      throw new MalformedEvidenceException(
          "imaSegment.start", offset, "at most " + MAX_START, Long.toUnsignedString(start));
    }
    int formatId = bytes[offset + 8] & 0xff;
    ImaFormat format =
        ImaFormat.ofId(formatId)
            .orElseThrow(
                () ->
                    new MalformedEvidenceException(
                        "imaSegment.format", offset + 8, "1 or 2", Integer.toString(formatId)));
    int hashId = (bytes[offset + 9] & 0xff) << 8 | (bytes[offset + 10] & 0xff);
    TpmAlg listHash =
        TpmAlg.ofId(hashId)
            .filter(TpmAlg::isHash)
            .orElseThrow(
                () ->
                    new MalformedEvidenceException(
                        "imaSegment.listHash",
                        offset + 9,
                        "a known hash algorithm",
                        TpmReader.hex16(hashId)));
    return new ImaSegment(bytes, offset + HEADER_BYTES, offset + length, start, format, listHash);
  }

  /** The wire form. */
  public byte[] encode() {
    TpmWriter header = new TpmWriter().u64(start).u8(format.id()).alg(listHash);
    byte[] out = new byte[HEADER_BYTES + end - listAt];
    System.arraycopy(header.toByteArray(), 0, out, 0, HEADER_BYTES);
    System.arraycopy(bytes, listAt, out, HEADER_BYTES, end - listAt);
    return out;
  }

  /** Index of the first entry in the whole list of the boot. */
  public long start() {
    return start;
  }

  /** How the entries are written. */
  public ImaFormat format() {
    return format;
  }

  /** The hash of the template digests in the list; says nothing of what extends a PCR. */
  public TpmAlg listHash() {
    return listHash;
  }

  /** Length of the entries in bytes. */
  public int listBytes() {
    return end - listAt;
  }

  /** Where the entries begin in what {@link #entries} reads. */
  int listAt() {
    return listAt;
  }

  /** Reads the entries from the first on. */
  ImaListReader entries() {
    return format == ImaFormat.BINARY
        ? new ImaBinaryReader(bytes, listAt, end, start, listHash)
        : new ImaAsciiReader(bytes, listAt, end, start, listHash);
  }

  @Override
  public String toString() {
    return "ImaSegment(from " + start + ", " + format + ", " + listBytes() + " bytes)";
  }
}
