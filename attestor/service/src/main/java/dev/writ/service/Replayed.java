// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A decision that was decided once more.
 *
 * @param index of its leaf
 * @param id of its leaf; empty where there is none to be read
 * @param verdict as its leaf says it: {@code allow}, {@code deny}, or {@code unreadable}; {@code breakglass} of
 *     one that says that a break-glass began
 * @param steps each that was done, in order
 * @param came SHA-256 over all that was made anew: on every platform the same
 */
public record Replayed(
    long index, Optional<String> id, String verdict, List<Step> steps, Hash came) {
  /** One step. */
  public record Step(ReplayStep step, StepOutcome outcome) {}

  /** How a decision came out, the worst last. */
  public enum Standing {
    /** As it was recorded, from the Evidence on. */
    SAME,
    /** As far as it could be made again as it was recorded; something it rests on was never kept. */
    NOT_KEPT,
    /** Likewise; something was erased. */
    ERASED,
    /** What is recorded is what was put there, and something else came. */
    DIFFERS,
    /** What the store has contradicts the log. */
    CONTRADICTS
  }

  /** Copies the steps. */
  public Replayed {
    steps = List.copyOf(steps);
  }

  /** The worst of all steps. */
  public Standing standing() {
    return steps.stream()
        .map(step -> standing(step.outcome()))
        .max(Comparator.naturalOrder())
        .orElse(Standing.NOT_KEPT);
  }

  private static Standing standing(StepOutcome outcome) {
    if (outcome instanceof StepOutcome.Same) {
      return Standing.SAME;
    } else if (outcome instanceof StepOutcome.NotKept) {
      return Standing.NOT_KEPT;
    } else if (outcome instanceof StepOutcome.Erased) {
      return Standing.ERASED;
    } else if (outcome instanceof StepOutcome.Differs) {
      return Standing.DIFFERS;
    }
    return Standing.CONTRADICTS;
  }

  /** For a report. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("leaf_index", index);
    id.ifPresent(text -> map.put("decision_id", text));
    map.put("verdict", verdict);
    map.put("standing", word(standing()));
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Step step : steps) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("step", step.step().wire());
      row.put("outcome", step.outcome().word());
      if (!step.outcome().detail().isEmpty()) {
        row.put("detail", step.outcome().detail());
      }
      rows.add(row);
    }
    map.put("steps", rows);
    map.put("came", came.hex());
    return map;
  }

  /** A standing as reports spell it. */
  public static String word(Standing standing) {
    return switch (standing) {
      case SAME -> "same";
      case NOT_KEPT -> "not kept";
      case ERASED -> "erased";
      case DIFFERS -> "differs";
      case CONTRADICTS -> "contradicts";
    };
  }
}
