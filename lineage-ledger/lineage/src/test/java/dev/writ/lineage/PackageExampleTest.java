// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.TrustedCheckpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The example of the package's documentation, on the log of docs/FORMATS.md. */
class PackageExampleTest {
  private static final int SIZE = 7;

  private static List<String> block(String page, String marker) {
    String after = page.substring(page.indexOf(marker));
    return after.lines().skip(2).takeWhile(line -> !line.startsWith("```")).toList();
  }

  private static MemoryLog log() throws IOException {
    String page = Files.readString(Path.of("../../docs/FORMATS.md"));
    List<byte[]> entries = new ArrayList<>();
    for (int i = 0; i < SIZE; i++) {
      String leaf = block(page, "<!-- worked-example/leaf-" + i + ".json -->").get(0);
      entries.add(leaf.getBytes(StandardCharsets.UTF_8));
    }
    MemoryLog log = MemoryLog.of(entries);
    List<String> proof = block(page, "<!-- worked-example/proof.txt -->");
    List<String> note = proof.subList(proof.indexOf("") + 1, proof.size());
    log.files.put("checkpoint", (String.join("\n", note) + "\n").getBytes(StandardCharsets.UTF_8));
    return log;
  }

  private static LogPolicy policy(MemoryLog log) throws Exception {
    byte[] bundle = log.file("tile/entries/000.p/7");
    List<byte[]> entries = EntryBundle.decode(EntryBundlePath.holding(0, SIZE), bundle);
    LeafBody.KeyStatement key = (LeafBody.KeyStatement) Leaf.parse(entries.get(1)).body();
    return LogPolicy.parse("log " + key.vkey().orElseThrow() + "\nquorum none\n");
  }

  private static String example(String id) throws IOException {
    String source = Files.readString(Path.of("src/main/java/dev/writ/lineage/package-info.java"));
    String after = source.substring(source.indexOf("<pre id=\"" + id + "\">"));
    return String.join(
        "\n",
        after
            .lines()
            .skip(1)
            .takeWhile(line -> !line.contains("</pre>"))
            .map(line -> line.substring(" * ".length()).replace("&gt;", ">"))
            .toList());
  }

  @Test
  void page_isTheExamplesToTheByte_andProvesWhatIsSaid() throws Exception {
    MemoryLog log = log();
    VerifiedLeaves source = log.open(policy(log));
    SearchFilter filter = SearchPageTest.filter(Map.of("kind", LeafKind.ENROLMENT));
    SearchPage page = SearchPage.of(source, Openings.NONE, filter, 4, 6);
    assertThat(new String(page.toJson(), StandardCharsets.UTF_8)).isEqualTo(example("page"));
    SearchPage read = SearchPage.parse(example("page").getBytes(StandardCharsets.UTF_8));
    assertThat(new PageVerifier(policy(log)::verifyCheckpoint, Openings.NONE).verify(read))
        .isEqualTo(new PageOutcome.Complete(4, 6, SIZE, List.of(5), List.of()));
  }

  /** A page is read whole, or refused by its own exception; nothing that was changed proves. */
  @Test
  void everyByteOfThePage_matters() throws Exception {
    byte[] page = example("page").getBytes(StandardCharsets.UTF_8);
    LogPolicy policy = policy(log());
    // Most changes leave the note as it is, and what is made of one note is the same each time.
    Map<String, CheckpointOutcome> judged = new HashMap<>();
    PageVerifier verifier =
        new PageVerifier(
            note -> judged.computeIfAbsent(note.format(), unused -> policy.verifyCheckpoint(note)),
            Openings.NONE);
    assertThat(proves(verifier, page)).isTrue();
    for (int at = 0; at < page.length; at++) {
      byte[] changed = page.clone();
      changed[at] ^= (byte) (1 << at % 8);
      assertThat(proves(verifier, changed)).as("byte %s", at).isFalse();
    }
    for (int length = 0; length < page.length; length += 16) {
      assertThat(proves(verifier, Arrays.copyOf(page, length))).as("cut at %s", length).isFalse();
    }
    // The page's own, which is believed, and those with a change in text or signature.
    assertThat(judged).hasSizeGreaterThan(100);
    assertThat(judged.values()).filteredOn(TrustedCheckpoint.class::isInstance).hasSize(1);
  }

  private static boolean proves(PageVerifier verifier, byte[] page) {
    try {
      return verifier.verify(SearchPage.parse(page)) instanceof PageOutcome.Complete;
    } catch (MalformedPageException e) {
      assertThat(e).hasMessageContaining("must be");
      return false;
    }
  }

  @Test
  void edgesOfTheDecision_areThoseOfTheExample() throws Exception {
    MemoryLog log = log();
    Lineage lineage = Lineage.read(log.open(policy(log)), Openings.NONE);
    LineageGraph graph = lineage.root(6);
    String edges =
        String.join(
            "\n",
            graph.edges().stream().filter(edge -> edge.leaf() == 6).map(Edge::toString).toList());
    assertThat(edges).isEqualTo(example("edges"));
    assertThat(LineageCheck.check(lineage, 0, SIZE).findings()).isEmpty();
  }
}
