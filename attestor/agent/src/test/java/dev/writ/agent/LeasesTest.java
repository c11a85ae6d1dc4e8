// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.DenialCode;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Leases by a clock of the test's own, on the host of a real simulator. */
@Timeout(60)
final class LeasesTest {
  private static final int MANY = 50;
  private static final long LEASE_MS = 10_000;
  private static final LeasePace PACE =
      new LeasePace(Duration.ofMillis(100), LeasePace.LONGEST_GRACE);
  private static final PcrSelection SELECTION = PcrSelection.of(TpmAlg.SHA256, 0, 7);

  @TempDir private static Path folder;
  private static EndorsementAuthority authority;
  private static SwtpmHost machine;

  private final AtomicLong time = new AtomicLong(1_000_000);
  private volatile boolean clockFails;
  private Leases leases;
  private Artifact artifact;

  @BeforeAll
  static void manufacture() throws Exception {
    authority = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    machine = SwtpmHost.manufacture(Files.createDirectory(folder.resolve("tpm")), authority);
  }

  @AfterAll
  static void scrap() {
    machine.close();
  }

  @BeforeEach
  void begin() throws Exception {
    leases = Leases.begin(LeasesTest::open, this::now, new SecureRandom(), PACE);
    artifact = ofThisHost();
  }

  @AfterEach
  void end() {
    leases.close();
  }

  private long now() {
    if (clockFails) {
      throw new IllegalStateException("the clock cannot be read");
    }
    return time.get();
  }

  private static AttesterSession open()
      throws TpmException, IOException, AttestationFailedException {
    return AttesterSession.open(
        machine.tcti(),
        folder.resolve("instance-key"),
        new VerifyingService(authority, SELECTION),
        new SecureRandom(),
        MeasurementLogs.NONE);
  }

  private static Artifact ofThisHost() throws Exception {
    try (AttesterSession session = open()) {
      return ExampleArtifact.of(
          ExampleArtifact.on(session.attester().hostState(SELECTION), ExampleArtifact.claims()));
    }
  }

  private static void await(BooleanSupplier condition) throws Exception {
    while (!condition.getAsBoolean()) {
      Thread.sleep(5);
    }
  }

  private Lease hold(Told told) {
    return leases.hold(artifact, time.get() + LEASE_MS, told);
  }

  /** Whatever it was told. */
  private class Told implements Leased {
    private final List<String> words = new ArrayList<>();
    private final AtomicInteger asked = new AtomicInteger();
    private volatile Optional<Renewed> answer = Optional.empty();

    @Override
    public Renewed renew(Attester attester, Artifact held) throws IOException {
      int unused = asked.incrementAndGet();
      return answer.orElseGet(() -> new Renewed.Until(held, time.get() + LEASE_MS));
    }

    @Override
    public synchronized void holds(long ask, long end) {
      words.add("holds " + (end - ask) + " " + (end - time.get()));
    }

    @Override
    public synchronized void stop(DenialCode code, String reason, long end) {
      words.add("stop " + code.wire() + " " + (end - time.get()) + ": " + reason);
    }

    @Override
    public synchronized void kill() {
      words.add("kill");
    }

    synchronized List<String> words() {
      return List.copyOf(words);
    }

    synchronized String last() {
      return words.isEmpty() ? "" : words.get(words.size() - 1);
    }
  }

  @Test
  void lease_thatIsRenewed_goesOn() throws Exception {
    Told told = new Told();
    Lease lease = hold(told);
    for (int renewal = 1; renewal <= 3; renewal++) {
      int expected = renewal;
      // Not before a good part of it is over, and in time.
      time.addAndGet(2_600);
      Thread.sleep(20);
      assertThat(told.asked.get()).isEqualTo(renewal - 1);
      time.addAndGet(2_000);
      await(() -> told.words().size() == expected + 1);
    }
    assertThat(told.words()).hasSize(4).containsOnly("holds 1000 10000");
    lease.close();
    time.addAndGet(2 * LEASE_MS);
    Thread.sleep(20);
    assertThat(told.words()).hasSize(4);
  }

  @Test
  void lease_thatNobodyRenews_endsWhenItEnds_andNotSooner() throws Exception {
    Told told = new Told();
    told.answer = Optional.of(new Leased.Renewed.Unavailable("the service is away"));
    Lease unused = hold(told);
    time.addAndGet(5_000);
    await(() -> told.asked.get() == 1);
    time.addAndGet(3_999);
    // As long as the one that keeps time waits at most.
    Thread.sleep(300);
    assertThat(told.words()).containsExactly("holds 1000 10000");
    time.incrementAndGet();
    await(() -> told.last().startsWith("stop"));
    assertThat(told.last()).startsWith("stop unverifiable 1000: ").endsWith("the service is away");
    time.addAndGet(1_000);
    await(() -> told.last().equals("kill"));
    assertThat(told.words()).hasSize(3);
  }

