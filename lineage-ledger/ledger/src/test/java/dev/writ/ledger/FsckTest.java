// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static dev.writ.ledger.TestLedgers.tamper;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Admission;
import dev.writ.artifact.AkName;
import dev.writ.artifact.ApprovalOf;
import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.KeyAlgorithm;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.OperationKind;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.Reporter;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.TrustReference;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verification;
import dev.writ.artifact.Verifier;
import dev.writ.tlog.Hash;
import dev.writ.tlog.TreeAudit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A store with 700 leaves and a row of every kind, and what fsck says once it was changed. */
class FsckTest {
  private static final int SIZE = 700;
  private static final Hash POLICY = Samples.digest("policy");
  private static final Hash KEY = Samples.digest("key");

  @TempDir static Path whole;
  @TempDir Path folder;
  private Fsck.PayloadCounts payloads = new Fsck.PayloadCounts(0, 0, 0);

  @BeforeAll
  static void fill() throws Exception {
    try (Ledger ledger = TestLedgers.open(whole)) {
      List<Entry> entries = new ArrayList<>();
      entries.add(
          Entry.of(
              leaf(
                  new LeafBody.KeyStatement(
                      KEY, KeyRole.ISSUER, KeyAlgorithm.ES256, KeyState.ACTIVE, Optional.empty())),
              new StateChange.SetKey(
                  KEY, KeyRole.ISSUER, KeyState.ACTIVE, Samples.NOW, Samples.LATER)));
      entries.add(
          Entry.of(
                  leaf(new LeafBody.PolicyInForce(new PolicyReference("p", 1, POLICY, 1))),
                  new StateChange.SetEpoch(1, POLICY))
              .withPayload(new byte[] {1}));
      Hash secret = Samples.digest("secret");
      entries.add(
          Entry.of(
              leaf(
                  new LeafBody.Approval(
                      ApprovalOf.ENROLMENT,
                      new Commitment(Samples.digest()),
                      secret,
                      Samples.LATER)),
              new StateChange.AddInvitation(secret, "host-b", Samples.LATER)));
      AkName ak = Samples.akName("host-a");
      entries.add(
          Entry.of(
              leaf(
                  new LeafBody.Enrolment(
                      new Commitment(Samples.digest()),
                      Hash.sha256(ak.bytes()),
                      Samples.digest("ek of host-a"),
                      Admission.LISTED)),
              Samples.host("host-a")));
      entries.add(issue());
      UuidV7 jti = ((LeafBody.DecisionAllow) entries.get(4).leaf().body()).jti();
      Hash statement = Samples.digest("statement");
      entries.add(
          Entry.of(
              leaf(new LeafBody.Outcome(jti, OutcomeState.OK, Reporter.HOLDER, KEY, statement)),
              new StateChange.RecordOutcome(jti, KEY, ReportedState.OK, statement, 1)));
      entries.add(
          Entry.of(
              leaf(new LeafBody.Revocation(jti, RevocationReason.CEASED)),
              new StateChange.RevokeArtifact(jti)));
      for (int i = 0; i < 2; i++) {
        Hash asked = Samples.digest("question " + i);
        entries.add(
            Entry.of(
                leaf(
                    new Verification(
                        Optional.of(jti),
                        Verifier.SERVICE,
                        Optional.of(KEY),
                        new Commitment(asked),
                        Optional.empty(),
                        Optional.empty(),
                        OptionalLong.of(2))),
                new StateChange.RecordUse(jti, asked, 2)));
      }
      while (entries.size() < SIZE - modes().size() - 1) {
        entries.add(entries.size() < 300 ? issue().withPayload(new byte[2000]) : issue());
      }
      byte[] trust = {2};
      entries.add(
          Entry.of(
              leaf(
                  new OperationStep.Ended(
                      OperationKind.PUBLISH_TRUST,
                      Samples.digest(),
                      OperationStep.End.EXECUTED,
                      Optional.of(new TrustReference(2, Hash.sha256(trust))))),
              new StateChange.PublishTrust(2, trust),
              new StateChange.PutTrustInForce(2)));
      for (GovernanceStep step : modes()) {
        entries.add(Entry.of(leaf(step), GovernanceSamples.change(step)));
      }
      receipt(commit(ledger, entries).get(SIZE - 1));
      assertThat(ledger.payloads().erase(9)).isTrue();
    }
  }

