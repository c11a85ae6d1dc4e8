// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/**
 * The checks of a verification, in the order in which they are made. The first that fails gives the
 * verdict its code.
 */
public enum CheckName implements Wire {
  /** Something was given. */
  GIVEN("given", DenialCode.ARTIFACT_MISSING, "something is given"),
  /** It is a bundle of this format, within its limits. */
  BUNDLE_FORM("bundle_form", DenialCode.UNVERIFIABLE, "it is a proof bundle, version 1"),
  /** The artifact is a JWS with this format's header. */
  JWS_FORM("jws_form", DenialCode.UNVERIFIABLE, "its artifact is a JWS: ES256, " + Artifact.TYPE),
  /** An issuer key of the trust file signed it. */
  SIGNATURE("signature", DenialCode.SIGNATURE_INVALID, "an issuer key of the trust file signed it"),
  /** The payload is a claims set of this format. */
  CLAIMS_FORM(
      "claims_form", DenialCode.UNVERIFIABLE, "its payload is a claims set, every claim valid"),
  /** The signing key may sign at this time. */
  KEY("key", DenialCode.REVOKED, "its key is not compromised and within its window"),
  /** The trust file's issuer made it. */
  ISSUER("issuer", DenialCode.SCOPE_EXCEEDED, "the trust file's issuer made it"),
  /** It is meant for this Relying Party. */
  AUDIENCE("audience", DenialCode.SCOPE_EXCEEDED, "it is meant for this Relying Party"),
  /** It is of this tenant. */
  TENANT("tenant", DenialCode.SCOPE_EXCEEDED, "it is of this tenant"),
  /** It is not of dev where dev is refused. */
  ASSURANCE(
      "assurance", DenialCode.ENVIRONMENT_UNTRUSTED, "it is not of dev, unless the trust file is"),
  /** It has begun. */
  BEGUN("begun", DenialCode.NOT_YET_VALID, "iat and nbf have come"),
  /** It has not ended. */
  NOT_ENDED("not_ended", DenialCode.EXPIRED, "exp has not come"),
  /** The log policy trusts the checkpoint. */
  CHECKPOINT("checkpoint", DenialCode.LINEAGE_FRAGMENTED, "the log policy trusts the checkpoint"),
  /** The leaf records an allow. */
  LEAF_KIND("leaf_kind", DenialCode.LINEAGE_FRAGMENTED, "the leaf records an allow"),
  /** The leaf is about this artifact. */
  LEAF_AGREES("leaf_agrees", DenialCode.LINEAGE_FRAGMENTED, "leaf and artifact agree"),
  /** The tree holds the leaf. */
  INCLUSION("inclusion", DenialCode.LINEAGE_FRAGMENTED, "the checkpoint's tree holds the leaf"),
  /** A fresh status token continues what was seen. */
  GOVERNANCE(
      "governance",
      DenialCode.GOVERNANCE_DISCONTINUITY,
      "a fresh status token continues what was seen"),
  /** The policy epoch is in force. */
  POLICY_EPOCH("policy_epoch", DenialCode.POLICY_MISMATCH, "its policy epoch is in force"),
  /** It is not withdrawn. */
  STATUS("status", DenialCode.REVOKED, "it is not withdrawn"),
  /** Its holder shows it. */
  POSSESSION("possession", DenialCode.ENVIRONMENT_MISMATCH, "its holder shows it"),
  /** It is of this host. */
  HOST("host", DenialCode.ENVIRONMENT_MISMATCH, "it is of this host"),
  /** The host is in the state that was quoted. */
  PCR_DIGEST("pcr_digest", DenialCode.ENVIRONMENT_MISMATCH, "the host's PCRs are as quoted"),
  /** The host has not been booted since. */
  BOOT("boot", DenialCode.ENVIRONMENT_MISMATCH, "the host has not been reset or restarted since"),
  /** It permits this action. */
  ACTION("action", DenialCode.SCOPE_EXCEEDED, "it permits this very action"),
  /** The action stays within its limits. */
  LIMITS("limits", DenialCode.RUNTIME_CONDITION, "the action stays within its limits"),
  /** Its obligations can be met here. */
  OBLIGATIONS("obligations", DenialCode.RUNTIME_CONDITION, "every obligation is known here"),
  /** The execution above it is the one expected. */
  PARENT("parent", DenialCode.AUTHORIZATION_DISCONTINUITY, "it continues the execution above it"),
  /** It may be used once more. */
  USE("use", DenialCode.REPLAYED, "it may be used once more");

  private final String wire;
  private final DenialCode code;
  private final String question;

  CheckName(String wire, DenialCode code, String question) {
    this.wire = wire;
    this.code = code;
    this.question = question;
  }

  /** The code of the denial where this check fails. */
  public DenialCode code() {
    return code;
  }

  /** What the check asks, in a few words. */
  public String question() {
    return question;
  }

  @Override
  public String wire() {
    return wire;
  }

  @Override
  public String toString() {
    return wire;
  }
}
