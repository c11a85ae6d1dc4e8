// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.OutcomeClaims;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.OutcomeStatement;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Outcomes that wait on disk: reserved before, filled after, delivered when the service is there. */
class OutcomeSpoolTest {
  private static final Instant START = Instant.parse("2026-11-02T08:00:00Z");
  private static final Hash ARTIFACT = Hash.sha256(new byte[] {1});
  private static KeyPair holder;

  @TempDir Path parent;
  private Instant now = START;
  private final List<OutcomeStatement> received = new ArrayList<>();

  @BeforeAll
  static void makeKey() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"));
    holder = generator.generateKeyPair();
  }

  private static OutcomeStatement statement(int number) throws GeneralSecurityException {
    byte[] input =
        OutcomeStatement.signingInput(
            new OutcomeStatement.Signer.Holder((ECPublicKey) holder.getPublic()),
            new OutcomeClaims(
                UuidV7.next(() -> START, new SecureRandom()),
                ARTIFACT,
                OutcomeState.OK,
                START.plusMillis(number)));
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initSign(holder.getPrivate());
    signature.update(input);
    return OutcomeStatement.assemble(input, signature.sign());
  }

  private Path folder() {
    return parent.resolve("spool");
  }

  private OutcomeSpool spool(int places) throws IOException {
    return OutcomeSpool.open(folder(), places, () -> now, new SecureRandom());
  }

  private OutcomeSlot reserve(int places) throws IOException {
    Reservation reservation = spool(places).reserve();
    assertThat(reservation).isInstanceOf(Reservation.Reserved.class);
    return ((Reservation.Reserved) reservation).slot();
  }

  /** As many statements as places, each reserved a second after the one before. */
  private List<OutcomeStatement> waiting(int count) throws Exception {
    List<OutcomeStatement> statements = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      now = START.plusSeconds(i);
      statements.add(statement(i));
      reserve(count).fill(statements.get(i));
    }
    return statements;
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.equals("lock"))
          .toList();
    }
  }

  private Answer<Long> accept(OutcomeStatement statement) {
    received.add(statement);
    return new Answer.Granted<>(7L);
  }

  private static Answer<Long> denied(DenialCode code, String reason, int retryAfter) {
    return new Answer.Denied<>(
        code,
        reason,
        "",
        retryAfter > 0 ? Optional.of(Duration.ofSeconds(retryAfter)) : Optional.empty());
  }

  @Test
  void deliver_filled_arrivesOnceOldestFirst() throws Exception {
    List<OutcomeStatement> statements = waiting(3);

    Delivery delivery = spool(3).deliver(this::accept, 10);

    assertThat(delivery).isEqualTo(new Delivery(3, List.of(), List.of(), Optional.empty()));
    assertThat(received).isEqualTo(statements);
    assertThat(files()).isEmpty();
    assertThat(spool(3).deliver(this::accept, 10).accepted()).isZero();
  }

  @Test
  void deliver_noMoreThanAsked() throws Exception {
    List<OutcomeStatement> statements = waiting(3);

    assertThat(spool(3).deliver(this::accept, 2).accepted()).isEqualTo(2);

    assertThat(received).isEqualTo(statements.subList(0, 2));
    assertThat(files()).hasSize(1);
  }

  @Test
  void files_areTheOwnersAlone() throws Exception {
    assertThat(waiting(1)).hasSize(1);
    try (OutcomeSlot slot = reserve(2);
        Stream<Path> files = Files.list(folder())) {
      assertThat(slot).isNotNull();
      assertThat(files)
          .hasSize(3)
          .allSatisfy(
              file ->
                  assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                      .isEqualTo("rw-------"));
    }
  }

  @Test
  void reserve_allPlacesTaken_full() throws Exception {
    assertThat(waiting(1)).hasSize(1);
    try (OutcomeSlot slot = reserve(2)) {
      assertThat(slot).isNotNull();
      assertThat(spool(2).reserve()).isEqualTo(new Reservation.Full(2));
    }
    reserve(2).close();
    reserve(2).release();

    assertThat(files()).hasSize(1);
  }

  @Test
  void slot_filledOrReleased_isSpent() throws Exception {
    OutcomeSlot released = reserve(1);
    released.release();
    OutcomeSlot filled = reserve(1);
    filled.fill(statement(1));
    filled.close();

    assertThatThrownBy(() -> released.fill(statement(2))).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(filled::release).isInstanceOf(IllegalStateException.class);
    assertThat(spool(1).deliver(this::accept, 1).accepted()).isEqualTo(1);
  }

  @Test
  void deliver_reservedAndNotFilled_isNotSent() throws Exception {
    try (OutcomeSlot slot = reserve(1)) {
      assertThat(slot).isNotNull();
      assertThat(spool(1).deliver(this::accept, 1).accepted()).isZero();
      assertThat(spool(1).reserve()).isEqualTo(new Reservation.Full(1));
    }
  }

  @Test
  void deliver_serviceAway_keepsAllAndStops() throws Exception {
    List<OutcomeStatement> statements = waiting(2);
    List<OutcomeStatement> tried = new ArrayList<>();

    Delivery delivery =
        spool(2)
            .deliver(
                statement -> {
                  tried.add(statement);
                  throw new ConnectException("refused");
                },
                10);

    assertThat(delivery.accepted()).isZero();
    assertThat(delivery.stopped()).hasValueSatisfying(why -> assertThat(why).contains("refused"));
    assertThat(tried).isEqualTo(statements.subList(0, 1));
    assertThat(spool(2).deliver(this::accept, 10).accepted()).isEqualTo(2);
    assertThat(received).isEqualTo(statements);
  }

  @Test
  void deliver_askedToWait_keepsAllAndStops() throws Exception {
    assertThat(waiting(2)).hasSize(2);

    Delivery delivery =
        spool(2).deliver(s -> denied(DenialCode.UNVERIFIABLE, "ledger_unavailable", 2), 10);

    assertThat(delivery.stopped()).hasValueSatisfying(why -> assertThat(why).contains("PT2S"));
    assertThat(files()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({
    "REPLAYED, outcome_reported",
    "ARTIFACT_MISSING, artifact_unknown",
    "SIGNATURE_INVALID, outcome_signature_invalid",
    "LINEAGE_FRAGMENTED, artifact_digest_mismatch",
    "ENVIRONMENT_MISMATCH, not_the_holder",
    "UNVERIFIABLE, artifact_erased",
    "UNVERIFIABLE, outcome_malformed",
  })
  void deliver_refusedForGood_leavesAndIsTold(DenialCode code, String reason) throws Exception {
    List<OutcomeStatement> statements = waiting(2);

    Delivery delivery = spool(2).deliver(s -> denied(code, reason, 0), 10);

    assertThat(delivery.refused()).extracting(Delivery.Refused::statement).isEqualTo(statements);
    assertThat(delivery.refused().get(0).denial().reason()).isEqualTo(reason);
    assertThat(files()).isEmpty();
  }

  /** An answer to one must not keep the others. */
  @ParameterizedTest
  @CsvSource({"NOT_YET_VALID, outcome_ahead", "UNVERIFIABLE, not_found"})
  void deliver_deniedNotForGood_staysAndTheOthersGo(DenialCode code, String reason)
      throws Exception {
    List<OutcomeStatement> statements = waiting(2);

    Delivery delivery =
        spool(2)
            .deliver(s -> s.equals(statements.get(0)) ? denied(code, reason, 0) : accept(s), 10);

    assertThat(delivery).isEqualTo(new Delivery(1, List.of(), List.of(), Optional.empty()));
    assertThat(files()).hasSize(1);
  }

  @Test
  void deliver_fileThatIsNoStatement_isSetAsideAndCounted() throws Exception {
    List<OutcomeStatement> statements = waiting(2);
    Path oldest = folder().resolve(files().stream().sorted().findFirst().orElseThrow());
    Path written = Files.writeString(oldest, statements.get(0).compact() + "\n");

    Delivery delivery = spool(2).deliver(this::accept, 10);

    Path bad = folder().resolve(written.getFileName().toString().replace(".outcome", ".bad"));
    assertThat(delivery).isEqualTo(new Delivery(1, List.of(), List.of(bad), Optional.empty()));
    assertThat(bad).exists();
    assertThat(received).containsExactly(statements.get(1));
    assertThat(spool(1).reserve()).isEqualTo(new Reservation.Full(1));
  }

  @Test
  void deliver_sentByAnotherThread_isLeftToIt() throws Exception {
    List<OutcomeStatement> statements = waiting(1);
    CountDownLatch sending = new CountDownLatch(1);
    CountDownLatch answered = new CountDownLatch(1);
    AtomicInteger accepted = new AtomicInteger();
    Thread other =
        new Thread(
            () -> {
              try {
                Delivery delivery =
                    spool(1)
                        .deliver(
                            statement -> {
                              sending.countDown();
                              await(answered);
                              return accept(statement);
                            },
                            1);
                accepted.set(delivery.accepted());
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    other.start();
    await(sending);

    assertThat(spool(1).deliver(this::accept, 1).accepted()).isZero();
    answered.countDown();
    other.join();

    assertThat(accepted).hasValue(1);
    assertThat(received).isEqualTo(statements);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void reserve_byAProcessThatLives_countsAndByOneThatDied_not() throws Exception {
    try (SpoolProcess process = SpoolProcess.start("-c 0", folder(), 1)) {
      assertThat(process.got()).isEqualTo("Reserved");
      assertThat(files()).hasSize(1);
      assertThat(spool(1).reserve()).isEqualTo(new Reservation.Full(1));
    }
    try (OutcomeSlot slot = reserve(1);
        SpoolProcess process = SpoolProcess.start("-c 0", folder(), 1)) {
      assertThat(process.got()).isEqualTo("Full");
      slot.fill(statement(1));
    }

    assertThat(spool(1).deliver(this::accept, 1).accepted()).isEqualTo(1);
  }

  @Test
  void reserve_noRoom_unavailable() throws Exception {
    try (SpoolProcess process = SpoolProcess.start("-f 1", folder(), 1)) {
      assertThat(process.got()).startsWith("refused: ").contains("has room for 64 KiB");
    }
    OutcomeSpool spool = spool(1);
    try (Stream<Path> files = Files.list(folder())) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder());

    assertThat(spool.reserve())
        .isInstanceOfSatisfying(
            Reservation.Unavailable.class,
            unavailable -> assertThat(unavailable.why()).contains(folder().toString()));
  }

  @Test
  void open_folderThatOthersMayRead_isRefused() throws Exception {
    Path made = Files.createDirectory(folder());
    Path ignored =
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxr-xr-x"));

    assertThatThrownBy(() -> spool(1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("chmod 700");
  }

  @Test
  void reserve_whileOneIsHeld_keepsThisProcesssLockOnIt() throws Exception {
    try (OutcomeSlot held = reserve(2)) {
      assertThat(held).isNotNull();
      // Each looks at all reservations, and none may let go of this process's lock.
      reserve(2).release();
      assertThat(spool(2).deliver(this::accept, 1).accepted()).isZero();
      try (SpoolProcess process = SpoolProcess.start("-c 0", folder(), 1)) {
        assertThat(process.got()).isEqualTo("Full");
      }
    }
  }
}
