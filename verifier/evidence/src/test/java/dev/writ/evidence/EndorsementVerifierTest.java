// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.evidence.TrustedEndorsement.Finding;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.junit.jupiter.api.Test;

/** {@link EndorsementVerifier}: cases 25 and 33 to 36 under a manufacturer in software. */
class EndorsementVerifierTest {
  private final SoftwareEk ek = SoftwareEk.ecc(TpmCurve.P256);
  private final SoftwareCa root = SoftwareCa.root();
  private final SoftwareCa intermediate = root.intermediate();

  @Test
  void certificate_underAConfiguredRoot_isTrusted() throws Exception {
    EndorsementOutcome outcome = verify(intermediate.endorse(ek.pair.getPublic()));

    assertThat(outcome)
        .isInstanceOfSatisfying(
            TrustedEndorsement.class,
            trusted -> {
              assertThat(trusted.ek()).isEqualTo(ek.publicArea);
              assertThat(trusted.device())
                  .isEqualTo(new TrustedEndorsement.Device("id:57524954", "soft", "id:01"));
              assertThat(trusted.notAfter()).isEqualTo(SoftwareCa.UNTIL);
              assertThat(trusted.rootDigest().value().bytes())
                  .isEqualTo(TpmAlg.SHA256.newDigest().digest(root.der()));
              assertThat(trusted.ekDigest().value().bytes())
                  .isEqualTo(TpmAlg.SHA256.newDigest().digest(ek.pair.getPublic().getEncoded()));
              assertThat(trusted.findings()).containsExactly(Finding.REVOCATION_NOT_CHECKED);
            });
  }

  @Test
  void p384AndRsaKeys_areTrusted() {
    for (SoftwareEk other : List.of(SoftwareEk.ecc(TpmCurve.P384), SoftwareEk.rsa())) {
      byte[] certificate = intermediate.endorse(other.pair.getPublic());

      assertThat(verifier().verify(certificate, other.publicArea, SoftwareCa.NOW))
          .isInstanceOf(TrustedEndorsement.class);
    }
  }

  @Test
  void certificateOfAnotherIssuerWithTheSameName_isRefused() {
    SoftwareCa impostor = SoftwareCa.root().intermediate(p -> p.named(intermediate.name));

    assertThat(reason(verify(impostor.endorse(ek.pair.getPublic()))))
        .isEqualTo("ek_issuer_unknown");
  }

  @Test
  void case25_publicOfAnotherTpm_isRefused() {
    byte[] certificate = intermediate.endorse(ek.pair.getPublic());
    for (SoftwareEk other :
        List.of(SoftwareEk.ecc(TpmCurve.P256), SoftwareEk.ecc(TpmCurve.P384), SoftwareEk.rsa())) {
      EndorsementOutcome outcome = verifier().verify(certificate, other.publicArea, SoftwareCa.NOW);

      assertThat(reason(outcome)).isEqualTo("ek_public_mismatch");
    }
  }

  @Test
  void case30_oneKeyInAnotherTemplate_hasOneDigest() {
    PublicKeyArea area =
        SoftwareAk.eccArea(ek.pair, TpmCurve.P256, SoftwareEk.aes(256), SoftwareAk.noScheme());
    TpmtPublic disguised = SoftwareAk.publicArea(TpmAlg.SHA384, SoftwareEk.EK_ATTRIBUTES, area);
    byte[] certificate = intermediate.endorse(ek.pair.getPublic());

    TrustedEndorsement plain = (TrustedEndorsement) verify(certificate);
    TrustedEndorsement other =
        (TrustedEndorsement) verifier().verify(certificate, disguised, SoftwareCa.NOW);

    assertThat(disguised.name()).isNotEqualTo(ek.publicArea.name());
    assertThat(other.ekDigest()).isEqualTo(plain.ekDigest());
  }

  @Test
  void case33_ekuOfAnAttestationKeyOrNone_isRefused() {
    assertThat(
            reason(
                endorsed(
                    p ->
                        p.with(
                            Extension.extendedKeyUsage,
                            false,
                            SoftwareCa.eku(SoftwareCa.AK_CERTIFICATE)))))
        .isEqualTo("ek_eku_missing");
    assertThat(reason(endorsed(p -> p.without(Extension.extendedKeyUsage))))
        .isEqualTo("ek_eku_missing");
  }

