// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Quotes of every kind of key over every bank, alone and together. */
class QuoteBanksTest {
  private static final PcrSelection ALL =
      PcrSelection.of(TpmAlg.SHA256, 0, 7, 23)
          .and(TpmAlg.SHA384, 0, 4)
          .and(TpmAlg.SHA512, 2, 14)
          .and(TpmAlg.SHA3_256, 1);

  private static final List<PcrSelection> SELECTIONS =
      List.of(
          PcrSelection.of(TpmAlg.SHA256, 0, 1, 2, 3, 4, 5, 6, 7),
          PcrSelection.of(TpmAlg.SHA384, 0, 23),
          PcrSelection.of(TpmAlg.SHA512, 10),
          ALL);

  static Stream<Arguments> keysAndSelections() {
    Stream<SoftwareAk> keys =
        Stream.of(
            SoftwareAk.ecc(TpmCurve.P256, TpmAlg.SHA256),
            SoftwareAk.ecc(TpmCurve.P256, TpmAlg.SHA384),
            SoftwareAk.ecc(TpmCurve.P384, TpmAlg.SHA256),
            SoftwareAk.ecc(TpmCurve.P384, TpmAlg.SHA384),
            SoftwareAk.ecc(TpmCurve.P384, TpmAlg.SHA512),
            SoftwareAk.rsa(TpmAlg.RSASSA, TpmAlg.SHA256),
            SoftwareAk.rsa(TpmAlg.RSASSA, TpmAlg.SHA384),
            SoftwareAk.rsa(TpmAlg.RSASSA, TpmAlg.SHA512),
            SoftwareAk.rsa(TpmAlg.RSAPSS, TpmAlg.SHA256),
            SoftwareAk.rsa(TpmAlg.RSAPSS, TpmAlg.SHA384),
            SoftwareAk.rsa(TpmAlg.RSAPSS, TpmAlg.SHA512));
    return keys.flatMap(key -> SELECTIONS.stream().map(pcrs -> Arguments.of(key, pcrs)));
  }

  @ParameterizedTest
  @MethodSource("keysAndSelections")
  void quote_ofAnyBanksByAnyKey_isVerifiedWithTheSchemesHash(SoftwareAk key, PcrSelection pcrs) {
    TpmAlg hash = key.enrolled().schemeHash();

    assertThat(verify(key, pcrs, hash))
        .isInstanceOfSatisfying(
            VerifiedQuote.class,
            quote -> {
              assertThat(quote.selection()).isEqualTo(pcrs);
              assertThat(quote.pcrDigest().hash()).isEqualTo(hash);
              for (PcrSelection.Bank bank : pcrs.banks()) {
                for (int index : bank.indices()) {
                  assertThat(quote.values().value(bank.hash(), index))
                      .contains(Statement.value(bank.hash(), index));
                }
              }
            });
  }

  @ParameterizedTest
  @MethodSource("keysAndSelections")
  void case50_digestWithAnotherHashThanTheSchemes_isRefused(SoftwareAk key, PcrSelection pcrs) {
    for (TpmAlg hash : List.of(TpmAlg.SHA1, TpmAlg.SHA256, TpmAlg.SHA384, TpmAlg.SHA512)) {
      if (hash != key.enrolled().schemeHash()) {
        assertThat(((QuoteOutcome.Refused) verify(key, pcrs, hash)).reason())
            .as("digest with %s", hash)
            .isEqualTo("pcr_digest_mismatch");
      }
    }
  }

  @Test
  void quote_byAnRsaKeyOf3072Bits_isVerified() {
    SoftwareAk key = SoftwareAk.rsa(SoftwareAk.generateRsa(3072), TpmAlg.RSAPSS, TpmAlg.SHA384);

    assertThat(verify(key, ALL, TpmAlg.SHA384)).isInstanceOf(VerifiedQuote.class);
  }

  /** What is quoted of it is reported, and no rule of an appraisal rests on it. */
  @Test
  void case49_bankSha1BesideOthers_isReportedAndJudgesNothing() {
    SoftwareAk key = SoftwareAk.p256();
    PcrSelection pcrs = PcrSelection.of(TpmAlg.SHA1, 0, 7).and(TpmAlg.SHA256, 0, 7);
    ReferenceValues references =
        ReferenceValues.builder().allow(7, Statement.value(TpmAlg.SHA256, 7)).build();

    VerifiedQuote quote = (VerifiedQuote) verify(key, pcrs, TpmAlg.SHA256);
    Appraisal appraisal = Appraiser.appraise(quote, Optional.empty(), references);

    assertThat(quote.values().value(TpmAlg.SHA1, 7)).contains(Statement.value(TpmAlg.SHA1, 7));
    assertThat(appraisal.overall()).isEqualTo(TrustTier.AFFIRMING);
    assertThat(appraisal.rules())
        .noneMatch(rule -> rule.subject().contains("sha1") || rule.actual().contains("sha1:"));
  }

  private static QuoteOutcome verify(SoftwareAk key, PcrSelection pcrs, TpmAlg digestHash) {
    PcrValues values = Statement.values(pcrs);
    Statement statement =
        Statement.quote(digestHash)
            .withAttested(new Attested.Quote(pcrs, values.pcrDigest(digestHash).value()));
    return QuoteVerifier.verify(
        statement.parsed(),
        key.sign(statement.bytes()),
        values,
        key.enrolled(),
        Statement.QUALIFYING_DATA,
        pcrs);
  }
}
