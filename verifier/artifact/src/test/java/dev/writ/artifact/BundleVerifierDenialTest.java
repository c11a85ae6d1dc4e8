// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.NOW;
import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Check.Outcome;
import dev.writ.artifact.Presentation.Audience;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Each denial code from a bundle that is valid but for one thing. */
class BundleVerifierDenialTest {
  private final Memory seen = new Memory();
  private final TrustFile trust = TestWorld.trust(TestWorld.devTrust());

  private Verdict verify(Issuance issuance) {
    return verify(issuance, TestWorld.presentation());
  }

  private Verdict verify(Issuance issuance, Presentation presentation) {
    return verify(trust, issuance, presentation, NOW);
  }

  private Verdict verify(
      TrustFile trust, Issuance issuance, Presentation presentation, Instant now) {
    return BundleVerifier.of(trust).verify(issuance.bundle(), presentation, seen, now);
  }

  static void assertDenied(Verdict verdict, DenialCode code, CheckName check) {
    assertThat(verdict).isInstanceOf(Verdict.Denied.class);
    Verdict.Denied denied = (Verdict.Denied) verdict;
    assertThat(denied.code()).as(denied.reason()).isEqualTo(code);
    assertThat(denied.reason()).startsWith(check.wire()).doesNotContain("a bug");
    assertThat(denied.checks()).extracting(Check::name).containsExactly(CheckName.values());
    int failed = List.of(CheckName.values()).indexOf(check);
    assertThat(denied.checks().get(failed).outcome()).isEqualTo(Outcome.FAILED);
    assertThat(denied.checks().subList(0, failed))
        .extracting(Check::outcome)
        .isSubsetOf(Outcome.PASSED, Outcome.NOT_ASKED);
    assertThat(denied.checks().subList(failed + 1, denied.checks().size()))
        .extracting(Check::outcome)
        .allMatch(Outcome.NOT_REACHED::equals);
  }

  @Test
  void bundle_nothingWrong_allowed() {
    Verdict verdict = verify(Issuance.valid());

    assertThat(verdict).isInstanceOf(Verdict.Allowed.class);
    Verdict.Allowed allowed = (Verdict.Allowed) verdict;
    assertThat(allowed.artifact().claims()).isEqualTo(TestWorld.claims());
    assertThat(allowed.checks()).extracting(Check::name).containsExactly(CheckName.values());
    assertThat(allowed.checks())
        .filteredOn(check -> check.outcome() != Outcome.PASSED)
        .extracting(Check::name)
        .containsExactly(
            CheckName.GOVERNANCE, CheckName.POLICY_EPOCH, CheckName.STATUS, CheckName.POSSESSION);
    assertThat(seen.uses).containsExactly(Map.entry(TestWorld.JTI, 1));
  }

  @Test
  void bundle_nothingDemanded_listsTheDemandsAsNotAsked() {
    Verdict verdict =
        BundleVerifier.of(trust)
            .verify(Issuance.valid().bundle(), Presentation.NOTHING, Seen.NOTHING_IS_USED, NOW);

    assertThat(verdict).isInstanceOf(Verdict.Allowed.class);
    assertThat(verdict.checks())
        .filteredOn(check -> check.outcome() == Outcome.NOT_ASKED)
        .extracting(Check::name)
        .containsExactly(
            CheckName.AUDIENCE,
            CheckName.TENANT,
            CheckName.GOVERNANCE,
            CheckName.POLICY_EPOCH,
            CheckName.STATUS,
            CheckName.POSSESSION,
            CheckName.HOST,
            CheckName.PCR_DIGEST,
            CheckName.BOOT,
            CheckName.ACTION,
            CheckName.LIMITS,
            CheckName.OBLIGATIONS,
            CheckName.PARENT,
            CheckName.USE);
  }

  @Test
  void given_nothing_artifactMissing() {
    assertDenied(
        BundleVerifier.of(trust).verify(new byte[0], TestWorld.presentation(), seen, NOW),
        DenialCode.ARTIFACT_MISSING,
        CheckName.GIVEN);
  }

  @Test
  void bundleForm_anotherMediaType_unverifiable() {
    byte[] bundle = Replace.once(Issuance.valid().bundle(), "bundle.v1+json", "bundle.v2+json");

    assertDenied(
        BundleVerifier.of(trust).verify(bundle, TestWorld.presentation(), seen, NOW),
        DenialCode.UNVERIFIABLE,
        CheckName.BUNDLE_FORM);
  }

