// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code writ run} while the service is away, and when it is back. */
class RunAwayTest {
  private static final int NOT_EXECUTED = 126;

  private static GovernedHosts hosts;

  @BeforeAll
  static void start() throws Exception {
    hosts = GovernedHosts.start();
  }

  @AfterAll
  static void stop() throws Exception {
    hosts.close();
  }

  @Test
  void bundles_whileTheServiceIsAway_holdAndTheirOutcomesArriveLater() throws Exception {
    Path many = hosts.bundle(3, List.of(), "echo", "many");
    Path once = hosts.bundle(1, List.of(), "echo", "once");
    List<Leaf> before = hosts.leaves();
    hosts.running().service().close();

    WritProcess.Ended fresh = hosts.fresh(List.of(), "echo", "fresh").run();
    assertThat(fresh.status()).isEqualTo(NOT_EXECUTED);
    assertThat(fresh.code()).isEqualTo("unverifiable");
    assertThat(fresh.out()).isEmpty();

    for (int use = 0; use < 2; use++) {
      WritProcess.Ended ran = withService(hosts.url(), many, "many");
      assertThat(ran.status()).as(ran.err()).isZero();
      assertThat(ran.out()).isEqualTo("many\n");
      assertThat(ran.err()).contains("outcomes wait to be told").hasLineCount(1);
    }
    WritProcess.Ended ran = hosts.under(once, "echo", "once").run();
    assertThat(ran.status()).as(ran.err()).isZero();
    WritProcess.Ended again = hosts.under(once, "echo", "once").run();
    assertThat(again.status()).isEqualTo(NOT_EXECUTED);
    assertThat(again.code()).isEqualTo("replayed");
    assertThat(hosts.spooled()).containsExactly(".outcome", ".outcome", ".outcome");

    // A new process says where it is ready.
    Files.delete(hosts.running().folder().resolve("service/ready"));
    try (DemoService back = DemoService.start(hosts.running().born(), hosts.running().config())) {
      WritProcess.Ended later = withService(back.url().toString(), many, "many");
      assertThat(later.status()).as(later.err()).isZero();
      assertThat(later.err()).isEmpty();
      assertThat(hosts.spooled()).isEmpty();
      List<Leaf> leaves = hosts.leaves(back);
      assertThat(leaves.subList(before.size(), leaves.size()))
          .extracting(Leaf::body)
          .filteredOn(LeafBody.Outcome.class::isInstance)
          .hasSize(4);
      WritProcess.Ended denied = withService(back.url().toString(), many, "many");
      assertThat(denied.code()).isEqualTo("replayed");
      List<Leaf> after = hosts.leaves(back);
      assertThat(after.subList(leaves.size(), after.size()))
          .extracting(Leaf::body)
          .noneMatch(LeafBody.Outcome.class::isInstance);
    }
  }

  private static WritProcess.Ended withService(String url, Path bundle, String word)
      throws Exception {
    List<String> options = List.of("--bundle", bundle.toString(), "--service", url);
    return hosts.on(hosts.hostA(), "run", options, "echo", word).run();
  }
}
