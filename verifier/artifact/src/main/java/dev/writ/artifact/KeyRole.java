// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What a key is believed for. A key has one role: in any other its signature counts nothing. */
public enum KeyRole implements Wire {
  /** Signs authorization artifacts. */
  ISSUER("issuer"),
  /** Signs the ledger's checkpoints. */
  CHECKPOINT("checkpoint"),
  /** Signs status list tokens. */
  STATUS("status"),
  /** Certifies the keys that the service's TLS endpoints show; trust files pin it in {@code tls}. */
  TLS("tls"),
  /** Certifies hosts' attestation keys. */
  ATTESTATION("attestation");

  private final String wire;

  KeyRole(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
