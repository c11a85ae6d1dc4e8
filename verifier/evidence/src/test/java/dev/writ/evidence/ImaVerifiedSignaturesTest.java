// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** {@link ImaVerifiedSignatures}: what is remembered stands for itself alone. */
class ImaVerifiedSignaturesTest {
  private static final byte[] CONTENT = {1, 2, 3};

  private final SoftwareImaSigner signer = SoftwareImaSigner.rsa();
  private final ImaSigningKey key = signer.key();
  private final byte[] digest = TpmAlg.SHA256.newDigest().digest(CONTENT);
  private final ImaVerifiedSignatures verified = new ImaVerifiedSignatures();

  @Test
  void signatureThatVerified_isRememberedOnce() throws Exception {
    byte[] signature = signature();

    assertThat(verified.verifies(key, TpmAlg.SHA256, digest, signature)).isTrue();
    assertThat(verified.verifies(key, TpmAlg.SHA256, digest.clone(), signature.clone())).isTrue();
    assertThat(verified.size()).isEqualTo(1);
  }

  @Test
  void otherKeyHashDigestOrSignature_isVerifiedAnew() throws Exception {
    byte[] signature = signature();
    byte[] other = signature.clone();
    other[0] ^= 1;
    byte[] changed = digest.clone();
    changed[0] ^= 1;
    ImaSigningKey stranger = SoftwareImaSigner.rsa().key();
    assertThat(verified.verifies(key, TpmAlg.SHA256, digest, signature)).isTrue();

    assertThat(verified.verifies(stranger, TpmAlg.SHA256, digest, signature)).isFalse();
    assertThat(verified.verifies(key, TpmAlg.SHA3_256, digest, signature)).isFalse();
    assertThat(verified.verifies(key, TpmAlg.SHA256, changed, signature)).isFalse();
    assertThat(verified.verifies(key, TpmAlg.SHA256, digest, other)).isFalse();
    assertThat(verified.size()).isEqualTo(1);
  }

  private byte[] signature() throws MalformedEvidenceException {
    return ImaSignature.parse(signer.sign(TpmAlg.SHA256, CONTENT)).value().bytes();
  }
}
