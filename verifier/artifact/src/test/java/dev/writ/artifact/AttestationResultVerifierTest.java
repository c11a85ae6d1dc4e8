// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.AttestationResultVerdict.Accepted;
import dev.writ.artifact.AttestationResultVerdict.Refused;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Attestation results by themselves, under a trust file. */
class AttestationResultVerifierTest {
  private static final Instant NOW = WorkedExample.NOW;
  private static final Ear CLAIMS =
      WorkedExample.attestationResult().until(WorkedExample.claims().exp());

  private static String signed(TestKey key, Ear claims) {
    byte[] input = AttestationResult.signingInput(key.kid(), claims);
    return AttestationResult.assemble(input, key.sign(input)).compact();
  }

  /** Signed by the issuer, whatever it is. */
  private static String signed(String type, byte[] payload) {
    byte[] input = CompactJws.signingInput(CompactJws.header(TestKey.ISSUER.kid(), type), payload);
    return CompactJws.assemble(input, TestKey.ISSUER.sign(input));
  }

  private static AttestationResultVerdict verify(String compact, Instant now) {
    return AttestationResultVerifier.of(WorkedExample.trust()).verify(compact, now);
  }

  private static void assertRefused(
      DenialCode code, CheckName by, AttestationResultVerdict verdict) {
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.code()).as(refused.reason()).isEqualTo(code);
              assertThat(refused.reason()).startsWith(by.wire() + " must be: ");
              assertThat(refused.checks()).hasSize(7);
            });
  }

  @Test
  void result_ofTheIssuer_isAcceptedWithAllItSays() {
    AttestationResultVerdict verdict = verify(signed(TestKey.ISSUER, CLAIMS), NOW);

    assertThat(verdict).isInstanceOf(Accepted.class);
    assertThat(((Accepted) verdict).result().claims()).isEqualTo(CLAIMS);
    assertThat(verdict.checks())
        .extracting(Check::outcome)
        .containsOnly(Check.Outcome.PASSED)
        .hasSize(7);
  }

  @Test
  void result_withoutAnEnd_isNotAskedForOne() {
    AttestationResultVerdict verdict =
        verify(
            signed(TestKey.ISSUER, WorkedExample.attestationResult()),
            NOW.plus(Duration.ofDays(100)));

    assertThat(verdict).isInstanceOf(Accepted.class);
    assertThat(verdict.checks().get(6).outcome()).isEqualTo(Check.Outcome.NOT_ASKED);
  }

  @Test
  void result_afterItsEnd_isExpired() {
    String compact = signed(TestKey.ISSUER, CLAIMS);
    Instant exp = WorkedExample.claims().exp();

    assertThat(verify(compact, exp.minusMillis(1))).isInstanceOf(Accepted.class);
    assertRefused(DenialCode.EXPIRED, CheckName.NOT_ENDED, verify(compact, exp));
  }

  /** Under the issuer's key: what another house signs with it, or what stands in an artifact. */
  @Test
  void result_thatNamesAnotherIssuerOrNone_isNotTheIssuers() {
    AppraisedSubject subject = requireNonNull(CLAIMS.submods().get("host")).subject().orElseThrow();
    for (Ear ear :
        List.of(
            WorkedExample.appraisal(),
            WorkedExample.appraisal().by("https://other.example", subject))) {
      assertRefused(
          DenialCode.SCOPE_EXCEEDED, CheckName.ISSUER, verify(signed(TestKey.ISSUER, ear), NOW));
    }
  }

  @Test
  void result_fromTheFuture_isNotYetValidBeyondTheSkew() {
    String compact = signed(TestKey.ISSUER, CLAIMS);
    Instant iat = CLAIMS.iat();

    assertThat(verify(compact, iat.minusSeconds(5))).isInstanceOf(Accepted.class);
    assertRefused(
        DenialCode.NOT_YET_VALID, CheckName.BEGUN, verify(compact, iat.minusMillis(5_001)));
  }

  /** A key of the trust file that is no issuer's, and one that nobody knows. */
  @Test
  void result_ofAnotherKey_isNotTheIssuers() {
    for (TestKey key : List.of(TestKey.STATUS, TestKey.LOG, TestKey.random())) {
      assertRefused(
          DenialCode.SIGNATURE_INVALID, CheckName.SIGNATURE, verify(signed(key, CLAIMS), NOW));
    }
    byte[] input = AttestationResult.signingInput(TestKey.ISSUER.kid(), CLAIMS);
    String forged = AttestationResult.assemble(input, TestKey.LOG.sign(input)).compact();
    assertRefused(DenialCode.SIGNATURE_INVALID, CheckName.SIGNATURE, verify(forged, NOW));
  }

  /** A result stands in no ledger: no index says that it was made before. */
  @Test
  void result_ofAKeyThatIsCompromisedFromAnIndexOn_isRevoked() {
    TrustedKey key = TestWorld.compromisedKey(TestKey.ISSUER, OptionalLong.of(Require.MAX_EXACT));
    TrustFile trust = TestWorld.trust(TrustContents.keys(TestWorld.devTrust(), List.of(key)));

    assertRefused(
        DenialCode.REVOKED,
        CheckName.KEY,
        AttestationResultVerifier.of(trust).verify(signed(TestKey.ISSUER, CLAIMS), NOW));
  }

  @ParameterizedTest
  @EnumSource(KeyState.class)
  void result_ofAKeyInThisState_isRevokedWhereItIsCompromised(KeyState state) {
    TrustFile trust =
        TestWorld.trust(
            TrustContents.keys(
                TestWorld.devTrust(), List.of(TestWorld.issuerKey(TestKey.ISSUER, state))));

    AttestationResultVerdict verdict =
        AttestationResultVerifier.of(trust).verify(signed(TestKey.ISSUER, CLAIMS), NOW);

    if (state == KeyState.COMPROMISED) {
      assertRefused(DenialCode.REVOKED, CheckName.KEY, verdict);
    } else {
      assertThat(verdict).isInstanceOf(Accepted.class);
    }
  }

  @Test
  void result_outsideItsKeysWindow_isRevoked() {
    String compact = signed(TestKey.ISSUER, WorkedExample.attestationResult());

    assertRefused(
        DenialCode.REVOKED, CheckName.KEY, verify(compact, Instant.parse("2027-11-01T00:00:00Z")));
  }

  /** Both are the issuer's word, under one key: the type alone tells one from the other. */
  @Test
  void artifact_isNoResult_andAResultIsNoArtifact() throws Exception {
    byte[] artifact = WorkedExample.signingInput();
    String permission = Artifact.assemble(artifact, TestKey.ISSUER.sign(artifact)).compact();
    assertRefused(DenialCode.UNVERIFIABLE, CheckName.JWS_FORM, verify(permission, NOW));

    ProofBundle bundle = ProofBundle.parse(Issuance.valid().bundle());
    Map<String, Object> members = StrictJson.tree(bundle.toJson(), ProofBundle.MAX_BYTES);
    members.put("artifact", signed(TestKey.ISSUER, CLAIMS));
    Verdict verdict =
        BundleVerifier.of(TestWorld.trust(TestWorld.devTrust()))
            .verify(
                Jcs.canonical(members), Presentation.NOTHING, Seen.NOTHING_IS_USED, TestWorld.NOW);
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Verdict.Denied.class,
            denied -> assertThat(denied.reason()).startsWith("jws_form must be: "));
  }

  /** Under the other's type, as if the issuer were talked into it: its claims are no such claims. */
  @Test
  void claims_ofTheOther_areNoneUnderThisType() {
    assertRefused(
        DenialCode.UNVERIFIABLE,
        CheckName.CLAIMS_FORM,
        verify(signed(AttestationResult.TYPE, WorkedExample.claims().toJson()), NOW));
    assertThatThrownBy(() -> Artifact.parse(signed(Artifact.TYPE, CLAIMS.toJson())))
        .isInstanceOf(MalformedArtifactException.class);
  }

  @Test
  void everyChangedByte_isRefused() {
    String compact = signed(TestKey.ISSUER, CLAIMS);
    for (int i = 0; i < compact.length(); i++) {
      char other = compact.charAt(i) == 'A' ? 'B' : 'A';
      String changed = compact.substring(0, i) + other + compact.substring(i + 1);
      assertThat(verify(changed, NOW)).as("character " + i).isInstanceOf(Refused.class);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'tag:ietf.org,2026:rats/ear#03', 'tag:github.com,2023:veraison/ear'",
    "'\"ear_status\":\"affirming\"', '\"ear_status\":\"good\"'",
    "'\"submods\":{\"host\":', '\"submods\":{\"h\\u0000st\":'",
    "'\"executables\":2', '\"executables\":96'",
    "'\"executables\":2', '\"executables\":128'",
    "'\"omitted\":0', '\"omitted\":-1'",
    "'\"reason\":\"clock_safe\"', '\"reason\":\"\"'",
    "'\"subject\":\"sha256:7\"', '\"subject\":\"\\u202e\"'",
    "'\"subject\":\"sha256:7\",\"tier\":\"affirming\"', '\"subject\":\"sha256:7\",\"tier\":\"warning\"'",
    "'\"iat\":1793606400', '\"iat\":1793606400.5'",
    "'\"ak_name\":\"AAuE', '\"ak_name\":\"AAAA'",
    "'\"artifact_digest\":', '\"leaf_index\":1,\"artifact_digest\":'",
    "'\"artifact_digest\":', '\"leaf_index\":'",
    "'\"exp\":1793606700', '\"exp\":1793606400'",
  })
  void payload_withABrokenClaim_isNoClaimsSet(String from, String to) {
    byte[] broken = Replace.once(CLAIMS.toJson(), from, to);

    assertRefused(
        DenialCode.UNVERIFIABLE,
        CheckName.CLAIMS_FORM,
        verify(signed(AttestationResult.TYPE, broken), NOW));
  }

  /** Section 4 of the draft: a receiver ignores what it does not know. */
  @Test
  void payload_withAClaimOfAnotherProfile_isReadWithoutIt() {
    byte[] more =
        Replace.once(CLAIMS.toJson(), "{\"ear_verifier_id\"", "{\"ear_v\":1,\"ear_verifier_id\"");

    // The claim sorts elsewhere in JCS: what is read need not be canonical.
    AttestationResultVerdict verdict = verify(signed(AttestationResult.TYPE, more), NOW);

    assertThat(((Accepted) verdict).result().claims()).isEqualTo(CLAIMS);
  }

  @Test
  void text_thatIsNoJws_isRefused() {
    String valid = signed(TestKey.ISSUER, CLAIMS);
    String none =
        Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.US_ASCII))
            + valid.substring(valid.indexOf('.'));
    for (String text :
        List.of("", ".", "..", "...", "{}", valid + "\n", valid + "=", none, valid.repeat(200))) {
      assertRefused(DenialCode.UNVERIFIABLE, CheckName.JWS_FORM, verify(text, NOW));
    }
  }

  /** What one may hold is never more than what one may be. */
  @Test
  void largestRules_stillFitIntoOne() {
    String text = "\u00e9".repeat(60);
    AppraisedRule rule =
        new AppraisedRule(
            "pcr_reference", Optional.of("sha256:7"), Ear.Claim.EXECUTABLES, 96, text, text);
    Ear.Appraisal host =
        new Ear.Appraisal(
            Ear.Tier.CONTRAINDICATED,
            Map.of(),
            List.of(),
            Optional.empty(),
            Optional.of(
                new AppraisedRules(Collections.nCopies(AppraisedRules.MAX_RULES, rule), 7)));
    Ear ear =
        new Ear(CLAIMS.iat(), CLAIMS.verifier(), Map.of("host", host), Optional.empty())
            .by(
                WorkedExample.claims().iss(),
                requireNonNull(CLAIMS.submods().get("host")).subject().orElseThrow());

    assertThat(ear.toJson().length).isBetween(80 * 1024, Ear.MAX_BYTES);
    assertThat(verify(signed(TestKey.ISSUER, ear), NOW)).isInstanceOf(Accepted.class);
  }
}
