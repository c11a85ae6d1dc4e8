// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.junit.jupiter.api.Test;

/** Evidence that real TPMs and other projects made; certificates are {@link EndorsementVectorsTest}'s. */
class VectorsTest {
  private static final String KEYLIME = "keylime/test-data/files/";
  private static final String HIRS = "hirs/HIRS_AttestationCA/src/test/resources/";

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

  private static PcrValues keylimeValues() throws IOException {
    return dumped(Vectors.bytes(KEYLIME + "quotepcr.out"), KEYLIME_PCRS);
  }

  /**
   * tpm2-tools' file is a dump of structures in memory, little-endian: TPML_PCR_SELECTION of 132
   * bytes, a count, then TPML_DIGEST of a count and eight TPM2B_DIGEST of 2 + 64 bytes.
   *
   * @param selection of one bank
   */
  private static PcrValues dumped(byte[] file, PcrSelection selection) {
    ByteBuffer dump = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int digestsAt = 132 + 4 + 4;
    List<TpmDigest> digests = new ArrayList<>();
    for (int i = 0; i < selection.size(); i++) {
      byte[] digest = new byte[dump.getShort(digestsAt + 66 * i)];
      dump.get(digestsAt + 66 * i + 2, digest);
      digests.add(TpmDigest.of(selection.banks().get(0).hash(), digest));
    }
    return new PcrValues(selection, digests);
  }

  /** The agent's text: "r", then quote, signature and PCRs in base64; its key is not given. */
  @Test
  void rustKeylimeQuote_isReadAndHasTheDigestOfItsPcrs() throws Exception {
    String[] parts =
        Vectors.text("rust-keylime/keylime/test-data/test-quote.txt")
            .strip()
            .substring(1)
            .split(":");
    TpmsAttest attest = TpmsAttest.parse(Base64.getDecoder().decode(parts[0]));
    TpmtSignature signature = TpmtSignature.parse(Base64.getDecoder().decode(parts[1]));
    Attested.Quote quote = (Attested.Quote) attest.attested();
    PcrValues values = dumped(Base64.getDecoder().decode(parts[2]), quote.pcrSelect());

    assertThat(signature.scheme()).isEqualTo(TpmAlg.RSASSA);
    assertThat(attest.extraData()).isEqualTo(Octets.of("TEST".getBytes(UTF_8)));
    assertThat(values.pcrDigest(signature.hash()).value()).isEqualTo(quote.pcrDigest());
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
}
