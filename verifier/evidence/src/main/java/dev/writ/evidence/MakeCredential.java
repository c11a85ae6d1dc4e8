// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.MGF1ParameterSpec;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.KeyAgreement;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

/**
 * Wraps a secret for the TPM that holds an endorsement key and, beside it, the key with a given name
 * (Part 1, 24 and B.10.4, C.6.4). Who returns the secret has shown that both keys are in one TPM.
 *
 * <pre>
 * seed        RSA: random, encrypted with OAEP under label "IDENTITY" 00
 *             ECC: KDFe(Z, "IDENTITY", ephemeral.x, ek.x), Z of an ephemeral ECDH
 * encIdentity = CFB(KDFa(seed, "STORAGE", name), iv 0, TPM2B(secret))
 * outerHmac   = HMAC(KDFa(seed, "INTEGRITY"), encIdentity ‖ name)
 * idObject    = TPM2B(outerHmac) ‖ encIdentity
 * </pre>
 *
 * <p>Every hash is the endorsement key's nameAlg; the cipher is the one it names.
 */
public final class MakeCredential {
  private static final String IDENTITY = "IDENTITY";

  private static final Set<ObjectAttribute> REQUIRED =
      EnumSet.of(
          ObjectAttribute.FIXED_TPM,
          ObjectAttribute.FIXED_PARENT,
          ObjectAttribute.RESTRICTED,
          ObjectAttribute.DECRYPT);

  private static final int MIN_RSA_BITS = 2048;
  private static final byte[] NONE = new byte[0];

  private final TpmtPublic ek;
  private final PublicKeyArea.Symmetric cipher;
  private final SecureRandom random;

  private MakeCredential(TpmtPublic ek, PublicKeyArea.Symmetric cipher, SecureRandom random) {
    this.ek = ek;
    this.cipher = cipher;
    this.random = random;
  }

  /**
   * Wraps {@code secret}.
   *
   * @param ek the endorsement key, verified by {@link EndorsementVerifier}
   * @param akName name of the attestation key that must be beside it
   * @param secret 1 byte to the length of the endorsement key's nameAlg digest
   * @throws IllegalArgumentException if the secret has another length
   */
  public static CredentialOutcome make(
      TpmtPublic ek, TpmName akName, byte[] secret, SecureRandom random) {
    if (ek.nameAlg() == TpmAlg.SHA1) {
      return new CredentialOutcome.EkNameAlgSha1();
    }
    for (ObjectAttribute required : REQUIRED) {
      if (!ek.attributes().contains(required)) {
        return new CredentialOutcome.EkAttributeMissing(required);
      }
    }
    if (ek.key().symmetric().isEmpty()) {
      return new CredentialOutcome.EkWithoutCipher();
    }
    boolean supported =
        ek.key() instanceof PublicKeyArea.Rsa rsa && rsa.keyBits() >= MIN_RSA_BITS
            || ek.key() instanceof PublicKeyArea.Ecc ecc && ecc.curve() != TpmCurve.P521;
    if (!supported) {
      return new CredentialOutcome.EkKindUnsupported(ek.toString());
    }
    if (secret.length == 0 || secret.length > ek.nameAlg().digestBytes()) {
      throw new IllegalArgumentException(
          "the secret must be 1 to " + ek.nameAlg().digestBytes() + " bytes");
    }
    try {
      PublicKey key = ek.toPublicKey(SignatureKey.platformProvider(ek.key()));
      return new MakeCredential(ek, ek.key().symmetric().get(), random)
          .wrap(key, akName.bytes(), secret);
    } catch (InvalidKeySpecException e) {
      return new CredentialOutcome.EkInvalid(String.valueOf(e.getMessage()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java platform cannot wrap for " + ek, e);
    }
  }

  private TpmCredential wrap(PublicKey key, byte[] akName, byte[] secret)
      throws GeneralSecurityException {
    TpmAlg hash = ek.nameAlg();
    Seed seed = key instanceof ECPublicKey ecKey ? ecdhSeed(ecKey) : oaepSeed(key);

    byte[] cipherKey = TpmKdf.kdfa(hash, seed.value, "STORAGE", akName, NONE, cipher.keyBits());
    // Part 1, 24.4: the key is used once, so that the initial vector may be zero.
    Cipher cfb = Cipher.getInstance("AES/CFB/NoPadding");
    cfb.init(
        Cipher.ENCRYPT_MODE,
        new SecretKeySpec(cipherKey, "AES"),
        new IvParameterSpec(new byte[16]));
    byte[] encIdentity = cfb.doFinal(new TpmWriter().tpm2b(secret).toByteArray());

    byte[] hmacKey = TpmKdf.kdfa(hash, seed.value, "INTEGRITY", NONE, NONE, hash.digestBytes() * 8);
    byte[] outerHmac = TpmKdf.hmac(hash, hmacKey, encIdentity, akName);

    byte[] idObject = new TpmWriter().tpm2b(outerHmac).bytes(encIdentity).toByteArray();
    return new TpmCredential(Octets.of(idObject), Octets.of(seed.encrypted));
  }

  /** A seed, and what the endorsement key recovers it from. */
  private record Seed(byte[] value, byte[] encrypted) {
    @Override
    public String toString() {
      return "Seed"; // the value is secret
    }
  }

  /** Part 1, B.10.4: OAEP with the endorsement key's nameAlg, whatever its scheme says. */
  private Seed oaepSeed(PublicKey key) throws GeneralSecurityException {
    byte[] seed = new byte[ek.nameAlg().digestBytes()];
    random.nextBytes(seed);
    String hash = ek.nameAlg().javaDigest();
    byte[] label = Arrays.copyOf(IDENTITY.getBytes(StandardCharsets.US_ASCII), 9);
    Cipher oaep = Cipher.getInstance("RSA/ECB/OAEPPadding");
    oaep.init(
        Cipher.ENCRYPT_MODE,
        key,
        new OAEPParameterSpec(
            hash, "MGF1", new MGF1ParameterSpec(hash), new PSource.PSpecified(label)),
        random);
    return new Seed(seed, oaep.doFinal(seed));
  }

  /** Part 1, C.6.4: one-pass Diffie-Hellman, coordinates as long as the field. */
  private Seed ecdhSeed(ECPublicKey key) throws GeneralSecurityException {
    TpmCurve curve = ((PublicKeyArea.Ecc) ek.key()).curve();
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec(curve.javaName()), random);
    KeyPair ephemeral = generator.generateKeyPair();
    KeyAgreement ecdh = KeyAgreement.getInstance("ECDH");
    ecdh.init(ephemeral.getPrivate());
    ecdh.doPhase(key, true);
    byte[] z = ecdh.generateSecret();

    ECPublicKey ephemeralKey = (ECPublicKey) ephemeral.getPublic();
    byte[] x = curve.fieldElement(ephemeralKey.getW().getAffineX());
    byte[] y = curve.fieldElement(ephemeralKey.getW().getAffineY());
    byte[] ekX = curve.fieldElement(key.getW().getAffineX());
    byte[] seed = TpmKdf.kdfe(ek.nameAlg(), z, IDENTITY, x, ekX, ek.nameAlg().digestBytes() * 8);
    return new Seed(seed, new TpmWriter().tpm2b(x).tpm2b(y).toByteArray());
  }
}
