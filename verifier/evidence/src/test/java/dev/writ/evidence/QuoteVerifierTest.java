// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link QuoteVerifier}, in the order of its steps; numbers are those of the negative cases. */
class QuoteVerifierTest {
  private final SoftwareAk ak = SoftwareAk.p256();

  static Stream<SoftwareAk> keys() {
    return Stream.of(
        SoftwareAk.p256(),
        SoftwareAk.ecc(TpmCurve.P384, TpmAlg.SHA384),
        SoftwareAk.ecc(TpmCurve.P256, TpmAlg.SHA512),
        SoftwareAk.rsa(TpmAlg.RSASSA),
        SoftwareAk.rsa(TpmAlg.RSAPSS));
  }

  @ParameterizedTest
  @MethodSource("keys")
  void quote_ofEachKindOfKey_isVerifiedWithItsClockAndValues(SoftwareAk key) {
    TpmAlg hash = key.enrolled().schemeHash();

    QuoteOutcome outcome = verify(key, Statement.quote(hash));

    assertThat(outcome)
        .isInstanceOfSatisfying(
            VerifiedQuote.class,
            quote -> {
              assertThat(quote.clockInfo()).isEqualTo(Statement.CLOCK);
              assertThat(quote.selection()).isEqualTo(Statement.ASKED);
              assertThat(quote.values().value(TpmAlg.SHA384, 4))
                  .contains(Statement.value(TpmAlg.SHA384, 4));
              assertThat(quote.pcrDigest().hash()).isEqualTo(hash);
              assertThat(quote.ak().name()).isEqualTo(key.publicArea.name());
            });
  }

  @ParameterizedTest
  @MethodSource("keys")
  void quote_verifiedByAnotherProvider_isVerified(SoftwareAk key) {
    EnrolledAk enrolled = (EnrolledAk) EnrolledAk.of(key.publicArea, new BouncyCastleProvider());
    Statement statement = Statement.quote(enrolled.schemeHash());

    QuoteOutcome outcome =
        QuoteVerifier.verify(
            statement.parsed(),
            key.sign(statement.bytes()),
            Statement.values(Statement.ASKED),
            enrolled,
            Statement.QUALIFYING_DATA,
            Statement.ASKED);

    assertThat(outcome).isInstanceOf(VerifiedQuote.class);
  }

  @Test
  void case09_magicWrong_isRefused() {
    QuoteOutcome outcome = verify(ak, Statement.quote(TpmAlg.SHA256).withMagic(0xff544346L));

    assertThat(outcome).isEqualTo(new AttestRefusal.MagicWrong(0xff544346L));
    assertThat(reason(outcome)).isEqualTo("attest_magic_wrong");
  }

  @ParameterizedTest
  @EnumSource(value = AttestType.class, mode = EnumSource.Mode.EXCLUDE, names = "QUOTE")
  void case11_otherAttestationAsQuote_isRefused(AttestType type) throws Exception {
    Statement statement = Statement.quote(TpmAlg.SHA256).withAttested(Attestations.of(type));

    QuoteOutcome outcome = verify(ak, statement);

    assertThat(outcome).isEqualTo(new AttestRefusal.TypeWrong(AttestType.QUOTE, type));
    assertThat(reason(outcome)).isEqualTo("attest_type_wrong");
  }

  @Test
  void case12_sha1Signature_isRefused() {
    Statement statement = Statement.quote(TpmAlg.SHA1);

    QuoteOutcome outcome = verify(ak, statement, ak.sign(statement.bytes(), TpmAlg.SHA1));

    assertThat(outcome).isEqualTo(new AttestRefusal.SignatureSha1());
    assertThat(reason(outcome)).isEqualTo("signature_sha1");
  }

  @Test
  void case13_signatureHashOtherThanScheme_isRefused() {
    Statement statement = Statement.quote(TpmAlg.SHA256);

    QuoteOutcome outcome = verify(ak, statement, ak.sign(statement.bytes(), TpmAlg.SHA384));

    assertThat(outcome).isEqualTo(new AttestRefusal.SchemeMismatch("ecdsa-sha256", "ecdsa-sha384"));
    assertThat(reason(outcome)).isEqualTo("signature_scheme_mismatch");
  }

