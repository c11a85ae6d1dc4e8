// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Refused;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.MalformedTlogException;
import dev.writ.tlog.NoteOutcome;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.NoteVerifier;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.SignedNote;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/** Opens ledgers for tests, and judges what they answer without using what they are made of. */
final class TestLedgers {
  static final NoteSigner SIGNER = Samples.p256Signer();

  private TestLedgers() {}

  static Ledger open(Path folder) throws LedgerException {
    return open(folder, SIGNER);
  }

  static Ledger open(Path folder, NoteSigner... signers) throws LedgerException {
    return Ledger.open(store(folder), Samples.ORIGIN, List.of(signers), Samples.CLOCK);
  }

  static StoreConfig store(Path folder) {
    return store(folder, CommitLimits.DEFAULT);
  }

  static StoreConfig store(Path folder, CommitLimits limits) {
    return StoreUnderTest.of(folder, limits);
  }

  static Database database(Path folder) throws LedgerException {
    return Database.open(store(folder));
  }

  static Connection connection(Path folder) throws SQLException {
    return StoreUnderTest.connection(folder);
  }

  static CommitOutcome commit(Ledger ledger, Entry entry) {
    return ledger.commit(entry).toCompletableFuture().join();
  }

  static List<CommitOutcome> commit(Ledger ledger, List<Entry> entries) {
    return ledger.commit(entries).toCompletableFuture().join();
  }

  static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  /** Why a stage failed. */
  static LedgerException failure(CompletionStage<?> stage) {
    try {
      Object unused = stage.toCompletableFuture().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof LedgerException failure) {
        return failure;
      }
      throw new AssertionError("it must fail with a LedgerException", e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("it must fail, did not");
  }

  static void assertRefused(Ledger ledger, StateChange change, Refusal why) {
    assertThat(commit(ledger, Entry.of(Samples.leaf(), change)))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.why()).isEqualTo(why);
              assertThat(refused.change()).isSameAs(change);
            });
  }

  /** The receipt that an entry got, once its proof verified. */
  @CanIgnoreReturnValue
  static Receipt receipt(CommitOutcome outcome) throws MalformedTlogException {
    assertThat(outcome).isInstanceOf(Receipt.class);
    Receipt receipt = (Receipt) outcome;
    verify(receipt);
    return receipt;
  }

  /** Signature of the checkpoint, and inclusion of the leaf under its root. */
  static void verify(Receipt receipt) throws MalformedTlogException {
    Checkpoint checkpoint = verified(receipt.checkpoint(), SIGNER);
    assertThat(receipt.inclusion().treeSize()).isEqualTo(checkpoint.size());
    assertThat(receipt.inclusion().index()).isEqualTo(receipt.index());
    assertThat(receipt.inclusion().verify(receipt.leaf().hash(), checkpoint.root()))
        .isInstanceOf(ProofOutcome.Proven.class);
  }

  static Checkpoint verified(SignedNote note, NoteSigner signer) throws MalformedTlogException {
    assertThat(note.open(List.of(NoteVerifier.of(signer.key()))))
        .isInstanceOf(NoteOutcome.Opened.class);
    return Checkpoint.parse(note.text());
  }

  /** Whether a file of an embedded store has these characters, as bytes. */
  static boolean isOnDisk(Path folder, String text) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        if (Files.readString(file, StandardCharsets.ISO_8859_1).contains(text)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Changes a closed store behind the ledger's back, by statements with a semicolon between them. */
  static void tamper(Path folder, String sql) throws SQLException {
    try (Connection connection = connection(folder);
        Statement statement = connection.createStatement()) {
      for (String each : sql.split(";")) {
        statement.executeUpdate(each);
      }
    }
  }
}
