// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.time.Instant;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * An endorsement key that a configured manufacturer vouches for. Only {@link EndorsementVerifier}
 * makes one.
 */
public final class TrustedEndorsement implements EndorsementOutcome {
  /** What the caller's policy may want to know of an endorsement that holds. */
  public enum Finding {
    /** The endorsement certificate's validity is over; the TPM outlives it. */
    EXPIRED,
    /** The validity of a certificate above it is over. */
    CHAIN_EXPIRED,
    /** A certificate below the root is signed with SHA-1. */
    SHA1_SIGNED,
    /** The certificate says that the TPM is a simulator. */
    SIMULATED,
    /** No current revocation list of an issuer in the chain was given. */
    REVOCATION_NOT_CHECKED
  }

  /**
   * What the certificate calls the TPM (TCG EK Credential Profile, 3.1.2).
   *
   * @param manufacturer TCG vendor id, such as {@code id:53544D20}
   * @param model the vendor's model
   * @param version the firmware's version, such as {@code id:0D0C}
   */
  public record Device(String manufacturer, String model, String version) {}

  private final TpmtPublic ek;
  private final TpmDigest ekDigest;
  private final Device device;
  private final TpmDigest rootDigest;
  private final Instant notAfter;
  private final Set<Finding> findings;

  TrustedEndorsement(
      TpmtPublic ek,
      TpmDigest ekDigest,
      Device device,
      TpmDigest rootDigest,
      Instant notAfter,
      Set<Finding> findings) {
    this.ek = ek;
    this.ekDigest = ekDigest;
    this.device = device;
    this.rootDigest = rootDigest;
    this.notAfter = notAfter;
    this.findings = Collections.unmodifiableSet(new TreeSet<>(findings));
  }

  /** The endorsement key as the TPM presented it. */
  public TpmtPublic ek() {
    return ek;
  }

  /**
   * The identity of the endorsement key: SHA-256 of its SubjectPublicKeyInfo (RFC 5280, 4.1), with
   * algorithm rsaEncryption or id-ecPublicKey on a named curve, whatever the certificate writes.
   *
   * <p>It runs over the key alone: attributes and policy around it in a TPMT_PUBLIC are claims of
   * the host, and another claim must not make the same key another identity.
   */
  public TpmDigest ekDigest() {
    return ekDigest;
  }

  /** What the certificate calls the TPM. */
  public Device device() {
    return device;
  }

  /** SHA-256 of the root certificate that the chain ends in. */
  public TpmDigest rootDigest() {
    return rootDigest;
  }

  /** End of the endorsement certificate's validity. */
  public Instant notAfter() {
    return notAfter;
  }

  /** What policy may want to know. */
  public Set<Finding> findings() {
    return findings;
  }

  @Override
  public String toString() {
    return "TrustedEndorsement(" + ekDigest + ", " + device + ", " + findings + ")";
  }
}
