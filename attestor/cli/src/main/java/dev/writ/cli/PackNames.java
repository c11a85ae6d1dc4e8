// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.UuidV7;

/** What the members of an evidence pack are called. */
final class PackNames {
  /** What was asked for, and the rows that no leaf spells. */
  static final String QUESTION = "pack.json";

  static final String CHECKPOINT = "checkpoint";
  static final String STATUS_TOKEN = "status-token.jwt";
  static final String LEAVES = "leaves/";
  static final String PROOFS = "proofs/";
  static final String PAYLOADS = "payloads/";
  static final String POLICIES = "policies/";
  static final String BOOT_LOGS = "boot-logs/";
  static final String TRUST = "trust/";
  static final String CONSISTENCY = "consistency/";
  static final String MAKERS = "tpm-makers/";
  static final String MAKER_ROOTS = MAKERS + "roots.pem";
  static final String MAKER_INTERMEDIATES = MAKERS + "intermediates.pem";
  static final String MAKER_LISTS = MAKERS + "revocation-lists.pem";
  static final String BUNDLES = "bundles/";
  static final String ISSUER_KEYS = "keys/issuer.jwks.json";
  static final String STATUS_KEYS = "keys/status.jwks.json";
  static final String LOG_KEYS = "keys/log.vkeys";
  static final String LINEAGE = "lineage.json";
  static final String REPLAY = "replay.json";
  static final String REPORT = "report.html";
  static final String MANIFEST = "manifest.json";

  private static final String JSON = ".json";

  private PackNames() {}

  /** So that names in their order are leaves in theirs. */
  static String number(long index) {
    return String.format("%016d", index);
  }

  static String leaf(long index) {
    return LEAVES + number(index) + JSON;
  }

  static String proof(long index) {
    return PROOFS + number(index) + ".tlog-proof";
  }

  static String payload(long index) {
    return PAYLOADS + number(index) + JSON;
  }

  static String policy(long index) {
    return POLICIES + number(index) + JSON;
  }

  static String bootLog(long index) {
    return BOOT_LOGS + number(index) + ".bin";
  }

  static String trust(long version) {
    return TRUST + number(version) + JSON;
  }

  static String consistency(long size) {
    return CONSISTENCY + number(size) + JSON;
  }

  static String bundle(UuidV7 jti) {
    return BUNDLES + jti + JSON;
  }
}
