// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** The contract of the HTTP API, {@code openapi.yaml} beside this class. */
final class Contract {
  private Contract() {}

  static byte[] bytes() {
    try (InputStream in =
        Objects.requireNonNull(
            Contract.class.getResourceAsStream("openapi.yaml"), "the jar has the contract")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("the contract in the jar must be readable", e);
    }
  }
}
