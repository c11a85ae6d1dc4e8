// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.Provider;
import java.security.PublicKey;
import java.security.spec.InvalidKeySpecException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * An attestation key whose attributes make its statements worth believing, ready to verify them.
 *
 * <p>The attributes matter because of what a TPM then refuses (Part 1, 17.2 and 25): a
 * <em>restricted</em> key signs no digest that might be of data starting with TPM_GENERATED_VALUE,
 * so that a statement with that magic is the TPM's own; <em>fixedTPM</em>, <em>fixedParent</em> and
 * <em>sensitiveDataOrigin</em> mean that no copy of the key exists outside that TPM.
 *
 * <p>That such a key is in a genuine TPM is not known from its public area: credential activation
 * ({@link MakeCredential}) shows it.
 */
public final class EnrolledAk implements AkOutcome {
  private static final Set<ObjectAttribute> REQUIRED =
      EnumSet.of(
          ObjectAttribute.FIXED_TPM,
          ObjectAttribute.FIXED_PARENT,
          ObjectAttribute.SENSITIVE_DATA_ORIGIN,
          ObjectAttribute.RESTRICTED,
          ObjectAttribute.SIGN);

  /** RSA keys below this length are refused (NIST SP 800-131A). */
  private static final int MIN_RSA_BITS = 2048;

  private final TpmtPublic publicArea;
  private final SignatureKey key;
  private final Optional<TpmName> qualifiedName;

  private EnrolledAk(TpmtPublic publicArea, SignatureKey key, Optional<TpmName> qualifiedName) {
    this.publicArea = publicArea;
    this.key = key;
    this.qualifiedName = qualifiedName;
  }

  /**
   * Judges a TPMT_PUBLIC; signatures are verified by the provider that this Java platform prefers.
   *
   * @throws MalformedEvidenceException if the bytes are no TPMT_PUBLIC
   */
  public static AkOutcome of(byte[] tpmtPublic) throws MalformedEvidenceException {
    return of(TpmtPublic.parse(tpmtPublic));
  }

  /** Judges a public area; signatures are verified by the provider that this platform prefers. */
  public static AkOutcome of(TpmtPublic publicArea) {
    return of(publicArea, SignatureKey.platformProvider(publicArea.key()));
  }

  /**
   * Judges a public area.
   *
   * @param provider verifies signatures; in bulk the platform's own is slow at P-256
   * @throws IllegalStateException if {@code provider} lacks the key's algorithms
   */
  public static AkOutcome of(TpmtPublic publicArea, Provider provider) {
    if (publicArea.nameAlg() == TpmAlg.SHA1) {
      return new AkOutcome.NameAlgSha1();
    }
    for (ObjectAttribute required : REQUIRED) {
      if (!publicArea.attributes().contains(required)) {
        return new AkOutcome.AttributeMissing(required);
      }
    }
    if (publicArea.attributes().contains(ObjectAttribute.DECRYPT)) {
      return new AkOutcome.DecryptSet();
    }
    if (publicArea.attributes().contains(ObjectAttribute.X509_SIGN)) {
      return new AkOutcome.X509SignSet();
    }
    PublicKeyArea.Scheme scheme = publicArea.key().scheme();
    boolean signs =
        switch (scheme.algorithm()) {
          case RSASSA, RSAPSS, ECDSA -> true;
          default -> false;
        };
    if (!signs || scheme.hash().isEmpty()) {
      return new AkOutcome.SchemeNotSigning(scheme.toString());
    }
    if (scheme.hash().get() == TpmAlg.SHA1) {
      return new AkOutcome.SchemeSha1(scheme.toString());
    }
    if (publicArea.key() instanceof PublicKeyArea.Rsa rsa && rsa.keyBits() < MIN_RSA_BITS) {
      return new AkOutcome.KeyTooShort(rsa.keyBits(), MIN_RSA_BITS);
    }
    if (publicArea.key() instanceof PublicKeyArea.Ecc ecc && ecc.curve() == TpmCurve.P521) {
      return new AkOutcome.CurveNotAccepted(ecc.curve());
    }
    PublicKey publicKey;
    try {
      publicKey = publicArea.toPublicKey(provider);
    } catch (InvalidKeySpecException e) {
      return new AkOutcome.KeyInvalid(String.valueOf(e.getMessage()));
    }
    return new EnrolledAk(
        publicArea, new SignatureKey(publicArea.key(), publicKey, provider), Optional.empty());
  }

  /**
   * This key where its place in the TPM's hierarchies is known: statements must then name this
   * qualified name as their signer. A key below the endorsement hierarchy has its counters signed in
   * clear; a TPM obfuscates them elsewhere (Part 1, 36.7).
   *
   * @param name for a primary key of the endorsement hierarchy {@code
   *     name().qualifiedUnder(TpmName.ENDORSEMENT_HIERARCHY)}
   */
  public EnrolledAk withQualifiedName(TpmName name) {
    return new EnrolledAk(publicArea, key, Optional.of(name));
  }

  /** The public area that was judged. */
  public TpmtPublic publicArea() {
    return publicArea;
  }

  /** The key's name, computed from the received public area. */
  public TpmName name() {
    return publicArea.name();
  }

  /** The key's qualified name, where it is known. */
  public Optional<TpmName> qualifiedName() {
    return qualifiedName;
  }

  /**
   * What the counts of this key's quotes are worth. They are in clear where it is known to be a primary
   * key of the endorsement hierarchy, which each of its statements then says and {@link QuoteVerifier}
   * compares. Of any other place, and of none, it is not known, and they are taken for obfuscated.
   */
  public BootCounters bootCounters() {
    return qualifiedName
            .filter(name().qualifiedUnder(TpmName.ENDORSEMENT_HIERARCHY)::equals)
            .isPresent()
        ? BootCounters.IN_CLEAR
        : BootCounters.OBFUSCATED;
  }

  /** The hash of the key's scheme, never SHA-1. */
  public TpmAlg schemeHash() {
    return publicArea.key().scheme().hash().orElseThrow();
  }

  SignatureKey key() {
    return key;
  }

  @Override
  public String toString() {
    return "EnrolledAk(" + name() + ")";
  }
}
