// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.io.IOException;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;

/**
 * An endorsement certificate as TPMs in the field carry it (TCG EK Credential Profile 2.5, 3).
 *
 * <p>Read leniently where real ones stray, and never re-encoded: its signature is verified over the
 * bytes it was read from.
 *
 * <ul>
 *   <li>NV content may start with the 7-byte header of TPM 1.2's TCG_PCCLIENT_STORED_CERT, {@code
 *       10 01 00 size(2) 10 02}, and end in padding, one byte repeated
 *   <li>an RSA key's algorithm may be RSAES-OAEP instead of rsaEncryption
 *   <li>the subject may be empty; then a critical subject alternative name says which TPM it is
 *   <li>the elements of a SET, such as the attributes of a name, may stand in another order than DER's
 * </ul>
 */
final class EkCertificate {
  /** Longest NV content in bytes. */
  static final int MAX_BYTES = 8192;

  private static final String FIELD = "ekCertificate";
  private static final Octets STORED_CERT_HEADER = Octets.fromHex("100100");
  private static final Octets FULL_CERT_TAG = Octets.fromHex("1002");
  private static final int HEADER_BYTES = 7;

  private final byte[] der;
  private final SubjectPublicKeyInfo keyInfo;
  private final boolean emptySubject;
  private final boolean criticalSubjectAlternativeName;
  private final Optional<TrustedEndorsement.Device> device;

  private EkCertificate(byte[] der, Certificate asn1) {
    this.der = der;
    this.keyInfo = asn1.getSubjectPublicKeyInfo();
    this.emptySubject = asn1.getSubject().getRDNs().length == 0;
    Optional<Extension> names =
        Optional.ofNullable(asn1.getTBSCertificate().getExtensions())
            .map(extensions -> extensions.getExtension(Extension.subjectAlternativeName));
    this.criticalSubjectAlternativeName = names.isPresent() && names.get().isCritical();
    this.device = names.flatMap(TpmDeviceName::in);
  }

  /** Reads NV content or a bare certificate. */
  static EkCertificate parse(byte[] nvContent) throws MalformedEvidenceException {
    if (nvContent.length > MAX_BYTES) {
      throw malformed("at most " + MAX_BYTES + " bytes", nvContent.length + " bytes");
    }
    byte[] der = withoutHeaderAndPadding(nvContent);
    try {
      return new EkCertificate(der, Certificate.getInstance(der));
    } catch (RuntimeException e) {
      // Bouncy Castle throws several kinds of these for what is not of the form.
      throw malformed("a certificate", String.valueOf(e.getMessage()));
    }
  }

  /**
   * The certificate for Java, which refuses some defects of the subject alternative name that this
   * class reads: ask for {@link #device()} and {@link #isSubjectAlternativeNameCritical} first.
   */
  X509Certificate x509() throws MalformedEvidenceException {
    return EndorsementTrust.certificate(der);
  }

  boolean hasEmptySubject() {
    return emptySubject;
  }

  boolean isSubjectAlternativeNameCritical() {
    return criticalSubjectAlternativeName;
  }

  /** What the subject alternative name calls the TPM; absent where one of the three is missing. */
  Optional<TrustedEndorsement.Device> device() {
    return device;
  }

  /** Whether the certified key is {@code key}, compared by its numbers. */
  boolean certifies(PublicKeyArea key) throws MalformedEvidenceException {
    try {
      AlgorithmIdentifier algorithm = keyInfo.getAlgorithm();
      if (key instanceof PublicKeyArea.Rsa rsa) {
        if (!algorithm.getAlgorithm().equals(PKCSObjectIdentifiers.rsaEncryption)
            && !algorithm.getAlgorithm().equals(PKCSObjectIdentifiers.id_RSAES_OAEP)) {
          return false;
        }
        RSAPublicKey certified = RSAPublicKey.getInstance(keyInfo.parsePublicKey());
        return certified.getModulus().equals(rsa.modulus().unsigned())
            && certified.getPublicExponent().equals(BigInteger.valueOf(rsa.exponent()));
      }
      // Parameters and point in the one form that certificates have: named curve, uncompressed.
      return Arrays.equals(keyInfo.getEncoded(ASN1Encoding.DER), key.subjectPublicKeyInfo());
    } catch (IOException | RuntimeException e) {
      throw malformed("a public key", String.valueOf(e.getMessage()));
    }
  }

  private static byte[] withoutHeaderAndPadding(byte[] nv) throws MalformedEvidenceException {
    int start = 0;
    boolean stored =
        nv.length > HEADER_BYTES
            && Octets.copyOfRange(nv, 0, 3).equals(STORED_CERT_HEADER)
            && Octets.copyOfRange(nv, 5, HEADER_BYTES).equals(FULL_CERT_TAG);
    if (stored) {
      start = HEADER_BYTES;
    }
    int end = start + derLength(FIELD, nv, start);
    if (stored) {
      int size = (nv[3] & 0xff) << 8 | nv[4] & 0xff;
      if (size != end - start + 2) {
        throw malformed("of the size in its header, " + (size - 2), (end - start) + " bytes");
      }
    }
    Octets padding = Octets.copyOfRange(nv, end, nv.length);
    if (padding.length() > 0 && !padding.isFilledWith(nv[end])) {
      throw malformed("at its end, or followed by one byte repeated", "followed by other bytes");
    }
    return Arrays.copyOfRange(nv, start, end);
  }

  /** Length of the DER SEQUENCE at {@code start}, its header included: 30 82 length(2). */
  static int derLength(String field, byte[] nv, int start) throws MalformedEvidenceException {
    if (nv.length - start < 4 || nv[start] != 0x30 || nv[start + 1] != (byte) 0x82) {
      throw new MalformedEvidenceException(
          field, start, "a DER SEQUENCE of 256 to 65535 bytes", "something else");
    }
    int length = 4 + ((nv[start + 2] & 0xff) << 8 | nv[start + 3] & 0xff);
    if (length > nv.length - start) {
      throw new MalformedEvidenceException(
          field, start, length + " bytes", "cut off after " + (nv.length - start));
    }
    return length;
  }

  private static MalformedEvidenceException malformed(String expected, String actual) {
    return new MalformedEvidenceException(FIELD, 0, expected, actual);
  }
}
