// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.BootEnd;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import dev.writ.evidence.Challenge;
import dev.writ.fixtures.SoftwareTpm.Timing;
import dev.writ.ledger.HostClock;
import dev.writ.ledger.HostState;
import dev.writ.ledger.LastSeen;
import dev.writ.ledger.StateChange;
import dev.writ.ledger.StatusIndex;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Hosts that boot, are restored, stand still, or say what they said before. */
final class ContinuityTest extends TwoHosts {
  @CanIgnoreReturnValue
  private UuidV7 issued(SoftwareHost to) throws Exception {
    return Deployment.claims(deployment.attest(to)).jti();
  }

  private boolean isRevoked(UuidV7 jti) throws Exception {
    return deployment.service().ledger().artifact(jti).orElseThrow().revoked();
  }

  private String lastPayload() throws Exception {
    return new String(
        deployment.service().ledger().payload(deployment.leaves() - 1).orElseThrow(), UTF_8);
  }

  private LastSeen lastSeen() throws Exception {
    return deployment.service().ledger().lastSeen(host.akName()).orElseThrow();
  }

  private Leaf leaf(long index) throws Exception {
    return deployment.service().ledger().leaf(index).orElseThrow();
  }

  private String denied(SoftwareHost asking) {
    return Deployment.denial(DenialCode.RUNTIME_INTEGRITY, deployment.attest(asking)).reason();
  }

  /** Its TPM keeps other counts from here on, with the clock going on. */
  private static void count(SoftwareHost of, int resets, int restarts) {
    Timing now = of.tpm().timing();
    of.tpm().restore(new Timing(now.clock(), resets, restarts, true));
  }

  private void later() {
    deployment.clock.advance(Duration.ofSeconds(1));
  }

  @Test
  void newBoot_voidsWhatTheHostHas_inOneLeafBeforeItsDecision() throws Exception {
    UuidV7 first = issued(host);
    UuidV7 second = issued(host);
    UuidV7 others = issued(other);
    long leaves = deployment.leaves();

    SoftwareHost rebooted = host.sameTpmAndKeys();
    UuidV7 third = issued(rebooted);

    assertThat(deployment.leaves()).isEqualTo(leaves + 2);
    Leaf voided = leaf(leaves);
    assertThat(voided.kind()).isEqualTo(LeafKind.REVOCATION);
    assertThat(voided.body())
        .isEqualTo(
            new LeafBody.BootRevocation(
                Hash.sha256(host.akName().bytes()), 7, 3, BootEnd.NEW_BOOT));
    assertThat(leaf(leaves + 1).kind()).isEqualTo(LeafKind.DECISION_ALLOW);
    assertThat(voided.parents()).hasSize(1);
    assertThat(leaf(leaves + 1).parents()).containsAll(voided.parents());
    assertThat(List.of(isRevoked(first), isRevoked(second))).containsOnly(true);
    assertThat(List.of(isRevoked(third), isRevoked(others))).containsOnly(false);
    assertThat(lastSeen().clock().resetCount()).isEqualTo(8);
    issued(rebooted);
    assertThat(deployment.leaves()).isEqualTo(leaves + 3);
  }

  @Test
  void newBoot_isOnTheStatusList_andAVerifierSaysRevoked() throws Exception {
    ProofBundle before = Deployment.bundle(deployment.attest(host));
    int list =
        deployment
            .service()
            .ledger()
            .artifact(Deployment.claims(new IssuanceOutcome.Issued(before)).jti())
            .orElseThrow()
            .status()
            .orElseThrow()
            .list();

    issued(host.sameTpmAndKeys());
    Deployment.join(deployment.service().statusTokens().publish(list));
    String newest = deployment.service().statusTokens().token(list).orElseThrow();
    ProofBundle shown =
        ProofBundle.of(
            Artifact.parse(before.artifact()),
            Leaf.parse(before.leaf()),
            before.tlogProof(),
            StatusToken.parse(newest));

    assertThat(deployment.verdict(shown, new SeenInMemory()))
        .isInstanceOfSatisfying(
            Verdict.Denied.class,
            denied -> assertThat(denied.code()).isEqualTo(DenialCode.REVOKED));
  }