  @Test
  void case14_pkcs1SignatureOfPssKey_isRefused() {
    // One RSA key under both schemes: the PKCS#1 signature is valid, but not this key's scheme.
    Statement statement = Statement.quote(TpmAlg.SHA256);
    TpmtSignature pkcs1 = SoftwareAk.rsa(TpmAlg.RSASSA).sign(statement.bytes());

    QuoteOutcome outcome = verify(SoftwareAk.rsa(TpmAlg.RSAPSS), statement, pkcs1);

    assertThat(reason(outcome)).isEqualTo("signature_scheme_mismatch");
  }

  @Test
  void case14_pssSaltOfOtherLength_isRefused() {
    SoftwareAk pss = SoftwareAk.rsa(TpmAlg.RSAPSS);
    Statement statement = Statement.quote(TpmAlg.SHA256);
    int longest = 256 - 32 - 2;

    for (int salt : new int[] {0, 20, 31, 33, longest - 1}) {
      assertThat(reason(verify(pss, statement, pss.signPss(statement.bytes(), salt))))
          .as("salt of %d bytes", salt)
          .isEqualTo("signature_invalid");
    }
    for (int salt : new int[] {32, longest}) {
      assertThat(verify(pss, statement, pss.signPss(statement.bytes(), salt)))
          .as("salt of %d bytes", salt)
          .isInstanceOf(VerifiedQuote.class);
    }
  }

  @Test
  void case15_ecdsaNumbersOutOfRange_areRefused() {
    Statement statement = Statement.quote(TpmAlg.SHA256);
    TpmtSignature.Ecdsa good = (TpmtSignature.Ecdsa) ak.sign(statement.bytes());
    BigInteger order = TpmCurve.P256.parameters().getOrder();
    Octets n = Octets.of(TpmCurve.P256.fieldElement(order));
    Octets nPlusR = Octets.of(positive(order.add(good.r().unsigned())));
    Octets overLong = Octets.fromHex("00" + good.r().hex());
    Octets minusOne = Octets.fromHex("ff".repeat(32));

    for (Octets bad : List.of(Octets.EMPTY, Octets.fromHex("00"), n, nPlusR, overLong, minusOne)) {
      for (TpmtSignature signature :
          List.of(
              new TpmtSignature.Ecdsa(TpmAlg.SHA256, bad, good.s()),
              new TpmtSignature.Ecdsa(TpmAlg.SHA256, good.r(), bad))) {
        assertThat(reason(verify(ak, statement, signature)))
            .as("r or s is %s", bad)
            .isEqualTo("signature_out_of_range");
      }
    }
  }

  @Test
  void rsaSignatureOfOtherLength_isRefused() {
    SoftwareAk rsa = SoftwareAk.rsa(TpmAlg.RSASSA);
    Statement statement = Statement.quote(TpmAlg.SHA256);
    TpmtSignature.Rsassa good = (TpmtSignature.Rsassa) rsa.sign(statement.bytes());

    for (Octets bad :
        List.of(
            Octets.EMPTY,
            Octets.fromHex("00" + good.signature().hex()),
            Octets.copyOfRange(good.signature().bytes(), 0, 255))) {
      assertThat(reason(verify(rsa, statement, new TpmtSignature.Rsassa(TpmAlg.SHA256, bad))))
          .isEqualTo("signature_out_of_range");
    }
  }

  @Test
  void ecdsaNumbersWithoutLeadingZeros_areAccepted() {
    // About one signature in 128 has a leading zero in r or s; a TPM may leave it out.
    Statement statement = Statement.quote(TpmAlg.SHA256);
    TpmtSignature.Ecdsa signature;
    do {
      signature = (TpmtSignature.Ecdsa) ak.sign(statement.bytes());
    } while (signature.r().bytes()[0] != 0);
    Octets shorter = Octets.copyOfRange(signature.r().bytes(), 1, 32);

    assertThat(
            verify(ak, statement, new TpmtSignature.Ecdsa(TpmAlg.SHA256, shorter, signature.s())))
        .isInstanceOf(VerifiedQuote.class);
  }