  /** Begun, ended and reviewed; then frozen. */
  private static List<GovernanceStep> modes() {
    BreakglassGrant grant = GovernanceSamples.grant();
    return List.of(
        GovernanceSamples.begun(
            grant, OptionalLong.empty(), Samples.NOW.plusSeconds(60), Samples.NOW.plusSeconds(90)),
        GovernanceSamples.ordered(
            GovernanceOrder.Kind.END, Optional.of(grant.digest()), GovernanceSamples.BOB),
        GovernanceSamples.ordered(
            GovernanceOrder.Kind.REVIEW, Optional.of(grant.digest()), GovernanceSamples.BOB),
        GovernanceSamples.ordered(
            GovernanceOrder.Kind.FREEZE, Optional.empty(), GovernanceSamples.BOB));
  }

  private static Leaf leaf(LeafBody body) {
    return Leaf.of(Samples.NOW, Samples.uuid(), List.of(), body);
  }

  private static Entry issue() {
    return Samples.issue(Samples.nonce());
  }

  private void copy() throws IOException {
    try (Stream<Path> files = Files.list(whole)) {
      for (Path file : files.toList()) {
        Path unused = Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
  }

  private List<TreeAudit.Fault> faults() throws LedgerException {
    List<TreeAudit.Fault> faults = new ArrayList<>();
    try (Fsck fsck = Fsck.sqlite(folder)) {
      Fsck.Checked checked = fsck.run(faults::add, leaves -> {});
      assertThat(checked.origin()).isEqualTo(Samples.ORIGIN);
      assertThat(checked.size()).isEqualTo(fsck.size());
      payloads = checked.payloads();
    }
    return faults;
  }

  @Test
  void store_asTheLedgerLeftIt_isWholeAndStaysAsItWas() throws Exception {
    copy();
    assertThat(faults()).isEmpty();
    assertThat(payloads)
        .as("the policy's, 291 of decisions but for one that was erased")
        .isEqualTo(new Fsck.PayloadCounts(291, 0, 1));
    try (Ledger ledger = TestLedgers.open(folder)) {
      assertThat(ledger.size()).isEqualTo(SIZE);
    }
  }

  /** Name, bytes and time of each file. */
  private static Map<String, String> asItIs(Path folder) throws IOException {
    Map<String, String> found = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        found.put(
            file.getFileName().toString(),
            Hash.sha256(Files.readAllBytes(file)) + " " + Files.getLastModifiedTime(file));
      }
    }
    return found;
  }

  @Test
  void store_thatIsChecked_staysAsItWasToTheByte() throws Exception {
    copy();
    Files.delete(folder.resolve("ledger.lock"));
    Map<String, String> before = asItIs(folder);
    assertThat(before).containsOnlyKeys("ledger.db");
    assertThat(faults()).isEmpty();
    assertThat(asItIs(folder)).isEqualTo(before);
  }

  @Test
  void store_whoseProcessWasKilled_isReadWithItsLogAndStaysAsItWas() throws Exception {
    copy();
    Path killed = folder.resolve("killed");
    try (Ledger ledger = TestLedgers.open(folder)) {
      receipt(commit(ledger, issue()));
      Files.createDirectory(killed);
      for (String file : List.of("ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.lock")) {
        Path unused = Files.copy(folder.resolve(file), killed.resolve(file));
      }
    }
    Map<String, String> before = asItIs(killed);
    List<TreeAudit.Fault> faults = new ArrayList<>();
    try (Fsck fsck = Fsck.sqlite(killed)) {
      assertThat(fsck.run(faults::add, leaves -> {}).size()).isEqualTo(SIZE + 1);
    }
    assertThat(faults).isEmpty();
    assertThat(asItIs(killed)).isEqualTo(before);

    Files.delete(killed.resolve("ledger.db-shm"));
    assertThatThrownBy(() -> Fsck.sqlite(killed))
        .isInstanceOf(LedgerException.class)
        .hasMessageContainingAll("start the service once", "an empty ledger.db-shm is added");
    Path added = Files.createFile(killed.resolve("ledger.db-shm"));
    try (Fsck fsck = Fsck.sqlite(killed)) {
      assertThat(fsck.size()).isEqualTo(SIZE + 1);
    }
    assertThat(added).isEmptyFile();
  }

