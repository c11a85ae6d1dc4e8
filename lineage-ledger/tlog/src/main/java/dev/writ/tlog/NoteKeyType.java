// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.util.Arrays;
import java.util.Optional;

/** The signature types of c2sp.org/signed-note that this package knows. */
public enum NoteKeyType {
  /** Ed25519 over the note's text. */
  ED25519(0x01),
  /** ECDSA over the note's text with SHA-256, in DER; of the allowed curves P-256 alone. */
  ECDSA_P256(0x02),
  /** A cosigner's Ed25519 over a time and a checkpoint (c2sp.org/tlog-cosignature). */
  COSIGNATURE_V1(0x04),
  /** ECDSA P-256 over the RFC 6962 tree head that a checkpoint says (c2sp.org/static-ct-api). */
  RFC6962_TREE_HEAD(0x05),
  /**
   * A cosigner's ML-DSA-44 over a time and a subtree (c2sp.org/tlog-cosignature). Keys are read and
   * named; signatures are not verified, for no JDK that this compiles for has the algorithm.
   */
  ML_DSA_44_COSIGNATURE(0x06);

  private final int code;

  NoteKeyType(int code) {
    this.code = code;
  }

  /** The byte that stands for the type. */
  public int code() {
    return code;
  }

  /** Whether signatures of the type are verified here; those of another say nothing. */
  public boolean isVerified() {
    return this != ML_DSA_44_COSIGNATURE;
  }

  static Optional<NoteKeyType> ofCode(int code) {
    return Arrays.stream(values()).filter(type -> type.code == code).findFirst();
  }
}
