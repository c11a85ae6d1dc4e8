// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

/** What a key is believed in, and in nothing else. */
public enum KeyRole {
  /** Signs authorization artifacts. */
  ISSUER("issuer"),
  /** Signs the ledger's checkpoints. */
  CHECKPOINT("checkpoint"),
  /** Signs status list tokens. */
  STATUS("status"),
  /** Certifies the keys that the service's TLS endpoints show. */
  TLS("tls"),
  /** Certifies hosts' attestation keys. */
  ATTESTATION("attestation");

  private final String wire;

  KeyRole(String wire) {
    this.wire = wire;
  }

  /** The role's name in the inventory and in trust files. */
  public String wire() {
    return wire;
  }

  /** Whether the key signs certificates, and nothing else. */
  boolean certifies() {
    return this == TLS || this == ATTESTATION;
  }
}
