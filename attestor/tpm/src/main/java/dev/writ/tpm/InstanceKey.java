// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

/**
 * An unrestricted P-256 signing key that lives in the TPM, loaded. It fills one of the TPM's few
 * slots until it is closed; closing its {@link Tpm} closes it too.
 */
public final class InstanceKey implements AutoCloseable {
  private final Tpm tpm;
  private final Commands.Loaded loaded;

  InstanceKey(Tpm tpm, Commands.Loaded loaded) {
    this.tpm = tpm;
    this.loaded = loaded;
  }

  int handle() {
    return loaded.handle();
  }

  /** Its TPMT_PUBLIC. */
  public byte[] publicArea() {
    return loaded.publicArea().clone();
  }

  /** Its name: nameAlg, then the digest of the public area. */
  public byte[] name() {
    return loaded.name().clone();
  }

  /**
   * An ECDSA signature, r ‖ s, 32 bytes each.
   *
   * @param sha256 the digest of what is signed: 32 bytes
   */
  public byte[] signP1363(byte[] sha256) throws TpmException {
    return tpm.sign(this, sha256);
  }

  /**
   * The attestation key's word that this key is in the same TPM and has these attributes
   * (TPM2_Certify).
   *
   * @param qualifyingData what the certification is bound to, at most 64 bytes
   */
  public SignedAttest certify(byte[] qualifyingData) throws TpmException {
    return tpm.certify(this, qualifyingData);
  }

  /** Frees the slot. Closing twice does nothing. */
  @Override
  public void close() {
    tpm.unload(this);
  }
}
