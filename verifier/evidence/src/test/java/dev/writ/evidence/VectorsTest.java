// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.writ.evidence.TrustedEndorsement.Finding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.x509.Certificate;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Evidence and certificates that real TPMs and other projects made. */
class VectorsTest {
  private static final String KEYLIME = "keylime/test-data/files/";
  private static final String HIRS = "hirs/HIRS_AttestationCA/src/test/resources/";
  private static final String CERTIFICATES = HIRS + "certificates/";
  private static final String VENDORS = "tpm-ca-certificates/MIRROR.tpm";
  private static final Instant NOW = Instant.parse("2023-06-01T00:00:00Z");

  private static final PcrSelection KEYLIME_PCRS = PcrSelection.of(TpmAlg.SHA256, 15, 16, 22);
  private static final byte[] KEYLIME_NONCE =
      Octets.fromHex("db1db298db6d60e6385b7231743e9c3056a18003").bytes();

  @Test
  void keylimeQuote_ofItsKeyNonceAndPcrs_isVerified() throws Exception {
    QuoteOutcome outcome = keylimeQuote(keylimeAk());

    assertThat(outcome)
        .isInstanceOfSatisfying(
            VerifiedQuote.class, quote -> assertThat(quote.selection()).isEqualTo(KEYLIME_PCRS));
  }

  @Test
  void keylimeQuote_ofAnotherKey_isRefused() throws Exception {
    SoftwareAk other = SoftwareAk.rsa(TpmAlg.RSASSA);

    assertThat(keylimeQuote(other.enrolled()))
        .isEqualTo(new AttestRefusal.SignatureInvalid(other.publicArea.name()));
  }

  private static QuoteOutcome keylimeQuote(EnrolledAk ak) throws Exception {
    return QuoteVerifier.verify(
        TpmsAttest.parse(Vectors.bytes(KEYLIME + "quote.out")),
        TpmtSignature.parse(Vectors.bytes(KEYLIME + "quotesig.out")),
        keylimeValues(),
        ak,
        KEYLIME_NONCE,
        KEYLIME_PCRS);
  }

  /** The quote's key is given in PEM alone; its public area is that of an attestation key. */
  private static EnrolledAk keylimeAk() throws Exception {
    try (PEMParser pem =
        new PEMParser(new java.io.StringReader(Vectors.text(KEYLIME + "akpub.pem")))) {
      PublicKey key =
          new JcaPEMKeyConverter().getPublicKey((SubjectPublicKeyInfo) pem.readObject());
      PublicKeyArea area =
          SoftwareAk.rsaArea(
              new java.security.KeyPair(key, null),
              Optional.empty(),
              SoftwareAk.scheme(TpmAlg.RSASSA, TpmAlg.SHA256));
      return (EnrolledAk)
          EnrolledAk.of(SoftwareAk.publicArea(TpmAlg.SHA256, SoftwareAk.AK_ATTRIBUTES, area));
    }
  }

  /**
   * tpm2-tools' file is a dump of structures in memory, little-endian: TPML_PCR_SELECTION of 132
   * bytes, a count, then TPML_DIGEST of a count and eight TPM2B_DIGEST of 2 + 64 bytes.
   */
  private static PcrValues keylimeValues() throws IOException {
    ByteBuffer dump =
        ByteBuffer.wrap(Vectors.bytes(KEYLIME + "quotepcr.out")).order(ByteOrder.LITTLE_ENDIAN);
    int digestsAt = 132 + 4 + 4;
    List<TpmDigest> digests = new ArrayList<>();
    for (int i = 0; i < KEYLIME_PCRS.size(); i++) {
      byte[] digest = new byte[dump.getShort(digestsAt + 66 * i)];
      dump.get(digestsAt + 66 * i + 2, digest);
      digests.add(TpmDigest.of(TpmAlg.SHA256, digest));
    }
    return new PcrValues(KEYLIME_PCRS, digests);
  }

  @Test
  void keylimePublicAreas_haveTheNamesTheirTpmGaveThem() throws Exception {
    TpmtPublic ak = TpmtPublic.parseTpm2b(Vectors.bytes(KEYLIME + "ak.pub"));
    TpmtPublic ek = TpmtPublic.parseTpm2b(Vectors.bytes(KEYLIME + "ek.pub"));

    assertThat(ak.name().bytes()).isEqualTo(Vectors.bytes(KEYLIME + "ak.name"));
    assertThat(ek.attributes()).contains(ObjectAttribute.DECRYPT, ObjectAttribute.RESTRICTED);
  }

  @Test
  void keylimeCredential_hasTheFormThatIsMadeHere() throws Exception {
    // tpm2-tools' file: magic BADCC0DE, version 1, then both TPM2B.
    byte[] file = Vectors.bytes(KEYLIME + "mkcred.out");
    byte[] wire = java.util.Arrays.copyOfRange(file, 8, file.length);
    TpmtPublic ek = TpmtPublic.parseTpm2b(Vectors.bytes(KEYLIME + "ek.pub"));
    TpmtPublic ak = TpmtPublic.parseTpm2b(Vectors.bytes(KEYLIME + "ak.pub"));
    byte[] secret = Vectors.bytes(KEYLIME + "secret.data");

    TpmCredential theirs = TpmCredential.parse(wire);
    TpmCredential ours =
        (TpmCredential)
            MakeCredential.make(ek, ak.name(), secret, new java.security.SecureRandom());

    assertThat(theirs.encode()).isEqualTo(wire);
    assertThat(ours.encode()).hasSameSizeAs(theirs.encode());
  }