  @Test
  void jwsForm_anotherType_unverifiable() {
    assertDenied(
        verify(Issuance.valid().header(json -> json.replace("authz-artifact+jwt", "JWT"))),
        DenialCode.UNVERIFIABLE,
        CheckName.JWS_FORM);
  }

  @Test
  void signature_ofAKeyThatNobodyBelieves_signatureInvalid() {
    assertDenied(
        verify(Issuance.valid().signedBy(TestKey.random())),
        DenialCode.SIGNATURE_INVALID,
        CheckName.SIGNATURE);
  }

  @Test
  void signature_underTheKidOfAnotherKey_signatureInvalid() {
    assertDenied(
        verify(Issuance.valid().signedBy(TestKey.random()).kid(TestKey.ISSUER.kid())),
        DenialCode.SIGNATURE_INVALID,
        CheckName.SIGNATURE);
  }

  /** The trust file believes the key, but not as issuer. */
  @Test
  void signature_ofTheStatusKeyOrAnOperator_signatureInvalid() {
    TestKey status = TestKey.random();
    TrustedKey issuer = TestWorld.issuerKey(TestKey.ISSUER, KeyState.ACTIVE);
    TrustedKey other =
        new TrustedKey(
            status.verification(), KeyRole.STATUS, issuer.nbf(), issuer.exp(), KeyState.ACTIVE);
    TrustFile both =
        TestWorld.trust(TrustContents.keys(TestWorld.devTrust(), List.of(issuer, other)));

    for (TestKey key : List.of(status, TestKey.OPERATOR)) {
      assertDenied(
          verify(both, Issuance.valid().signedBy(key), TestWorld.presentation(), NOW),
          DenialCode.SIGNATURE_INVALID,
          CheckName.SIGNATURE);
    }
  }

  @Test
  void claimsForm_unknownClaim_unverifiable() {
    assertDenied(
        verify(Issuance.valid().payload(json -> json.replaceFirst("^\\{", "{\"admin\":true,"))),
        DenialCode.UNVERIFIABLE,
        CheckName.CLAIMS_FORM);
  }

  @Test
  void key_compromised_revoked() {
    TrustFile compromised = trustWith(TestWorld.issuerKey(TestKey.ISSUER, KeyState.COMPROMISED));

    assertDenied(
        verify(compromised, Issuance.valid(), TestWorld.presentation(), NOW),
        DenialCode.REVOKED,
        CheckName.KEY);
  }

  @Test
  void key_beforeItsWindow_revoked() {
    TrustFile later = trustWith(issuerKeyBetween(NOW.plusSeconds(30), NOW.plusSeconds(60)));

    assertDenied(
        verify(later, Issuance.valid(), TestWorld.presentation(), NOW),
        DenialCode.REVOKED,
        CheckName.KEY);
  }

  @Test
  void key_atTheEndOfItsWindow_revoked() {
    Instant end = Instant.parse("2026-11-02T08:01:00Z");
    TrustFile ended = trustWith(issuerKeyBetween(NOW.minusSeconds(3600), end));

    assertThat(verify(ended, Issuance.valid(), TestWorld.presentation(), end.minusNanos(1)))
        .isInstanceOf(Verdict.Allowed.class);
    assertDenied(
        verify(ended, Issuance.valid(), TestWorld.presentation(), end),
        DenialCode.REVOKED,
        CheckName.KEY);
  }

  @Test
  void key_notCompromisedWithinItsWindow_allowed() {
    for (KeyState state : EnumSet.complementOf(EnumSet.of(KeyState.COMPROMISED))) {
      Verdict verdict =
          BundleVerifier.of(trustWith(TestWorld.issuerKey(TestKey.ISSUER, state)))
              .verify(
                  Issuance.valid().bundle(), TestWorld.presentation(), Seen.NOTHING_IS_USED, NOW);

      assertThat(verdict).isInstanceOf(Verdict.Allowed.class);
    }
  }

  @Test
  void issuer_another_scopeExceeded() {
    assertDenied(
        verify(Issuance.valid().payload("\"https://writ.example\"", "\"https://evil.example\"")),
        DenialCode.SCOPE_EXCEEDED,
        CheckName.ISSUER);
  }

