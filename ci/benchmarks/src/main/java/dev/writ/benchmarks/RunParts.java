// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long the stages of {@code writ run} took, by the JVM's own log of the classes that it loads: a
 * stage begins where the first class is loaded that only it needs. The log's clock is {@link
 * System#nanoTime}'s.
 */
final class RunParts {
  private static final Pattern LOADED = Pattern.compile("\\[([0-9]+)ns\\] (\\S+) source: .*");
  private static final double NANOS_PER_MILLI = 1e6;

  /** Stages in their order, each with the class that begins it; before the first is the JVM's start. */
  private static final Map<String, String> BEGINNINGS = new LinkedHashMap<>();

  static {
    BEGINNINGS.put("trust", "dev.writ.cli.Main");
    BEGINNINGS.put("bind", "dev.writ.agent.Execution$Preparation");
    BEGINNINGS.put("tpm-open", "dev.writ.tpm.TpmContext");
    BEGINNINGS.put("challenge", "dev.writ.agent.Guard");
    BEGINNINGS.put("quote", "dev.writ.artifact.EvidenceBinding");
    BEGINNINGS.put("artifact", "dev.writ.agent.IssueRequest");
    BEGINNINGS.put("host-state", "dev.writ.artifact.Artifact");
    BEGINNINGS.put("reserve", "dev.writ.agent.SpoolFile");
    BEGINNINGS.put("verify", "dev.writ.artifact.StatusExamination");
    BEGINNINGS.put("exec", "dev.writ.artifact.Verdict$Allowed");
    BEGINNINGS.put("outcome", "dev.writ.agent.Ending$Exited");
  }

  private final Map<String, List<Double>> millis = new LinkedHashMap<>();

  /** The JVM's option that writes the log. */
  static String option(Path log) {
    return "-Xlog:class+load=info:file=" + log + ":timenanos";
  }

  /**
   * Reads the log of one run.
   *
   * @param start when its process was started, as {@link System#nanoTime} says
   * @param end when it had ended
   * @throws IOException if a stage's class was not loaded, or not in its order: the list here is wrong
   */
  void read(Path log, long start, long end) throws IOException {
    Map<String, Long> loaded = new LinkedHashMap<>();
    for (String line : Files.readAllLines(log)) {
      Matcher entry = LOADED.matcher(line);
      if (entry.matches()) {
        loaded.putIfAbsent(entry.group(2), Long.parseLong(entry.group(1)));
      }
    }
    String stage = "jvm";
    long begun = start;
    for (Map.Entry<String, String> next : BEGINNINGS.entrySet()) {
      Long begins = loaded.get(next.getValue());
      if (begins == null || begins < begun) {
        throw new IOException(
            String.format(
                "%s must be loaded after stage %s began, and %s",
                next.getValue(), stage, begins == null ? "was not loaded" : "was before"));
      }
      add(stage, begins - begun);
      stage = next.getKey();
      begun = begins;
    }
    add(stage, end - begun);
  }

  private void add(String stage, long nanos) {
    millis.computeIfAbsent(stage, unused -> new ArrayList<>()).add(nanos / NANOS_PER_MILLI);
  }

  /** The median of each stage, in their order. */
  Map<String, Double> medians() {
    Map<String, Double> medians = new LinkedHashMap<>();
    millis.forEach((stage, values) -> medians.put(stage, Rounds.median(values)));
    return medians;
  }
}
