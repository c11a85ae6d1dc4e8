// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which logs {@code writ lineage} reads, whom it believes, and its exit status where it does not. */
class LineageReadersTest {
  private static final Instant TIME = Instant.parse("2026-11-21T06:00:00Z");

  @TempDir Path folder;

  private static Invocation lineage(String command, Object log, Object... more) {
    List<Object> words = new ArrayList<>(List.of("lineage", command, log));
    words.addAll(List.of(more));
    return Invocation.of(words.toArray());
  }

  private static SampleLog sample() throws Exception {
    return SampleLog.of(SampleLeaves.used(TIME).entries());
  }

  @Test
  void root_overHttpAndOfAFolder_isTheSame() throws Exception {
    SampleLog log = sample().into(folder);
    Invocation copied = lineage("root", folder, 3, "--log", log.vkey(), "-o", "json");
    assertThat(copied.status()).as(copied.err()).isZero();
    assertThat(copied.out()).contains("\"root\":\"" + log.root() + "\"", "outcomeOf");
    try (LogServer server = new LogServer(log)) {
      Invocation served = lineage("root", server.url(), 3, "--log", log.vkey(), "-o", "json");
      assertThat(served.out()).isEqualTo(copied.out());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tile/entries/000.p/5", "tile/0/000.p/5"})
  void logThatContradictsItsCheckpoint_exitsWith5(String path) throws Exception {
    SampleLog log = sample();
    log.flip(path, 40);
    try (LogServer server = new LogServer(log)) {
      for (String command : List.of("check", "search")) {
        Invocation refused = lineage(command, server.url(), "--log", log.vkey());
        assertThat(refused.status()).as(refused.err()).isEqualTo(ExitStatus.INTEGRITY);
        assertThat(refused.err()).contains("the log contradicts its checkpoint: ");
        assertThat(refused.out()).isEmpty();
      }
    }
  }

  @Test
  void checkpoint_thatNoGivenKeySigned_isInvalid() throws Exception {
    SampleLog log = sample().into(folder);
    String stranger = SampleLog.empty().vkey();
    Invocation refused = lineage("root", folder, 3, "--log", stranger);
    assertThat(refused.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(refused.err()).contains("the checkpoint must be believed, is not");
    assertThat(lineage("root", folder, 3, "--log", stranger, "--log", log.vkey()).status())
        .isZero();
    Files.delete(folder.resolve("checkpoint"));
    assertThat(lineage("root", folder, 3, "--log", log.vkey()).status())
        .isEqualTo(ExitStatus.CONFIGURATION);
  }

  @Test
  void leaf_thatTheLogDoesNotHave_isDeniedHoweverItIsNamed() throws Exception {
    SampleLog log = sample().into(folder);
    for (Object id : List.of(5, 99, SampleLeaves.uuid(), log.root())) {
      assertThat(lineage("root", folder, id, "--log", log.vkey()).status())
          .as("%s", id)
          .isEqualTo(ExitStatus.DENIED);
    }
    assertThat(Invocation.of("ledger", "proof", folder, "--index", 5, "--log", log.vkey()).status())
        .isEqualTo(ExitStatus.DENIED);
    for (String command : List.of("check", "search")) {
      Invocation beyond = lineage(command, folder, "--from", 6, "--log", log.vkey());
      assertThat(beyond.status()).isEqualTo(ExitStatus.DENIED);
      assertThat(beyond.err()).contains("has 5");
    }
  }

  @Test
  void log_thatIsTooLongForAnIndex_isNoFaultOfTheCommandLine() throws Exception {
    SampleLog log = sample();
    log.damage("checkpoint", bytes -> Optional.of(log.noteOfSize((1 << 23) + 1)));
    try (LogServer server = new LogServer(log)) {
      Invocation refused = lineage("check", server.url(), "--log", log.vkey());
      assertThat(refused.status()).isEqualTo(ExitStatus.CONFIGURATION);
      assertThat(refused.err()).contains("at most 8388608 leaves, the log has 8388609");
    }
  }

  @Test
  void commandLine_thatIsWrong_isUsage() throws Exception {
    SampleLog log = sample().into(folder);
    assertThat(lineage("check", folder).status()).isEqualTo(ExitStatus.USAGE);
    assertThat(lineage("check", folder, "--log", "no key").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(lineage("root", folder, "--log", log.vkey()).status()).isEqualTo(ExitStatus.USAGE);
    assertThat(lineage("check", "http://192.0.2.1/ledger", "--log", log.vkey()).status())
        .isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void server_thatDoesNotAnswer_isUnreachable() throws Exception {
    SampleLog log = sample();
    String gone;
    try (LogServer server = new LogServer(log)) {
      gone = server.url();
      server.answerAllWith(503);
      assertThat(lineage("check", gone, "--log", log.vkey()).status())
          .isEqualTo(ExitStatus.UNREACHABLE);
    }
    assertThat(lineage("check", gone, "--log", log.vkey()).status())
        .isEqualTo(ExitStatus.UNREACHABLE);
  }
}
