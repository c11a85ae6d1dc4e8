// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import static dev.writ.lineage.SampleLog.NOW;
import static dev.writ.lineage.SampleLog.artifact;
import static dev.writ.lineage.SampleLog.bootRevocation;
import static dev.writ.lineage.SampleLog.commitment;
import static dev.writ.lineage.SampleLog.digest;
import static dev.writ.lineage.SampleLog.revocation;
import static dev.writ.lineage.SampleLog.salt;
import static dev.writ.lineage.SampleLog.uuid;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.KeyChange;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevokedBy;
import dev.writ.artifact.RevokedScope;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Each leaf that can end an artifact is found by the log; the allow is leaf 5 of each. */
class WithdrawalsTest {
  private static final String SUBJECT = "spiffe://writ.example/payroll";

  private final SampleLog log = new SampleLog();
  private final Artifact artifact = artifact(1).build();

  private void revoked(RevokedScope scope) {
    List<Leaf> parents =
        scope instanceof RevokedScope.OfHost ? List.of(log.policy, log.host) : List.of(log.policy);
    log.add(
        parents, new LeafBody.ScopeRevocation(scope, RevocationReason.CEASED, RevokedBy.OPERATOR));
  }

  private static RevokedScope.OfWorkload workload(String subject, long before) {
    return new RevokedScope.OfWorkload(commitment("workload", subject), before);
  }

  private static Withdrawal certain(long leaf) {
    return new Withdrawal(leaf, 5, true);
  }

  private static Withdrawal inDoubt(long leaf) {
    return new Withdrawal(leaf, 5, false);
  }

  @Test
  void artifact_isEndedByEachLeafThatMeansIt_andByNoneThatMeansOthers() throws Exception {
    log.allowed(artifact);
    log.add(List.of(log.leaves.get(5)), revocation(1));
    Hash ak = ((LeafBody.Enrolment) log.host.body()).akNameDigest();
    revoked(new RevokedScope.OfHost(ak));
    log.add(List.of(log.host), bootRevocation(ak));
    revoked(new RevokedScope.OfEpoch(1, new RevokedScope.Places(3, 6)));
    revoked(new RevokedScope.OfKey(digest("issuer"), new RevokedScope.Places(0, 6)));
    revoked(new RevokedScope.OfRange(new RevokedScope.Places(5, 6)));
    revoked(new RevokedScope.OfHost(digest("another")));
    log.add(List.of(log.host), bootRevocation(digest("another")));
    revoked(new RevokedScope.OfRange(new RevokedScope.Places(6, 9)));
    revoked(workload(SUBJECT, 5));
    assertThat(log.read(artifact).withdrawals(5))
        .containsExactly(certain(6), certain(7), certain(8), certain(9), certain(10), certain(11));
    assertThat(log.read(artifact).withdrawals(6)).isEmpty();
  }

  @Test
  void workload_isMeantOrNot_onceBothAreOpened() throws Exception {
    log.allowed(artifact);
    revoked(workload(SUBJECT, 6));
    assertThat(log.read(artifact).withdrawals(5)).containsExactly(inDoubt(6));
    Openings.Builder subject = new Openings.Builder().open(salt("subject"), SUBJECT);
    assertThat(log.read().opened(subject.build()).withdrawals(5)).containsExactly(inDoubt(6));
    Openings.Builder known =
        new Openings.Builder().add(artifact.compact().getBytes(StandardCharsets.US_ASCII));
    Openings both = known.open(salt("workload"), SUBJECT).build();
    assertThat(log.read().opened(both).withdrawals(5)).containsExactly(certain(6));

    SampleLog other = new SampleLog();
    other.allowed(artifact);
    other.add(
        List.of(log.policy),
        new LeafBody.ScopeRevocation(
            workload("spiffe://writ.example/other", 6),
            RevocationReason.CEASED,
            RevokedBy.OPERATOR));
    assertThat(
            other
                .read()
                .opened(known.open(salt("workload"), "spiffe://writ.example/other").build())
                .withdrawals(5))
        .isEmpty();
  }

  @Test
  void artifactThatHadEnded_isNotEnded_exceptByItsName() throws Exception {
    Artifact ended =
        artifact(1)
            .with("iat", NOW.getEpochSecond())
            .with("nbf", NOW.getEpochSecond())
            .with("exp", NOW.getEpochSecond() + 7)
            .build();
    log.allowed(ended);
    revoked(new RevokedScope.OfRange(new RevokedScope.Places(5, 6)));
    revoked(new RevokedScope.OfRange(new RevokedScope.Places(5, 6)));
    log.add(List.of(log.leaves.get(5)), revocation(1));
    assertThat(log.read(ended).withdrawals(5)).containsExactly(certain(6), certain(8));
    // Unopened it may have lived for an hour.
    assertThat(log.read().withdrawals(5)).containsExactly(inDoubt(6), inDoubt(7), certain(8));
    log.leaves.add(
        Leaf.of(
            NOW.plusSeconds(5 + 3600),
            uuid(99),
            List.of(log.policy.hash()),
            new LeafBody.ScopeRevocation(
                new RevokedScope.OfRange(new RevokedScope.Places(5, 6)),
                RevocationReason.CEASED,
                RevokedBy.OPERATOR)));
    assertThat(log.read().withdrawals(5)).hasSize(3);
  }

