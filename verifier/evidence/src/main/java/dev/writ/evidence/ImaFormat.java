// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Optional;

/** The forms in which the kernel shows its measurement list in securityfs. */
public enum ImaFormat {
  /**
   * {@code binary_runtime_measurements}, with the little-endian numbers that all kernels write on
   * little-endian machines and those with {@code ima_canonical_fmt} everywhere. The form to send: it
   * carries every path.
   */
  BINARY(1),
  /**
   * {@code ascii_runtime_measurements}. The kernel does not escape line feeds, so that a list with one
   * in a path cannot be read back, and is refused.
   */
  ASCII(2);

  private final int id;

  ImaFormat(int id) {
    this.id = id;
  }

  static Optional<ImaFormat> ofId(int id) {
    for (ImaFormat format : values()) {
      if (format.id == id) {
        return Optional.of(format);
      }
    }
    return Optional.empty();
  }

  /** The number in a segment's header. */
  int id() {
    return id;
  }
}
