// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/** Trustworthiness claims of AR4SI (draft-ietf-rats-ar4si, 2.3) that an appraisal can make. */
public enum TrustClaim {
  /** Which Attester this is. */
  INSTANCE_IDENTITY("instance-identity"),
  /** How it is configured. */
  CONFIGURATION("configuration"),
  /** What it has loaded to run. */
  EXECUTABLES("executables"),
  /** What its hardware and firmware are. */
  HARDWARE("hardware");

  private final String label;

  TrustClaim(String label) {
    this.label = label;
  }

  /** The label in an EAR's trustworthiness vector. */
  public String label() {
    return label;
  }
}
