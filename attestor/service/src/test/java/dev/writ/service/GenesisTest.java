// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.LeafKind;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerEvents;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The first leaves of a ledger, which several nodes may make at once. */
class GenesisTest {
  private static final int NODES = 4;

  private static ServiceToken token;

  @TempDir Path folder;

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  /** Each looks first and commits then, as nodes on one database do. */
  @Test
  void begunByNodesAtOnce_makesEachLeafOnceAndAllFindTheSamePolicy() throws Exception {
    Deployment deployment = new Deployment(token, folder);
    String origin = Deployment.IDENTITY.origin();
    CyclicBarrier together = new CyclicBarrier(NODES);
    ExecutorService nodes = Executors.newFixedThreadPool(NODES);
    WritService.Setup setup = deployment.setup();
    try (Ledger ledger =
        Ledger.open(
            setup.store(),
            origin,
            new CheckpointLines(token.keys(), origin),
            deployment.clock,
            LedgerEvents.NONE)) {
      List<Future<PolicyStanding>> begun = new ArrayList<>();
      for (int i = 0; i < NODES; i++) {
        begun.add(
            nodes.submit(
                () -> {
                  KeysInUse keys = KeysInUse.of(token.keys(), ledger);
                  TrustFiles trust = TrustFiles.open(setup.trust(), ledger);
                  Genesis genesis =
                      new Genesis(ledger, trust, deployment.clock, new SecureRandom());
                  int unused = together.await();
                  return genesis.begin(keys, origin, setup.policy());
                }));
      }
      for (Future<PolicyStanding> each : begun) {
        assertThat(each.get().epoch()).isEqualTo(1);
        assertThat(each.get().leaf()).isEqualTo(begun.get(0).get().leaf());
      }
      List<LeafKind> kinds = new ArrayList<>();
      for (long index = 0; index < ledger.size(); index++) {
        kinds.add(ledger.leaf(index).orElseThrow().body().kind());
      }
      assertThat(kinds).filteredOn(LeafKind.KEY::equals).hasSize(ledger.keys().size());
      assertThat(kinds).filteredOn(LeafKind.POLICY::equals).hasSize(1);
      assertThat(kinds).hasSize(ledger.keys().size() + 1);
    } finally {
      nodes.shutdownNow();
    }
  }
}
