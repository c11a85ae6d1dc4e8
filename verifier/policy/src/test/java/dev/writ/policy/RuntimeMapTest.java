// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cel.common.values.CelValueConverter;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RuntimeMapTest {
  @Test
  void evaluator_takesItAsItIs_withoutWalkingThroughIt() {
    SortedMap<String, Object> entries =
        new TreeMap<>(Map.of("host-a", 1L)) {
          @Override
          public Set<Map.Entry<String, Object>> entrySet() {
            throw new AssertionError("what it holds is not to be looked through");
          }
        };
    RuntimeMap map = new RuntimeMap(entries);
    CelValueConverter evaluator = CelValueConverter.getDefaultInstance();

    assertThat(evaluator.toRuntimeValue(map) == map).isTrue();
    assertThat(evaluator.maybeUnwrap(map) == map).isTrue();
  }

  @Test
  void lookUp_findsWhatIsThere_andNothingUnderAKeyOfAnotherType() {
    RuntimeMap map = new RuntimeMap(new TreeMap<>(Map.of("host-a", 1L)));

    assertThat(map.get("host-a")).isEqualTo(1L);
    assertThat(map.containsKey("host-b")).isFalse();
    assertThat(map.find(1L)).isEmpty();
    assertThatThrownBy(() -> map.select("host-b")).hasMessageContaining("host-b");
  }

  @Test
  void equality_isOfTheEntries() {
    Map<String, Object> entries = Map.of("host-a", 1L, "host-b", 2L);

    assertThat(new RuntimeMap(entries)).isEqualTo(new RuntimeMap(new TreeMap<>(entries)));
    assertThat(new RuntimeMap(entries).hashCode()).isEqualTo(entries.hashCode());
    assertThat(entries.equals(new RuntimeMap(entries))).isTrue();
  }
}
