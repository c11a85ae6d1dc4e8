// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The example in the package's description is a document, with the digest that stands there. */
class FormatExampleTest {
  @Test
  void example_ofThePackage_hasTheDigestItSays() throws Exception {
    String page =
        Files.readString(Path.of("src/main/java/dev/writ/policy/package-info.java"))
            .replace("\n * ", "\n");
    int from = page.indexOf("<pre>{@code\n") + "<pre>{@code\n".length();
    String example = page.substring(from, page.indexOf("\n}</pre>", from));
    PolicyDocument document = PolicyDocument.parse(example.getBytes(StandardCharsets.UTF_8));
    assertThat(page).contains("whose digest is {@code\n" + document.digest() + "}");
    assertThat(Policy.compile(document).decide(Samples.INPUTS)).isInstanceOf(Decision.Allow.class);
  }
}