  /** Nobody asks for it: the clock, and with it the time of the next, stands still. */
  @Test
  void newBoot_isInTheNextToken_whichIsMadeAtOnce() throws Exception {
    UuidV7 before = issued(host);
    StatusIndex bit =
        deployment.service().ledger().artifact(before).orElseThrow().status().orElseThrow();
    StatusTokens tokens = deployment.service().statusTokens();
    Deployment.join(tokens.publish(bit.list()));

    issued(host.sameTpmAndKeys());
    // Of another list: what was asked for earlier is made before it, or with it.
    Deployment.join(tokens.publish(bit.list() + 1));
    assertThat(
            StatusToken.parse(tokens.token(bit.list()).orElseThrow())
                .claims()
                .list()
                .isRevoked(bit.idx()))
        .isTrue();
  }

  @Test
  void applicationsSideBySide_acrossABoot_voidInOneLeaf() throws Exception {
    UuidV7 before = issued(host);
    long leaves = deployment.leaves();
    SoftwareHost rebooted = host.sameTpmAndKeys();
    List<Application> applications = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      applications.add(
          rebooted.answer(deployment.challenge(rebooted), Deployment.request(rebooted)));
    }
    List<CompletionStage<IssuanceOutcome>> asked =
        applications.stream().map(deployment.service().issuance()::issue).toList();

