// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The value of PK, KEK, db or dbx: EFI_SIGNATURE_LISTs (UEFI 2.10, 32.4.1), checked and counted when
 * read, taken apart when asked; a view of the log.
 *
 * <pre>
 * list:  type(16) listSize(4) headerSize(4) entrySize(4) header(headerSize) entry*      little-endian
 * entry: owner(16) data(entrySize - 16)
 * </pre>
 */
public final class SignatureDatabase {
  /** Most entries; NVRAM holds fewer. */
  static final int MAX_ENTRIES = 8192;

  private static final int LIST_HEADER_BYTES = UefiGuid.BYTES + 3 * 4;
  private static final int SHA256_BYTES = 32;

  /**
   * An entry.
   *
   * @param type what kind of data it is: a certificate, the hash of an image, another
   * @param owner who entered it
   * @param id SHA-256 of the certificate's DER, the hash of the image itself, or SHA-256 of other
   *     data; 32 bytes by which rules name the entry
   * @param data as it is
   */
  public record Entry(UefiGuid type, UefiGuid owner, Octets id, Octets data) {
    /** Whether this is an X.509 certificate. */
    public boolean isCertificate() {
      return type.equals(UefiGuid.CERT_X509);
    }

    /** Whether this is the SHA-256 of an image. */
    public boolean isImageHash() {
      return type.equals(UefiGuid.CERT_SHA256);
    }
  }

  private final byte[] bytes;
  private final int at;
  private final int length;
  private final int size;

  private SignatureDatabase(byte[] bytes, int at, int length) throws MalformedEvidenceException {
    this.bytes = bytes;
    this.at = at;
    this.length = length;
    int[] count = new int[1];
    walk(bytes, at, length, (type, entryAt, dataLength) -> count[0]++);
    this.size = count[0];
  }

  /**
   * Reads signature lists that fill a range.
   *
   * @throws MalformedEvidenceException if they do not, or sizes contradict one another
   */
  static SignatureDatabase read(byte[] bytes, int at, int length)
      throws MalformedEvidenceException {
    return new SignatureDatabase(bytes, at, length);
  }

  /** Number of entries. */
  public int size() {
    return size;
  }

  /** The entries, in order. */
  public List<Entry> entries() {
    List<Entry> entries = new ArrayList<>(size);
    each(
        (type, entryAt, dataLength) ->
            entries.add(
                new Entry(
                    type,
                    UefiGuid.at(bytes, entryAt),
                    id(type, entryAt + UefiGuid.BYTES, dataLength),
                    Octets.copyOfRange(
                        bytes, entryAt + UefiGuid.BYTES, entryAt + UefiGuid.BYTES + dataLength))));
    return Collections.unmodifiableList(entries);
  }

  /** {@link Entry#id} of each entry, in order. */
  public List<Octets> ids() {
    List<Octets> ids = new ArrayList<>(size);
    each((type, entryAt, dataLength) -> ids.add(id(type, entryAt + UefiGuid.BYTES, dataLength)));
    return Collections.unmodifiableList(ids);
  }

  /** Whether both hold the same bytes. */
  public boolean hasSameBytesAs(SignatureDatabase other) {
    return Arrays.equals(bytes, at, at + length, other.bytes, other.at, other.at + other.length);
  }

  private Octets id(UefiGuid type, int dataAt, int dataLength) {
    if (type.equals(UefiGuid.CERT_SHA256) && dataLength == SHA256_BYTES) {
      return Octets.copyOfRange(bytes, dataAt, dataAt + dataLength);
    }
    var hash = TpmAlg.SHA256.newDigest();
    hash.update(bytes, dataAt, dataLength);
    return Octets.of(hash.digest());
  }

  private interface Visitor {
    void entry(UefiGuid type, int entryAt, int dataLength);
  }

  private void each(Visitor visitor) {
    try {
      walk(bytes, at, length, visitor);
    } catch (MalformedEvidenceException e) {
      throw new IllegalStateException("bug: signature lists that were read are malformed", e);
    }
  }

  private static void walk(byte[] bytes, int at, int length, Visitor visitor)
      throws MalformedEvidenceException {
    UefiReader in = new UefiReader(bytes, at, length);
    int entries = 0;
    while (in.remaining() > 0) {
      int listAt = in.position();
      UefiGuid type = UefiGuid.at(bytes, in.skip("signatureList.type", UefiGuid.BYTES));
      long listSize = in.u32("signatureList.size");
      long headerSize = in.u32("signatureList.headerSize");
      long entrySize = in.u32("signatureList.entrySize");
      long body = listSize - LIST_HEADER_BYTES - headerSize;
      if (listSize > length || headerSize > length || body < 0) {
        throw in.malformed(
            "signatureList.size",
            listAt,
            "its header's and entries', within " + length,
            listSize + " with a header of " + headerSize);
      }
      if (entrySize <= UefiGuid.BYTES || entrySize > length || body % entrySize != 0) {
        throw in.malformed(
            "signatureList.entrySize",
            listAt,
            "above " + UefiGuid.BYTES + ", and a divisor of " + body,
            Long.toString(entrySize));
      }
      in.skip("signatureList.header", (int) headerSize);
      for (long left = body; left > 0; left -= entrySize) {
        if (++entries > MAX_ENTRIES) {
          throw in.malformed("signatureList", in.position(), "at most " + MAX_ENTRIES, "more");
        }
        int entryAt = in.skip("signatureList.entry", (int) entrySize);
        visitor.entry(type, entryAt, (int) entrySize - UefiGuid.BYTES);
      }
    }
  }

  @Override
  public String toString() {
    return size + " entries";
  }
}
