// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.DrillSummary;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RefusalCount;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.SqliteConfig;
import dev.writ.tlog.Hash;
import dev.writ.tlog.KeyPairNoteSigner;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code writ doctor} says of the last drill. */
final class DrillDiagnosisTest {
  private static final Instant NOW = Instant.parse("2026-11-21T06:00:00Z");
  private static final Duration DAYS = Duration.ofDays(30);

  @TempDir Path folder;
  private final KeyPair key;

  DrillDiagnosisTest() throws Exception {
    this.key = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
  }

  private void ledger(LeafBody... bodies) throws Exception {
    try (Ledger ledger =
        Ledger.open(
            SqliteConfig.in(folder),
            SampleLog.ORIGIN,
            List.of(KeyPairNoteSigner.of(SampleLog.ORIGIN, key)),
            InstantSource.fixed(NOW))) {
      List<Entry> entries = new ArrayList<>();
      for (LeafBody body : bodies) {
        UuidV7 id = UuidV7.next(InstantSource.fixed(NOW), new SecureRandom());
        entries.add(Entry.of(Leaf.of(NOW, id, List.of(), body)));
      }
      assertThat(ledger.commit(entries).toCompletableFuture().join())
          .hasOnlyElementsOfType(Receipt.class);
    }
  }

  private static DrillSummary drill(Duration ago, int failed) {
    Instant ended = NOW.minus(ago);
    Hash some = Hash.sha256(new byte[] {1});
    return new DrillSummary(ended.minusSeconds(40), ended, some, some, false, 20, failed, 3);
  }

  private static LeafBody minute() {
    return new LeafBody.Summary(
        NOW.minusSeconds(60),
        NOW,
        List.of(new RefusalCount(DenialCode.UNVERIFIABLE, "malformed", 1)));
  }

  @CanIgnoreReturnValue
  private EndorsementDiagnosis.Check told(EndorsementDiagnosis.Result result, String detail) {
    EndorsementDiagnosis.Check check = new DrillDiagnosis(DAYS, NOW).of(SqliteConfig.in(folder));
    assertThat(check.detail()).contains(detail);
    assertThat(check.result()).as(check.detail()).isEqualTo(result);
    assertThat(check.todo().isPresent()).isEqualTo(result != EndorsementDiagnosis.Result.passed);
    return check;
  }

  @Test
  void newestDrill_isTold_andItsAgeAndFailuresAreNoted() throws Exception {
    ledger(drill(Duration.ofDays(50), 0), minute());
    told(EndorsementDiagnosis.Result.noted, "that is more than 30 days ago");
    ledger(drill(Duration.ofDays(40), 1), drill(Duration.ofDays(30), 0), minute(), minute());
    told(EndorsementDiagnosis.Result.passed, "2026-10-22T06:00:00Z (leaf 3): 20 passed, 0 failed");
    List<LeafBody> minutes = new ArrayList<>(List.of(drill(Duration.ofHours(1), 2)));
    minutes.addAll(Collections.nCopies(300, minute()));
    ledger(minutes.toArray(LeafBody[]::new));
    told(EndorsementDiagnosis.Result.noted, "(leaf 6): 20 passed, 2 failed, 3 not tried");
  }

  @Test
  void ledgerWithoutADrill_isNotedWithWhatToDo() throws Exception {
    ledger(minute());

    assertThat(told(EndorsementDiagnosis.Result.noted, "no drill is in the ledger").todo())
        .get()
        .asString()
        .contains("writ drill");
  }

  @Test
  void leafThatSomebodyChanged_isNotBelieved() throws Exception {
    ledger(drill(Duration.ofDays(1), 1));
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("ledger.db"));
        Statement statement = connection.createStatement()) {
      assertThat(
              statement.executeUpdate(
                  "UPDATE leaf SET bytes = CAST(replace(bytes, '\"failed\":1', '\"failed\":0')"
                      + " AS BLOB)"))
          .isEqualTo(1);
    }

    told(EndorsementDiagnosis.Result.noted, "leaf 0 must be the one that the tree has");
  }

  @Test
  void storeThatIsNotThere_isNoted_andNotMade() {
    told(EndorsementDiagnosis.Result.noted, "when the last drill was is not known");

    assertThat(folder).isEmptyDirectory();
  }
}
