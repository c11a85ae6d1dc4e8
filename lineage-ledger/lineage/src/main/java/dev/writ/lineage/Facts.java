// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What is known of a node, in the order in which it is told. */
final class Facts {
  private final Map<String, Object> facts = new LinkedHashMap<>();

  /** Integers stay integers; whatever else it is, its text. */
  @CanIgnoreReturnValue
  Facts put(String name, Object value) {
    facts.put(name, value instanceof Long ? value : value.toString());
    return this;
  }

  /** What is not known is not there. */
  @CanIgnoreReturnValue
  Facts put(String name, Optional<?> value) {
    value.ifPresent(known -> put(name, known));
    return this;
  }

  Map<String, Object> map() {
    return facts;
  }
}
