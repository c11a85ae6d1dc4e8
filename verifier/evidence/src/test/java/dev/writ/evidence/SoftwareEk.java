// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.MGF1ParameterSpec;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.Mac;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

/**
 * An endorsement key in software, and TPM2_ActivateCredential written from Part 1, 24 once more:
 * nothing here calls the code under test but for reading the public area.
 */
final class SoftwareEk {
  static final Set<ObjectAttribute> EK_ATTRIBUTES =
      EnumSet.of(
          ObjectAttribute.FIXED_TPM,
          ObjectAttribute.FIXED_PARENT,
          ObjectAttribute.SENSITIVE_DATA_ORIGIN,
          ObjectAttribute.ADMIN_WITH_POLICY,
          ObjectAttribute.RESTRICTED,
          ObjectAttribute.DECRYPT);

  private static final KeyPair RSA_2048 = SoftwareAk.generateRsa(2048);

  final KeyPair pair;
  final TpmtPublic publicArea;

  private SoftwareEk(KeyPair pair, TpmtPublic publicArea) {
    this.pair = pair;
    this.publicArea = publicArea;
  }

  static SoftwareEk rsa() {
    return of(
        RSA_2048, TpmAlg.SHA256, SoftwareAk.rsaArea(RSA_2048, aes(128), SoftwareAk.noScheme()));
  }

  /** Templates L-2 (P-256, SHA-256, AES-128) and H-3 (P-384, SHA-384, AES-256). */
  static SoftwareEk ecc(TpmCurve curve) {
    KeyPair pair = SoftwareAk.generateEcc(curve);
    boolean p256 = curve == TpmCurve.P256;
    return of(
        pair,
        p256 ? TpmAlg.SHA256 : TpmAlg.SHA384,
        SoftwareAk.eccArea(pair, curve, aes(p256 ? 128 : 256), SoftwareAk.noScheme()));
  }

  private static SoftwareEk of(KeyPair pair, TpmAlg nameAlg, PublicKeyArea area) {
    return new SoftwareEk(pair, SoftwareAk.publicArea(nameAlg, EK_ATTRIBUTES, area));
  }

  static Optional<PublicKeyArea.Symmetric> aes(int bits) {
    return Optional.of(new PublicKeyArea.Symmetric(TpmAlg.AES, bits, TpmAlg.CFB));
  }

  /** The secret; absent where the integrity check fails, as TPM_RC_INTEGRITY says. */
  Optional<byte[]> activate(byte[] akName, TpmCredential credential)
      throws GeneralSecurityException, IOException {
    boolean sha384 = publicArea.nameAlg() == TpmAlg.SHA384;
    String hash = sha384 ? "SHA-384" : "SHA-256";
    int digest = sha384 ? 48 : 32;
    byte[] seed =
        pair.getPublic() instanceof ECPublicKey
            ? ecdhSeed(credential.encryptedSecret().bytes(), hash, digest)
            : oaepSeed(credential.encryptedSecret().bytes(), hash);

    DataInputStream idObject =
        new DataInputStream(new ByteArrayInputStream(credential.idObject().bytes()));
    byte[] outerHmac = idObject.readNBytes(idObject.readUnsignedShort());
    byte[] encIdentity = idObject.readAllBytes();

    byte[] hmacKey = kdfa(hash, seed, "INTEGRITY", new byte[0], digest * 8);
    Mac hmac = Mac.getInstance("Hmac" + hash.replace("-", ""));
    hmac.init(new SecretKeySpec(hmacKey, "HMAC"));
    hmac.update(encIdentity);
    if (!MessageDigest.isEqual(hmac.doFinal(akName), outerHmac)) {
      return Optional.empty();
    }
    byte[] aes = kdfa(hash, seed, "STORAGE", akName, sha384 ? 256 : 128);
    Cipher cfb = Cipher.getInstance("AES/CFB/NoPadding");
    cfb.init(Cipher.DECRYPT_MODE, new SecretKeySpec(aes, "AES"), new IvParameterSpec(new byte[16]));
    byte[] identity = cfb.doFinal(encIdentity);
    int size = ByteBuffer.wrap(identity).getShort();
    if (size != identity.length - 2) {
      throw new AssertionError("identity of size " + size + " in " + identity.length + " bytes");
    }
    return Optional.of(Arrays.copyOfRange(identity, 2, identity.length));
  }

  private byte[] oaepSeed(byte[] encrypted, String hash) throws GeneralSecurityException {
    Cipher oaep = Cipher.getInstance("RSA/ECB/OAEPPadding");
    oaep.init(
        Cipher.DECRYPT_MODE,
        pair.getPrivate(),
        new OAEPParameterSpec(
            hash,
            "MGF1",
            new MGF1ParameterSpec(hash),
            new PSource.PSpecified("IDENTITY\0".getBytes(StandardCharsets.US_ASCII))));
    return oaep.doFinal(encrypted);
  }

  private byte[] ecdhSeed(byte[] point, String hash, int digest)
      throws GeneralSecurityException, IOException {
    ECPublicKey own = (ECPublicKey) pair.getPublic();
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(point));
    byte[] x = in.readNBytes(in.readUnsignedShort());
    byte[] y = in.readNBytes(in.readUnsignedShort());
    PublicKey ephemeral =
        KeyFactory.getInstance("EC")
            .generatePublic(
                new ECPublicKeySpec(
                    new ECPoint(new BigInteger(1, x), new BigInteger(1, y)), own.getParams()));
    KeyAgreement ecdh = KeyAgreement.getInstance("ECDH");
    ecdh.init(pair.getPrivate());
    ecdh.doPhase(ephemeral, true);
    byte[] z = ecdh.generateSecret();
    byte[] ownX = new byte[x.length];
    byte[] number = own.getW().getAffineX().toByteArray();
    int length = Math.min(number.length, x.length);
    System.arraycopy(number, number.length - length, ownX, x.length - length, length);

    // KDFe: one block is as long as the key.
    MessageDigest kdf = MessageDigest.getInstance(hash);
    kdf.update(new byte[] {0, 0, 0, 1});
    kdf.update(z);
    kdf.update("IDENTITY\0".getBytes(StandardCharsets.US_ASCII));
    kdf.update(x);
    kdf.update(ownX);
    byte[] seed = kdf.digest();
    if (seed.length != digest) {
      throw new AssertionError("a seed of " + seed.length + " bytes");
    }
    return seed;
  }

  /** KDFa: one block is as long as any key asked for here. */
  private static byte[] kdfa(String hash, byte[] key, String label, byte[] context, int bits)
      throws GeneralSecurityException {
    Mac hmac = Mac.getInstance("Hmac" + hash.replace("-", ""));
    hmac.init(new SecretKeySpec(key, "HMAC"));
    hmac.update(new byte[] {0, 0, 0, 1});
    hmac.update((label + "\0").getBytes(StandardCharsets.US_ASCII));
    hmac.update(context);
    hmac.update(ByteBuffer.allocate(4).putInt(bits).array());
    return Arrays.copyOf(hmac.doFinal(), bits / 8);
  }
}
