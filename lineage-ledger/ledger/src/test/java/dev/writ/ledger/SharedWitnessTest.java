// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.tlog.AddCheckpointAnswer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several nodes on one PostgreSQL database, whose heads the same witnesses cosign: two of three. */
@Tag("shared-store")
@Timeout(120)
class SharedWitnessTest {
  private static final int NODES = 3;
  private static final int EACH = 12;

  @TempDir Path temporary;
  private Path store = Path.of("");
  private ThreeWitnesses witnesses;
  private final List<String> said = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() {
    store = temporary.resolve("store");
    witnesses = new ThreeWitnesses(temporary);
  }

  @AfterEach
  void stop() {
    witnesses.close();
  }

  @Test
  void nodesThatCommitAtOnce_areAllAnsweredUnderCosignedHeads() throws Exception {
    List<Ledger> nodes = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(NODES);
    try {
      List<Callable<List<Receipt>>> tasks = new ArrayList<>();
      for (int i = 0; i < NODES; i++) {
        Ledger node = open();
        nodes.add(node);
        tasks.add(() -> commitOneByOne(node));
      }
      List<Long> indices = new ArrayList<>();
      for (Future<List<Receipt>> task : threads.invokeAll(tasks)) {
        for (Receipt receipt : task.get()) {
          witnesses.assertTrusted(receipt.checkpoint());
          indices.add(receipt.index());
        }
      }
      assertThat(indices).doesNotHaveDuplicates().hasSize(NODES * EACH);
      assertThat(said).as("no witness failed or contradicted a node").isEmpty();
    } finally {
      threads.shutdownNow();
      nodes.forEach(Ledger::close);
    }
  }

  private static List<Receipt> commitOneByOne(Ledger node) throws Exception {
    List<Receipt> receipts = new ArrayList<>();
    for (int i = 0; i < EACH; i++) {
      receipts.add(receipt(commit(node, Samples.entry())));
    }
    return receipts;
  }

  @Test
  void nodeThatStarts_whileAnotherCommits_isNoContradiction() throws Exception {
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try (Ledger first = open()) {
      Future<List<Receipt>> load = threads.submit(() -> commitOneByOne(first));
      while (!load.isDone()) {
        open().close();
      }
      assertThat(load.get()).hasSize(EACH);
      assertThat(said).isEmpty();
    } finally {
      threads.shutdownNow();
    }
  }

  /** More than any node committed is no other node's head. */
  @Test
  void witnessesThatSawMoreThanIsCommitted_contradict() throws Exception {
    try (Ledger node = open()) {
      Receipt unused = receipt(commit(node, Samples.entry()));
      for (TestWitness witness : witnesses.all) {
        witness.faultBy(
            (exchange, request) -> TestWitness.send(exchange, new AddCheckpointAnswer.Conflict(7)));
      }
      assertThat(commit(node, Samples.entry()))
          .isInstanceOfSatisfying(
              Unavailable.class,
              it -> assertThat(it.message()).contains("cosigned 7 leaves, and there are 2"));
      assertThat(said).contains("contradicts north", "contradicts south", "contradicts west");
    }
    assertThatThrownBy(() -> open().close())
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("what its witnesses have seen");
  }

  private Ledger open() throws Exception {
    return Ledger.open(
        TestLedgers.store(store),
        Samples.ORIGIN,
        CheckpointKeys.of(List.of(TestLedgers.SIGNER)),
        Witnesses.of(witnesses.policy(), Map.of()),
        Optional.empty(),
        Samples.CLOCK,
        new LedgerEvents() {
          @Override
          public void witnessFailed(String name, String reason, boolean contradicts) {
            said.add((contradicts ? "contradicts " : "failed ") + name);
          }
        });
  }
}
