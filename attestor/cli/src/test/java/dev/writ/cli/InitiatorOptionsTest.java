// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.Timeouts;
import dev.writ.artifact.InitiatorToken;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A token is read from its file, and told to nobody but the service. */
class InitiatorOptionsTest {
  private static final HttpServiceEndpoint SERVICE =
      HttpServiceEndpoint.at(
          URI.create("http://127.0.0.1:1"), List.of(), InstantSource.system(), Timeouts.STANDARD);

  @TempDir Path folder;
  private final InitiatorOptions options = new InitiatorOptions();

  @Test
  void noFile_bringsNothing() throws Exception {
    assertThat(options.shownTo(SERVICE)).isSameAs(SERVICE);
  }

  @Test
  void file_withALineEnd_isTheToken() throws Exception {
    for (String end : List.of("", "\n", "\r\n")) {
      options.file = Files.writeString(folder.resolve("token"), "aaa.bbb.ccc" + end);
      assertThat(options.token()).contains(new InitiatorToken("aaa.bbb.ccc"));
      assertThat(options.shownTo(SERVICE)).isNotSameAs(SERVICE);
    }
  }

  @Test
  void file_thatHoldsNoToken_isRefused_andItsTextIsNotShown() throws Exception {
    for (String text : List.of("", "secret words", "secret.b.c\nd.e.f", "s".repeat(9_000))) {
      options.file = Files.writeString(folder.resolve("token"), text);
      assertThatThrownBy(() -> options.shownTo(SERVICE))
          .isInstanceOf(CommandFailure.class)
          .hasMessageStartingWith("--initiator-token-file: ")
          .hasMessageNotContaining("secret");
    }
  }

  /** The one is how arguments are read that are plain, the other how picocli reads them. */
  @Test
  void file_besideABundle_isRefused_butNotWhereTheEnvironmentHasIt() {
    List<String> plain =
        List.of("--trust", "t", "--state", "s", "--bundle", "b", "--initiator-token-file", "f");
    List<String> line = new ArrayList<>(plain);
    line.addAll(List.of("--", "true"));
    Optional<RunCommand> read = PlainRunArguments.read(line.toArray(String[]::new), Map.of());
    assertThatThrownBy(() -> read.orElseThrow().call())
        .isInstanceOf(CommandFailure.class)
        .hasMessageStartingWith("--initiator-token-file must not be given with --bundle: ");
    StringWriter err = new StringWriter();
    CommandLine byPicocli = RunCommand.commandLine().setErr(new PrintWriter(err));
    assertThat(byPicocli.execute(line.toArray(String[]::new))).isEqualTo(ExitStatus.BUG);
    assertThat(err.toString())
        .startsWith("writ run: --initiator-token-file must not be given with --bundle: ");

    Optional<RunCommand> other =
        PlainRunArguments.read(
            new String[] {"--trust", "t", "--state", "s", "--bundle", "b", "--", "true"},
            Map.of("WRIT_INITIATOR_TOKEN_FILE", "f"));
    assertThat(other.orElseThrow().initiator.file).isNull();
  }

  @Test
  void file_thatIsMissing_isRefused() {
    options.file = folder.resolve("none");
    assertThatThrownBy(() -> options.shownTo(SERVICE))
        .isInstanceOf(CommandFailure.class)
        .hasMessageStartingWith("--initiator-token-file: ");
  }
}
