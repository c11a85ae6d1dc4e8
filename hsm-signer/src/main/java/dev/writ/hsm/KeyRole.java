// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

/** What a key is believed in, and in nothing else. */
public enum KeyRole {
  /** Signs authorization artifacts. */
  ISSUER("issuer"),
  /** Signs the ledger's checkpoints, which alone gives issuing authority. */
  CHECKPOINT("checkpoint"),
  /**
   * Signs the ledger's checkpoints once more, for verifiers and witnesses that read Ed25519 alone. A token
   * that has no CKM_EDDSA does without it.
   */
  CHECKPOINT_ED25519("checkpoint-ed25519"),
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

  /** What a key of this role is. */
  public KeyAlgorithm algorithm() {
    return this == CHECKPOINT_ED25519 ? KeyAlgorithm.ED25519 : KeyAlgorithm.P256;
  }

  /** Whether a service can do without the key. */
  boolean isDispensable() {
    return this == CHECKPOINT_ED25519;
  }

  /**
   * Whether the inventory says when the key ends. The others last as long as their certificates: a checkpoint
   * key as its ledger, and what a key certifies has an end of its own.
   */
  boolean isBounded() {
    return this == ISSUER || this == STATUS;
  }

  /** Whether the key signs certificates, and nothing else. */
  boolean certifies() {
    return this == TLS || this == ATTESTATION;
  }
}
