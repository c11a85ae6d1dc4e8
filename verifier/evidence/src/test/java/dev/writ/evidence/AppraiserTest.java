// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.evidence.TrustedEndorsement.Finding;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link Appraiser}: its rules, cases 49 and 51 to 53, and what they amount to. */
class AppraiserTest {
  private static final SoftwareAk AK = SoftwareAk.p256();
  private static final SoftwareEk EK = SoftwareEk.ecc(TpmCurve.P256);

  private static final ReferenceValues MATCHING =
      ReferenceValues.builder()
          .allow(0, Statement.value(TpmAlg.SHA256, 0))
          .allow(7, Statement.value(TpmAlg.SHA256, 3))
          .allow(7, Statement.value(TpmAlg.SHA256, 7))
          .build();

  @Test
  void matchingEvidenceWithEndorsement_affirmsEveryClaim() {
    Appraisal appraisal =
        Appraiser.appraise(quote(Statement.values(Statement.ASKED)), endorsement(), MATCHING);

    assertThat(appraisal.overall()).isEqualTo(TrustTier.AFFIRMING);
    assertThat(appraisal.failed()).isEmpty();
    assertThat(appraisal.claims())
        .containsOnlyKeys(TrustClaim.values())
        .allSatisfy((claim, value) -> assertThat(value).isEqualTo(2));
    assertThat(appraisal.rules())
        .extracting(rule -> rule.reason() + " " + rule.subject())
        .containsExactly(
            "ak_enrolled ",
            "endorsement_given ",
            "endorsement_holds ",
            "endorsement_current ",
            "endorsement_genuine ",
            "endorsement_hash ",
            "endorsement_revocation ",
            "clock_safe ",
            "counters_clear ",
            "pcr_bank_live sha256",
            "pcr_bank_live sha384",
            "pcr_reference sha256:0",
            "pcr_reference sha256:7");
  }

  @Test
  void noEndorsement_saysNothingOfTheHardware() {
    Appraisal appraisal =
        Appraiser.appraise(quote(Statement.values(Statement.ASKED)), Optional.empty(), MATCHING);

    assertThat(appraisal.claims()).doesNotContainKey(TrustClaim.HARDWARE);
    assertThat(appraisal.overall()).isEqualTo(TrustTier.AFFIRMING);
  }

  @Test
  void endorsementThatIsRefused_isContraindicatedWithItsReason() {
    EndorsementOutcome.Refused revoked = new EndorsementOutcome.Revoked("1f");

    Appraisal appraisal =
        Appraiser.appraise(
            quote(Statement.values(Statement.ASKED)), Optional.of(revoked), MATCHING);

    assertThat(appraisal.overall()).isEqualTo(TrustTier.CONTRAINDICATED);
    assertThat(appraisal.claims()).containsEntry(TrustClaim.HARDWARE, 96);
    assertThat(appraisal.failed())
        .containsExactly(
            new Appraisal.Rule(
                "endorsement_holds",
                "ek_revoked",
                TrustClaim.HARDWARE,
                96,
                "an endorsement by a configured manufacturer",
                revoked.message()));
  }

  @ParameterizedTest
  @CsvSource({
    "EXPIRED, endorsement_current",
    "CHAIN_EXPIRED, endorsement_current",
    "SIMULATED, endorsement_genuine",
    "SHA1_SIGNED, endorsement_hash"
  })
  void findingOfTheEndorsement_isAWarning(Finding finding, String reason) {
    Appraisal appraisal =
        Appraiser.appraise(
            quote(Statement.values(Statement.ASKED)), endorsement(finding), MATCHING);

    assertThat(appraisal.overall()).isEqualTo(TrustTier.WARNING);
    assertThat(appraisal.claims()).containsEntry(TrustClaim.HARDWARE, 32);
    assertThat(appraisal.failed()).isEmpty();
    assertThat(appraisal.rules())
        .filteredOn(rule -> rule.tier() == TrustTier.WARNING)
        .extracting(Appraisal.Rule::reason)
        .containsExactly(reason);
  }

  @ParameterizedTest
  @CsvSource({"true, not of each", "false, of each"})
  void revocationThatWasNotChecked_isNotedAlone(boolean unchecked, String actual) {
    Optional<TrustedEndorsement> endorsement =
        unchecked ? endorsement() : endorsementWith(EnumSet.noneOf(Finding.class));

    Appraisal appraisal =
        Appraiser.appraise(quote(Statement.values(Statement.ASKED)), endorsement, MATCHING);

    assertThat(appraisal.overall()).isEqualTo(TrustTier.AFFIRMING);
    assertThat(appraisal.rules())
        .contains(
            new Appraisal.Rule(
                "endorsement_revocation",
                "",
                TrustClaim.HARDWARE,
                0,
                "a current revocation list of each issuer",
                actual));
  }

