// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.AddCheckpoint;
import dev.writ.tlog.AddCheckpointAnswer;
import dev.writ.tlog.AddCheckpointAnswer.Conflict;
import dev.writ.tlog.AddCheckpointAnswer.Cosigned;
import dev.writ.tlog.AddCheckpointAnswer.Refused;
import dev.writ.tlog.Cosigner;
import dev.writ.tlog.Hash;
import dev.writ.tlog.NoteOutcome;
import dev.writ.tlog.NoteVerifier;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.WitnessRule;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A witness with its store: what it remembers, before whom, and what it refuses to forget. */
@Timeout(60)
class WitnessTest {
  private static final Cosigner COSIGNER = Cosigner.of("witness.example", SampleLog.ed25519());

  @TempDir Path temporary;
  private Path folder = Path.of("");
  private final SampleLog log = new SampleLog("log.example").grow(50);
  private final List<SignedNote> forks = new ArrayList<>();
  private Instant now = Samples.NOW;

  @BeforeEach
  void make() throws LedgerException {
    folder = temporary.resolve("witness");
    Witness.make(folder, COSIGNER.key());
  }

  @Test
  void add_trees_areCosignedOneAfterTheOther_andShown() throws Exception {
    try (Witness witness = open()) {
      assertThat(witness.checkpoint(named("log.example"))).isEmpty();
      for (int size = 0; size < 40; size += 13) {
        Cosigned answer = cosigned(witness.add(log.request(Math.max(0, size - 13), size)));
        SignedNote note = log.checkpoint(size).with(answer.cosignatures());
        assertThat(note.open(List.of(NoteVerifier.of(COSIGNER.key()))))
            .isInstanceOf(NoteOutcome.Opened.class);
        assertThat(witness.checkpoint(named("log.example"))).hasValue(note.bytes());
      }
      assertThat(witness.checkpoint(named("other.example"))).isEmpty();
    }
  }

  @Test
  void add_sameTreeAgain_isCosignedAgainWithALaterTime() throws Exception {
    try (Witness witness = open()) {
      Cosigned first = cosigned(witness.add(log.request(0, 7)));
      now = now.plusSeconds(5);
      Cosigned second = cosigned(witness.add(log.request(7, 7)));
      assertThat(second).isNotEqualTo(first);
    }
  }

  @Test
  void add_forkOfOneSize_isRefusedTold_andNotStored() throws Exception {
    try (Witness witness = open()) {
      Cosigned unused = cosigned(witness.add(log.request(0, 7)));
      SampleLog fork = log.forkAt(5).grow(10);
      assertThat(witness.add(fork.request(7, 7)))
          .isInstanceOfSatisfying(
              Refused.class, refused -> assertThat(refused.status()).isEqualTo(422));
      assertThat(forks).containsExactly(fork.checkpoint(7));
      assertThat(witness.add(fork.request(7, 9)))
          .isInstanceOfSatisfying(
              Refused.class, refused -> assertThat(refused.status()).isEqualTo(422));
      unused = cosigned(witness.add(log.request(7, 9)));
    }
  }

  @Test
  void add_shrunkenLog_isToldTheStoredSize() throws Exception {
    try (Witness witness = open()) {
      Cosigned unused = cosigned(witness.add(log.request(0, 20)));
      assertThat(witness.add(log.request(0, 10))).isEqualTo(new Conflict(20));
      assertThat(witness.add(log.request(10, 10))).isEqualTo(new Conflict(20));
    }
  }

  @Test
  void restart_keepsWhatWasCosigned() throws Exception {
    Cosigned answer;
    try (Witness witness = open()) {
      answer = cosigned(witness.add(log.request(0, 20)));
    }
    try (Witness witness = open()) {
      assertThat(witness.checkpoint(named("log.example")))
          .hasValue(log.checkpoint(20).with(answer.cosignatures()).bytes());
      assertThat(witness.add(log.forkAt(3).grow(30).request(0, 25))).isEqualTo(new Conflict(20));
    }
  }

