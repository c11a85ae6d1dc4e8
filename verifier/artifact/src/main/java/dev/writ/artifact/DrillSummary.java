// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Denials were made to happen on purpose, and an operator says how that went: a leaf of the kind summary,
 * beside the {@link LeafBody.Summary} of denials that were not. The report itself lies beside the ledger.
 *
 * @param from when the drill began
 * @param to when it had ended, not before
 * @param report {@link DrillReport#digest}
 * @param kid RFC 7638 thumbprint of the operator's key that signed it
 * @param demo whether it was of a deployment made for it
 * @param passed how many cases passed
 * @param failed how many did not
 * @param notTried how many were not tried
 */
public record DrillSummary(
    Instant from,
    Instant to,
    Hash report,
    Hash kid,
    boolean demo,
    long passed,
    long failed,
    long notTried)
    implements LeafBody {
  static final String REPORT = "report";

  /**
   * The summary as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public DrillSummary {
    Require.wholeMillisecond("from", from);
    Require.wholeMillisecond("to", to);
    if (to.isBefore(from)) {
      throw new InvalidValueException("to", "not before " + from, to.toString());
    }
    Require.between("passed", passed, 0, DrillReport.MAX_CASES);
    Require.between("failed", failed, 0, DrillReport.MAX_CASES);
    Require.between("not_tried", notTried, 0, DrillReport.MAX_CASES);
  }

  @Override
  public LeafKind kind() {
    return LeafKind.SUMMARY;
  }

  @Override
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("from", from.toEpochMilli());
    map.put("to", to.toEpochMilli());
    map.put(REPORT, report);
    map.put("kid", Base64Url.encode(kid.bytes()));
    map.put("demo", demo);
    map.put("passed", passed);
    map.put("failed", failed);
    map.put("not_tried", notTried);
    return map;
  }

  static DrillSummary take(JsonMembers json) throws MalformedJsonException {
    return new DrillSummary(
        json.millis("from"),
        json.millis("to"),
        json.hash(REPORT),
        json.thumbprint("kid"),
        json.flag("demo"),
        json.integer("passed", 0, DrillReport.MAX_CASES),
        json.integer("failed", 0, DrillReport.MAX_CASES),
        json.integer("not_tried", 0, DrillReport.MAX_CASES));
  }
}