  @Test
  void audience_anotherGateway_scopeExceeded() {
    assertDenied(
        verify(
            Issuance.valid(),
            TestWorld.presentation().withAudience(new Audience.Gateway("gateway-1"))),
        DenialCode.SCOPE_EXCEEDED,
        CheckName.AUDIENCE);
  }

  @Test
  void audience_execOfNoName_scopeExceeded() {
    String named = ExecAudience.of(TestWorld.AK);

    assertDenied(
        verify(Issuance.valid().payload(named, "exec:host-1")),
        DenialCode.SCOPE_EXCEEDED,
        CheckName.AUDIENCE);
  }

  @Test
  void audience_execOfAnotherHost_passesAndFailsAtTheHost() {
    assertDenied(
        verify(
            Issuance.valid()
                .payload(ExecAudience.of(TestWorld.AK), ExecAudience.of(TestWorld.OTHER_AK))
                .decision(decision -> decision)),
        DenialCode.LINEAGE_FRAGMENTED,
        CheckName.LEAF_AGREES);
    assertDenied(
        verify(
            Issuance.valid()
                .claims(claims -> Claims.audience(claims, ExecAudience.of(TestWorld.OTHER_AK)))),
        DenialCode.ENVIRONMENT_MISMATCH,
        CheckName.HOST);
  }

  @Test
  void tenant_another_scopeExceeded() {
    assertDenied(
        verify(Issuance.valid(), TestWorld.presentation().withTenant("other")),
        DenialCode.SCOPE_EXCEEDED,
        CheckName.TENANT);
  }

  @Test
  void assurance_devArtifactUnderHardwareTrust_environmentUntrusted() {
    assertDenied(
        verify(
            TestWorld.trust(TrustContents.hardware(TestWorld.devTrust())),
            Issuance.valid(),
            TestWorld.presentation(),
            NOW),
        DenialCode.ENVIRONMENT_UNTRUSTED,
        CheckName.ASSURANCE);
  }

  @Test
  void begun_oneSecondBeyondTheSkew_notYetValid() {
    Instant earliest = TestWorld.MADE.minusSeconds(5);

    assertDenied(
        verify(trust, Issuance.valid(), TestWorld.presentation(), earliest.minusNanos(1)),
        DenialCode.NOT_YET_VALID,
        CheckName.BEGUN);
    assertThat(verify(trust, Issuance.valid(), TestWorld.presentation(), earliest))
        .isInstanceOf(Verdict.Allowed.class);
  }

  @Test
  void notEnded_atExp_expiredWithoutSkew() {
    Instant exp = TestWorld.MADE.plus(TestWorld.LIFETIME);

    assertThat(verify(trust, Issuance.valid(), TestWorld.presentation(), exp.minusNanos(1)))
        .isInstanceOf(Verdict.Allowed.class);
    assertDenied(
        verify(trust, Issuance.valid(), TestWorld.presentation(), exp),
        DenialCode.EXPIRED,
        CheckName.NOT_ENDED);
  }

  @Test
  void leafKind_deny_lineageFragmented() {
    LeafBody deny =
        new LeafBody.DecisionDeny(
            DenialCode.POLICY_DENIED,
            "no-permit",
            Optional.of(TestWorld.claims().request().digest()),
            Optional.of(hash("evidence")),
            hash("policy"),
            7);

    assertDenied(
        verify(Issuance.valid().leafOf(deny)), DenialCode.LINEAGE_FRAGMENTED, CheckName.LEAF_KIND);
  }

  @Test
  void leafKind_notCanonical_lineageFragmented() {
    assertDenied(
        verify(Issuance.valid().leaf(bytes -> Replace.once(bytes, "\"v\":1}", "\"v\": 1}"))),
        DenialCode.LINEAGE_FRAGMENTED,
        CheckName.LEAF_KIND);
  }

  @Test
  void case85_leafAgrees_eachFieldOfAnotherDecision_lineageFragmented() {
    Hash other = hash("other");
    List<Issuance> forged =
        List.of(
            Issuance.valid().decision(d -> Decisions.jti(d, TestWorld.ROOT)),
            Issuance.valid().decision(d -> Decisions.artifact(d, other)),
            Issuance.valid().decision(d -> Decisions.request(d, other)),
            Issuance.valid().decision(d -> Decisions.policy(d, other)),
            Issuance.valid().decision(d -> Decisions.parent(d, Optional.empty())),
            Issuance.valid().decision(d -> Decisions.parent(d, Optional.of(TestWorld.ROOT))),
            Issuance.valid().decision(d -> Decisions.epoch(d, 8)));

    for (Issuance issuance : forged) {
      assertDenied(verify(issuance), DenialCode.LINEAGE_FRAGMENTED, CheckName.LEAF_AGREES);
    }
  }

