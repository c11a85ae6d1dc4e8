// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.Locale;

/** A step of a replay, in the order in which they are done. */
public enum ReplayStep {
  /** The leaf is the one that the tree has. */
  LEAF,
  /** What lies beside it is what it names. */
  PAYLOAD,
  /** The request, and what its execution is bound to, are those that the leaf names. */
  REQUEST,
  /** The Evidence is that which the leaf names. */
  EVIDENCE,
  /** The policy of the leaf's epoch, out of what lies beside its own leaf. */
  POLICY,
  /** The host was enrolled, by the leaf that is a parent, with this attestation key. */
  HOST,
  /** The approvals that the policy's rules saw, each signed by whom the trust file of then names. */
  APPROVALS,
  /** The quote holds. */
  QUOTE,
  /** The challenge was answered in time, under its epoch. */
  CHALLENGE,
  /** The request is to this issuer, for its tenant. */
  SCOPE,
  /** The instance key is one that may be bound to. */
  KEY,
  /** The artifact under which it was asked: shown, allowed before, and no narrower than the request. */
  PARENT,
  /** What the TPM's maker says. */
  ENDORSEMENT,
  /** The boot log that was read. */
  BOOT_LOG,
  /** The measurement list that was read. */
  MEASUREMENT_LIST,
  /** What was found of the host: the Attestation Result, byte for byte. */
  APPRAISAL,
  /** What the policy was shown, byte for byte. */
  INPUTS,
  /** What the policy said, byte for byte. */
  DECISION,
  /** What was issued: its claims, byte for byte. */
  ARTIFACT,
  /** What the leaf commits to. */
  COMMITMENTS,
  /** By whom the artifact was signed: a key that the trust file of then names for it. */
  SIGNATURE,
  /** What the host was told. */
  DENIAL;

  /** The step as reports spell it. */
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }
}
