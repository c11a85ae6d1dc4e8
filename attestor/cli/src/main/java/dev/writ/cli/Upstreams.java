// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where a gateway sends the calls that it lets through.
 *
 * @param usual where no obligation says otherwise
 * @param others by the names that obligations have them by
 */
record Upstreams(URI usual, Map<String, URI> others) {
  Upstreams {
    others = Map.copyOf(others);
  }

  Set<String> names() {
    return others.keySet();
  }

  /** The upstream of a call; {@code name} is one of them. */
  URI of(Optional<String> name) {
    if (name.isEmpty()) {
      return usual;
    }
    URI other = others.get(name.get());
    if (other == null) {
      throw new IllegalStateException(
          "bug: a call was let through to an upstream that is not there");
    }
    return other;
  }
}
