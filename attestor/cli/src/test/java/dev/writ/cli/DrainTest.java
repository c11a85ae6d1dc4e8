// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.service.JsonLog;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the end of a service says of itself. */
class DrainTest {
  private final List<String> closed = new ArrayList<>();

  @Test
  void drain_everyPartCloses_isDoneInOrder() {
    String log = logOf(ExitStatus.DONE, part("doors"), part("service"), part("token"));
    assertThat(closed).containsExactly("doors", "service", "token");
    assertThat(log).isEmpty();
  }

  @Test
  void drain_partFails_closesTheOthersAndIsLoggedAndShownByTheStatus() {
    String log =
        logOf(
            ExitStatus.BUG,
            part("doors"),
            () -> {
              throw new IllegalStateException("the ledger's writer did not end");
            },
            part("token"));
    assertThat(closed).containsExactly("doors", "token");
    assertThat(log)
        .hasLineCount(1)
        .contains("\"level\":\"error\"")
        .contains("\"event\":\"not_closed\"")
        .contains("the ledger's writer did not end");
  }

  @Test
  void drain_partEndsInAnError_isLoggedAndShownByTheStatus() {
    String log =
        logOf(
            ExitStatus.BUG,
            () -> {
              throw new NoClassDefFoundError("dev/writ/Gone");
            },
            part("token"));
    assertThat(closed).containsExactly("token");
    assertThat(log).contains("dev/writ/Gone");
  }

  private AutoCloseable part(String name) {
    return () -> closed.add(name);
  }

  /** What closing {@code parts} logs, with the status that it must have. */
  private static String logOf(int status, AutoCloseable... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    JsonLog log =
        JsonLog.install(
            new PrintStream(out, true, StandardCharsets.UTF_8), System.Logger.Level.INFO);
    assertThat(new Drain(List.of(parts)).run()).isEqualTo(status);
    log.close();
    return out.toString(StandardCharsets.UTF_8);
  }
}
