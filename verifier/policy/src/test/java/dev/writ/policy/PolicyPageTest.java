// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What docs/POLICY.md shows is the document that it speaks of. */
class PolicyPageTest {
  private static final Path PAGE = Path.of("../../docs/POLICY.md");
  private static final Path STARTING = Path.of("../../docs/examples/starting-policy.yaml");
  private static final Pattern BLOCK = Pattern.compile("```yaml\n(.*?)```\n", Pattern.DOTALL);

  @Test
  void page_whatItShows_isOfTheStartingPolicy() throws Exception {
    List<String> lines = Files.readAllLines(STARTING);
    List<String> shown =
        BLOCK
            .matcher(Files.readString(PAGE))
            .results()
            .flatMap(block -> block.group(1).lines())
            .toList();
    assertThat(shown).hasSizeGreaterThan(30);
    assertThat(lines).containsAll(shown);
  }

  @Test
  void page_theRefusalItShows_isTheOneThatComes() throws Exception {
    String policy = Files.readString(STARTING).replace("Mode.FROZEN", "Mode.FROZE");
    PolicyLint.Finding fault =
        PolicyLint.of(policy.getBytes(StandardCharsets.UTF_8), Samples.NOW).faults().get(0);
    Matcher shown =
        Pattern.compile("policy\\.yaml:(\\d+):(\\d+): (.*) …\n").matcher(Files.readString(PAGE));
    assertThat(shown.find()).isTrue();
    assertThat(shown.group(1)).isEqualTo(Integer.toString(fault.line()));
    assertThat(shown.group(2)).isEqualTo(Integer.toString(fault.column()));
    assertThat(fault.sentence()).startsWith(shown.group(3));
  }
}
