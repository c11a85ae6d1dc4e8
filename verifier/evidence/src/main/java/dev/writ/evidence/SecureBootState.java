// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.ReferenceValues.Pcr;
import java.util.List;
import java.util.Optional;

/**
 * Secure Boot as PCR 7 has it (PFP, 3.3.4): every part is bound by its digest. Only {@link
 * BootLogVerifier} hands one out, in a {@link VerifiedBootLog} that explains PCR 7.
 */
public final class SecureBootState {
  /**
   * An entry by which an image was verified, or another variable that shim measured as one.
   *
   * @param guid the variable's vendor
   * @param variable the variable it is in: {@code db}, {@code Shim}, {@code MokList}, {@code
   *     SbatLevel}
   * @param id what rules name it by: SHA-256 of the certificate's DER, the hash of the image, or
   *     SHA-256 of a value that is neither
   * @param certificate the certificate in DER, where it is one
   * @param value the variable's value where it is short text, such as the level of {@code SbatLevel}
   */
  public record Authority(
      UefiGuid guid,
      String variable,
      Octets id,
      Optional<Octets> certificate,
      Optional<String> value) {
    /** Whether an image was verified by it; shim measures settings of its own in the same way. */
    public boolean verifiesImages() {
      return certificate.isPresent()
          || guid.equals(UefiGuid.IMAGE_SECURITY_DATABASE)
          || !SETTINGS_OF_SHIM.contains(variable);
    }
  }

  private static final List<String> SETTINGS_OF_SHIM =
      List.of("SbatLevel", "MokListTrusted", "MokSBState", "MokDBState", "MokPolicy");

  private static final Octets ZERO = Octets.of(TpmAlg.SHA256.newDigest().digest(new byte[1]));

  private final Optional<Boolean> enabled;
  private final SignatureDatabase platformKey;
  private final SignatureDatabase keyExchangeKeys;
  private final SignatureDatabase allowed;
  private final SignatureDatabase forbidden;
  private final List<Authority> authorities;
  private final List<String> notes;
  private final List<Pcr> anchors;

  SecureBootState(
      Optional<Boolean> enabled,
      SignatureDatabase platformKey,
      SignatureDatabase keyExchangeKeys,
      SignatureDatabase allowed,
      SignatureDatabase forbidden,
      List<Authority> authorities,
      List<String> notes,
      List<Pcr> anchors) {
    this.enabled = enabled;
    this.platformKey = platformKey;
    this.keyExchangeKeys = keyExchangeKeys;
    this.allowed = allowed;
    this.forbidden = forbidden;
    this.authorities = List.copyOf(authorities);
    this.notes = List.copyOf(notes);
    this.anchors = List.copyOf(anchors);
  }

  /** Whether images are verified; a machine without the variable has no Secure Boot. */
  public boolean enabled() {
    return enabled.orElse(false);
  }

  /** Whether the variable SecureBoot has a value. */
  public boolean supported() {
    return enabled.isPresent();
  }

  /** PK. */
  public SignatureDatabase platformKey() {
    return platformKey;
  }

  /** KEK. */
  public SignatureDatabase keyExchangeKeys() {
    return keyExchangeKeys;
  }

  /** db: what may run. */
  public SignatureDatabase db() {
    return allowed;
  }

  /** dbx: what may not. */
  public SignatureDatabase dbx() {
    return forbidden;
  }

  /** By what images were verified, in the order of their first use. */
  public List<Authority> authorities() {
    return authorities;
  }

  /** Texts that firmware measured, such as {@code UEFI Debug Mode}. */
  public List<String> notes() {
    return notes;
  }

  /** Whether firmware says that a debugger can be attached (PFP, 3.3.4). */
  public boolean debugMode() {
    return notes.contains("UEFI Debug Mode");
  }

  /** Whether firmware says that devices can write to all memory. */
  public boolean dmaProtectionDisabled() {
    return notes.contains("DMA Protection Disabled");
  }

  /**
   * Whether shim was told to verify nothing: its variable MokSBState, which it measures where it is
   * set, has another value than 0.
   */
  public boolean shimValidationDisabled() {
    return authorities.stream()
        .anyMatch(
            authority ->
                authority.guid().equals(UefiGuid.SHIM_LOCK)
                    && authority.variable().equals("MokSBState")
                    && !authority.id().equals(ZERO));
  }

  /** PCR 7 in each bank by which all this is bound. */
  public List<Pcr> anchors() {
    return anchors;
  }

  /** {@code on}, {@code off}, or {@code not supported}. */
  public String text() {
    return enabled.map(on -> on ? "on" : "off").orElse("not supported");
  }

  @Override
  public String toString() {
    return "SecureBootState(" + text() + ", dbx " + forbidden + ")";
  }
}
