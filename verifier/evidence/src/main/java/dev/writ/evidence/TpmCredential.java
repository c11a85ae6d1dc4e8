// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/**
 * A secret that only one TPM can read, and only while it holds the key with one name: the input of
 * TPM2_ActivateCredential (Part 3, 12.5).
 *
 * @param idObject content of the TPM2B_ID_OBJECT: integrity HMAC and encrypted identity
 * @param encryptedSecret content of the TPM2B_ENCRYPTED_SECRET: the seed, for the endorsement key
 */
public record TpmCredential(Octets idObject, Octets encryptedSecret) implements CredentialOutcome {
  /** A TPM2B_ID_OBJECT holds two TPM2B of the longest digest. */
  private static final int MAX_ID_OBJECT = 2 * (2 + 64);

  private static final int MAX_ENCRYPTED_SECRET = 512;

  /** The wire form: TPM2B_ID_OBJECT, then TPM2B_ENCRYPTED_SECRET. */
  public byte[] encode() {
    return new TpmWriter().tpm2b(idObject).tpm2b(encryptedSecret).toByteArray();
  }

  /**
   * Parses the wire form.
   *
   * @throws MalformedEvidenceException if it is not that, or does not end at the end
   */
  public static TpmCredential parse(byte[] bytes) throws MalformedEvidenceException {
    TpmReader in = new TpmReader(bytes);
    Octets idObject = in.tpm2b("credentialBlob", MAX_ID_OBJECT);
    Octets encryptedSecret = in.tpm2b("secret", MAX_ENCRYPTED_SECRET);
    in.end("credential");
    return new TpmCredential(idObject, encryptedSecret);
  }

  /** TPM2B_ID_OBJECT with its size, as libtss2-mu reads it. */
  public byte[] tpm2bIdObject() {
    return new TpmWriter().tpm2b(idObject).toByteArray();
  }

  /** TPM2B_ENCRYPTED_SECRET with its size, as libtss2-mu reads it. */
  public byte[] tpm2bEncryptedSecret() {
    return new TpmWriter().tpm2b(encryptedSecret).toByteArray();
  }
}