  @Test
  void lease_whoseRenewalHangs_endsAndSaysThatNobodyAnswered() throws Exception {
    Semaphore answers = new Semaphore(0);
    Told told =
        new Told() {
          @Override
          public Renewed renew(Attester attester, Artifact held) throws IOException {
            Renewed late = super.renew(attester, held);
            answers.acquireUninterruptibly();
            return late;
          }
        };
    Lease unused = hold(told);
    time.addAndGet(5_000);
    await(() -> told.asked.get() == 1);
    time.addAndGet(4_000);
    await(() -> told.last().startsWith("stop"));
    answers.release();
    assertThat(told.last())
        .endsWith("and was not: the service or this host's TPM has not answered");
  }

  /** A break-glass ends, say, and so do all that come of it. */
  @Test
  void lease_thatEndsNoLaterBySomethingElse_isNotRenewedEverFaster() throws Exception {
    long end = time.get() + LEASE_MS + 5_000;
    Told told = new Told();
    told.answer = Optional.of(new Leased.Renewed.Until(artifact, end));
    Lease unused = hold(told);
    time.addAndGet(5_000);
    await(() -> told.words().size() == 2);
    time.addAndGet(5_000);
    await(() -> told.words().size() == 3);
    time.addAndGet(3_999);
    Thread.sleep(300);
    assertThat(told.asked).hasValue(2);
    time.incrementAndGet();
    await(() -> told.last().startsWith("stop"));
    assertThat(told.last()).startsWith("stop unverifiable 1000: ").endsWith("ends no later");
  }

  @Test
  void lease_thatHasBecomeShorter_isRenewedAgain() throws Exception {
    Artifact shorter =
        ExampleArtifact.of(
            ExampleArtifact.renewing(
                artifact.claims(),
                artifact.claims().jti(),
                artifact.claims().exp().minusSeconds(3)));
    Told told = new Told();
    told.answer = Optional.of(new Leased.Renewed.Until(shorter, time.get() + LEASE_MS - 3_000));
    Lease unused = hold(told);
    time.addAndGet(5_000);
    await(() -> told.words().size() == 2);
    time.addAndGet(750);
    await(() -> told.asked.get() == 2);
  }

  @Test
  void lease_thatSoonEnds_isNotAskedForWithoutAPause() throws Exception {
    Told told = new Told();
    Lease unused = leases.hold(artifact, time.get() + 400, told);
    time.addAndGet(Lease.RETRY_MS - 1);
    Thread.sleep(300);
    assertThat(told.asked).hasValue(0);
    time.incrementAndGet();
    await(() -> told.asked.get() == 1);
  }

  @Test
  void lease_whoseRenewalIsDenied_endsAtOnce() throws Exception {
    Told told = new Told();
    told.answer =
        Optional.of(new Leased.Renewed.Denied(DenialCode.POLICY_DENIED, "no rule permits it"));
    Lease unused = hold(told);
    time.addAndGet(5_000);
    await(() -> told.last().startsWith("stop"));
    assertThat(told.last()).isEqualTo("stop policy_denied 1000: no rule permits it");
    assertThat(told.asked).hasValue(1);
  }

  /** Nor does it keep the others from theirs. It is told of once, however often it is tried. */
  @Test
  void lease_thatThrowsWhereItIsEnded_isKilledNonetheless_andToldOfOnce() throws Exception {
    List<LogRecord> records = new CopyOnWriteArrayList<>();
    Handler handler = new Recording(records);
    Logger logger = Logger.getLogger(Lease.class.getName());
    logger.addHandler(handler);
    try {
      endThrowing();
    } finally {
      logger.removeHandler(handler);
    }
    assertThat(records)
        .singleElement()
        .satisfies(
            told -> {
              assertThat(told.getLevel()).isEqualTo(Level.WARNING);
              assertThat(told.getThrown()).hasMessage("it cannot be asked");
            });
  }

  private static final class Recording extends Handler {
    private final List<LogRecord> records;

    Recording(List<LogRecord> records) {
      this.records = records;
    }