  @Test
  void whatEndsAnArtifact_endsThoseUnderIt() throws Exception {
    Leaf parent = log.allowed(artifact);
    Artifact child = artifact(2).lineage(uuid(1002), uuid(1), uuid(1001), 1).build();
    Leaf below = log.allowedUnder(parent, child);
    Leaf last =
        log.allowedUnder(below, artifact(3).lineage(uuid(1003), uuid(2), uuid(1001), 2).build());
    log.add(List.of(parent), revocation(1));
    revoked(new RevokedScope.OfRange(new RevokedScope.Places(6, 7)));
    Artifact third = artifact(3).lineage(uuid(1003), uuid(2), uuid(1001), 2).build();
    Lineage lineage = log.read(third);
    assertThat(lineage.withdrawals(log.leaves.indexOf(last)))
        .containsExactly(new Withdrawal(8, 5, true), new Withdrawal(9, 6, true));
    assertThat(lineage.withArtifactsAbove(new TreeSet<>(List.of(7L)))).containsExactly(5L, 6L, 7L);
    assertThat(lineage.withdrawals(5)).containsExactly(certain(8));
  }

  /** In leaves of before delegation the artifact alone says it. */
  @Test
  void whatEndsAnArtifact_endsThoseThatNameItWhenOpened() throws Exception {
    Leaf parent = log.allowed(artifact);
    Artifact child = artifact(2).lineage(uuid(1002), uuid(1), uuid(1001), 1).build();
    log.allowed(child);
    log.add(List.of(parent), revocation(1));
    assertThat(log.read(child).withdrawals(6)).containsExactly(new Withdrawal(7, 5, true));
    assertThat(log.read().withdrawals(6)).isEmpty();
  }

  @Test
  void endOfABreakglass_endsWhatWasIssuedUnderIt_andNothingElse() throws Exception {
    GovernanceStep.Begun begun = SampleLog.breakglass();
    Leaf mode = log.add(List.of(log.policy), begun);
    log.allowed(artifact(2).build());
    log.add(List.of(log.policy, log.host, mode), SampleLog.allow(artifact));
    log.add(List.of(log.policy, mode), SampleLog.end(begun));
    Lineage lineage = log.read(artifact);
    assertThat(lineage.withdrawals(7)).containsExactly(new Withdrawal(8, 7, true));
    assertThat(lineage.withdrawals(6)).isEmpty();
  }

  private static LeafBody issuerKey(
      String kid, KeyState state, Optional<Hash> other, OptionalLong from) {
    return new KeyChange(
        digest(kid),
        KeyRole.ISSUER,
        state,
        digest("operation"),
        Optional.empty(),
        other,
        from,
        Optional.empty());
  }

  /** With that leaf alone: there is no revocation beside it. */
  @Test
  void compromisedKey_endsWhatItSigned_andWhatIsUnderThat() throws Exception {
    Leaf parent = log.allowed(artifact);
    log.add(
        List.of(),
        issuerKey("next", KeyState.ACTIVE, Optional.of(digest("issuer")), OptionalLong.empty()));
    Artifact child = artifact(2).lineage(uuid(1002), uuid(1), uuid(1001), 1).build();
    log.allowedUnder(parent, child);
    Artifact later = artifact(3).build();
    log.allowed(later);
    log.add(
        List.of(), issuerKey("issuer", KeyState.COMPROMISED, Optional.empty(), OptionalLong.of(4)));
    Artifact last = artifact(4).build();
    log.allowed(last);
    Lineage ofFormer = log.read(artifact, child, later, last);
    assertThat(ofFormer.withdrawals(5)).containsExactly(certain(9));
    assertThat(ofFormer.withdrawals(7)).containsExactly(certain(9));
    assertThat(ofFormer.withdrawals(8)).as("signed with the next key").isEmpty();
    log.add(
        List.of(),
        issuerKey("next", KeyState.COMPROMISED, Optional.of(digest("third")), OptionalLong.of(8)));
    Artifact ofThird = artifact(5).build();
    log.allowed(ofThird);
    Lineage ofBoth = log.read(artifact, child, later, last, ofThird);
    assertThat(ofBoth.withdrawals(7))
        .as("decided before the leaf named")
        .containsExactly(certain(9));
    assertThat(ofBoth.withdrawals(8)).containsExactly(new Withdrawal(11, 8, true));
    assertThat(ofBoth.withdrawals(10)).containsExactly(new Withdrawal(11, 10, true));
    assertThat(ofBoth.withdrawals(12)).isEmpty();
    log.add(
        List.of(), issuerKey("third", KeyState.COMPROMISED, Optional.empty(), OptionalLong.of(13)));
    log.add(
        List.of(),
        issuerKey("unused", KeyState.COMPROMISED, Optional.empty(), OptionalLong.empty()));
    assertThat(log.read(ofThird).withdrawals(12)).isEmpty();
  }
}