  @Test
  void race_ofTwoTreesFromOne_hasOneWinner() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (Witness witness = open()) {
      Cosigned unused = cosigned(witness.add(log.request(0, 20)));
      AddCheckpoint one = log.request(20, 30);
      AddCheckpoint other = log.request(20, 40);
      List<Callable<AddCheckpointAnswer>> both =
          List.of(() -> witness.add(one), () -> witness.add(other));
      int winners = 0;
      for (Future<AddCheckpointAnswer> answer : threads.invokeAll(both)) {
        if (answer.get() instanceof Cosigned) {
          winners++;
        } else {
          assertThat(((Conflict) answer.get()).storedSize()).isIn(30L, 40L);
        }
      }
      assertThat(winners).isEqualTo(1);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void race_ofManyOnOneSize_cosignsOneRootAlone() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (Witness witness = open()) {
      List<Callable<AddCheckpointAnswer>> all = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        AddCheckpoint request = log.forkAt(0).grow(9).request(0, 9);
        all.add(() -> witness.add(request));
      }
      Set<AddCheckpointAnswer> cosigned = new HashSet<>();
      for (Future<AddCheckpointAnswer> answer : threads.invokeAll(all)) {
        if (answer.get() instanceof Cosigned) {
          cosigned.add(answer.get());
        } else {
          assertThat(answer.get()).isEqualTo(new Conflict(9));
        }
      }
      assertThat(cosigned).hasSize(1);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void clockThatWentBack_cosignsNothing_andGoesOnOnceItIsRight() throws Exception {
    try (Witness witness = open()) {
      Cosigned unused = cosigned(witness.add(log.request(0, 7)));
      now = now.minusSeconds(1);
      assertThatThrownBy(() -> witness.add(log.request(7, 9)))
          .isInstanceOf(LedgerException.class)
          .hasMessageContaining("clock");
      now = now.plusSeconds(1);
      unused = cosigned(witness.add(log.request(7, 9)));
    }
  }

  @Test
  void storeThatFails_answersNothing_andGoesOnOnceItIsBack() throws Exception {
    try (Witness witness = open()) {
      Cosigned unused = cosigned(witness.add(log.request(0, 7)));
      try (Connection other = database();
          Statement statement = other.createStatement()) {
        other.setAutoCommit(false);
        statement.executeUpdate("UPDATE witness SET version = version");
        assertThatThrownBy(() -> witness.add(log.request(7, 9)))
            .isInstanceOfSatisfying(
                LedgerException.class, e -> assertThat(e.code()).isEqualTo("SQLITE_BUSY"));
        other.rollback();
      }
      assertThat(witness.checkpoint(named("log.example"))).isPresent();
      unused = cosigned(witness.add(log.request(7, 9)));
    }
  }

  @Test
  void folder_isItsOwnersAlone_andOpenOnce() throws Exception {
    try (Witness witness = open()) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
          .isEqualTo("rwx------");
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(folder.resolve("witness.db"))))
          .isEqualTo("rw-------");
      assertThatThrownBy(this::open).hasMessageContaining("open in one process at a time");
      assertThat(witness.key()).isEqualTo(COSIGNER.key());
    }
  }

  @Test
  void folderThatIsMissingEmptyOrAnothers_isRefused() throws Exception {
    assertThatThrownBy(() -> Witness.make(folder, COSIGNER.key()))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("must not be a witness's folder yet");
    Cosigner other = Cosigner.of("other.example", SampleLog.ed25519());
    assertThatThrownBy(() -> open(folder, other)).hasMessageContaining(other.key().vkey());
    assertThatThrownBy(() -> open(temporary.resolve("none"), COSIGNER))
        .hasMessageContaining("writ witness init");
    Files.delete(folder.resolve("witness.db"));
    assertThatThrownBy(this::open).hasMessageContaining("bring the folder back");
  }

  private Connection database() throws Exception {
    return DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("witness.db"));
  }

  private Witness open() throws LedgerException {
    return open(folder, COSIGNER);
  }

  private Witness open(Path where, Cosigner cosigner) throws LedgerException {
    return Witness.open(
        where, cosigner, new WitnessRule(List.of(log.signer.key())), () -> now, forks::add);
  }

  private static Cosigned cosigned(AddCheckpointAnswer answer) {
    assertThat(answer).isInstanceOf(Cosigned.class);
    return (Cosigned) answer;
  }

  private static Hash named(String origin) {
    return Hash.sha256(origin.getBytes(StandardCharsets.UTF_8));
  }
}
