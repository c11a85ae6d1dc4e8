// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.Test;

/** {@link AkCertificateVerifier}: case 33, and what else a certificate must not be. */
class AkCertificateVerifierTest {
  private static final TrustedEndorsement.Device DEVICE =
      new TrustedEndorsement.Device("id:57524954", "soft", "id:01");

  private final EnrolledAk ak = SoftwareAk.p256().enrolled();
  private final SoftwareCa authority =
      SoftwareCa.root(p -> p.with(Extension.basicConstraints, true, new BasicConstraints(0)));

  @Test
  void certificate_ofTheAuthority_isTrusted() {
    assertThat(verify(certified(p -> p)))
        .isInstanceOfSatisfying(
            TrustedAkCertificate.class,
            trusted -> {
              assertThat(trusted.ak()).isSameAs(ak);
              assertThat(trusted.device()).isEqualTo(DEVICE);
              assertThat(trusted.notAfter()).isEqualTo(SoftwareCa.UNTIL);
            });
  }

  @Test
  void certificate_ofAnRsaKey_isTrusted() {
    EnrolledAk rsa = SoftwareAk.rsa(TpmAlg.RSASSA).enrolled();

    assertThat(verifier().verify(certified(rsa, p -> p), rsa, Optional.of(DEVICE), SoftwareCa.NOW))
        .isInstanceOf(TrustedAkCertificate.class);
  }

  @Test
  void certificate_ofAnotherKey_isRefused() {
    byte[] certificate = certified(p -> p);
    EnrolledAk other = SoftwareAk.p256().enrolled();

    assertThat(reason(verifier().verify(certificate, other, Optional.empty(), SoftwareCa.NOW)))
        .isEqualTo("ak_public_mismatch");
  }

  @Test
  void case33_ekuOfAnEndorsementKeyOrAnyOrMoreOrNone_isRefused() {
    List<ExtendedKeyUsage> wrong =
        List.of(
            SoftwareCa.eku(SoftwareCa.EK_CERTIFICATE),
            new ExtendedKeyUsage(KeyPurposeId.anyExtendedKeyUsage),
            new ExtendedKeyUsage(
                new KeyPurposeId[] {
                  KeyPurposeId.getInstance(SoftwareCa.AK_CERTIFICATE),
                  KeyPurposeId.getInstance(SoftwareCa.EK_CERTIFICATE)
                }),
            new ExtendedKeyUsage(
                new KeyPurposeId[] {
                  KeyPurposeId.getInstance(SoftwareCa.AK_CERTIFICATE), KeyPurposeId.id_kp_clientAuth
                }));
    for (boolean critical : new boolean[] {true, false}) {
      for (ExtendedKeyUsage usage : wrong) {
        assertThat(refused(p -> p.with(Extension.extendedKeyUsage, critical, usage)))
            .isEqualTo("ak_eku_wrong");
      }
    }
    assertThat(refused(p -> p.without(Extension.extendedKeyUsage))).isEqualTo("ak_eku_wrong");
  }

  @Test
  void case33_caCertificate_isRefused_criticalOrNot() {
    for (boolean critical : new boolean[] {true, false}) {
      assertThat(
              refused(
                  p -> p.with(Extension.basicConstraints, critical, new BasicConstraints(true))))
          .isEqualTo("ak_certificate_is_ca");
    }
  }

  @Test
  void case33_keyUsageThatIsMoreOrOtherOrNotCriticalOrNone_isRefused() {
    for (int usage :
        new int[] {
          KeyUsage.digitalSignature | KeyUsage.keyCertSign,
          KeyUsage.digitalSignature | KeyUsage.keyEncipherment,
          KeyUsage.keyAgreement,
          KeyUsage.keyCertSign
        }) {
      assertThat(refused(p -> p.with(Extension.keyUsage, true, new KeyUsage(usage))))
          .isEqualTo("ak_key_usage_wrong");
    }
    assertThat(
            refused(
                p -> p.with(Extension.keyUsage, false, new KeyUsage(KeyUsage.digitalSignature))))
        .isEqualTo("ak_key_usage_wrong");
    assertThat(refused(p -> p.without(Extension.keyUsage))).isEqualTo("ak_key_usage_wrong");
  }

  @Test
  void case33_sanThatNamesNoTpmOrAnother_isRefused() {
    List<GeneralNames> wrong =
        List.of(
            SoftwareCa.san(SoftwareCa.device("", "soft", "id:01")),
            SoftwareCa.san(SoftwareCa.device("id:57524954", "", "id:01")),
            SoftwareCa.san(SoftwareCa.device("id:57524954", "soft", "")),
            SoftwareCa.san(SoftwareCa.device("id:53544D20", "soft", "id:01")),
            SoftwareCa.san(SoftwareCa.device("id:57524954", "other", "id:01")),
            SoftwareCa.san(SoftwareCa.device("id:57524954", "soft", "id:02")),
            SoftwareCa.san(new X500Name("CN=soft")),
            new GeneralNames(new GeneralName(GeneralName.dNSName, "soft.example")));
    for (GeneralNames names : wrong) {
      assertThat(refused(p -> p.with(Extension.subjectAlternativeName, true, names)))
          .isEqualTo("ak_san_wrong");
    }
    assertThat(refused(p -> p.without(Extension.subjectAlternativeName))).isEqualTo("ak_san_wrong");
  }

