// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.UuidV7;
import dev.writ.fixtures.ChildProcess;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.ledger.CheckpointKeys;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CounterAnchor;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerEvents;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.SqliteConfig;
import dev.writ.ledger.StateChange;
import dev.writ.ledger.Witnesses;
import dev.writ.tlog.KeyPairNoteSigner;
import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.NoteSigner;
import dev.writ.tpm.Tpm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A ledger that was put back does not start beside the simulated TPM that has its counter. */
class TpmAnchorTest {
  private static final Instant NOW = Instant.parse("2026-11-21T06:00:00Z");
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Duration SECOND = Duration.ofSeconds(1);

  private static Path machines;
  private static EndorsementAuthority maker;
  private static SwtpmHost host;
  private static NoteSigner signer;
  private static int nextIndex = TpmAnchorConfig.STANDARD_INDEX;

  @TempDir private Path folder;

  private final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();
  private TpmRollbackCounter counter = new TpmRollbackCounter("", 0);

  @BeforeAll
  static void manufacture() throws Exception {
    // The simulator's Unix sockets lie in it: the path must stay short.
    machines = Files.createTempDirectory("writ-anchor-");
    maker = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    host = SwtpmHost.manufacture(Files.createDirectory(machines.resolve("tpm")), maker);
    signer =
        KeyPairNoteSigner.of(
            SampleLog.ORIGIN, KeyPairGenerator.getInstance("Ed25519").generateKeyPair());
  }

  @AfterAll
  static void stop() throws Exception {
    host.close();
    TestFolders.remove(machines);
  }

  @BeforeEach
  void takeAnIndex() {
    counter = new TpmRollbackCounter(host.tcti(), nextIndex++);
  }

  private Path store() {
    return folder.resolve("ledger");
  }

  private Ledger open(Duration every) throws Exception {
    return Ledger.open(
        SqliteConfig.in(store()),
        SampleLog.ORIGIN,
        CheckpointKeys.of(List.of(signer)),
        Witnesses.of(LogPolicy.parse("quorum none\n"), Map.of()),
        Optional.of(new CounterAnchor(counter, every)),
        InstantSource.fixed(NOW),
        new LedgerEvents() {
          @Override
          public void anchorFailed(String reason) {
            events.add(reason);
          }

          @Override
          public void anchorBack(String name) {
            events.add(name);
          }
        });
  }

  private static void commit(Ledger ledger) throws Exception {
    UuidV7 jti = UuidV7.next(InstantSource.system(), new SecureRandom());
    Leaf leaf = SampleLeaves.born(NOW).allow(jti).leaf(2);
    Entry entry =
        Entry.of(leaf, new StateChange.RecordArtifact(jti, NOW.plusSeconds(60), Optional.empty()));
    assertThat(ledger.commit(entry).toCompletableFuture().join()).isInstanceOf(Receipt.class);
  }

  private void grow() throws Exception {
    try (Ledger ledger = open(Duration.ofHours(1))) {
      commit(ledger);
    }
  }

  private void assertStops(String... words) {
    assertThatThrownBy(() -> open(SECOND).close())
        .isInstanceOf(LedgerException.class)
        .hasMessageContainingAll(words)
        .hasMessageNotContaining("\n");
  }