  @Test
  void store_thatWasEmptied_isLost() throws Exception {
    Path file = Files.createFile(folder.resolve("ledger.db"));
    assertThatThrownBy(this::faults)
        .isInstanceOfSatisfying(LedgerException.class, e -> assertThat(e.isDamage()).isTrue())
        .hasMessageContaining("restore it");
    assertThat(file).isEmptyFile();
    assertThat(asItIs(folder)).containsOnlyKeys("ledger.db");
    Files.delete(file);
    copy();
    tamper(folder, "DELETE FROM tree_head");
    assertThatThrownBy(this::faults)
        .isInstanceOfSatisfying(LedgerException.class, e -> assertThat(e.isDamage()).isTrue());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "UPDATE leaf SET bytes = CAST(replace(bytes, '\"epoch\":1', '\"epoch\":2') AS BLOB)"
            + " WHERE leaf_index = 300 # entry 300",
        "DELETE FROM leaf WHERE leaf_index = 600 # leaf 600",
        "DELETE FROM leaf WHERE leaf_index = 0 # leaf 0",
        "DELETE FROM leaf WHERE leaf_index >= 600 # leaf 600",
        "INSERT INTO leaf SELECT 700, bytes FROM leaf WHERE leaf_index = 9 # leaf",
        "UPDATE tile SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB)"
            + " WHERE level = 0 AND tile_index = 1 # tile/0/001 row 0",
        "UPDATE tile SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB)"
            + " WHERE level = 1 # tile/1/000.p/2 row 0",
        "DELETE FROM tile WHERE level = 0 AND tile_index = 0 # tile/0/000",
        "UPDATE tile SET hashes = substr(hashes, 33) WHERE level = 1 # tile/1/000.p/2",
        "UPDATE tile SET hashes = CAST(hashes || zeroblob(32) AS BLOB) WHERE level = 1"
            + " # tile/1/000.p/2",
        "INSERT INTO tile SELECT 2, 0, hashes FROM tile WHERE level = 1 # tile",
        "UPDATE tree_head SET root = zeroblob(32) # the root",
        "UPDATE tree_head SET newest_time = newest_time + 1 # tree_head newest_time",
        "UPDATE checkpoint SET note = CAST('no note' AS BLOB) # checkpoint",
        "UPDATE checkpoint SET note = CAST(replace(note, '700', '699') AS BLOB) # checkpoint",
        "DELETE FROM artifact WHERE leaf_index = 650 # artifact of leaf 650",
        "UPDATE artifact SET revoked = 0 WHERE leaf_index = 4 # artifact ",
        "INSERT INTO artifact (jti, leaf_index, expires, revoked)"
            + " SELECT zeroblob(16), leaf_index, expires, 0 FROM artifact LIMIT 1 # artifact",
        "DELETE FROM outcome # outcome of leaf 5",
        "DELETE FROM artifact_use WHERE use_number = 2 # artifact_use of leaf 8",
        "UPDATE artifact_use SET leaf_index = 5 WHERE use_number = 1 # artifact_use of leaf 7",
        "UPDATE artifact_use SET asked = zeroblob(32) WHERE use_number = 1 # artifact_use of leaf 7",
        "UPDATE artifact_use SET use_number = 7 WHERE use_number = 2 # artifact_use of ",
        "INSERT INTO artifact_use SELECT zeroblob(16), 1, asked, leaf_index FROM artifact_use"
            + " LIMIT 1 # artifact_use",
        "UPDATE host SET ek_digest = zeroblob(32) # host of leaf 3",
        "UPDATE host SET leaf_index = 4 # host of leaf 3",
        "UPDATE policy_epoch SET policy_digest = zeroblob(32) # policy_epoch of leaf 1",
        "DELETE FROM invitation # invitation of leaf 2",
        "INSERT INTO service_start VALUES (5) # service_start",
        "INSERT INTO revocation VALUES (300) # revocation",
        "UPDATE revocation SET leaf_index = 2 WHERE leaf_index = 6 # revocation of leaf 6",
        "UPDATE payload SET bytes = CAST(x'01' || substr(bytes, 2) AS BLOB) WHERE leaf_index = 100"
            + " # payload of leaf 100",
        "UPDATE payload SET bytes = zeroblob(1999) WHERE leaf_index = 299 # payload of leaf 299",
        "UPDATE payload SET leaf_index = 700 WHERE leaf_index = 299 # payload",
        "UPDATE payload SET kept = 'PERIOD' WHERE leaf_index = 1 # payload of leaf 1",
        "UPDATE signing_key SET state = 'RETIRED' # signing_key ",
        "DELETE FROM signing_key # signing_key ",
        "UPDATE trust_file SET leaf_index = 4 # trust_file 2",
        "UPDATE trust_file SET in_force_index = NULL # trust_file 2",
        "UPDATE trust_file SET bytes = CAST(x'03' AS BLOB) # trust_file 2",
        "DELETE FROM trust_file # trust_file 2",
        "INSERT INTO trust_file SELECT 3, 5, NULL, bytes FROM trust_file # trust_file 3",
        "DELETE FROM governance_mode WHERE leaf_index = 699 # governance_mode",
        "UPDATE governance_mode SET frozen_by = NULL # governance_mode",
        "UPDATE breakglass SET reviewed_by = NULL # breakglass",
        "DELETE FROM breakglass # breakglass"
      })
  void store_changedInOnePlace_saysWhich(String sql, String where) throws Exception {
    copy();
    tamper(folder, sql);
    assertThat(faults())
        .isNotEmpty()
        .anySatisfy(fault -> assertThat(fault.where()).startsWith(where));
  }

  @Test
  void store_changedInTwoPlaces_tellsBothAndNoMore() throws Exception {
    copy();
    tamper(
        folder,
        "UPDATE tile SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB)"
            + " WHERE level = 0 AND tile_index = 0;DELETE FROM outcome");
    assertThat(faults().stream().map(TreeAudit.Fault::where))
        .containsExactlyInAnyOrder("tile/0/000 row 0", "outcome of leaf 5");
  }

  @Test
  void payloads_thatWereErasedOrThatNoLeafNames_areNoFault() throws Exception {
    copy();
    tamper(
        folder,
        "DELETE FROM payload WHERE leaf_index < 200 AND leaf_index > 1;"
            + "INSERT INTO payload (leaf_index, bytes) SELECT 600, zeroblob(9)");
    assertThat(faults()).isEmpty();
    assertThat(payloads).isEqualTo(new Fsck.PayloadCounts(101, 1, 191));
  }

  @Test
  void store_ofAnotherVersionOrNone_isNotJudged() throws Exception {
    assertThatThrownBy(() -> Fsck.sqlite(folder))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("must hold ledger.db, and does not");
    assertThat(folder).isEmptyDirectory();
    copy();
    tamper(folder, "DELETE FROM schema_version WHERE version = " + Schema.VERSION);
    assertThatThrownBy(this::faults)
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("the store must be of version " + Schema.VERSION);
  }

  @Test
  void store_thatIsServed_isLeftAlone() throws Exception {
    copy();
    try (Ledger ledger = TestLedgers.open(folder)) {
      assertThat(ledger.size()).isEqualTo(SIZE);
      assertThatThrownBy(() -> Fsck.sqlite(folder))
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining("open in one process at a time");
    }
  }
}
