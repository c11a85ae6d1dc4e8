// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

/** Where a case is tried. */
enum Level {
  /** Bytes that are parsed. */
  CODEC("codec"),
  /** Evidence, certificates and bundles that are verified, with no service. */
  VERIFIER("verifier"),
  /** Requests to a service that runs. */
  SERVICE("service");

  private final String text;

  Level(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }
}
