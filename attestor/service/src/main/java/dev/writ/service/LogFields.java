// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What an event's line in the log says beside its name: the one argument of a {@link System.Logger}
 * call whose message is the name, such as {@code denied}. Evidence, arguments of executions and secrets
 * never are among them, nor what names a caller, save for its address and, where an operators' door has no
 * role for it, its certificate's name.
 *
 * @param values strings, longs and integers by snake_case names, in the order in which they are shown
 */
public record LogFields(Map<String, Object> values) {
  /** The fields, in their order. */
  public LogFields {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** One field. */
  public static LogFields of(String name, Object value) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put(name, value);
    return new LogFields(values);
  }

  /** Two fields. */
  public static LogFields of(String name, Object value, String name2, Object value2) {
    return of(name, value).and(name2, value2);
  }

  /** These and one more. */
  public LogFields and(String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(values);
    more.put(name, value);
    return new LogFields(more);
  }

  /** As a formatter without JSON shows them. */
  @Override
  public String toString() {
    return values.toString();
  }
}
