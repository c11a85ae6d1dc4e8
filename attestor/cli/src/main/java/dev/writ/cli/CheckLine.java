// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Check;
import java.util.LinkedHashMap;
import java.util.Map;

/** One check of a verification, as {@code writ verify} tells it. */
final class CheckLine {
  private CheckLine() {}

  static String of(Check check) {
    return String.format(
        "%-11s  %-13s  %s%s",
        check.outcome().wire(), check.name().wire(), check.expected(), found(check));
  }

  private static String found(Check check) {
    return switch (check.outcome()) {
      case PASSED, FAILED -> "; " + check.actual();
      case NOT_ASKED, NOT_REACHED -> "";
    };
  }

  static Map<String, Object> asRow(Check check) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("name", check.name().wire());
    row.put("outcome", check.outcome().wire());
    row.put("expected", check.expected());
    row.put("actual", check.actual());
    return row;
  }
}
