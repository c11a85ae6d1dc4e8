// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.evidence.TrustedEndorsement.Finding;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.x509.Certificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Endorsement certificates of real TPMs, and the roots and intermediates of their makers. */
class EndorsementVectorsTest {
  private static final String HIRS = "hirs/HIRS_AttestationCA/src/test/resources/";
  private static final String CERTIFICATES = HIRS + "certificates/";
  private static final String VENDORS = "tpm-ca-certificates/MIRROR.tpm";
  private static final Instant NOW = Instant.parse("2023-06-01T00:00:00Z");

  /** ST's certificates: RSAES-OAEP keys, SHA-1 signatures, chain of four; valid until 2024. */
  @ParameterizedTest
  @CsvSource({
    "nuc-1/ek_cert_untouched.cer", // the header of TPM 1.2's stored certificates before it
    "nuc-1/ek_cert_7_byte_header_removed.cer"
  })
  void case36_realCertificateOfSt_isTrustedUnderItsRoot(String file) throws Exception {
    byte[] certificate = Vectors.bytes(CERTIFICATES + file);
    TpmtPublic ek =
        endorsementKeyIn(Vectors.bytes(CERTIFICATES + "nuc-1/ek_cert_7_byte_header_removed.cer"));

    EndorsementOutcome outcome = st().verify(certificate, ek, NOW);

    assertThat(outcome)
        .isInstanceOfSatisfying(
            TrustedEndorsement.class,
            trusted -> {
              assertThat(trusted.device())
                  .isEqualTo(
                      new TrustedEndorsement.Device("id:53544D20", "ST33ZP24PVSP", "id:0D0C"));
              assertThat(trusted.findings())
                  .contains(Finding.SHA1_SIGNED)
                  .doesNotContain(Finding.EXPIRED);
            });
  }

  @Test
  void case36_realCertificateThatHasRunOut_isTrustedWithAFinding() throws Exception {
    for (String file : List.of("nuc-1/tpmcert.pem", "nuc-2/tpmcert.pem", "ab21ccf2-tpmcert.pem")) {
      byte[] certificate =
          EndorsementTrust.certificates(Vectors.text(CERTIFICATES + file)).get(0).getEncoded();

      EndorsementOutcome outcome =
          st().verify(
                  certificate,
                  endorsementKeyIn(certificate),
                  Instant.parse("2026-01-01T00:00:00Z"));

      assertThat(((TrustedEndorsement) outcome).findings()).contains(Finding.EXPIRED);
    }
  }

  @Test
  void case36_realCertificateOfSt_isTrustedUnderTheVendorsListedRoots() throws Exception {
    byte[] certificate = Vectors.bytes(CERTIFICATES + "nuc-1/ek_cert_untouched.cer");

    // The list has ST's own root, which GlobalSign signed, and not GlobalSign's.
    assertThat(
            new EndorsementVerifier(vendorTrust())
                .verify(certificate, endorsementKeyIn(certificate), NOW))
        .isInstanceOf(TrustedEndorsement.class);
  }

  /**
   * Padded with 0x11; the attributes of its names stand in one set and not in DER's order; Nuvoton's
   * root of 2010 is in neither list.
   */
  @Test
  void case36_paddedCertificateOfNuvoton_isReadAndItsIssuerMissed() throws Exception {
    byte[] certificate = Vectors.bytes(CERTIFICATES + "ek_cert_with_padded_bytes.cer");

    assertThat(EkCertificate.parse(certificate).device())
        .contains(new TrustedEndorsement.Device("id:4E544300", "NPCT6xx", "id:0581"));
    assertThat(isStrictDer(EkCertificate.parse(certificate).x509().getEncoded())).isFalse();

    assertThat(st().verify(certificate, endorsementKeyIn(certificate), NOW))
        .isInstanceOfSatisfying(
            EndorsementOutcome.IssuerUnknown.class,
            unknown ->
                assertThat(unknown.missing().name())
                    .contains("CN=Nuvoton TPM Root CA 2010")
                    .contains("O=Nuvoton Technology Corporation"));
  }

  @Test
  void case33_certificateOfATpm12_isReadAndRefused() throws Exception {
    byte[] certificate = Vectors.bytes(CERTIFICATES + "ek_cert_with_security_assertions.cer");

    assertThat(EkCertificate.parse(certificate).device())
        .contains(new TrustedEndorsement.Device("id:49465800", "SLB9635TT1.2", "id:0313"));
    assertThat(st().verify(certificate, endorsementKeyIn(certificate), NOW))
        .isEqualTo(new EndorsementOutcome.ExtendedKeyUsageMissing());
  }

  @Test
  void case25_realCertificateForAnotherKey_isRefused() throws Exception {
    byte[] certificate = Vectors.bytes(CERTIFICATES + "nuc-1/ek_cert_untouched.cer");

    assertThat(st().verify(certificate, SoftwareEk.rsa().publicArea, NOW))
        .isEqualTo(new EndorsementOutcome.PublicMismatch());
  }