    @Override
    public void publish(LogRecord record) {
      records.add(record);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  private void endThrowing() throws Exception {
    Told throwing =
        new Told() {
          private boolean thrown;

          @Override
          public synchronized void stop(DenialCode code, String reason, long end) {
            super.stop(code, reason, end);
            throw new IllegalStateException("it cannot be asked");
          }

          @Override
          public synchronized void kill() {
            super.kill();
            if (!thrown) {
              thrown = true;
              throw new IllegalStateException("it cannot be killed now");
            }
          }
        };
    Told other = new Told();
    for (Told told : List.of(throwing, other)) {
      told.answer = Optional.of(new Leased.Renewed.Unavailable("the service is away"));
      Lease unused = hold(told);
    }
    time.addAndGet(9_000);
    await(() -> throwing.last().startsWith("stop") && other.last().startsWith("stop"));
    time.addAndGet(1_000);
    await(() -> other.last().equals("kill") && throwing.words().size() == 4);
    assertThat(throwing.words().subList(2, 4)).containsOnly("kill");
    assertThat(other.words()).hasSize(3);
  }

  @Test
  void leases_whoseTimeNobodyKeepsAnyMore_endAtOnce() throws Exception {
    Told fatal =
        new Told() {
          @Override
          public synchronized void stop(DenialCode code, String reason, long end) {
            throw new StackOverflowError("of a test");
          }
        };
    fatal.answer = Optional.of(new Leased.Renewed.Unavailable("the service is away"));
    Lease unused = hold(fatal);
    Told other = new Told();
    Lease unusedToo = leases.hold(artifact, time.get() + 10 * LEASE_MS, other);
    time.addAndGet(9_000);
    await(() -> other.last().equals("kill"));
    assertThat(other.words().get(1)).startsWith("stop unverifiable 1000: ").contains("in time");
  }

  /** Without word of the new end it holds until the old one. */
  @Test
  void lease_thatCannotBeToldThatItGoesOn_endsAsItWouldHave() throws Exception {
    Told told =
        new Told() {
          @Override
          public synchronized void holds(long ask, long end) {
            if (!words().isEmpty()) {
              throw new IllegalStateException("it cannot be told");
            }
            super.holds(ask, end);
          }
        };
    Lease unused = hold(told);
    time.addAndGet(5_000);
    await(() -> told.asked.get() == 1);
    time.addAndGet(4_000);
    await(() -> told.last().startsWith("stop"));
    assertThat(told.last()).startsWith("stop unverifiable 1000: ").endsWith("it cannot be told");
  }

  @Test
  void lease_whoseClockCannotBeRead_endsAllTheSame() throws Exception {
    Told told = new Told();
    told.answer = Optional.of(new Leased.Renewed.Unavailable("the service is away"));
    Lease unused = leases.hold(artifact, time.get() + 300, told);
    clockFails = true;
    await(() -> told.last().equals("kill"));
    assertThat(told.words()).hasSize(3);
  }

  /** All leases of the host at once, and the service is asked by one. */
  @Test
  void host_thatChanges_endsAllThatIsHeld() throws Exception {
    List<Told> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(new Told());
      Lease unused = hold(all.get(i));
    }
    Told over = new Told();
    hold(over).close();
    try (Tpm tpm = Tpm.open(machine.tcti())) {
      tpm.extendPcr(7, PcrBank.SHA256, new byte[32]);
    }
    for (Told told : all) {
      await(() -> told.last().startsWith("stop"));
      assertThat(told.last()).startsWith("stop environment_mismatch 1000: ").contains("PCRs");
    }
    await(() -> all.stream().mapToInt(told -> told.asked.get()).sum() == 1);
    assertThat(over.words()).hasSize(1);
  }

  @Test
  void host_thatBooted_endsWhatIsHeld() throws Exception {
    Told told = new Told();
    Lease unused = hold(told);
    machine.reboot();
    await(() -> told.last().startsWith("stop"));
    assertThat(told.last()).startsWith("stop environment_mismatch");
  }

  /** However many there are, and however long the service takes. */
  @Test
  void leases_thatAreDueTogether_haveAFewThreads() throws Exception {
    Semaphore answers = new Semaphore(0);
    AtomicInteger asking = new AtomicInteger();
    List<Told> all = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      all.add(
          new Told() {
            @Override
            public Renewed renew(Attester attester, Artifact held) throws IOException {
              int unused = asking.incrementAndGet();
              answers.acquireUninterruptibly();
              return super.renew(attester, held);
            }
          });
      Lease unused = hold(all.get(i));
    }
    time.addAndGet(5_000);
    await(() -> asking.get() == 4);
    Thread.sleep(50);
    assertThat(asking).hasValue(4);
    assertThat(
            Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("writ-lease")))
        .hasSizeLessThanOrEqualTo(6);
    answers.release(MANY);
    for (Told told : all) {
      await(() -> told.words().size() == 2);
    }
  }
}