  @Test
  void case33_caCertificate_isRefused() {
    assertThat(
            reason(
                endorsed(
                    p -> p.with(Extension.basicConstraints, false, new BasicConstraints(true)))))
        .isEqualTo("ek_certificate_is_ca");
    assertThat(
            reason(
                endorsed(
                    p ->
                        p.with(
                            Extension.keyUsage,
                            false,
                            new KeyUsage(KeyUsage.keyAgreement | KeyUsage.keyCertSign)))))
        .isEqualTo("ek_certificate_is_ca");
  }

  @Test
  void case33_keyUsageOfAnotherKindOfKey_isRefused() {
    assertThat(
            reason(
                endorsed(
                    p -> p.with(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyEncipherment)))))
        .isEqualTo("ek_key_usage_wrong");
    // ST's certificates have no key usage at all: RFC 5280 then excludes nothing.
    assertThat(endorsed(p -> p.without(Extension.keyUsage))).isInstanceOf(TrustedEndorsement.class);
  }

  @Test
  void case33_subjectAlternativeNameWrong_isRefused() {
    List<X500Name> wrong =
        List.of(
            SoftwareCa.device("", "soft", "id:01"),
            SoftwareCa.device("id:57524954", "", "id:01"),
            SoftwareCa.device("id:57524954", "soft", ""),
            new X500Name("CN=soft"));
    for (X500Name name : wrong) {
      assertThat(
              reason(
                  endorsed(
                      p -> p.with(Extension.subjectAlternativeName, true, SoftwareCa.san(name)))))
          .isEqualTo("ek_san_wrong");
    }
    assertThat(reason(endorsed(p -> p.without(Extension.subjectAlternativeName))))
        .isEqualTo("ek_san_wrong");
  }

  @Test
  void case33_sanNotCritical_isAcceptedOnlyBesideASubject() {
    var san = SoftwareCa.san(SoftwareCa.device("id:57524954", "soft", "id:01"));

    assertThat(reason(endorsed(p -> p.with(Extension.subjectAlternativeName, false, san))))
        .isEqualTo("ek_san_wrong");
    assertThat(
            endorsed(
                p ->
                    p.named(new X500Name("CN=TPM"))
                        .with(Extension.subjectAlternativeName, false, san)))
        .isInstanceOf(TrustedEndorsement.class);
  }

  @Test
  void case33_unknownCriticalExtension_isRefused() {
    ASN1ObjectIdentifier unknown = new ASN1ObjectIdentifier("1.2.3.4");

    assertThat(endorsed(p -> p.with(unknown, true, DERNull.INSTANCE)))
        .isEqualTo(new EndorsementOutcome.CriticalExtensionUnknown("1.2.3.4"));
    assertThat(endorsed(p -> p.with(unknown, false, DERNull.INSTANCE)))
        .isInstanceOf(TrustedEndorsement.class);
  }

  @Test
  void case34_intermediateThatIsNoCa_isRefused() {
    List<SoftwareCa> notCas =
        List.of(
            root.intermediate(
                p -> p.with(Extension.basicConstraints, true, new BasicConstraints(false))),
            root.intermediate(p -> p.without(Extension.basicConstraints)),
            root.intermediate(
                p -> p.with(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))));
    for (SoftwareCa notCa : notCas) {
      assertThat(reason(under(root, notCa))).isEqualTo("ek_chain_invalid");
    }
  }

  @Test
  void case34_pathLengthOfRootOrIntermediateExceeded_isRefused() {
    SoftwareCa shortRoot =
        SoftwareCa.root(p -> p.with(Extension.basicConstraints, true, new BasicConstraints(0)));
    SoftwareCa shortIntermediate =
        root.intermediate(p -> p.with(Extension.basicConstraints, true, new BasicConstraints(0)));

    assertThat(reason(under(shortRoot, shortRoot.intermediate()))).isEqualTo("ek_chain_invalid");
    assertThat(under(root, shortIntermediate)).isInstanceOf(TrustedEndorsement.class);
    SoftwareCa below = shortIntermediate.intermediate();
    assertThat(reason(under(root, below, shortIntermediate))).isEqualTo("ek_chain_invalid");
  }

  @Test
  void case34_nameOutsideTheConstraintsOfRootOrIntermediate_isRefused() {
    GeneralName elsewhere =
        new GeneralName(GeneralName.directoryName, new X500Name("C=XX,O=Elsewhere"));
    NameConstraints constraints =
        new NameConstraints(new GeneralSubtree[] {new GeneralSubtree(elsewhere)}, null);
    SoftwareCa constrainedRoot =
        SoftwareCa.root(p -> p.with(Extension.nameConstraints, true, constraints));
    SoftwareCa constrained =
        root.intermediate(p -> p.with(Extension.nameConstraints, true, constraints));

    assertThat(reason(under(constrainedRoot, constrainedRoot.intermediate())))
        .isEqualTo("ek_chain_invalid");
    assertThat(reason(under(root, constrained))).isEqualTo("ek_chain_invalid");
  }

  @Test
  void case35_revokedByItsIssuersList_isRefused() {
    byte[] certificate = intermediate.endorse(ek.pair.getPublic());
    String crls = root.crl() + intermediate.crl(SoftwareCa.serialOf(certificate));

    EndorsementOutcome outcome = withCrls(crls).verify(certificate, ek.publicArea, SoftwareCa.NOW);

    assertThat(reason(outcome)).isEqualTo("ek_revoked");
  }

  @Test
  void case35_revokedIntermediate_isRefused() {
    byte[] certificate = intermediate.endorse(ek.pair.getPublic());
    String crls = root.crl(intermediate.certificate.getSerialNumber());

    EndorsementOutcome outcome = withCrls(crls).verify(certificate, ek.publicArea, SoftwareCa.NOW);

    assertThat(reason(outcome)).isEqualTo("ek_revoked");
  }

  @Test
  void case35_listOfEachIssuer_leavesNoFinding() {
    byte[] certificate = intermediate.endorse(ek.pair.getPublic());

    EndorsementOutcome outcome =
        withCrls(root.crl() + intermediate.crl())
            .verify(certificate, ek.publicArea, SoftwareCa.NOW);

    assertThat(((TrustedEndorsement) outcome).findings()).isEmpty();
  }

  /** RFC 5280, 5.1.2.5: what an issuer revoked after nextUpdate an old list cannot say. */
  @Test
  void case35_listThatIsNotCurrent_isNotCheckedAndStillRevokes() {
    byte[] certificate = intermediate.endorse(ek.pair.getPublic());
    BigInteger serial = SoftwareCa.serialOf(certificate);
    Instant before = SoftwareCa.NOW.minusSeconds(1);
    Instant after = SoftwareCa.NOW.plusSeconds(1);
    record Dates(Instant thisUpdate, Optional<Instant> nextUpdate) {}

    for (Dates dates :
        List.of(
            new Dates(SoftwareCa.FROM, Optional.of(before)),
            new Dates(SoftwareCa.FROM, Optional.empty()),
            new Dates(after, Optional.of(SoftwareCa.UNTIL)))) {
      EndorsementOutcome unrevoked =
          withCrls(root.crl() + intermediate.crl(dates.thisUpdate, dates.nextUpdate))
              .verify(certificate, ek.publicArea, SoftwareCa.NOW);
      assertThat(((TrustedEndorsement) unrevoked).findings())
          .as("%s", dates)
          .containsExactly(Finding.REVOCATION_NOT_CHECKED);
      EndorsementOutcome revoked =
          withCrls(root.crl() + intermediate.crl(dates.thisUpdate, dates.nextUpdate, serial))
              .verify(certificate, ek.publicArea, SoftwareCa.NOW);
      assertThat(reason(revoked)).as("%s", dates).isEqualTo("ek_revoked");
    }
    EndorsementOutcome renewed =
        withCrls(
                root.crl()
                    + intermediate.crl(SoftwareCa.FROM, Optional.of(before))
                    + intermediate.crl(SoftwareCa.FROM, Optional.of(SoftwareCa.NOW)))
            .verify(certificate, ek.publicArea, SoftwareCa.NOW);
    assertThat(((TrustedEndorsement) renewed).findings()).isEmpty();
  }

  @Test
  void case35_listSignedByAnother_isNotBelieved() {
    byte[] certificate = intermediate.endorse(ek.pair.getPublic());
    SoftwareCa impostor = SoftwareCa.root().intermediate(p -> p.named(intermediate.name));
    String crls = root.crl() + impostor.crl(SoftwareCa.serialOf(certificate));

    EndorsementOutcome outcome = withCrls(crls).verify(certificate, ek.publicArea, SoftwareCa.NOW);

    assertThat(((TrustedEndorsement) outcome).findings())
        .containsExactly(Finding.REVOCATION_NOT_CHECKED);
  }

  @Test
  void validityThatHasEnded_isAFinding() {
    EndorsementOutcome outcome =
        verifier()
            .verify(
                intermediate.endorse(ek.pair.getPublic()),
                ek.publicArea,
                SoftwareCa.UNTIL.plusSeconds(1));

    assertThat(((TrustedEndorsement) outcome).findings())
        .containsExactlyInAnyOrder(
            Finding.EXPIRED, Finding.CHAIN_EXPIRED, Finding.REVOCATION_NOT_CHECKED);
  }

  @Test
  void validityThatHasNotBegun_isRefused() {
    Instant later = SoftwareCa.NOW.plusSeconds(1);

    assertThat(endorsed(p -> p.valid(later, SoftwareCa.UNTIL)))
        .isEqualTo(new EndorsementOutcome.NotYetValid(later));
  }

  @Test
  void certificatesThatWereNeverValidTogether_areRefused() {
    Instant middle = SoftwareCa.FROM.plusSeconds(86_400);
    SoftwareCa young = root.intermediate(p -> p.valid(middle.plusSeconds(60), SoftwareCa.UNTIL));

    EndorsementOutcome outcome =
        SoftwareCa.verifier(root, young)
            .verify(
                young.endorse(ek.pair.getPublic(), p -> p.valid(SoftwareCa.FROM, middle)),
                ek.publicArea,
                SoftwareCa.NOW);

    assertThat(reason(outcome)).isEqualTo("ek_chain_invalid");
  }

  @Test
  void simulator_isAFinding() {
    EndorsementOutcome outcome =
        endorsed(
            p ->
                p.with(
                    Extension.subjectAlternativeName,
                    true,
                    SoftwareCa.san(SoftwareCa.device("id:00001014", "swtpm", "id:1"))));

    assertThat(((TrustedEndorsement) outcome).findings()).contains(Finding.SIMULATED);
  }

  @Test
  void case36_headerAndPadding_areStripped() {
    byte[] certificate = intermediate.endorse(ek.pair.getPublic());
    byte[] zeros = Arrays.copyOf(certificate, 1200);
    byte[] ones = Arrays.copyOf(certificate, 1200);
    Arrays.fill(ones, certificate.length, ones.length, (byte) 0xff);
    byte[] header =
        new TpmWriter()
            .bytes(new byte[] {0x10, 0x01, 0x00})
            .u16(certificate.length + 2)
            .bytes(new byte[] {0x10, 0x02})
            .bytes(ones)
            .toByteArray();

    for (byte[] nv : List.of(certificate, zeros, ones, header)) {
      assertThat(verify(nv)).isInstanceOf(TrustedEndorsement.class);
    }
  }

  @Test
  void bytesAroundTheCertificateThatAreNeither_areMalformed() {
    byte[] certificate = intermediate.endorse(ek.pair.getPublic());
    byte[] mixed = Arrays.copyOf(certificate, certificate.length + 2);
    mixed[certificate.length] = (byte) 0xff;
    byte[] wrongSize =
        new TpmWriter()
            .bytes(new byte[] {0x10, 0x01, 0x00})
            .u16(certificate.length)
            .bytes(new byte[] {0x10, 0x02})
            .bytes(certificate)
            .toByteArray();

    for (byte[] nv :
        List.of(mixed, wrongSize, new byte[0], new byte[EkCertificate.MAX_BYTES + 1])) {
      assertThat(reason(verify(nv))).isEqualTo("ek_certificate_malformed");
    }
    for (int length = 0; length < certificate.length; length++) {
      assertThat(reason(verify(Arrays.copyOf(certificate, length))))
          .isEqualTo("ek_certificate_malformed");
    }
  }

  @Test
  void case36_rsaesOaepKey_isAccepted() throws Exception {
    SoftwareEk rsa = SoftwareEk.rsa();
    SubjectPublicKeyInfo plain =
        SubjectPublicKeyInfo.getInstance(rsa.pair.getPublic().getEncoded());
    // The parameters that ST writes: SHA-256 by default, label "TCPA".
    ASN1EncodableVector source = new ASN1EncodableVector();
    source.add(
        new DERTaggedObject(
            true,
            2,
            new AlgorithmIdentifier(
                PKCSObjectIdentifiers.id_pSpecified,
                new DEROctetString("TCPA".getBytes(StandardCharsets.US_ASCII)))));
    SubjectPublicKeyInfo oaep =
        new SubjectPublicKeyInfo(
            new AlgorithmIdentifier(PKCSObjectIdentifiers.id_RSAES_OAEP, new DERSequence(source)),
            plain.parsePublicKey());

    TrustedEndorsement outcome =
        (TrustedEndorsement)
            verifier().verify(intermediate.endorse(oaep, p -> p), rsa.publicArea, SoftwareCa.NOW);

    assertThat(outcome.ekDigest().value().bytes())
        .isEqualTo(TpmAlg.SHA256.newDigest().digest(rsa.pair.getPublic().getEncoded()));
  }

  @Test
  void case17_oneBitFlippedInAnyByteOfTheCertificate_isRefused() {
    byte[] certificate = intermediate.endorse(ek.pair.getPublic());
    for (int i = 0; i < certificate.length; i++) {
      byte[] flipped = certificate.clone();
      flipped[i] ^= (byte) (1 << i % 8);
      assertThat(verify(flipped)).as("byte %d", i).isInstanceOf(EndorsementOutcome.Refused.class);
    }
  }

  @Test
  void rootThatIsNoCa_isNotConfigured() {
    SoftwareCa notCa = SoftwareCa.root(p -> p.without(Extension.basicConstraints));
    SoftwareCa notSigning =
        SoftwareCa.root(
            p -> p.with(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature)));

    for (SoftwareCa root : List.of(notCa, notSigning)) {
      assertThatThrownBy(() -> SoftwareCa.trust(root.pem(), "", Optional.empty()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must be a CA certificate");
    }
  }

  @Test
  void rootThatAnotherSigned_isBelievedWithinItsPathLength() {
    SoftwareCa shortRoot =
        root.intermediate(p -> p.with(Extension.basicConstraints, true, new BasicConstraints(0)));

    assertThat(
            SoftwareCa.verifier(intermediate)
                .verify(intermediate.endorse(ek.pair.getPublic()), ek.publicArea, SoftwareCa.NOW))
        .isInstanceOf(TrustedEndorsement.class);
    assertThat(
            SoftwareCa.verifier(shortRoot)
                .verify(shortRoot.endorse(ek.pair.getPublic()), ek.publicArea, SoftwareCa.NOW))
        .isInstanceOf(TrustedEndorsement.class);
    assertThat(reason(under(shortRoot, shortRoot.intermediate()))).isEqualTo("ek_chain_invalid");
  }

  @Test
  void rootThatAnotherSigned_withNameConstraints_isNotConfigured() {
    GeneralName name = new GeneralName(GeneralName.directoryName, new X500Name("C=XX"));
    SoftwareCa constrained =
        root.intermediate(
            p ->
                p.with(
                    Extension.nameConstraints,
                    true,
                    new NameConstraints(new GeneralSubtree[] {new GeneralSubtree(name)}, null)));

    assertThatThrownBy(() -> SoftwareCa.trust(constrained.pem(), "", Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be signed by itself");
  }

  private EndorsementVerifier verifier() {
    return SoftwareCa.verifier(root, intermediate);
  }

  private EndorsementVerifier withCrls(String crls) {
    return new EndorsementVerifier(
        SoftwareCa.trust(root.pem(), intermediate.pem(), Optional.of(crls)));
  }

  private EndorsementOutcome verify(byte[] certificate) {
    return verifier().verify(certificate, ek.publicArea, SoftwareCa.NOW);
  }

  private EndorsementOutcome endorsed(java.util.function.UnaryOperator<SoftwareCa.Profile> change) {
    return verify(intermediate.endorse(ek.pair.getPublic(), change));
  }

  private EndorsementOutcome under(SoftwareCa believed, SoftwareCa... chain) {
    return SoftwareCa.verifier(believed, chain)
        .verify(chain[0].endorse(ek.pair.getPublic()), ek.publicArea, SoftwareCa.NOW);
  }

  private static String reason(EndorsementOutcome outcome) {
    assertThat(outcome).isInstanceOf(EndorsementOutcome.Refused.class);
    EndorsementOutcome.Refused refused = (EndorsementOutcome.Refused) outcome;
    assertThat(refused.message()).isNotBlank();
    return refused.reason();
  }
}