  @Test
  void hirsPublicAreas_areReadAndMarshalledBack() throws Exception {
    for (String file : List.of("tpm2/ak.pub", "tpm2/ek.pub")) {
      byte[] bytes = Vectors.bytes(HIRS + file);
      TpmtPublic area = TpmtPublic.parse(bytes);

      assertThat(
              TpmtPublic.marshal(area.nameAlg(), area.attributes(), area.authPolicy(), area.key()))
          .isEqualTo(bytes);
    }
  }

  @Test
  void case12_windowsQuoteWithSha1_isReadAndRefused() throws Exception {
    JsonNode json =
        new ObjectMapper()
            .readTree(Vectors.bytes("go-attestation/attest/testdata/windows_gcp_shielded_vm.json"));
    byte[] quote = json.at("/Quote/Quote").binaryValue();
    byte[] signature = json.at("/Quote/Signature").binaryValue();
    TpmtPublic ak = TpmtPublic.parse(json.at("/AK/Public").binaryValue());
    TpmsAttest attest = TpmsAttest.parse(quote);
    Attested.Quote attested = (Attested.Quote) attest.attested();

    assertThat(attested.pcrSelect().banks())
        .containsExactly(new PcrSelection.Bank(TpmAlg.SHA1, 0xffffff));
    assertThat(attest.clockInfo().safe()).isTrue();
    assertThat(EnrolledAk.of(ak)).isEqualTo(new AkOutcome.SchemeSha1("rsassa-sha1"));
    assertThat(
            QuoteVerifier.verify(
                attest,
                TpmtSignature.parse(signature),
                Statement.values(attested.pcrSelect()),
                SoftwareAk.rsa(TpmAlg.RSASSA).enrolled(),
                new byte[0],
                attested.pcrSelect()))
        .isEqualTo(new AttestRefusal.SignatureSha1());
  }

  @Test
  void windowsCreationCertification_isReadAndIsNoQuote() throws Exception {
    JsonNode json =
        new ObjectMapper()
            .readTree(Vectors.bytes("go-attestation/attest/testdata/windows_gcp_shielded_vm.json"));
    TpmsAttest attest = TpmsAttest.parse(json.at("/AK/CreateAttestation").binaryValue());
    TpmtPublic ak = TpmtPublic.parse(json.at("/AK/Public").binaryValue());

    Attested.Creation attested = (Attested.Creation) attest.attested();
    assertThat(attested.objectName()).isEqualTo(ak.name());

    // The key certified its own creation: data, digest and the signer's place agree.
    CreationData data = CreationData.parse(json.at("/AK/CreateData").binaryValue());
    assertThat(data.digest(ak.nameAlg()).value()).isEqualTo(attested.creationHash());
    assertThat(ak.name().qualifiedUnder(data.parentQualifiedName()))
        .isEqualTo(attest.qualifiedSigner());
    assertThat(data.locality()).isZero();
    assertThat(data.pcrSelection()).isEmpty();
    assertThat(data.outsideInfo()).isEqualTo(Octets.EMPTY);
    assertThat(
            CreationCertificationVerifier.verify(
                ak,
                data,
                attest,
                TpmtSignature.parse(json.at("/AK/CreateSignature").binaryValue()),
                SoftwareAk.rsa(TpmAlg.RSASSA).enrolled(),
                attest.extraData().bytes(),
                CreationExpectation.child(
                    data.parentName(), data.parentQualifiedName(), Octets.EMPTY)))
        .isEqualTo(new AttestRefusal.SignatureSha1());
  }

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
    for (String file : List.of("nuc-1", "nuc-2")) {
      byte[] certificate =
          EndorsementTrust.certificates(Vectors.text(CERTIFICATES + file + "/tpmcert.pem"))
              .get(0)
              .getEncoded();

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

  /** Padded with 0x11; Nuvoton's root of 2010 is in neither list. */
  @Test
  void case36_paddedCertificateOfNuvoton_isReadAndItsIssuerMissed() throws Exception {
    byte[] certificate = Vectors.bytes(CERTIFICATES + "ek_cert_with_padded_bytes.cer");

    assertThat(st().verify(certificate, endorsementKeyIn(certificate), NOW))
        .isEqualTo(
            new EndorsementOutcome.IssuerUnknown(
                EkCertificate.parse(certificate).x509().getIssuerX500Principal().getName()));
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

  @Test
  void vendorsCertificates_areReadAsTrust() throws Exception {
    EndorsementTrust trust = vendorTrust();

    assertThat(trust.roots()).hasSizeGreaterThan(20);
    assertThat(trust.intermediates()).hasSizeGreaterThan(100);
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