  @Test
  void valueThatIsNotAllowed_isContraindicatedWithBothValues() {
    TpmDigest other = Statement.value(TpmAlg.SHA256, 9);
    ReferenceValues references = ReferenceValues.builder().allow(7, other).build();

    Appraisal appraisal = appraise(references);

    assertThat(appraisal.overall()).isEqualTo(TrustTier.CONTRAINDICATED);
    assertThat(appraisal.claims()).containsEntry(TrustClaim.CONFIGURATION, 96);
    assertThat(appraisal.failed())
        .containsExactly(
            new Appraisal.Rule(
                "pcr_reference",
                "sha256:7",
                TrustClaim.CONFIGURATION,
                96,
                other.toString(),
                Statement.value(TpmAlg.SHA256, 7).toString()));
  }

  @Test
  void case49_referenceOfBankSha1_isContraindicated() {
    ReferenceValues references =
        ReferenceValues.builder().allow(0, Statement.value(TpmAlg.SHA1, 0)).build();
    PcrSelection sha1 = PcrSelection.of(TpmAlg.SHA1, 0);

    Appraisal appraisal =
        Appraiser.appraise(quote(Statement.values(sha1)), endorsement(), references);

    assertThat(reasons(appraisal)).containsExactly("pcr_bank_sha1");
    // The quoted SHA-1 values give no claim either.
    assertThat(appraisal.claims()).doesNotContainKey(TrustClaim.EXECUTABLES);
  }

  @ParameterizedTest
  @CsvSource({"16", "23"})
  void case51_referenceOfAResettablePcr_isContraindicated(int index) {
    TpmDigest value = Statement.value(TpmAlg.SHA256, index);
    ReferenceValues references = ReferenceValues.builder().allow(index, value).build();

    Appraisal appraisal =
        Appraiser.appraise(
            quote(Statement.values(PcrSelection.of(TpmAlg.SHA256, index))),
            endorsement(),
            references);

    assertThat(reasons(appraisal)).containsExactly("pcr_resettable");
  }

  @Test
  void case52_referenceOfAPcrNotQuoted_isContraindicated() {
    ReferenceValues references =
        ReferenceValues.builder()
            .allow(2, Statement.value(TpmAlg.SHA256, 2))
            .allow(0, Statement.value(TpmAlg.SHA512, 0))
            .build();

    assertThat(reasons(appraise(references))).containsExactly("pcr_quoted", "pcr_quoted");
  }

  @ParameterizedTest
  @CsvSource({"0", "-1"})
  void case53_bankThatWasNeverExtended_isContraindicated(byte fill) {
    byte[] initial = new byte[48];
    java.util.Arrays.fill(initial, fill);
    PcrValues values = Statement.values(Statement.ASKED);
    List<TpmDigest> digests = new ArrayList<>(values.digests().subList(0, 3));
    digests.add(TpmDigest.of(TpmAlg.SHA384, initial));
    digests.add(TpmDigest.of(TpmAlg.SHA384, initial));

    Appraisal appraisal =
        Appraiser.appraise(quote(new PcrValues(Statement.ASKED, digests)), endorsement(), MATCHING);

    assertThat(appraisal.failed())
        .extracting(rule -> rule.reason() + " " + rule.subject())
        .containsExactly("pcr_bank_live sha384");
  }

  @Test
  void noReferenceValues_judgeNoPcr() {
    assertThat(appraise(ReferenceValues.NONE).rules())
        .extracting(Appraisal.Rule::reason)
        .doesNotContain("pcr_reference", "pcr_quoted");
  }

  private static Appraisal appraise(ReferenceValues references) {
    return Appraiser.appraise(quote(Statement.values(Statement.ASKED)), endorsement(), references);
  }

  private static List<String> reasons(Appraisal appraisal) {
    assertThat(appraisal.overall()).isEqualTo(TrustTier.CONTRAINDICATED);
    return appraisal.failed().stream().map(Appraisal.Rule::reason).toList();
  }

  static VerifiedQuote quote(PcrValues values) {
    Statement statement =
        Statement.quote(TpmAlg.SHA256)
            .withAttested(
                new Attested.Quote(values.selection(), values.pcrDigest(TpmAlg.SHA256).value()));
    return (VerifiedQuote)
        QuoteVerifier.verify(
            statement.parsed(),
            AK.sign(statement.bytes()),
            values,
            AK.enrolled(),
            Statement.QUALIFYING_DATA,
            values.selection());
  }

  private static Optional<TrustedEndorsement> endorsement(Finding... findings) {
    Set<Finding> all = EnumSet.of(Finding.REVOCATION_NOT_CHECKED);
    all.addAll(List.of(findings));
    return endorsementWith(all);
  }

  static Optional<TrustedEndorsement> endorsementWith(Set<Finding> all) {
    TpmDigest digest = Statement.value(TpmAlg.SHA256, 0);
    return Optional.of(
        new TrustedEndorsement(
            EK.publicArea,
            digest,
            new TrustedEndorsement.Device("id:57524954", "soft", "id:01"),
            digest,
            SoftwareCa.UNTIL,
            all));
  }
}