  /** What a backup of a stopped service has. */
  private static Path copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    return Files.copy(
        from.resolve("ledger.db"),
        to.resolve("ledger.db"),
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.COPY_ATTRIBUTES);
  }

  private Path config() throws IOException {
    return Files.writeString(
        folder.resolve("serve.yaml"),
        """
        tenant: acme
        trust: trust.json
        token: {label: writ, pin_file: pin}
        ledger: {folder: ledger, tpm_anchor: {tpm: "%s", index: 0x%08x}}
        policy: policy.json
        endorsements: {roots: [roots.pem]}
        listen: {http: "127.0.0.1:8080"}
        operator: {socket: operator.sock}
        """
            .formatted(counter.tcti(), counter.index()));
  }

  @Test
  void folderThatWasPutBack_doesNotOpenUntilItIsAccepted() throws Exception {
    grow();
    Path unused = copy(store(), folder.resolve("backup"));
    grow();
    unused = copy(store(), folder.resolve("newest"));
    unused = copy(folder.resolve("backup"), store());
    assertStops("the counter 0x", "was rolled back", "put the newest store back");

    unused = copy(folder.resolve("newest"), store());
    grow();
    unused = copy(folder.resolve("backup"), store());
    Invocation asked = Invocation.of("ledger", "anchor", "--config", config());
    assertThat(asked.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(asked.err()).contains("was rolled back", "--accept").hasLineCount(1);
    Invocation accepted =
        Invocation.of("ledger", "anchor", "--accept", "--config", config(), "-o", "json");
    assertThat(accepted.status()).as(accepted.err()).isEqualTo(ExitStatus.DONE);
    assertThat(accepted.out())
        .contains("\"outcome\":\"accepted\"", "\"count\":" + counter.read().getAsLong());
    grow();
  }

  @Test
  void ledgerOnAnotherTpm_isAnchoredKnowinglyAlone() throws Exception {
    grow();
    try (SwtpmHost other =
        SwtpmHost.manufacture(Files.createDirectory(machines.resolve("other")), maker)) {
      counter = new TpmRollbackCounter(other.tcti(), counter.index());
      assertStops("must be there, is not", "replaced or cleared");
      assertThat(Invocation.of("ledger", "anchor", "--config", config()).err())
          .contains("is by another counter", "--accept");
      Invocation accepted = Invocation.of("ledger", "anchor", "--accept", "--config", config());
      assertThat(accepted.out()).containsPattern("outcome +made");
      grow();
    }
  }

  @Test
  void indexOfAnotherKind_stops() throws Exception {
    host.writeNv(counter.index(), new byte[8]);
    assertStops("must be Writ's counter against rollback", "tpm2_nvundefine");
  }

  @Test
  void tpmThatIsAway_stopsAStart_andNothingThatRuns() throws Exception {
    grow();
    long before = counter.read().orElseThrow();
    try (Ledger ledger = open(SECOND)) {
      host.cutPower();
      try {
        commit(ledger);
        await(() -> events.size() == 1);
        assertThat(events.peek()).contains("the counter 0x", "must be reached");
        commit(ledger);
      } finally {
        host.powerOn();
      }
      await(() -> events.size() == 2);
      assertThat(events).last().isEqualTo(counter.toString());
    }
    assertThat(counter.read().orElseThrow()).isGreaterThan(before);
    host.cutPower();
    try {
      assertStops("must be reached");
    } finally {
      host.powerOn();
    }
    grow();
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(Condition condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(10);
    }
  }

  @Test
  void configurationWithoutACounter_isRefused() throws Exception {
    Path config = config();
    Files.writeString(config, Files.readString(config).replaceFirst(", tpm_anchor: .*}}", "}"));
    Invocation asked = Invocation.of("ledger", "anchor", "--config", config);
    assertThat(asked.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(asked.err()).contains("must have ledger.tpm_anchor");
  }

  /** The service itself, whose copy is of a time when it had stopped. */
  @Test
  void serve_whoseFolderWasPutBack_doesNotStart() throws Exception {
    DemoService.Born born = DemoService.birth(machines.resolve("service"));
    Path config = DemoService.configure(born, maker, Map.of(), machines);
    Files.writeString(
        config,
        Files.readString(config)
            .replace(
                "  folder: ledger\n",
                "  folder: ledger\n  tpm_anchor: {tpm: \"%s\", index: 0x%08x}\n"
                    .formatted(counter.tcti(), counter.index())));
    Path ledger = born.folder().resolve("ledger");
    DemoService.start(born, config).close();
    assertThat(Files.readString(born.folder().resolve("log"))).doesNotContain("rollback_unseen");
    Path unused = copy(ledger, folder.resolve("backup"));
    long atBackup = counter.read().orElseThrow();
    try (Tpm tpm = Tpm.open(host.tcti())) {
      // What a later run would have done: it leaves the counter above all copies before it.
      assertThat(tpm.raiseRollbackCounter(counter.index())).isEqualTo(atBackup + 1);
    }
    unused = copy(folder.resolve("backup"), ledger);
    Path err = folder.resolve("err");
    ChildProcess process =
        ChildProcess.start(
            JavaCommand.ofWrit(
                born.folder().resolve("tmp"), List.of("serve", "--config", config.toString())),
            born.token().environment(),
            folder.resolve("out"),
            err);
    assertThat(process.await(PATIENCE)).contains(ExitStatus.CONFIGURATION);
    assertThat(Files.readString(err)).contains("was rolled back", "writ ledger anchor --accept");
  }
}
