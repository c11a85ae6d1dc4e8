// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/FORMATS.md shows the bytes of a challenge. */
class FormatsPageTest {
  private static final Path PAGE = Path.of("../../docs/FORMATS.md");
  private static final Pattern CHALLENGE =
      Pattern.compile("<!-- challenge -->\n```\n([0-9a-f\n]+)```\n");

  @Test
  void page_itsChallenge_isTheEncodingOfTheValuesItNames() throws Exception {
    Matcher shown = CHALLENGE.matcher(Files.readString(PAGE));
    assertThat(shown.find()).isTrue();
    Challenge challenge =
        new Challenge(
            Octets.fromHex("01".repeat(32)),
            Instant.parse("2026-11-01T00:01:00Z"),
            PcrSelection.of(TpmAlg.SHA256, 0, 7, 8),
            1,
            Octets.fromHex("02".repeat(32)));
    String hex = shown.group(1).replace("\n", "");
    assertThat(Octets.of(challenge.encode()).hex()).isEqualTo(hex);
    assertThat(Challenge.parse(Octets.fromHex(hex).bytes())).isEqualTo(challenge);
  }
}