  @Test
  void inclusion_pathOfAnotherLeaf_lineageFragmented() {
    assertDenied(
        verify(Issuance.valid().proof(text -> Replace.once(text, "index 6\n", "index 5\n"))),
        DenialCode.LINEAGE_FRAGMENTED,
        CheckName.INCLUSION);
  }

  @Test
  void host_anotherAk_environmentMismatch() {
    HostState here = TestWorld.hostState();
    HostState other =
        new HostState(
            TestWorld.OTHER_AK,
            here.pcrs(),
            here.pcrDigest(),
            here.resetCount(),
            here.restartCount());

    assertDenied(
        verify(Issuance.valid(), TestWorld.presentation().withHost(other)),
        DenialCode.ENVIRONMENT_MISMATCH,
        CheckName.HOST);
  }

  @Test
  void case47_pcrDigest_otherStateOrSelection_environmentMismatch() {
    HostState here = TestWorld.hostState();
    HostState changed = new HostState(here.akName(), here.pcrs(), hash("changed"), 12, 3);
    HostState subset =
        new HostState(
            here.akName(),
            List.of(new PcrBankSelection(PcrBankSelection.Bank.SHA256, List.of(0, 2, 4))),
            here.pcrDigest(),
            12,
            3);

    for (HostState host : List.of(changed, subset)) {
      assertDenied(
          verify(Issuance.valid(), TestWorld.presentation().withHost(host)),
          DenialCode.ENVIRONMENT_MISMATCH,
          CheckName.PCR_DIGEST);
    }
  }

  @Test
  void case43_boot_resetOrRestartedSince_environmentMismatch() {
    HostState here = TestWorld.hostState();
    HostState reset = new HostState(here.akName(), here.pcrs(), here.pcrDigest(), 13, 3);
    HostState restarted = new HostState(here.akName(), here.pcrs(), here.pcrDigest(), 12, 4);

    for (HostState host : List.of(reset, restarted)) {
      assertDenied(
          verify(Issuance.valid(), TestWorld.presentation().withHost(host)),
          DenialCode.ENVIRONMENT_MISMATCH,
          CheckName.BOOT);
    }
  }

  @Test
  void action_eachPartAnother_scopeExceeded() {
    Hash args = hash("arguments");
    Map<String, Long> amounts = Map.of("amount", 1L);
    List<ActionAtHand> others =
        List.of(
            new ActionAtHand("read", "/usr/bin/payroll", args, amounts),
            new ActionAtHand("exec", "/usr/bin/payroll2", args, amounts),
            new ActionAtHand("exec", "/usr/bin/payroll", hash("argument"), amounts));

    for (ActionAtHand other : others) {
      assertDenied(
          verify(Issuance.valid(), TestWorld.presentation().withAction(other)),
          DenialCode.SCOPE_EXCEEDED,
          CheckName.ACTION);
    }
  }

  @Test
  void limits_exceededNegativeOrNotCountedHere_runtimeCondition() {
    List<Map<String, Long>> wrong =
        List.of(Map.of("amount", 5001L), Map.of("amount", -1L), Map.of(), Map.of("other", 1L));

    for (Map<String, Long> amounts : wrong) {
      ActionAtHand action =
          new ActionAtHand("exec", "/usr/bin/payroll", hash("arguments"), amounts);
      assertDenied(
          verify(Issuance.valid(), TestWorld.presentation().withAction(action)),
          DenialCode.RUNTIME_CONDITION,
          CheckName.LIMITS);
    }
  }

  @Test
  void obligations_oneThatIsNotKnownHere_runtimeCondition() {
    assertDenied(
        verify(Issuance.valid(), TestWorld.presentation().withObligations(Set.of("logs"))),
        DenialCode.RUNTIME_CONDITION,
        CheckName.OBLIGATIONS);
  }

