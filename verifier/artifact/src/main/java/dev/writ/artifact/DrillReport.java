// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a drill found: which denials it made happen, and how each went. What an operator's key signs, and
 * what a {@link DrillSummary} in the ledger is of.
 *
 * @param issuer the trust file's, of whose service it is
 * @param logOrigin the ledger's
 * @param demo whether it was a deployment made for the drill, with all its faults
 * @param began when the first case began, to the millisecond
 * @param ended when the last had ended, not before
 * @param cases in the order in which they were tried
 */
public record DrillReport(
    String issuer,
    String logOrigin,
    boolean demo,
    Instant began,
    Instant ended,
    List<DrillCase> cases) {
  /** Most cases of a drill. */
  public static final int MAX_CASES = 128;

  /** Longest report in bytes. */
  public static final int MAX_BYTES = 128 * 1024;

  private static final byte[] SIGNING_LABEL = "writ-drill-v1\0".getBytes(StandardCharsets.US_ASCII);

  /**
   * The report as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public DrillReport {
    Require.visible("issuer", issuer, 256);
    Require.visible("log_origin", logOrigin, 256);
    Require.wholeMillisecond("began", began);
    Require.wholeMillisecond("ended", ended);
    if (ended.isBefore(began)) {
      throw new InvalidValueException("ended", "not before " + began, ended.toString());
    }
    cases = Require.sized("cases", cases, 1, MAX_CASES);
  }

  /** How many cases went so. */
  public int number(DrillResult result) {
    return (int) cases.stream().filter(each -> each.result() == result).count();
  }

  /** Whether each case that was tried passed, and one was. */
  public boolean ok() {
    return number(DrillResult.PASSED) > 0
        && number(DrillResult.FAILED) == 0
        && number(DrillResult.NOT_YET_REACHABLE) == 0;
  }

  /** Its members, for a document that holds it. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("issuer", issuer);
    map.put("log_origin", logOrigin);
    map.put("demo", demo);
    map.put("began", began.toEpochMilli());
    map.put("ended", ended.toEpochMilli());
    map.put("cases", cases.stream().map(DrillCase::toMap).toList());
    map.put("ok", ok());
    return map;
  }

  /** What an operator signs: {@code writ-drill-v1 ‖ 0x00 ‖} JCS of the members. */
  public byte[] signingInput() {
    byte[] document = Jcs.canonical(toMap());
    byte[] input = Arrays.copyOf(SIGNING_LABEL, SIGNING_LABEL.length + document.length);
    System.arraycopy(document, 0, input, SIGNING_LABEL.length, document.length);
    return input;
  }

  /** SHA-256 of {@link #signingInput}: its name. */
  public Hash digest() {
    return Hash.sha256(signingInput());
  }

  /** What the ledger says of it, signed by the operator {@code kid}. */
  public DrillSummary summary(Hash kid) {
    return new DrillSummary(
        began,
        ended,
        digest(),
        kid,
        demo,
        number(DrillResult.PASSED),
        number(DrillResult.FAILED) + number(DrillResult.NOT_YET_REACHABLE),
        number(DrillResult.NEEDS_DEMO));
  }

  static DrillReport take(JsonMembers json) throws MalformedJsonException {
    json.version();
    String issuer = json.text("issuer");
    String logOrigin = json.text("log_origin");
    boolean demo = json.flag("demo");
    Instant began = json.millis("began");
    Instant ended = json.millis("ended");
    List<DrillCase> cases = new ArrayList<>();
    for (JsonMembers each : json.objects("cases", MAX_CASES)) {
      cases.add(DrillCase.take(each));
    }
    DrillReport report = new DrillReport(issuer, logOrigin, demo, began, ended, cases);
    if (json.flag("ok") != report.ok()) {
      throw new InvalidValueException(
          "ok", "whether each case that was tried passed", String.valueOf(!report.ok()));
    }
    json.end();
    return report;
  }
}
