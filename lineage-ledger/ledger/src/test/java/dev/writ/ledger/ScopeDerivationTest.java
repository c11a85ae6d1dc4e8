// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.akName;
import static dev.writ.ledger.Samples.digest;
import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.Samples.uuid;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static dev.writ.ledger.TestLedgers.tamper;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Admission;
import dev.writ.artifact.AkName;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevokedBy;
import dev.writ.artifact.RevokedScope;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.RecordDescent;
import dev.writ.ledger.StateChange.SetLastSeen;
import dev.writ.ledger.StateChange.Since;
import dev.writ.tlog.Hash;
import dev.writ.tlog.TreeAudit;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** That fsck finds artifacts that stand although a leaf withdrew their scope. */
@Tag("embedded")
class ScopeDerivationTest extends IssuingLedger {
  private static final String SUB = "spiffe://dev.example/worker-a";
  private static final AkName HOST = akName("host-a");

  private UuidV7 jti = uuid();
  private UuidV7 child = uuid();

  private void issueOne() throws Exception {
    receipt(
        commit(
            ledger,
            Entry.of(
                body(
                    new LeafBody.Enrolment(
                        new Commitment(digest()),
                        Hash.sha256(HOST.bytes()),
                        digest("ek of host-a"),
                        Admission.LISTED)),
                Samples.host("host-a"))));
    jti = uuid();
    receipt(
        commit(
            ledger,
            Entry.of(
                leaf(jti),
                new RecordArtifact(
                    jti,
                    LATER,
                    Optional.of(nextBit()),
                    Optional.of(
                        new SetLastSeen(
                            HOST, new HostClock(1, 1, 1, true), NOW, NOW, new Since.Nothing())),
                    Optional.of(Hash.sha256(SUB.getBytes(StandardCharsets.UTF_8)))))));
    child = uuid();
    Leaf decision =
        body(
            new LeafBody.DecisionAllow(
                child,
                digest(),
                digest(),
                digest(),
                digest(),
                1,
                new Commitment(digest()),
                new Commitment(digest()),
                new Commitment(digest()),
                Optional.of(jti),
                Optional.empty()));
    receipt(
        commit(
            ledger,
            Entry.of(decision, recorded(child, LATER), new RecordDescent(child, jti, jti, 0, 9))));
  }

  private static Leaf body(LeafBody body) {
    return Leaf.of(NOW, uuid(), List.of(), body);
  }

  private List<String> faults() throws LedgerException {
    return faults("artifacts of ");
  }

  private List<String> faults(String where) throws LedgerException {
    List<TreeAudit.Fault> faults = new ArrayList<>();
    try (Fsck fsck = Fsck.sqlite(folder)) {
      Fsck.Checked unused = fsck.run(faults::add, leaves -> {});
    }
    return faults.stream()
        .filter(fault -> fault.where().startsWith(where))
        .map(fault -> fault.where() + ": " + fault.was())
        .toList();
  }

  /** The store is as the leaf says, until somebody lets one stand that it withdrew. */
  private void assertFound(RevokedScope scope, ArtifactScope meant, Optional<byte[]> payload)
      throws Exception {
    issueOne();
    Leaf leaf =
        body(
            new LeafBody.ScopeRevocation(
                scope, RevocationReason.HOST_COMPROMISED, RevokedBy.OPERATOR));
    receipt(commit(ledger, new Entry(leaf, ledger.revocationsOf(meant), List.of(), payload)));
    long at = ledger.size() - 1;
    ledger.close();
    assertThat(faults()).isEmpty();

    String where = "artifacts of " + scope.wire() + " before leaf " + at + ": ";
    tamper(folder, "UPDATE artifact SET revoked = 0 WHERE leaf_index = 2");
    assertThat(faults()).containsExactly(where + "1 not");
    tamper(folder, "UPDATE artifact SET revoked = 0");
    assertThat(faults()).containsExactly(where + "2 not");
  }

  /** Of another execution more could be drawn. */
  @Test
  void use_drawnOfAnotherThanTheLeavesSay_isFound() throws Exception {
    issueOne();
    ledger.close();
    assertThat(faults("descent")).isEmpty();
    tamper(folder, "UPDATE descent SET drawn_of = jti");
    assertThat(faults("descent")).containsExactly("descent of leaf 2: absent");
  }

  @Test
  void host_whoseArtifactStands_isFound() throws Exception {
    assertFound(
        new RevokedScope.OfHost(Hash.sha256(HOST.bytes())),
        new ArtifactScope.OfHost(HOST),
        Optional.empty());
  }

  private void say(RevokedScope scope, Instant at, StateChange change) throws Exception {
    Leaf leaf =
        Leaf.of(
            at,
            uuid(),
            List.of(),
            new LeafBody.ScopeRevocation(
                scope, RevocationReason.HOST_COMPROMISED, RevokedBy.OPERATOR));
    receipt(commit(ledger, Entry.of(leaf, change)));
  }

  /** Its parts are true with the last; another that says the same is looked at by itself. */
  @Test
  void revocationInParts_isLookedAtByItsLastLeaf_andALaterOneByItsOwn() throws Exception {
    issueOne();
    RevokedScope scope = new RevokedScope.OfHost(Hash.sha256(HOST.bytes()));
    StateChange all = new StateChange.VoidArtifacts(HOST);
    ArtifactScope meant = new ArtifactScope.OfHost(HOST);
    say(scope, NOW, new StateChange.VoidScope(meant, NOW, NOW.plusMillis(1)));
    say(scope, NOW.plus(LedgerRules.MAX_STEP_BACK), all);
    long last = ledger.size() - 1;
    say(scope, NOW.plus(LedgerRules.MAX_STEP_BACK.multipliedBy(2)).plusMillis(1), all);
    ledger.close();
    assertThat(faults()).isEmpty();

    tamper(folder, "UPDATE artifact SET revoked = 0");
    String where = "artifacts of host before leaf ";
    assertThat(faults()).containsExactly(where + last + ": 2 not", where + (last + 1) + ": 2 not");
  }

  @Test
  void workload_whoseArtifactStands_isFoundByThePayload() throws Exception {
    byte[] salt = new byte[Commitment.SALT_BYTES];
    byte[] sub = SUB.getBytes(StandardCharsets.UTF_8);
    String text = Base64.getUrlEncoder().withoutPadding().encodeToString(salt);
    String payload = "{\"subject\":\"" + SUB + "\",\"subject_salt\":\"" + text + "\"}";
    assertFound(
        new RevokedScope.OfWorkload(Commitment.of(salt, sub), 3),
        new ArtifactScope.OfWorkload(Hash.sha256(sub), 3),
        Optional.of(payload.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void places_whoseArtifactStands_areFound() throws Exception {
    assertFound(
        new RevokedScope.OfRange(new RevokedScope.Places(1, 2)),
        new ArtifactScope.Between(1, 2),
        Optional.empty());
  }
}
