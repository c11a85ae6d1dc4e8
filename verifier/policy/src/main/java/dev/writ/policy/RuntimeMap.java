// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import com.google.errorprone.annotations.Immutable;
import dev.cel.common.exceptions.CelAttributeNotFoundException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.values.CelValue;
import dev.cel.common.values.SelectableValue;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A map that the evaluator takes as it is. Any other it walks through whenever a rule names it, entry
 * by entry, to find what it must convert: a document that lists its hosts would make each decision cost
 * as much as there are hosts. What is in this one was converted before.
 */
@Immutable
@SuppressWarnings("Immutable") // an unmodifiable map of immutable values
final class RuntimeMap extends CelValue implements SelectableValue<Object>, Map<String, Object> {
  private static final CelType TYPE = MapType.create(SimpleType.STRING, SimpleType.DYN);

  private final Map<String, Object> entries;

  /**
   * A view.
   *
   * @param entries unmodifiable, of values as the evaluator wants them
   */
  RuntimeMap(Map<String, Object> entries) {
    this.entries = entries;
  }

  @Override
  public Object value() {
    return this;
  }

  @Override
  public boolean isZeroValue() {
    return entries.isEmpty();
  }

  @Override
  public CelType celType() {
    return TYPE;
  }

  @Override
  public Object select(Object key) {
    return find(key)
        .orElseThrow(() -> CelAttributeNotFoundException.forMissingMapKey(key.toString()));
  }

  @Override
  public Optional<Object> find(Object key) {
    return Optional.ofNullable(get(key));
  }

  @Override
  public int size() {
    return entries.size();
  }

  @Override
  public boolean isEmpty() {
    return entries.isEmpty();
  }

  @Override
  public boolean containsKey(Object key) {
    return key instanceof String && entries.containsKey(key);
  }

  @Override
  public boolean containsValue(Object value) {
    return entries.containsValue(value);
  }

  @Override
  public @Nullable Object get(Object key) {
    return key instanceof String ? entries.get(key) : null;
  }

  @Override
  public Set<String> keySet() {
    return entries.keySet();
  }

  @Override
  public Collection<Object> values() {
    return entries.values();
  }

  @Override
  public Set<Map.Entry<String, Object>> entrySet() {
    return entries.entrySet();
  }

  @Override
  public @Nullable Object put(String key, Object value) {
    throw new UnsupportedOperationException("the map of a document or an input does not change");
  }

  @Override
  public @Nullable Object remove(Object key) {
    throw new UnsupportedOperationException("the map of a document or an input does not change");
  }

  @Override
  public void putAll(Map<? extends String, ?> more) {
    throw new UnsupportedOperationException("the map of a document or an input does not change");
  }

  @Override
  public void clear() {
    throw new UnsupportedOperationException("the map of a document or an input does not change");
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return entries.equals(other);
  }

  @Override
  public int hashCode() {
    return entries.hashCode();
  }

  @Override
  public String toString() {
    return entries.toString();
  }
}
