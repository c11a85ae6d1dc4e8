// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.operator.RuntimeOperatorException;

/**
 * The certificate of a host's attestation key, signed by the token's key of {@link
 * KeyRole#ATTESTATION}: whoever believes that key learns that this one is in the TPM that is named, as
 * credential activation showed.
 *
 * <pre>
 * subject             empty
 * subjectAltName      critical; directory name of tpmManufacturer, tpmModel, tpmVersion
 * basicConstraints    critical; CA false
 * keyUsage            critical; digitalSignature
 * extendedKeyUsage    2.23.133.8.3 (tcg-kp-AIKCertificate)
 * authorityKeyIdentifier
 * </pre>
 */
public final class AkCertificate {
  /** Longest validity. */
  public static final Duration MAX_VALIDITY = Duration.ofDays(1096);

  /** How far a verifier's clock may be behind. */
  private static final Duration BACKDATED = Duration.ofMinutes(5);

  private static final ASN1ObjectIdentifier AIK_CERTIFICATE =
      new ASN1ObjectIdentifier("2.23.133.8.3");

  private static final ASN1ObjectIdentifier TPM_MANUFACTURER =
      new ASN1ObjectIdentifier("2.23.133.2.1");
  private static final ASN1ObjectIdentifier TPM_MODEL = new ASN1ObjectIdentifier("2.23.133.2.2");
  private static final ASN1ObjectIdentifier TPM_VERSION = new ASN1ObjectIdentifier("2.23.133.2.3");

  private AkCertificate() {}

  /**
   * What the endorsement certificate calls the TPM (TCG EK Credential Profile 2.5, 3.1.2).
   *
   * @param manufacturer TCG vendor id
   * @param model the vendor's model
   * @param version the firmware's version
   */
  public record Device(String manufacturer, String model, String version) {
    X500Name name() {
      return new X500NameBuilder()
          .addRDN(TPM_MANUFACTURER, new DERUTF8String(manufacturer))
          .addRDN(TPM_MODEL, new DERUTF8String(model))
          .addRDN(TPM_VERSION, new DERUTF8String(version))
          .build();
    }
  }

  /**
   * Has {@code ca} certify a key.
   *
   * @param ca the key of {@link KeyRole#ATTESTATION}
   * @param attestationKey SubjectPublicKeyInfo, DER
   * @param now from when on, with five minutes before it for clocks behind this one
   * @param validity at most {@link #MAX_VALIDITY}, in whole seconds
   * @throws HsmException if the token does not sign
   * @throws IllegalArgumentException if the key is no SubjectPublicKeyInfo
   */
  public static X509Certificate issue(
      HsmKey ca,
      byte[] attestationKey,
      Device device,
      Instant now,
      Duration validity,
      SecureRandom random)
      throws HsmException {
    requireSensible(ca, validity);
    try {
      X509v3CertificateBuilder builder =
          new X509v3CertificateBuilder(
                  X500Name.getInstance(ca.certificate().getSubjectX500Principal().getEncoded()),
                  KeyCertificate.serial(random),
                  Date.from(now.minus(BACKDATED)),
                  Date.from(now.plus(validity)),
                  new X500Name(new RDN[0]),
                  SubjectPublicKeyInfo.getInstance(attestationKey))
              .addExtension(
                  Extension.subjectAlternativeName,
                  true,
                  new GeneralNames(new GeneralName(GeneralName.directoryName, device.name())))
              .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
              .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
              .addExtension(
                  Extension.extendedKeyUsage,
                  false,
                  new ExtendedKeyUsage(KeyPurposeId.getInstance(AIK_CERTIFICATE)))
              .addExtension(
                  Extension.authorityKeyIdentifier,
                  false,
                  new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(ca.publicKey()));
      return new JcaX509CertificateConverter()
          .getCertificate(builder.build(new TokenSigner(ca::signDer)));
    } catch (RuntimeOperatorException e) {
      throw TokenSigner.failure(e);
    } catch (GeneralSecurityException | CertIOException e) {
      throw new IllegalStateException("bug: an attestation key's certificate was not written", e);
    }
  }

  private static void requireSensible(HsmKey ca, Duration validity) {
    if (ca.role() != KeyRole.ATTESTATION) {
      throw new IllegalArgumentException(
          "an attestation key must be certified by the key of role attestation, was " + ca);
    }
    if (validity.compareTo(Duration.ofSeconds(1)) < 0 || validity.compareTo(MAX_VALIDITY) > 0) {
      throw new IllegalArgumentException(
          "validity must be from PT1S to " + MAX_VALIDITY + ", was " + validity);
    }
  }
}
