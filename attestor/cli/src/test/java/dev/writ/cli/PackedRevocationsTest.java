// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.KeyAlgorithm;
import dev.writ.artifact.KeyChange;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevokedBy;
import dev.writ.artifact.RevokedScope;
import dev.writ.artifact.UuidV7;
import dev.writ.lineage.Lineage;
import dev.writ.lineage.Openings;
import dev.writ.lineage.VerifiedLeaves;
import dev.writ.lineage.Withdrawal;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What a pack says of the ends of artifacts of which it has leaf 2 and others; nothing of them is opened. */
class PackedRevocationsTest {
  private static final Instant TIME = Instant.parse("2026-11-21T06:00:00Z");
  private static final Path EXAMPLE =
      Path.of("../../verifier/artifact/src/test/resources/worked-example/trust.json");
  private static final Hash ANY = SampleLeaves.digest("any");
  private static final Duration AFTER_ITS_END =
      ArtifactClaims.MAX_LIFETIME.plus(Duration.ofSeconds(61));

  private final List<Leaf> leaves = new ArrayList<>();

  PackedRevocationsTest() {
    add(
        TIME,
        new LeafBody.KeyStatement(
            ANY, KeyRole.ISSUER, KeyAlgorithm.ES256, KeyState.ACTIVE, Optional.empty()));
    add(TIME, new LeafBody.PolicyInForce(new PolicyReference("p", 1, ANY, 1)));
    add(TIME, allow(SampleLeaves.uuid()));
  }

  private static LeafBody allow(UuidV7 jti) {
    Commitment any = new Commitment(ANY);
    return new LeafBody.DecisionAllow(jti, ANY, ANY, ANY, ANY, 1, any, any, any);
  }

  private void add(Instant time, LeafBody body) {
    leaves.add(Leaf.of(time, SampleLeaves.uuid(), List.of(), body));
  }

  private static LeafBody revocation(RevokedScope scope) {
    return new LeafBody.ScopeRevocation(scope, RevocationReason.CEASED, RevokedBy.OPERATOR);
  }

  private static RevokedScope range() {
    return new RevokedScope.OfRange(new RevokedScope.Places(2, 3));
  }

  /** The pack of leaf 2 that has these leaves of the log besides. */
  private PackedRevocations of(long... others) throws Exception {
    SampleLog log = SampleLog.of(leaves.stream().map(Leaf::bytes).toList());
    SignedNote note = SignedNote.parse(log.readCheckpoint().orElseThrow());
    VerifiedLeaves proven = new VerifiedLeaves(log, Checkpoint.parse(note.text()), note);
    PackInMemory memory = new PackInMemory();
    memory.put(PackNames.CHECKPOINT, note.bytes());
    memory.put(PackNames.trust(1), Files.readAllBytes(EXAMPLE));
    memory.put(
        PackNames.QUESTION,
        new PackQuestion(2, 3, false, "demo", List.of(), List.of(), List.of()).toJson());
    for (long at : LongStream.concat(LongStream.of(0, 1, 2), Arrays.stream(others)).toArray()) {
      memory.put(PackNames.leaf(at), leaves.get((int) at).bytes());
      memory.put(
          PackNames.proof(at),
          TlogProof.of(proven.proof(at), note).format().getBytes(StandardCharsets.UTF_8));
    }
    PackContents contents = PackContents.read(memory);
    return PackedRevocations.of(
        contents,
        Lineage.of(
            new PackedLeafSource(contents),
            new TreeSet<>(contents.leaves().keySet()),
            Openings.NONE));
  }

  private static String notShown(PackedRevocations revocations) {
    PackCheck check = revocations.check();
    assertThat(check.outcome()).as(check.what()).isEqualTo(PackCheck.Outcome.NOT_SHOWN);
    return check.what();
  }

  private static String holds(PackedRevocations revocations) {
    PackCheck check = revocations.check();
    assertThat(check.outcome()).as(check.what()).isEqualTo(PackCheck.Outcome.HOLDS);
    return check.what();
  }

  @Test
  void absence_isShownByEveryLeafUntilTheEnd_orToTheCheckpoint() throws Exception {
    assertThat(holds(of()))
        .isEqualTo(
            "of 1 artifacts asked for 0 were revoked; that no leaf did is shown of 1,"
                + " of 1 as of the checkpoint");
    add(TIME.plusSeconds(1), allow(SampleLeaves.uuid()));
    add(TIME.plus(AFTER_ITS_END).minusSeconds(2), allow(SampleLeaves.uuid()));
    add(TIME.plus(AFTER_ITS_END), allow(SampleLeaves.uuid()));
    add(TIME.plus(AFTER_ITS_END), allow(SampleLeaves.uuid()));
    assertThat(holds(of(3, 4, 5))).endsWith("is shown of 1");
    assertThat(of(3, 4, 5).absence(2)).isEqualTo(PackedRevocations.Absence.UNTIL_ITS_END);
    // A clock may step back a minute between one leaf and the next.
    assertThat(notShown(of(3, 4))).endsWith("is shown of 0, and not shown of 1");
  }

  @Test
  void leafThatIsNotThere_isNotShownToEndNothing() throws Exception {
    add(TIME.plusSeconds(1), revocation(range()));
    add(TIME.plus(AFTER_ITS_END), allow(SampleLeaves.uuid()));
    assertThat(notShown(of(4))).startsWith("of 1 artifacts asked for 0 were revoked;");
    // Whether it had ended by then says the artifact, which lay beside its leaf.
    assertThat(notShown(of(3, 4)))
        .contains("perhaps by leaf 3 of 2026-11-21T06:00:01Z (ledger_range, ceased, by operator)");
  }

  @Test
  void artifactThatALeafNames_isRevokedSinceThatLeaf() throws Exception {
    UuidV7 jti = ((LeafBody.DecisionAllow) leaves.get(2).body()).jti();
    leaves.add(
        Leaf.of(
            TIME.plusSeconds(5),
            SampleLeaves.uuid(),
            List.of(leaves.get(2).hash()),
            new LeafBody.Revocation(jti, RevocationReason.SUPERSEDED)));
    assertThat(holds(of(3)))
        .startsWith(
            "of 1 artifacts asked for 1 were revoked: by leaf 3 of 2026-11-21T06:00:05Z (artifact "
                + jti
                + ", superseded) that of leaf 2;");
    assertThat(notShown(of())).contains(" 0 were revoked; ");
  }

  /** By that leaf alone. The artifact may have ended by then: it lay beside its leaf. */
  @Test
  void artifactWhoseKeyIsCompromised_isRevokedSinceThatLeaf() throws Exception {
    add(
        TIME.plusSeconds(9),
        new KeyChange(
            ANY,
            KeyRole.ISSUER,
            KeyState.COMPROMISED,
            ANY,
            Optional.empty(),
            Optional.empty(),
            OptionalLong.of(2),
            Optional.empty()));
    assertThat(notShown(of(3)))
        .contains("perhaps by leaf 3 of 2026-11-21T06:00:09Z (issuer key, compromised)");
    assertThat(of(3).of(2)).containsExactly(new Withdrawal(3, 2, false));
  }
}