  @Test
  void case33_sanNotCritical_isAcceptedOnlyBesideASubject() {
    GeneralNames names = SoftwareCa.san(SoftwareCa.device("id:57524954", "soft", "id:01"));

    assertThat(refused(p -> p.with(Extension.subjectAlternativeName, false, names)))
        .isEqualTo("ak_san_wrong");
    assertThat(
            verify(
                certified(
                    p ->
                        p.named(new X500Name("CN=host-a"))
                            .with(Extension.subjectAlternativeName, false, names))))
        .isInstanceOf(TrustedAkCertificate.class);
  }

  @Test
  void case33_unknownCriticalExtension_isRefused() {
    ASN1ObjectIdentifier unknown = new ASN1ObjectIdentifier("1.2.3.4");

    assertThat(verify(certified(p -> p.with(unknown, true, DERNull.INSTANCE))))
        .isEqualTo(new AkCertificateOutcome.CriticalExtensionUnknown("1.2.3.4"));
    assertThat(verify(certified(p -> p.with(unknown, false, DERNull.INSTANCE))))
        .isInstanceOf(TrustedAkCertificate.class);
  }

  @Test
  void case33_extensionThatStandsTwice_isRefused() {
    ASN1ObjectIdentifier stand = new ASN1ObjectIdentifier("2.5.29.99");
    byte[] once = certified(p -> p.with(stand, false, SoftwareCa.eku(SoftwareCa.EK_CERTIFICATE)));
    byte[] twice =
        authority.resigned(
            once,
            tbs ->
                EkEncodingTest.replaced(
                    tbs,
                    EkEncodingTest.der(stand),
                    EkEncodingTest.der(Extension.extendedKeyUsage)));

    assertThat(verify(once)).isInstanceOf(TrustedAkCertificate.class);
    assertThat(reason(verify(twice))).isEqualTo("ak_certificate_malformed");
  }

  @Test
  void case34_certificateBelowAnIntermediateThatTheAuthorityMayNotHave_isRefused() {
    SoftwareCa below = authority.intermediate();
    EndorsementTrust trust = SoftwareCa.trust(authority.pem(), below.pem(), Optional.empty());

    AkCertificateOutcome outcome =
        new AkCertificateVerifier(trust)
            .verify(below.certifyAk(key(ak), p -> p), ak, Optional.of(DEVICE), SoftwareCa.NOW);

    assertThat(reason(outcome)).isEqualTo("ak_chain_invalid");
  }

  @Test
  void certificate_ofAnotherAuthority_isRefused() {
    SoftwareCa other = SoftwareCa.root(p -> p.named(authority.name));

    assertThat(reason(verify(other.certifyAk(key(ak), p -> p)))).isEqualTo("ak_issuer_unknown");
  }

  @Test
  void case35_revokedCertificate_isRefused() {
    byte[] certificate = certified(p -> p);
    BigInteger serial = SoftwareCa.serialOf(certificate);
    EndorsementTrust trust =
        SoftwareCa.trust(authority.pem(), "", Optional.of(authority.crl(serial)));

    assertThat(
            reason(
                new AkCertificateVerifier(trust)
                    .verify(certificate, ak, Optional.of(DEVICE), SoftwareCa.NOW)))
        .isEqualTo("ak_revoked");
  }

  @Test
  void certificate_beforeOrAfterItsValidity_isRefused() {
    byte[] certificate = certified(p -> p);
    for (Instant when : List.of(SoftwareCa.FROM.minusSeconds(1), SoftwareCa.UNTIL.plusSeconds(1))) {
      assertThat(reason(verifier().verify(certificate, ak, Optional.of(DEVICE), when)))
          .isEqualTo("ak_certificate_outside_validity");
    }
  }

  @Test
  void certificate_cutOffOrFollowedByAByte_isMalformed() {
    byte[] certificate = certified(p -> p);

    assertThat(reason(verify(Arrays.copyOf(certificate, certificate.length + 1))))
        .isEqualTo("ak_certificate_malformed");
    for (int length = 0; length < certificate.length; length++) {
      assertThat(reason(verify(Arrays.copyOf(certificate, length))))
          .isEqualTo("ak_certificate_malformed");
    }
  }

  @Test
  void case17_oneBitFlippedInAnyByteOfTheCertificate_isRefused() {
    byte[] certificate = certified(p -> p);
    for (int i = 0; i < certificate.length; i++) {
      byte[] flipped = certificate.clone();
      flipped[i] ^= (byte) (1 << i % 8);
      assertThat(verify(flipped)).as("byte %d", i).isInstanceOf(AkCertificateOutcome.Refused.class);
    }
  }

  private byte[] certified(UnaryOperator<SoftwareCa.Profile> change) {
    return certified(ak, change);
  }

  private byte[] certified(EnrolledAk key, UnaryOperator<SoftwareCa.Profile> change) {
    return authority.certifyAk(key(key), change);
  }

  private static byte[] key(EnrolledAk ak) {
    return ak.publicArea().key().subjectPublicKeyInfo();
  }

  private AkCertificateVerifier verifier() {
    return new AkCertificateVerifier(SoftwareCa.trust(authority.pem(), "", Optional.empty()));
  }

  private AkCertificateOutcome verify(byte[] certificate) {
    return verifier().verify(certificate, ak, Optional.of(DEVICE), SoftwareCa.NOW);
  }

  private String refused(UnaryOperator<SoftwareCa.Profile> change) {
    return reason(verify(certified(change)));
  }

  private static String reason(AkCertificateOutcome outcome) {
    assertThat(outcome).isInstanceOf(AkCertificateOutcome.Refused.class);
    AkCertificateOutcome.Refused refused = (AkCertificateOutcome.Refused) outcome;
    assertThat(refused.message()).isNotBlank();
    return refused.reason();
  }
}
