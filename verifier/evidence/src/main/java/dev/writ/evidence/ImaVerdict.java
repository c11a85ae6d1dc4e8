// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Optional;

/** What {@link ImaAppraiser} says of one entry of a measurement list. */
public enum ImaVerdict {
  /** Held: the entry that says which boot the list belongs to; {@link ImaReplay} judges its digest. */
  BOOT_AGGREGATE(1, "ima_boot_aggregate", true),
  /** Held: the policy lists the digest. */
  DIGEST_LISTED(2, "ima_digest_listed", true),
  /** Held: the policy lists the digest for this path. */
  FILE_LISTED(3, "ima_file_listed", true),
  /** Held: signed by a key that the policy names. */
  SIGNED(4, "ima_signed", true),
  /** Held: the policy excludes the path. */
  EXCLUDED(5, "ima_path_excluded", true),
  /** Held: the policy lists the key for the keyring that it was added to. */
  KEY_LISTED(6, "ima_key_listed", true),
  /** Nothing says that this content may be there. */
  UNLISTED(7, "ima_entry_unlisted", false),
  /** The path is listed with other digests. */
  DIGEST_CHANGED(8, "ima_digest_changed", false),
  /** The digest is made with SHA-1, or with a hash that is not known here, and shows nothing. */
  DIGEST_WEAK(9, "ima_digest_weak", false),
  /**
   * A file was open for writing while it was measured. What was measured is then not known, and, for
   * the PCR is extended with ones alone, neither is which file: path and template are the host's word.
   */
  VIOLATION(10, "ima_violation", false),
  /** The template is not known, or the host says another name than the kernel's. */
  TEMPLATE_UNKNOWN(11, "ima_template_unknown", false),
  /** The signature names a key of the policy and is not of that key. */
  SIGNATURE_INVALID(12, "ima_signature_invalid", false),
  /** A key was added to a keyring, and the policy does not list it for that keyring. */
  KEY_UNLISTED(13, "ima_key_unlisted", false),
  /** The signing key had not been measured into its keyring when the file was. */
  KEY_AFTER_USE(14, "ima_key_after_use", false);

  private final int id;
  private final String reason;
  private final boolean held;

  ImaVerdict(int id, String reason, boolean held) {
    this.id = id;
    this.reason = reason;
    this.held = held;
  }

  static Optional<ImaVerdict> ofId(int id) {
    for (ImaVerdict verdict : values()) {
      if (verdict.id == id) {
        return Optional.of(verdict);
      }
    }
    return Optional.empty();
  }

  /** The number in an encoded position. */
  int id() {
    return id;
  }

  /** Stable snake_case name. */
  public String reason() {
    return reason;
  }

  /** Whether the entry is one that the policy allows. */
  public boolean held() {
    return held;
  }
}
