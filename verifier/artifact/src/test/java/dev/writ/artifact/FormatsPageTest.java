// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/FORMATS.md shows the worked example's very bytes, and the checks in their order. */
class FormatsPageTest {
  private static final Path PAGE = Path.of("../../docs/FORMATS.md");

  /** A block that names its file: <!-- worked-example/NAME -->, a fence, the text, a fence. */
  private static final Pattern BLOCK =
      Pattern.compile("<!-- worked-example/([^ ]+) -->\n```[a-z]*\n(.*?)```\n", Pattern.DOTALL);

  @Test
  void page_everyBlockThatNamesAFile_holdsItsBytes() throws Exception {
    String page = Files.readString(PAGE);
    assertThat(BLOCK.matcher(page).results().map(block -> block.group(1)))
        .contains(
            "digests.txt",
            "request.json",
            "exec-binding.json",
            "claims.json",
            "artifact.jws",
            "leaf-6.json",
            "leaf-9.json")
        .contains("checkpoint.txt", "proof.txt", "trust.json")
        .contains("status-claims.json", "status.jws", "outcome.jws", "ear.json", "ear.jws")
        .contains("policy-envelope.json", "policy-pae.txt");
    for (MatchResult block : BLOCK.matcher(page).results().toList()) {
      String file = file(block.group(1));
      assertThat(block.group(2))
          .as(block.group(1))
          .isEqualTo(file.endsWith("\n") ? file : file + "\n");
    }
  }

  @Test
  void page_itsChecks_areThoseOfTheVerifierInOrder() throws Exception {
    StringBuilder table = new StringBuilder();
    for (CheckName check : CheckName.values()) {
      table.append(
          String.format(
              "| `%s` | `%s` | %s |%n", check.wire(), check.code().wire(), check.question()));
    }
    assertThat(Files.readString(PAGE)).contains(table);
  }

  private static String file(String name) throws IOException {
    try (InputStream in = FormatsPageTest.class.getResourceAsStream("/worked-example/" + name)) {
      assertThat(in).as("worked-example/" + name).isNotNull();
      return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
