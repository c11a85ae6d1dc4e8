// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import dev.cel.common.CelErrorCode;
import java.util.Locale;

/**
 * Why a rule came to no answer.
 *
 * <p>A class of its own and not the engine's message: messages may differ between two versions of
 * the platform, and a decision is the same bytes on all.
 */
public enum RuleError {
  /** A field, or a key of a map, that is read has no value. */
  ABSENT,
  /** An index outside a list. */
  OUT_OF_BOUNDS,
  /** Division or remainder by zero. */
  DIVIDED_BY_ZERO,
  /** A number or a time outside its range. */
  OVERFLOW,
  /** An argument that a function cannot take, such as text that is no timestamp. */
  BAD_ARGUMENT,
  /** More steps than the profile allows. */
  TOO_MANY_STEPS,
  /** A result that is not true and not false. */
  NOT_BOOLEAN,
  /** The inputs exceed a bound, so that no rule was shown them. */
  INPUTS_TOO_LARGE,
  /** Anything else that the engine fails at, such as an index beyond 32 bits. */
  INTERNAL;

  /** The error as a decision spells it. */
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  static RuleError of(CelErrorCode code) {
    return switch (code) {
      case ATTRIBUTE_NOT_FOUND -> ABSENT;
      case INDEX_OUT_OF_BOUNDS -> OUT_OF_BOUNDS;
      case DIVIDE_BY_ZERO -> DIVIDED_BY_ZERO;
      case NUMERIC_OVERFLOW -> OVERFLOW;
      case INVALID_ARGUMENT, BAD_FORMAT, DUPLICATE_ATTRIBUTE -> BAD_ARGUMENT;
      case ITERATION_BUDGET_EXCEEDED -> TOO_MANY_STEPS;
      case INTERNAL_ERROR, OVERLOAD_NOT_FOUND, AMBIGUOUS_OVERLOAD, TYPE_NOT_FOUND -> INTERNAL;
    };
  }
}
