// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.ArrayList;
import java.util.List;

/**
 * The certificates that a TPM carries beside its endorsement certificates, to be believed only below a
 * root: the content of NV indices 0x01c00100 to 0x01c001ff, one after the other (TCG EK Credential
 * Profile 2.5, 2.2.1.5.2). A certificate may begin in one index and end in the next.
 *
 * <pre>
 * chain        = *filler *( certificate *filler )
 * certificate  = DER SEQUENCE of 256 to 8192 bytes, 30 82 length(2) …
 * filler       = %x00 / %xFF    ; what is left of an index that is larger than its content
 * </pre>
 *
 * <p>The order of the certificates means nothing. They are cut apart here, and read only where a path
 * is searched.
 */
public final class EkChain {
  /** Longest content in bytes. */
  public static final int MAX_BYTES = 12_288;

  /** Most certificates. */
  public static final int MAX_CERTIFICATES = 16;

  /** A TPM that carries none. */
  public static final EkChain NONE = new EkChain(Octets.EMPTY, List.of());

  private final Octets bytes;
  private final List<Octets> certificates;

  private EkChain(Octets bytes, List<Octets> certificates) {
    this.bytes = bytes;
    this.certificates = certificates;
  }

  /**
   * Reads the content of the indices, of none too.
   *
   * @throws MalformedEvidenceException if it is too long, or holds anything but certificates and filler
   */
  public static EkChain parse(byte[] nvContent) throws MalformedEvidenceException {
    if (nvContent.length > MAX_BYTES) {
      throw malformed(0, "at most " + MAX_BYTES + " bytes", nvContent.length + " bytes");
    }
    List<Octets> certificates = new ArrayList<>();
    int at = 0;
    while (at < nvContent.length) {
      if (nvContent[at] == 0 || nvContent[at] == (byte) 0xff) {
        at++;
        continue;
      }
      if (certificates.size() == MAX_CERTIFICATES) {
        throw malformed(at, "at most " + MAX_CERTIFICATES + " certificates", "more");
      }
      int length = EkCertificate.derLength("ekChain", nvContent, at);
      if (length > EndorsementTrust.MAX_CERTIFICATE) {
        throw malformed(
            at, "certificates of at most " + EndorsementTrust.MAX_CERTIFICATE, length + " bytes");
      }
      certificates.add(Octets.copyOfRange(nvContent, at, at + length));
      at += length;
    }
    return new EkChain(Octets.of(nvContent), List.copyOf(certificates));
  }

  /** The content as it was read. */
  public Octets bytes() {
    return bytes;
  }

  /** The certificates, DER, in the order in which they lie. */
  public List<Octets> certificates() {
    return certificates;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EkChain chain && bytes.equals(chain.bytes);
  }

  @Override
  public int hashCode() {
    return bytes.hashCode();
  }

  @Override
  public String toString() {
    return "EkChain(" + certificates.size() + " certificates)";
  }

  private static MalformedEvidenceException malformed(int at, String expected, String actual) {
    return new MalformedEvidenceException("ekChain", at, expected, actual);
  }
}
