// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.lineage.Finding;
import dev.writ.lineage.LineageCheck;
import dev.writ.lineage.Rule;
import dev.writ.tlog.FolderWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;

/**
 * What a check of a log found, in Prometheus' text format, as the collector of a node's text files reads it.
 *
 * @param log the log's origin
 * @param now when it was checked
 */
record LineageMetrics(String log, LineageCheck.Report report, Instant now) {
  /** Takes the place of the file, whole: a collector may read it meanwhile. */
  void write(Path file) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path folder = absolute.getParent();
    Path name = absolute.getFileName();
    if (folder == null || name == null) {
      throw new IOException("it must be a file, is " + absolute);
    }
    new FolderWriter(folder).replace(name.toString(), text().getBytes(StandardCharsets.UTF_8));
  }

  private String text() {
    StringBuilder text = new StringBuilder(2_048);
    Map<Rule, Long> told = new EnumMap<>(Rule.class);
    for (Rule rule : Rule.values()) {
      told.put(rule, 0L);
    }
    for (Finding finding : report.findings()) {
      told.merge(finding.rule(), 1L, Long::sum);
    }
    gauge(text, "writ_lineage_orphans", "Leaves that do not lead to who did what they say.");
    sample(text, "writ_lineage_orphans", "", report.orphans());
    gauge(text, "writ_lineage_findings", "Breaches of rules that are told, by rule.");
    told.forEach(
        (rule, count) ->
            sample(text, "writ_lineage_findings", ",rule=\"" + rule.wire() + "\"", count));
    gauge(text, "writ_lineage_findings_left_out", "Breaches of rules besides those.");
    sample(text, "writ_lineage_findings_left_out", "", report.findingsLeftOut());
    gauge(text, "writ_lineage_leaves", "Leaves that were checked.");
    sample(text, "writ_lineage_leaves", "", report.end() - report.start());
    gauge(text, "writ_lineage_checked_timestamp_seconds", "When they were checked.");
    sample(text, "writ_lineage_checked_timestamp_seconds", "", now.getEpochSecond());
    return text.toString();
  }

  private static void gauge(StringBuilder text, String name, String help) {
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(" gauge\n");
  }

  private void sample(StringBuilder text, String name, String more, long value) {
    String origin = log.replace("\\", "\\\\").replace("\"", "\\\"");
    text.append(name).append("{log=\"").append(origin).append('"').append(more);
    text.append("} ").append(value).append('\n');
  }
}
