// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ lineage search --pages}, and {@code writ lineage verify} over what somebody else made of them. */
class LineagePagesTest {
  private static final Instant TIME = Instant.parse("2026-11-21T06:00:00Z");
  private static final int SIZE = 600;

  @TempDir static Path published;
  private static SampleLog log;

  @TempDir Path folder;
  private Path pages;

  @BeforeAll
  static void publish() throws Exception {
    SampleLeaves leaves = SampleLeaves.born(TIME);
    while (leaves.entries().size() < SIZE) {
      leaves = leaves.deny();
    }
    log = SampleLog.of(leaves.entries()).into(published);
  }

  @BeforeEach
  void make() throws Exception {
    pages = Files.createDirectory(folder.resolve("pages"));
  }

  private Invocation search(Object... more) {
    return lineage("search", published, "--pages", pages, more);
  }

  private Invocation verify(Object... more) {
    return lineage("verify", pages, more);
  }

  private Invocation lineage(String command, Object... words) {
    List<Object> all = new ArrayList<>(List.of("lineage", command));
    for (Object word : words) {
      all.addAll(word instanceof Object[] more ? List.of(more) : List.of(word));
    }
    all.addAll(List.of("--log", log.vkey()));
    return Invocation.of(all.toArray());
  }

  private void assertRefused(String words, Object... more) {
    Invocation refused = verify(more);
    assertThat(refused.status()).as(refused.err()).isEqualTo(ExitStatus.INTEGRITY);
    assertThat(refused.err()).contains(words);
    assertThat(refused.out()).isEmpty();
  }

  @Test
  void pages_ofTheSearchThatIsAskedFor_showQuestionAndAnswer() {
    Invocation found = search("--kind", "policy");
    assertThat(found.err()).isEmpty();
    assertThat(found.out())
        .contains(
            "leaf 1\n",
            "{\"kind\":\"policy\"}",
            SampleLog.ORIGIN,
            log.root().hex(),
            TIME.plusSeconds(SIZE - 1).toString(),
            "leaves 0 to 600 of 600: 1 match, 0 undecided");
    Invocation verified = verify("--kind", "policy");
    assertThat(verified.status()).as(verified.err()).isZero();
    assertThat(verified.out()).isEqualTo(found.out());
    assertThat(verify("--kind", "policy", "-o", "json").out())
        .contains(
            "{\"filter\":{\"kind\":\"policy\"},\"origin\":\"" + SampleLog.ORIGIN + "\"",
            "\"size\":600",
            "\"root\":\"" + log.root() + "\"",
            "\"start\":0,\"end\":600",
            "\"newest_time\":\"" + TIME.plusSeconds(SIZE - 1) + "\"",
            "\"matches\":[1]");
  }

  @Test
  void pages_ofAnotherSearch_areRefused() {
    assertThat(search("--code", "policy_denied", "--before", "2020-01-01T00:00:00Z").out())
        .contains(": 0 match");
    assertRefused(
        "must be of the search for {\"code\":\"policy_denied\"}", "--code", "policy_denied");
    assertRefused("must be of the search for {}");
    assertThat(verify("--code", "policy_denied", "--before", "2020-01-01T00:00:00.0009Z").status())
        .isZero();
  }

  @Test
  void page_thatIsMissing_isLeftOut() throws Exception {
    assertThat(search().status()).isZero();
    Files.delete(pages.resolve("page-512.json"));
    assertRefused("none is of leaf 512");
    Files.delete(pages.resolve("page-0.json"));
    assertRefused("none is of leaf 0");
    assertThat(verify("--from", 256, "--to", 512).out())
        .contains("leaves 256 to 512 of 600: 256 match");
    assertRefused("the last page must end at 300, ends at 512", "--from", 256, "--to", 300);
  }

  @Test
  void searchOfARange_readsNothingElseOfTheLog() throws Exception {
    Path others = published.resolve("tile/entries/000");
    byte[] whole = Files.readAllBytes(others);
    Files.write(others, new byte[] {1});
    Invocation found = search("--from", 512);
    assertThat(found.status()).as(found.err()).isZero();
    assertThat(found.out()).contains("leaves 512 to 600 of 600: 88 match");
    assertThat(verify("--from", 512).out()).isEqualTo(found.out());
    assertThat(lineage("search", published, "--from", 0).status()).isEqualTo(ExitStatus.INTEGRITY);
    Files.write(others, whole);
  }

  @Test
  void folder_withOtherFilesAndAGarbagePage_isJudgedByThePages() throws Exception {
    assertThat(search().status()).isZero();
    Files.write(pages.resolve(".DS_Store"), new byte[] {0, 1});
    assertThat(verify().status()).isZero();
    Files.writeString(pages.resolve("page-256.json"), "{");
    assertRefused("page-256.json: a search page must be one");
    assertThat(lineage("verify", folder.resolve("none")).status())
        .isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(verify("--from", 9, "--to", 3).status()).isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void pages_areBelievedByTheSameWordsAsTheLog() throws Exception {
    assertThat(search().status()).isZero();
    Invocation refused =
        Invocation.of("lineage", "verify", pages, "--log", SampleLog.empty().vkey());
    assertThat(refused.status()).isEqualTo(ExitStatus.INTEGRITY);
    assertThat(refused.err()).contains("the checkpoint must be believed, and is not");
    assertThat(Invocation.of("lineage", "verify", pages).status()).isEqualTo(ExitStatus.USAGE);
  }
}
