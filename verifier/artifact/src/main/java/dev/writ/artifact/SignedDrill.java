// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A drill's report with the word of the operator who had it made.
 *
 * @param report what was found
 * @param signature over {@link DrillReport#signingInput}
 */
public record SignedDrill(DrillReport report, OperatorSignature signature) {
  /** Longest one in bytes: the report, and an assertion in base64url. */
  public static final int MAX_BYTES = DrillReport.MAX_BYTES + 4 * 1024;

  /** Whether one of {@code operators} signed it. */
  public boolean isSignedBy(KeyQuorum operators) {
    return signature.verifies(operators, report.signingInput());
  }

  /** What the ledger says of it. */
  public DrillSummary summary() {
    return report.summary(signature.kid());
  }

  /** The signed report that {@code json} spells. */
  public static SignedDrill parse(byte[] json) throws MalformedDrillReportException {
    try {
      JsonMembers members = StrictJson.parse(json, MAX_BYTES);
      SignedDrill drill = take(members);
      members.end();
      return drill;
    } catch (MalformedJsonException e) {
      throw new MalformedDrillReportException(e);
    } catch (InvalidValueException e) {
      throw new MalformedDrillReportException(e);
    }
  }

  static SignedDrill take(JsonMembers json) throws MalformedJsonException {
    json.version();
    return new SignedDrill(
        DrillReport.take(json.object("report")), OperatorSignature.take(json.object("signature")));
  }

  /** As JSON, in its one spelling. */
  public byte[] toJson() {
    return Jcs.canonical(toMap());
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("report", report.toMap());
    map.put("signature", signature.toMap());
    return map;
  }
}