    for (CompletionStage<IssuanceOutcome> each : asked) {
      UuidV7 after = Deployment.claims(Deployment.join(each)).jti();
      assertThat(isRevoked(after)).isFalse();
    }
    assertThat(isRevoked(before)).isTrue();
    List<LeafKind> kinds = new ArrayList<>();
    for (long i = leaves; i < deployment.leaves(); i++) {
      kinds.add(leaf(i).kind());
    }
    assertThat(kinds).hasSize(13).containsOnlyOnce(LeafKind.REVOCATION);
  }

  /** Voided, and then the host is suspended before the decision is committed. */
  @Test
  void decisionThatIsMadeOnceMoreAfterTheVoiding_hasItsChallengeStill() throws Exception {
    UuidV7 before = issued(host);
    long leaves = deployment.leaves();
    SoftwareHost rebooted = host.sameTpmAndKeys();
    Application application =
        rebooted.answer(deployment.challenge(rebooted), Deployment.request(rebooted));
    deployment.random.beforeNextBytes(
        () -> deployment.random.beforeNextBytes(() -> deployment.set(host, HostState.SUSPENDED)));

    assertThat(
            Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.issue(application))
                .reason())
        .isEqualTo("host_suspended");
    assertThat(isRevoked(before)).isTrue();
    assertThat(deployment.leaves()).as("voided, suspended, denied").isEqualTo(leaves + 3);
    deployment.set(host, HostState.ACTIVE);
    assertThat(Deployment.denial(DenialCode.REPLAYED, deployment.issue(application)).reason())
        .isEqualTo("challenge_used");
  }

  /** As if another had written the ledger: what is kept in memory says the boot before. */
  @Test
  void hintOlderThanTheLedger_isFoundAndForgotten() throws Exception {
    issued(host);
    LastSeen seen = lastSeen();
    later();
    deployment.change(
        new LeafBody.BootRevocation(Hash.sha256(host.akName().bytes()), 7, 3, BootEnd.NEW_BOOT),
        new StateChange.SetLastSeen(
            host.akName(),
            new HostClock(seen.clock().clock(), 8, 0, true),
            deployment.clock.instant(),
            deployment.clock.instant(),
            new StateChange.Since.OtherBoot(seen.leafIndex())));
    later();

    assertThat(denied(host)).isEqualTo("reset_count_lower");
    count(host, 8, 0);
    issued(host);
  }

  @Test
  void resume_voidsToo() throws Exception {
    UuidV7 before = issued(host);
    count(host, 7, 4);

    issued(host);
    assertThat(isRevoked(before)).isTrue();
  }

  @Test
  void newBoot_ofAHostWithNothingThatLives_isNoLeaf() throws Exception {
    issued(host);
    deployment.clock.advance(Duration.ofHours(1));
    long leaves = deployment.leaves();

    issued(host.sameTpmAndKeys());
    assertThat(deployment.leaves()).isEqualTo(leaves + 1);
  }

  @Test
  void newBoot_thatIsDenied_voidsAllTheSame() throws Exception {
    UuidV7 before = issued(host);
    long leaves = deployment.leaves();
    SoftwareHost rebooted = host.sameTpmAndKeys();
    rebooted.extend(8, "a module nobody expected");

    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(rebooted));
    assertThat(isRevoked(before)).isTrue();
    assertThat(deployment.leaves()).isEqualTo(leaves + 2);
    assertThat(lastSeen().clock().resetCount()).isEqualTo(8);
  }

  @Test
  void challenge_thatVoided_isUsed() throws Exception {
    issued(host);
    SoftwareHost rebooted = host.sameTpmAndKeys();
    Application application = rebooted.answer(deployment.challenge(host), Deployment.request(host));
    assertThat(deployment.issue(application)).isInstanceOf(IssuanceOutcome.Issued.class);

    assertThat(Deployment.denial(DenialCode.REPLAYED, deployment.issue(application)).reason())
        .isEqualTo("challenge_used");
  }

  /** Who captured it can send it again while its challenge lasts. */
  @Test
  void applicationOfAnEarlierBoot_sentAgain_voidsNothing() throws Exception {
    Application captured = host.answer(deployment.challenge(host), Deployment.request(host));
    assertThat(deployment.issue(captured)).isInstanceOf(IssuanceOutcome.Issued.class);
    later();
    UuidV7 after = issued(host.sameTpmAndKeys());
    LastSeen seen = lastSeen();

    assertThat(deployment.issue(captured)).isInstanceOf(IssuanceOutcome.Denied.class);
    assertThat(isRevoked(after)).isFalse();
    assertThat(lastSeen().clock()).isEqualTo(seen.clock());
  }

  /** Held back on its way, it comes when the next boot was seen. */
  @Test
  void applicationOfAnEarlierBoot_overtaken_isDeniedAndVoidsNothing() throws Exception {
    issued(host);
    Application late = host.answer(deployment.challenge(host), Deployment.request(host));
    later();
    UuidV7 after = issued(host.sameTpmAndKeys());

    assertThat(Deployment.denial(DenialCode.RUNTIME_INTEGRITY, deployment.issue(late)).reason())
        .isEqualTo("reset_count_lower");
    assertThat(isRevoked(after)).isFalse();
  }

  @Test
  void case42_resetCountLower_isDeniedAndVoids_untilItHasPassed() throws Exception {
    UuidV7 before = issued(host);
    long leaves = deployment.leaves();
    later();
    count(host, 6, 3);

    assertThat(denied(host)).isEqualTo("reset_count_lower");
    assertThat(isRevoked(before)).isTrue();
    assertThat(leaf(leaves).body())
        .isEqualTo(
            new LeafBody.BootRevocation(
                Hash.sha256(host.akName().bytes()), 7, 3, BootEnd.ROLLBACK));
    assertThat(leaf(leaves + 1).kind()).isEqualTo(LeafKind.DECISION_DENY);
    assertThat(denied(host)).isEqualTo("reset_count_lower");
    assertThat(deployment.leaves()).isEqualTo(leaves + 3);
    assertThat(lastSeen().clock().resetCount()).isEqualTo(7);
    count(host, 8, 0);
    issued(host);
  }

  @Test
  void case42_restartCountLower_isDenied() throws Exception {
    issued(host);
    later();
    count(host, 7, 2);

    assertThat(denied(host)).isEqualTo("restart_count_lower");
  }

  @Test
  void case42_clockBackwards_isDeniedAndVoids_alsoAfterARestartOfTheService() throws Exception {
    Timing snapshot = host.tpm().timing();
    later();
    UuidV7 before = issued(host);
    deployment.restart();
    deployment.clock.advance(Duration.ofSeconds(61));
    host.tpm().restore(snapshot);

    assertThat(denied(host)).isEqualTo("clock_backwards");
    assertThat(isRevoked(before)).isTrue();
  }

  /** A snapshot that is restored again and again, each time within the same boot. */
  @Test
  void case42_clockBackwardsInOneBootAndNotSafe_isDeniedAndVoids() throws Exception {
    Timing now = host.tpm().timing();
    Timing snapshot = new Timing(now.clock(), 7, 3, false);
    host.tpm().restore(snapshot);
    deployment.clock.advance(Duration.ofSeconds(90));
    UuidV7 before = issued(host);
    later();
    host.tpm().restore(snapshot);

    assertThat(denied(host)).isEqualTo("clock_backwards");
    assertThat(isRevoked(before)).isTrue();
  }

  @Test
  void case42_clockNotSafeInAnotherBoot_isNotComparedAndIsAFinding() throws Exception {
    issued(host);
    later();
    host.tpm().restore(new Timing(1, 8, 0, false));

    issued(host);
    assertThat(lastPayload()).contains("\"clock_safe\":false");
    host.tpm().restore(new Timing(2, 6, 3, false));
    later();
    assertThat(denied(host)).isEqualTo("reset_count_lower");
  }

  /** Two applications side by side, and the service's clock goes back by 2 s before the first comes. */
  @Test
  void clockOfTheServiceThatSteppedBack_voidsNothing() throws Exception {
    issued(host);
    deployment.clock.advance(Duration.ofMinutes(5));
    Challenge first = deployment.challenge(host);
    Challenge second = deployment.challenge(host);
    Application earlier = host.answer(second, Deployment.request(host));
    deployment.clock.advance(Duration.ofMillis(100));
    Application later = host.answer(first, Deployment.request(host));
    deployment.clock.advance(Duration.ofSeconds(-2));
    UuidV7 artifact = Deployment.claims(deployment.issue(later)).jti();
    LastSeen seen = lastSeen();

    assertThat(deployment.issue(earlier)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertThat(isRevoked(artifact)).isFalse();
    assertThat(lastSeen().clock()).isEqualTo(seen.clock());
  }

  @Test
  void case41_clockThatStandsStill_isDeniedHoweverOftenItAsks() throws Exception {
    issued(host);
    Timing then = host.tpm().timing();
    deployment.clock.advance(Duration.ofSeconds(80));
    host.tpm().restore(then);
    issued(host);
    deployment.clock.advance(Duration.ofSeconds(80));
    host.tpm().restore(then);

    assertThat(denied(host)).isEqualTo("quote_older_than_challenge");
    deployment.restart();
    host.tpm().restore(then);
    assertThat(denied(host)).isEqualTo("quote_older_than_challenge");
  }

  @Test
  void hostThatAsksForHours_isNeverDenied() throws Exception {
    for (int i = 0; i < 30; i++) {
      issued(host);
      deployment.clock.advance(Duration.ofSeconds(i % 2 == 0 ? 10 : 300));
    }
  }

  @Test
  void case42_clockNotSafe_policyMayDeny() throws Exception {
    deployment.close();
    Deployment strict = new Deployment(token, folder.resolve("strict"));
    strict.policyRule(
        """
        {"id":"safe-clock","description":"No power cut lately.",
         "stage":"trust","effect":"require","when":"env.clock_safe",
         "code":"environment_untrusted","reason_user":"The TPM's clock is not safe.",
         "reason_admin":"Shut the host down in order, or wait.","mode":"enforce"}""");
    start(strict);
    issued(host);
    Timing now = host.tpm().timing();
    host.tpm().restore(new Timing(now.clock(), 7, 3, false));

    assertThat(
            Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host)).reason())
        .isEqualTo("safe-clock");
  }

  @Test
  void case41_quoteOlderThanItsChallenge_isDeniedAndVoidsNothing() throws Exception {
    UuidV7 before = issued(host);
    Timing then = host.tpm().timing();
    deployment.clock.advance(Duration.ofMinutes(3));
    host.tpm().restore(then);
    long leaves = deployment.leaves();

    Denial denial = Deployment.denial(DenialCode.RUNTIME_INTEGRITY, deployment.attest(host));
    assertThat(denial.reason()).isEqualTo("quote_older_than_challenge");
    assertThat(denial.message()).contains("PT3M", "paused");
    assertThat(deployment.leaves()).isEqualTo(leaves + 1);
    assertThat(isRevoked(before)).isFalse();
    count(host, 7, 4);
    issued(host);
  }

  @Test
  void case44_keyOfTheOwnersHierarchy_isRefusedBeforeItsCountsAreLookedAt() throws Exception {
    issued(host);
    LastSeen seen = lastSeen();
    host.tpm().useOwnerKeys();

    assertThat(denied(host)).isEqualTo("qualified_signer_mismatch");
    assertThat(lastSeen()).isEqualTo(seen);
  }

  @Test
  void findings_sayThatClockIsSafeAndCountsAreInClear() throws Exception {
    issued(host);
    assertThat(lastPayload()).contains("\"clock_safe\":true", "\"counters_clear\":\"none\"");
  }

  /** Asked for side by side, committed in whichever order. */
  @Test
  void applicationsSideBySide_areAllGranted() throws Exception {
    List<Challenge> challenges = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      challenges.add(deployment.challenge(host));
    }
    List<Application> applications = new ArrayList<>();
    for (Challenge challenge : challenges) {
      deployment.clock.advance(Duration.ofMillis(3));
      applications.add(0, host.answer(challenge, Deployment.request(host)));
    }
    List<CompletionStage<IssuanceOutcome>> asked =
        applications.stream().map(deployment.service().issuance()::issue).toList();

    for (CompletionStage<IssuanceOutcome> each : asked) {
      assertThat(Deployment.join(each)).isInstanceOf(IssuanceOutcome.Issued.class);
    }
  }
}
