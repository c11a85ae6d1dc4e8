// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;

/** Signs files as evmctl does, with the JDK: over content, from which the JDK makes the digest. */
final class SoftwareImaSigner {
  final KeyPair pair;

  private SoftwareImaSigner(KeyPair pair) {
    this.pair = pair;
  }

  static SoftwareImaSigner rsa() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
      return new SoftwareImaSigner(generator.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  static SoftwareImaSigner ecdsa(TpmCurve curve) {
    return new SoftwareImaSigner(SoftwareAk.generateEcc(curve));
  }

  ImaSigningKey key() {
    try {
      return ImaSigningKey.of(pair.getPublic().getEncoded());
    } catch (MalformedEvidenceException e) {
      throw new AssertionError(e);
    }
  }

  /** A signature of version 2 of a file that holds {@code content}. */
  byte[] sign(TpmAlg hash, byte[] content) {
    return signature(ImaSignature.FILE, 2, hash, content);
  }

  /** A signature of version 3 over a digest. */
  byte[] signVersion3(int type, TpmAlg hash, byte[] digest) {
    byte[] fileId = new byte[2 + digest.length];
    fileId[0] = (byte) type;
    fileId[1] = (byte) ImaSignature.id(hash);
    System.arraycopy(digest, 0, fileId, 2, digest.length);
    return signature(type, 3, hash, fileId);
  }

  private byte[] signature(int type, int version, TpmAlg hash, byte[] message) {
    try {
      String algorithm = pair.getPublic() instanceof ECPublicKey ? "withECDSA" : "withRSA";
      String name = hash.javaDigest();
      Signature signature =
          Signature.getInstance(
              (name.startsWith("SHA3") ? name : name.replace("-", "")) + algorithm);
      signature.initSign(pair.getPrivate());
      signature.update(message);
      return new ImaSignature(type, version, hash, key().keyId(), Octets.of(signature.sign()))
          .encode();
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  /** The key identifier as evmctl has it, from the JDK's encoding. */
  int keyIdOfEvmctl() {
    byte[] info = pair.getPublic().getEncoded();
    // The subjectPublicKey ends the structure: 65 bytes of a P-256 point, 270 of an RSA-2048 key.
    int length = pair.getPublic() instanceof ECPublicKey ? 65 : 270;
    MessageDigest sha1 = TpmAlg.SHA1.newDigest();
    byte[] digest = sha1.digest(Arrays.copyOfRange(info, info.length - length, info.length));
    return ByteBuffer.wrap(digest, 16, 4).getInt();
  }
}