  @Test
  void case17_oneBitFlippedInAnyByteOfTheQuote_isRefused() {
    byte[] quote = Statement.quote(TpmAlg.SHA256).bytes();
    TpmtSignature signature = ak.sign(quote);

    for (int i = 0; i < quote.length; i++) {
      byte[] flipped = quote.clone();
      flipped[i] ^= (byte) (1 << i % 8);
      try {
        assertThat(verify(ak, TpmsAttest.parse(flipped), signature))
            .as("byte %d", i)
            .isInstanceOf(QuoteOutcome.Refused.class);
      } catch (MalformedEvidenceException e) {
        assertThat(e.reason()).isEqualTo("evidence_malformed");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("keys")
  void case17_oneBitFlippedInAnyByteOfTheSignature_isRefused(SoftwareAk key) {
    Statement statement = Statement.quote(key.enrolled().schemeHash());
    byte[] signature = key.sign(statement.bytes()).encode();

    for (int i = 0; i < signature.length; i++) {
      byte[] flipped = signature.clone();
      flipped[i] ^= (byte) (1 << i % 8);
      try {
        assertThat(verify(key, statement, TpmtSignature.parse(flipped)))
            .as("byte %d", i)
            .isInstanceOf(QuoteOutcome.Refused.class);
      } catch (MalformedEvidenceException e) {
        assertThat(e.reason()).isEqualTo("evidence_malformed");
      }
    }
  }

  @Test
  void case31_qualifiedSignerNotOnThePathKnown_isRefused() {
    TpmName expected = ak.publicArea.name().qualifiedUnder(TpmName.ENDORSEMENT_HIERARCHY);
    EnrolledAk placed = ak.enrolled().withQualifiedName(expected);
    Statement elsewhere = Statement.quote(TpmAlg.SHA256).withSigner(ak.publicArea.name());
    Statement inPlace = Statement.quote(TpmAlg.SHA256).withSigner(expected);

    assertThat(verify(placed, elsewhere, ak.sign(elsewhere.bytes())))
        .isEqualTo(new AttestRefusal.SignerMismatch(expected, ak.publicArea.name()));
    assertThat(verify(placed, inPlace, ak.sign(inPlace.bytes()))).isInstanceOf(VerifiedQuote.class);
  }

  @Test
  void case32_quoteByAnotherEnrolledKey_isRefused() {
    Statement statement = Statement.quote(TpmAlg.SHA256);

    QuoteOutcome outcome = verify(ak, statement, SoftwareAk.p256().sign(statement.bytes()));

    assertThat(outcome).isEqualTo(new AttestRefusal.SignatureInvalid(ak.publicArea.name()));
    assertThat(reason(outcome)).isEqualTo("signature_invalid");
  }

  @Test
  void case37_qualifyingDataWrongShortEmptyOrPrefix_isRefused() {
    byte[] expected = Statement.QUALIFYING_DATA;
    byte[] wrong = expected.clone();
    wrong[31] ^= 1;

    for (byte[] extraData :
        List.of(
            wrong,
            Arrays.copyOf(expected, 31),
            new byte[0],
            Arrays.copyOf(expected, 8),
            Arrays.copyOf(expected, 33))) {
      QuoteOutcome outcome = verify(ak, Statement.quote(TpmAlg.SHA256).withExtraData(extraData));

      assertThat(reason(outcome)).isEqualTo("qualifying_data_mismatch");
    }
  }

  @Test
  void case46_relabelledPcr_isRefused() {
    // PCR 0's value under PCR 1's label and the reverse: the digest is over another order.
    PcrValues values = Statement.values(Statement.ASKED);
    List<TpmDigest> swapped = Stream.of(1, 0, 2, 3, 4).map(i -> values.digests().get(i)).toList();

    QuoteOutcome outcome =
        verify(
            ak.enrolled(), Statement.quote(TpmAlg.SHA256), new PcrValues(Statement.ASKED, swapped));

    assertThat(reason(outcome)).isEqualTo("pcr_digest_mismatch");
  }

  static Stream<PcrSelection> otherSelections() {
    return Stream.of(
        PcrSelection.of(TpmAlg.SHA256, 0, 1).and(TpmAlg.SHA384, 0, 4), // case 47, subset
        PcrSelection.of(TpmAlg.SHA256, 0, 1, 7),
        PcrSelection.of(TpmAlg.SHA256, 0, 1, 2, 7).and(TpmAlg.SHA384, 0, 4), // 48, superset
        PcrSelection.of(TpmAlg.SHA256, 0, 1, 7).and(TpmAlg.SHA384, 0, 4).and(TpmAlg.SHA1, 0),
        PcrSelection.of(TpmAlg.SHA1, 0, 1, 7).and(TpmAlg.SHA384, 0, 4), // 49, other bank
        PcrSelection.of(TpmAlg.SHA384, 0, 4).and(TpmAlg.SHA256, 0, 1, 7), // 8, other order
        new PcrSelection(
            List.of(
                new PcrSelection.Bank(TpmAlg.SHA256, 0b1000_0011),
                new PcrSelection.Bank(TpmAlg.SHA384, 0)))); // a bank the TPM does not have
  }

  @ParameterizedTest
  @MethodSource("otherSelections")
  void case47to49_signedSelectionOtherThanAsked_isRefused(PcrSelection signed) {
    PcrValues values = Statement.values(signed);
    Statement statement =
        Statement.quote(TpmAlg.SHA256)
            .withAttested(new Attested.Quote(signed, values.pcrDigest(TpmAlg.SHA256).value()));

    QuoteOutcome outcome = verify(ak.enrolled(), statement, values);

    assertThat(outcome).isEqualTo(new QuoteOutcome.SelectionNotAsked(Statement.ASKED, signed));
    assertThat(reason(outcome)).isEqualTo("pcr_selection_mismatch");
  }

  @ParameterizedTest
  @MethodSource("otherSelections")
  void case08_valuesOfOtherSelectionThanSigned_areRefused(PcrSelection offered) {
    QuoteOutcome outcome =
        verify(ak.enrolled(), Statement.quote(TpmAlg.SHA256), Statement.values(offered));

    assertThat(outcome).isEqualTo(new QuoteOutcome.ValuesNotOfSelection(Statement.ASKED, offered));
    assertThat(reason(outcome)).isEqualTo("pcr_values_selection_mismatch");
  }

  @Test
  void case50_pcrDigestWithTheBanksHash_isRefusedWhereTheSchemesDiffers() {
    SoftwareAk p384 = SoftwareAk.ecc(TpmCurve.P384, TpmAlg.SHA384);

    QuoteOutcome outcome = verify(p384, Statement.quote(TpmAlg.SHA256));

    assertThat(reason(outcome)).isEqualTo("pcr_digest_mismatch");
  }

  @Test
  void valueChangedAfterTheQuote_isRefused() {
    PcrValues values = Statement.values(Statement.ASKED);
    for (int i = 0; i < values.digests().size(); i++) {
      List<TpmDigest> changed = new java.util.ArrayList<>(values.digests());
      byte[] digest = changed.get(i).value().bytes();
      digest[0] ^= 1;
      changed.set(i, TpmDigest.of(changed.get(i).hash(), digest));

      QuoteOutcome outcome =
          verify(
              ak.enrolled(),
              Statement.quote(TpmAlg.SHA256),
              new PcrValues(Statement.ASKED, changed));

      assertThat(reason(outcome)).isEqualTo("pcr_digest_mismatch");
    }
  }

  private static QuoteOutcome verify(SoftwareAk key, Statement statement) {
    return verify(key, statement, key.sign(statement.bytes()));
  }

  private static QuoteOutcome verify(SoftwareAk key, Statement statement, TpmtSignature signature) {
    return verify(key, statement.parsed(), signature);
  }

  private static QuoteOutcome verify(EnrolledAk key, Statement statement, TpmtSignature signature) {
    return QuoteVerifier.verify(
        statement.parsed(),
        signature,
        Statement.values(Statement.ASKED),
        key,
        Statement.QUALIFYING_DATA,
        Statement.ASKED);
  }

  private static QuoteOutcome verify(SoftwareAk key, TpmsAttest attest, TpmtSignature signature) {
    return QuoteVerifier.verify(
        attest,
        signature,
        Statement.values(Statement.ASKED),
        key.enrolled(),
        Statement.QUALIFYING_DATA,
        Statement.ASKED);
  }

  private QuoteOutcome verify(EnrolledAk key, Statement statement, PcrValues values) {
    return QuoteVerifier.verify(
        statement.parsed(),
        ak.sign(statement.bytes()),
        values,
        key,
        Statement.QUALIFYING_DATA,
        Statement.ASKED);
  }

  private static String reason(QuoteOutcome outcome) {
    assertThat(outcome).isInstanceOf(QuoteOutcome.Refused.class);
    QuoteOutcome.Refused refused = (QuoteOutcome.Refused) outcome;
    assertThat(refused.message()).isNotBlank();
    return refused.reason();
  }

  private static byte[] positive(BigInteger number) {
    byte[] bytes = number.toByteArray();
    return bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
  }
}