  @Test
  void obligations_oneIsDemandedThatTheArtifactHasNot_runtimeCondition() {
    Presentation demanding =
        TestWorld.presentation()
            .withObligations(
                new Presentation.Obligations(Set.of("log", "sealed_copy"), Set.of("sealed_copy")));

    assertDenied(
        verify(Issuance.valid(), demanding), DenialCode.RUNTIME_CONDITION, CheckName.OBLIGATIONS);
    assertThat(seen.uses).isEmpty();
  }

  @Test
  void obligations_oneIsDemandedThatTheArtifactHas_passed() {
    assertThat(
            verify(
                Issuance.valid(),
                TestWorld.presentation()
                    .withObligations(new Presentation.Obligations(Set.of("log"), Set.of("log")))))
        .isInstanceOf(Verdict.Allowed.class);
  }

  @Test
  void obligations_demandedAndNotMet_isRefused() {
    assertThatThrownBy(() -> new Presentation.Obligations(Set.of("log"), Set.of("sealed_copy")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be met");
  }

  /** Who lets an action happen and says nothing of obligations meets none. */
  @Test
  void obligations_notNamedWhereAnActionIsDemanded_runtimeCondition() {
    Presentation silent =
        Presentation.NOTHING.withAction(TestWorld.presentation().action().orElseThrow());

    assertDenied(
        verify(Issuance.valid(), silent), DenialCode.RUNTIME_CONDITION, CheckName.OBLIGATIONS);
    assertThat(seen.uses).isEmpty();
  }

  @Test
  void obligations_artifactHasNoneAndNoneAreNamed_passed() {
    Presentation silent =
        Presentation.NOTHING.withAction(TestWorld.presentation().action().orElseThrow());
    Verdict verdict =
        verify(
            Issuance.valid().claims(claims -> Claims.governance(claims, withoutObligations())),
            silent);

    assertThat(verdict).isInstanceOf(Verdict.Allowed.class);
    assertThat(verdict.checks())
        .filteredOn(check -> check.name() == CheckName.OBLIGATIONS)
        .extracting(Check::outcome)
        .containsExactly(Outcome.PASSED);
  }

  private static Governance withoutObligations() {
    Governance gov = TestWorld.claims().gov();
    return new Governance(gov.initiator(), gov.approvals(), List.of(), gov.mode());
  }

  @Test
  void parent_another_authorizationDiscontinuity() {
    assertDenied(
        verify(Issuance.valid(), TestWorld.presentation().withParent(TestWorld.ROOT)),
        DenialCode.AUTHORIZATION_DISCONTINUITY,
        CheckName.PARENT);
  }

  @Test
  void use_second_replayed() {
    assertThat(verify(Issuance.valid())).isInstanceOf(Verdict.Allowed.class);
    assertDenied(verify(Issuance.valid()), DenialCode.REPLAYED, CheckName.USE);
  }

  @Test
  void use_deniedForAnotherReason_isNotRecorded() {
    assertThat(verify(Issuance.valid(), TestWorld.presentation().withTenant("other")))
        .isInstanceOf(Verdict.Denied.class);

    assertThat(seen.uses).isEmpty();
  }

  @Test
  void use_memoryUnavailable_unverifiable() {
    Verdict verdict =
        BundleVerifier.of(trust)
            .verify(
                Issuance.valid().bundle(),
                TestWorld.presentation(),
                new Memory().answeringUses(() -> Seen.UseOutcome.UNAVAILABLE),
                NOW);

    assertDenied(verdict, DenialCode.UNVERIFIABLE, CheckName.USE);
  }

  @Test
  void use_memoryThrows_unverifiable() {
    Verdict verdict =
        BundleVerifier.of(trust)
            .verify(
                Issuance.valid().bundle(),
                TestWorld.presentation(),
                new Memory()
                    .answeringUses(
                        () -> {
                          throw new IllegalStateException("disk full");
                        }),
                NOW);

    assertThat(((Verdict.Denied) verdict).code()).isEqualTo(DenialCode.UNVERIFIABLE);
  }

  private static TrustFile trustWith(TrustedKey key) {
    return TestWorld.trust(TrustContents.keys(TestWorld.devTrust(), List.of(key)));
  }

  private static TrustedKey issuerKeyBetween(Instant nbf, Instant exp) {
    return new TrustedKey(TestKey.ISSUER.verification(), KeyRole.ISSUER, nbf, exp, KeyState.ACTIVE);
  }
}
