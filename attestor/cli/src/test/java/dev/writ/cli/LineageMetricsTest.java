// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ lineage check --metrics}. */
class LineageMetricsTest {
  private static final Instant TIME = Instant.parse("2026-11-21T06:00:00Z");

  @TempDir Path folder;

  private Invocation check(SampleLeaves leaves, Path file) throws Exception {
    Path published = Files.createTempDirectory(folder, "log");
    SampleLog log = SampleLog.of(leaves.entries()).into(published);
    return Invocation.of("lineage", "check", published, "--log", log.vkey(), "--metrics", file);
  }

  private static String line(String name, String labels, long value) {
    return "\n" + name + "{log=\"" + SampleLog.ORIGIN + "\"" + labels + "} " + value + "\n";
  }

  @Test
  void metrics_sayOrphansAndGapsOfEpochs_andReplaceThoseOfBefore() throws Exception {
    Path file = folder.resolve("writ.prom");
    Invocation whole = check(SampleLeaves.born(TIME), file);
    assertThat(whole.status()).as(whole.err()).isZero();
    String before = Files.readString(file);
    assertThat(before)
        .contains(line("writ_lineage_orphans", "", 0))
        .contains(line("writ_lineage_findings", ",rule=\"epoch_in_force\"", 0))
        .contains(line("writ_lineage_findings_left_out", "", 0))
        .contains(line("writ_lineage_leaves", "", 2))
        .contains("\nwrit_lineage_checked_timestamp_seconds{")
        .startsWith("# HELP writ_lineage_orphans ")
        .contains("\n# TYPE writ_lineage_orphans gauge\n");

    Invocation broken = check(SampleLeaves.born(TIME).policy(3).deny(), file);
    assertThat(broken.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(Files.readString(file))
        .contains(line("writ_lineage_orphans", "", 1))
        .contains(line("writ_lineage_findings", ",rule=\"parent_kind\"", 1))
        .contains(line("writ_lineage_leaves", "", 4))
        .doesNotContain(line("writ_lineage_findings", ",rule=\"epoch_in_force\"", 0));
    try (var files = Files.list(folder)) {
      assertThat(files.filter(each -> each.toString().endsWith(".tmp"))).isEmpty();
    }
  }

  @Test
  void fileThatCannotBeWritten_isSaid_andNothingIsPrinted() throws Exception {
    Invocation failed = check(SampleLeaves.born(TIME), folder);
    assertThat(failed.status()).isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(failed.err()).contains("--metrics");
    assertThat(failed.out()).isEmpty();
  }
}
