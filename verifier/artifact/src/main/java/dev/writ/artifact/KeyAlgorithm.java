// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** Signature algorithms, by their JOSE names. */
public enum KeyAlgorithm implements Wire {
  /** ECDSA over P-256 with SHA-256 (RFC 7518 section 3.4). */
  ES256("ES256"),
  /** Ed25519 (RFC 9864 section 2.2): the checkpoint's second signature. */
  ED25519("Ed25519");

  private final String wire;

  KeyAlgorithm(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