  /** Each list says before a certificate which it is: SHA-256 of all, and its serial number. */
  @ParameterizedTest
  @CsvSource({
    "-ca-certificates.pem, 26",
    "-intermediate-ca-certificates.pem, 143",
  })
  void vendorsCertificates_areThoseOfThePublishedFingerprints(String list, int count)
      throws Exception {
    String text = Vectors.text(VENDORS + list);
    List<String> read = new ArrayList<>();
    List<String> serials = new ArrayList<>();
    for (X509Certificate each : EndorsementTrust.certificates(text)) {
      read.add(HexFormat.ofDelimiter(":").withUpperCase().formatHex(sha256(each)));
      serials.add(each.getSerialNumber().toString());
    }

    assertThat(read)
        .hasSize(count)
        .isEqualTo(said("# Fingerprint \\(SHA-256\\): ([0-9A-F:]{95})", text));
    assertThat(serials).isEqualTo(said("# Serial Number: (-?[0-9]+)", text));
  }

  @Test
  void vendorsRoots_areAmongThemWhatTheListOfRootsPins() throws Exception {
    Set<String> read = new HashSet<>();
    for (X509Certificate root : vendorTrust().roots()) {
      read.add(HexFormat.ofDelimiter(":").withUpperCase().formatHex(sha256(root)));
    }

    assertThat(read)
        .containsAll(
            said(
                "sha256: \"([0-9A-F:]{95})\"",
                Vectors.text("tpm-ca-certificates/.tpm-roots.yaml")));
  }

  private static byte[] sha256(X509Certificate certificate) throws Exception {
    return TpmAlg.SHA256.newDigest().digest(certificate.getEncoded());
  }

  private static List<String> said(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().map(found -> found.group(1)).toList();
  }

  @Test
  void vendorsIntermediates_leadToTheirRoots() throws Exception {
    EndorsementTrust trust = vendorTrust();
    Set<String> others = new TreeSet<>();
    for (X509Certificate intermediate : trust.intermediates()) {
      EndorsementPath.Outcome outcome =
          new EndorsementPath(trust, trust.intermediates()).find(intermediate);
      if (!(outcome instanceof EndorsementPath.Found)) {
        others.add(intermediate.getSubjectX500Principal().getName() + ": " + outcome);
      }
    }

    assertThat(others).isEmpty();
  }

  private static boolean isStrictDer(byte[] encoded) throws Exception {
    return Arrays.equals(ASN1Primitive.fromByteArray(encoded).getEncoded("DER"), encoded);
  }

  @Test
  void globalSignsRoot_isOneInPemAndInDer() throws Exception {
    assertThat(EndorsementTrust.certificates(Vectors.bytes(CERTIFICATES + "gstpmroot.pem")))
        .isEqualTo(
            EndorsementTrust.certificates(
                Vectors.bytes(CERTIFICATES + "stMicroCaCerts/gstpmroot.crt")));
  }

  /** ST's intermediate as it was first issued: its serial number, 00000005, is not in DER's form. */
  @Test
  void case36_intermediateThatIsNotStrictDer_leadsToItsRoot() throws Exception {
    byte[] certificate = Vectors.bytes(CERTIFICATES + "nuc-1/ek_cert_untouched.cer");
    List<X509Certificate> first =
        EndorsementTrust.certificates(Vectors.bytes(CERTIFICATES + "stmtpmekint02.pem"));
    List<X509Certificate> root =
        EndorsementTrust.certificates(
            Vectors.bytes(CERTIFICATES + "stMicroCaCerts/stmtpmekroot.crt"));

    assertThat(HexFormat.of().formatHex(first.get(0).getEncoded())).contains("020400000005");
    assertThat(
            new EndorsementVerifier(new EndorsementTrust(root, first, List.of()))
                .verify(certificate, endorsementKeyIn(certificate), NOW))
        .isInstanceOf(TrustedEndorsement.class);
  }

  private static EndorsementVerifier st() throws Exception {
    byte[][] chain = {
      Vectors.bytes(CERTIFICATES + "stMicroCaCerts/stmtpmekroot.crt"),
      Vectors.bytes(CERTIFICATES + "stMicroCaCerts/stmtpmekint02.crt")
    };
    return new EndorsementVerifier(
        new EndorsementTrust(
            List.of(
                EndorsementTrust.certificate(
                    Vectors.bytes(CERTIFICATES + "stMicroCaCerts/gstpmroot.crt"))),
            List.of(EndorsementTrust.certificate(chain[0]), EndorsementTrust.certificate(chain[1])),
            List.of()));
  }

  private static EndorsementTrust vendorTrust() throws Exception {
    return EndorsementTrust.ofPem(
        Vectors.text(VENDORS + "-ca-certificates.pem"),
        Vectors.text(VENDORS + "-intermediate-ca-certificates.pem"));
  }

  /** The public area of template L-1 around the key that a certificate is for. */
  private static TpmtPublic endorsementKeyIn(byte[] certificate) throws Exception {
    Certificate parsed =
        Certificate.getInstance(EkCertificate.parse(certificate).x509().getEncoded());
    RSAPublicKey key = RSAPublicKey.getInstance(parsed.getSubjectPublicKeyInfo().parsePublicKey());
    byte[] modulus = key.getModulus().toByteArray();
    return SoftwareAk.publicArea(
        TpmAlg.SHA256,
        SoftwareEk.EK_ATTRIBUTES,
        new PublicKeyArea.Rsa(
            SoftwareEk.aes(128),
            SoftwareAk.noScheme(),
            2048,
            0,
            Octets.copyOfRange(modulus, modulus.length - 256, modulus.length)));
  }
}
